package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"slipway/deployments"
	"slipway/internal/sandbox"
)

func TestWhatTheEnvironmentSaysOfAWS(t *testing.T) {
	t.Parallel()
	type said struct{ Endpoint, Key, Secret, Token string }
	for name, c := range map[string]struct {
		env  map[string]string
		want said
	}{
		"nothing leaves everything to AWS's own ways": {nil, said{}},
		"an endpoint": {map[string]string{"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, said{Endpoint: "http://127.0.0.1:1"}},
		"keys":        {map[string]string{"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s"}, said{Key: "k", Secret: "s"}},
		"keys for a session": {
			map[string]string{"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "t"}, said{Key: "k", Secret: "s", Token: "t"},
		},
		"half of a key is none":         {map[string]string{"AWS_ACCESS_KEY_ID": "k", "AWS_SESSION_TOKEN": "t"}, said{}},
		"the other half is none either": {map[string]string{"AWS_SECRET_ACCESS_KEY": "s"}, said{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c2 := readAWS(func(key string) string { return c.env[key] })
			got := said{Endpoint: c2.endpoint}
			if c2.credentials != nil {
				keys, err := c2.credentials.Retrieve(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				got.Key, got.Secret, got.Token = keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestHowOftenCloudWatchReports(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{"": 0, "1s": time.Second, "1m0s": time.Minute} {
		c, wrong := readConfig(func(key string) string { return map[string]string{"SLIPWAY_CLOUDWATCH_PERIOD": value}[key] })
		if c.watchPeriod != want || strings.Contains(said(wrong), "CLOUDWATCH") {
			t.Errorf("%q is %s, %v", value, c.watchPeriod, wrong)
		}
	}
	for _, value := range []string{"soon", "999ms", "-1s", "5"} {
		_, wrong := readConfig(func(key string) string { return map[string]string{"SLIPWAY_CLOUDWATCH_PERIOD": value}[key] })
		if !strings.Contains(said(wrong), "SLIPWAY_CLOUDWATCH_PERIOD is not a time of at least 1s: leave it out: it is for the sandbox") {
			t.Errorf("%q: %v", value, wrong)
		}
	}
}

func said(wrong problems) string {
	if err := wrong.err("read"); err != nil {
		return err.Error()
	}
	return ""
}

// checkedECS is a catalog's file of a service on ECS; PLATFORM is what is looked at, MORE stands after it.
const checkedECS = `service: app
image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/coditect
channel: "#devops-oncall"
on_call: "@oncall"
platform: {kind: ecs, region: us-east-1, PLATFORM}
strategy: {kind: rolling}
health: []
policy: {deploy: ["@platform"], approve: ["@oncall"]}
environments: {production: {metrics: {source: cloudwatch}}}
MORE
`

func TestCheckLooksAtServicesOfECS(t *testing.T) {
	t.Parallel()
	const app, settled = `cluster: coditect-production, service: coditect-app`, `^✓ app/production: readable, settled, and Slipway may deploy it$`
	const worker = `also: [{name: worker, rolling: true, platform: {kind: ecs, cluster: coditect-production, region: us-east-1, service: NAME}}]`
	box := startWatched(t, strings.NewReplacer("PLATFORM", app, "MORE", "").Replace(checkedECS))
	for _, c := range []struct { // one after the other, in one sandbox: what people did by hand stays
		name, platform, more string
		faults               []string
		want                 []string // patterns, each in a line of its own
		none                 string   // what is not there
	}{
		{"all is well", app, "", nil,
			[]string{settled, `^✓ app/production: can be watched by [1-9] metrics from cloudwatch$`}, `[✗!→]`},
		{"a part is looked at, too", app, strings.ReplaceAll(worker, "NAME", "coditect-worker"), nil,
			[]string{settled, `^✓ app/production worker: readable, settled, and Slipway may deploy it$`}, `[✗!→]`},
		{"a part that is watched", app, strings.Replace(strings.ReplaceAll(worker, "NAME", "coditect-edge"), "name: worker", "name: worker, metrics: {source: cloudwatch}", 1), nil,
			[]string{`^✓ app/production worker: can be watched by [1-9] metrics from cloudwatch$`}, `[✗!→]`},
		{"a part that is not there", app, strings.ReplaceAll(worker, "NAME", "nowhere"), nil,
			[]string{settled, `^✗ app/production worker: .*service nowhere .*does not exist`, `^    → `}, `worker: readable`},
		{"a service that is not there", `cluster: coditect-production, service: nowhere`, "", nil,
			[]string{`^✗ app/production: .*service nowhere .*does not exist`, `^    → `}, `readable|log lines`},
		{"a cluster that is not there", `cluster: nowhere, service: coditect-app`, "", nil,
			[]string{`^✗ app/production: .*cluster nowhere .*`, `^    → `}, `readable`},
		{"a service that wants no tasks", `cluster: coditect-production, service: coditect-edge`, "", []string{"ecs scale 0 service=coditect-edge"},
			[]string{`^✗ app/production: service coditect-edge wants 0 tasks`, `^    → raise the desired count`}, `readable`},
		{"credentials that have ended", app, "", []string{"aws expired"},
			[]string{`^✗ app/production: `, `^    → `}, `readable|practice`},
		{"what may not be seen", app, "", []string{"aws refuse DescribeServices error=AccessDeniedException"},
			[]string{`^✗ app/production: AWS does not let Slipway do this: `, `^    → allow the bot's role ecs:DescribeServices, `}, `readable`},
		{"logs that may not be read are a warning", app, "", []string{"aws refuse FilterLogEvents error=AccessDeniedException"},
			[]string{settled, `^! app/production: an incident would have no log lines: `, `^    → .*logs:FilterLogEvents`}, `✗`},
		{"metrics that may not be read", app, "", []string{"aws refuse ListMetrics error=AccessDeniedException", "aws refuse GetMetricData error=AccessDeniedException"},
			[]string{settled, `^✗ app/production: .*CloudWatch`, `^    → `}, `can be watched`},
		{"a service that moves", app, "", []string{"ecs no-capacity service=coditect-app", "ecs force-new-deployment service=coditect-app"},
			[]string{`^✗ app/production: coditect-app is not at rest: `, `^    → wait for the change in progress`}, `readable`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, line := range c.faults {
				if err := box.Client().Fault(t.Context(), line); err != nil {
					t.Fatal(err)
				}
			}
			t.Cleanup(func() {
				if err := box.Client().Mend(context.WithoutCancel(t.Context())); err != nil {
					t.Error(err)
				}
			})
			out := checkedBy(t, box, strings.NewReplacer("PLATFORM", c.platform, "MORE", c.more).Replace(checkedECS))
			for _, want := range c.want {
				if !regexp.MustCompile(`(?m)` + want).MatchString(out) {
					t.Errorf("nothing is like %s in\n%s", want, out)
				}
			}
			if found := regexp.MustCompile(c.none).FindString(out); found != "" {
				t.Errorf("it says %q:\n%s", found, out)
			}
		})
	}
}

// startWatched starts a sandbox and waits until CloudWatch has numbers of a catalog's services.
func startWatched(t *testing.T, file string) *sandbox.Sandbox {
	t.Helper()
	box, err := sandbox.Start(sandbox.Options{Catalog: deployments.Catalog(), Speed: 600, Traffic: 15})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(); err != nil {
			t.Error(err)
		}
	})
	for deadline := time.Now().Add(patience); ; {
		out := checkedBy(t, box, file)
		if strings.Contains(out, "can be watched") {
			return box
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing can be watched:\n%s", out)
		}
	}
}

// checkedBy is what `bot check` says of the services of a catalog with one file.
func checkedBy(t *testing.T, box *sandbox.Sandbox, file string) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "app.yaml"), []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{}
	for _, e := range box.Environ() {
		key, value, _ := strings.Cut(e, "=")
		env[key] = value
	}
	env["SLIPWAY_CATALOG"] = folder
	cfg, _ := readConfig(func(key string) string { return env[key] })
	for deadline := time.Now().Add(patience); ; {
		out := checkedOnce(t, cfg)
		if !strings.Contains(out, "did not answer") || time.Now().After(deadline) { // a machine under load
			return out
		}
	}
}

func checkedOnce(t *testing.T, cfg config) string {
	t.Helper()
	b := unmade(cfg, zerolog.Nop())
	defer b.close()
	if err := b.loadCatalog(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	r := &findings{to: &out}
	b.checkTargets(t.Context(), r)
	b.checkWatching(t.Context(), r)
	return out.String()
}
