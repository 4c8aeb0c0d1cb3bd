package sandbox_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/google/go-cmp/cmp"

	"slipway/deployments"
	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/sandbox"
	"slipway/internal/sandbox/ecs"
)

// spec is a target of the practice catalog.
func spec(t *testing.T, s *sandbox.Sandbox, service string) deploy.Spec {
	t.Helper()
	c, err := catalog.Load(environ(s)["SLIPWAY_CATALOG"])
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Resolve(deploy.Target{Service: service, Environment: "production"}, "v1.2.4")
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// health is what stands at an address under /health, once something does.
func health(t *testing.T, url string) (body string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	eventually(t, url+" answers", func(ctx context.Context) bool {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/health", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		all, err := io.ReadAll(resp.Body)
		body = string(all)
		return err == nil && resp.StatusCode == http.StatusOK
	})
	return body
}

func TestServicesOfECSAreWhereThePracticeCatalogSays(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	for service, of := range map[string]string{"coditect-ecs": ecs.RollingService, "coditect-web": ecs.NativeService} {
		got, lb := spec(t, s, service), s.Amazon.Guide.Balancers[of]
		if got.URL != lb.URL() {
			t.Errorf("%s is at %q, want %q", service, got.URL, lb.URL())
		}
		if body := health(t, got.URL); !strings.Contains(body, `"version":"v1.2.3"`) {
			t.Errorf("%s says %s", service, body)
		}
	}
	if web := spec(t, s, "coditect-web").Platform.TestURL; web != s.Amazon.Guide.Balancers[ecs.NativeService].TestURL() {
		t.Errorf("the test listener of coditect-web is at %q", web)
	}
	if app := spec(t, s, "coditect-ecs").Platform; app.TestURL != "" || app.Service.Rule != "" {
		t.Errorf("a service that rolls was given %q and %q", app.TestURL, app.Service.Rule)
	}
	duo := spec(t, s, "coditect-duo")
	if want := s.CloudRun.Service("projects/my-gcp-project/locations/us-central1/services/coditect-duo-production").GetUri(); duo.URL != want {
		t.Errorf("coditect-duo is at %q, want %q", duo.URL, want)
	}
	if body := health(t, duo.URL); !strings.Contains(body, `"version":"v1.2.3"`) {
		t.Errorf("coditect-duo says %s", body)
	}
}

// A catalog may name any service of the guide, and others, which stay as they are.
func TestPlacesAreThoseOfTheCatalogsServices(t *testing.T) {
	t.Parallel()
	const file = `service: NAME
image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/coditect
channel: "#devops-oncall"
on_call: "@oncall"
platform: {kind: ecs, cluster: CLUSTER, region: REGION, service: SERVICE, MORE}
strategy: {kind: blue-green}
health: []
policy: {deploy: ["@platform"], approve: ["@oncall"]}
environments: {production: {url: "https://users.example.com"}}
`
	const weighted = `rule: "arn:aws:elasticloadbalancing:REGION:123456789012:listener-rule/app/NAME/0123456789abcdef/0123456789abcdef/0123456789abcdef"`
	files := fstest.MapFS{}
	if err := copyInto(files, deployments.Catalog()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ cluster, region, service, more string }{
		"coditect-api":  {ecs.GuideCluster, ecs.Region, ecs.SetsService, weighted},
		"coditect-edge": {ecs.GuideCluster, ecs.Region, ecs.EdgeService, weighted + ", beside: coditect-edge-b"},
		"elsewhere":     {"another-cluster", ecs.Region, ecs.SetsService, weighted},
		"abroad":        {ecs.GuideCluster, "eu-west-1", ecs.SetsService, weighted},
	} {
		files[name+".yaml"] = &fstest.MapFile{Data: []byte(strings.NewReplacer("NAME", name, "CLUSTER", c.cluster, "REGION", c.region, "SERVICE", c.service).Replace(strings.ReplaceAll(file, "MORE", c.more)))}
	}
	s, err := sandbox.Start(sandbox.Options{Catalog: files})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for service, of := range map[string]string{"coditect-api": ecs.SetsService, "coditect-edge": ecs.EdgeService} {
		got, lb := spec(t, s, service), s.Amazon.Guide.Balancers[of]
		if got.URL != lb.URL() || got.Platform.Service.Rule != lb.Rule {
			t.Errorf("%s: %q and %q, want %q and %q", service, got.URL, got.Platform.Service.Rule, lb.URL(), lb.Rule)
		}
	}
	for _, name := range []string{"elsewhere", "abroad"} {
		if got := spec(t, s, name); got.URL != "https://users.example.com" || !strings.Contains(got.Platform.Service.Rule, "/app/"+name+"/") {
			t.Errorf("%s is not here, and was moved to %q, %q", name, got.URL, got.Platform.Service.Rule)
		}
	}
}

func copyInto(files fstest.MapFS, from fs.FS) error {
	return fs.WalkDir(from, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(from, path)
		info, infoErr := entry.Info()
		if infoErr == nil {
			files[path] = &fstest.MapFile{Data: content, Mode: info.Mode()}
		}
		return errors.Join(err, infoErr)
	})
}

func TestEnvironmentLeadsToAWS(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	env := environ(s)
	want := map[string]string{
		"AWS_ENDPOINT_URL": s.Amazon.Wire.URL(), "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "practice",
		"AWS_SECRET_ACCESS_KEY": "practice", "AWS_EC2_METADATA_DISABLED": "true", "SLIPWAY_CLOUDWATCH_PERIOD": "1m0s",
	}
	for key, value := range want {
		if env[key] != value {
			t.Errorf("%s=%s, want %s", key, env[key], value)
		}
	}
	kept := &http.Transport{}
	defer kept.CloseIdleConnections()
	client := sdk.New(sdk.Options{
		Region: env["AWS_REGION"], BaseEndpoint: aws.String(env["AWS_ENDPOINT_URL"]), HTTPClient: &http.Client{Transport: kept},
		Credentials: credentials.NewStaticCredentialsProvider(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], ""),
	})
	out, err := client.DescribeServices(t.Context(), &sdk.DescribeServicesInput{Cluster: aws.String(ecs.GuideCluster), Services: []string{ecs.RollingService, "coditect-worker"}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int32{}
	for _, service := range out.Services {
		got[*service.ServiceName] = service.DesiredCount
	}
	if diff := cmp.Diff(map[string]int32{"coditect-app": 4, "coditect-worker": 2}, got); diff != "" {
		t.Errorf("services and how many tasks they want (-want +got):\n%s", diff)
	}
}

// CloudWatch takes certain periods only, so that it reports as often as one of them: at least as often as Cloud Monitoring.
func TestCloudWatchReportsAsOftenAsTheSpeedSays(t *testing.T) {
	t.Parallel()
	for speed, want := range map[float64]string{0: "1m0s", 2: "30s", 3: "20s", 7: "5s", 30: "1s", 600: "1s"} {
		s := start(t, sandbox.Options{Speed: speed})
		if got := environ(s)["SLIPWAY_CLOUDWATCH_PERIOD"]; got != want {
			t.Errorf("at speed %g each %s, want %s", speed, got, want)
		}
	}
}

func TestPracticeUsersUseECS(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{Traffic: 60})
	if got := s.Amazon.ELB.TrafficRate(ecs.NativeService); got != 20 {
		t.Errorf("%g requests a second to %s, want a third of 60", got, ecs.NativeService)
	}
	if quiet := start(t, sandbox.Options{}); quiet.Amazon.ELB.TrafficRate(ecs.NativeService) != 0 {
		t.Error("somebody uses a sandbox without users")
	}
}

func TestFaultsOfThePracticeAWSAreWired(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	rule, groups := s.Amazon.Guide.Balancers[ecs.NativeService].Rule, s.Amazon.Guide.Groups[ecs.NativeService]
	for _, line := range []string{"elb weights 60/40 service=coditect-web", "aws refuse UpdateService", "ecs scale 3 service=coditect-app"} {
		if err := s.Client().Fault(t.Context(), line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	if got, _ := s.Amazon.ELB.Weights(rule); got[groups[0]] != 60 || got[groups[1]] != 40 {
		t.Errorf("weights %v", got)
	}
	if on := s.Amazon.Wire.Faults(); len(on) != 1 {
		t.Errorf("faults %v", on)
	}
	if n := s.Amazon.ECS.Changes(ecs.RollingService); n != 1 {
		t.Errorf("%s was changed %d times", ecs.RollingService, n)
	}
	if err := s.Client().Fault(t.Context(), "elb weights 60/40 service=nobody"); err == nil {
		t.Error("weights of nobody were moved")
	}
}

func TestTheBotIsSwitched(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{OwnBot: true})
	for _, c := range []struct {
		line, says string
		up         bool
		answer     error
	}{
		{"bot down", "", false, nil},
		{"bot up", "", true, nil},
		{"bot up", "the bot is up already", true, errors.New("the bot is up already")},
	} {
		said := make(chan error, 1)
		go func() { said <- s.Client().Fault(t.Context(), c.line) }()
		asked := <-s.Switches()
		if asked.Up != c.up {
			t.Errorf("%s: up is %v", c.line, asked.Up)
		}
		asked.Done <- c.answer
		text := ""
		if err := <-said; err != nil {
			text = err.Error()
		}
		if text != c.says {
			t.Errorf("%s: %q, want %q", c.line, text, c.says)
		}
	}
}

func TestNobodySwitchesABotThatIsNotTheSandboxs(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{})
	if err := s.Client().Fault(t.Context(), "bot down"); err == nil || !strings.Contains(err.Error(), "no bot of its own") {
		t.Errorf("bot down: %v", err)
	}
}

func TestTheEndOfTheSandboxEndsAWaitForTheBot(t *testing.T) {
	t.Parallel()
	for name, heard := range map[string]bool{"nobody answers": true, "nobody listens": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := sandbox.Start(sandbox.Options{Catalog: deployments.Catalog(), OwnBot: true})
			if err != nil {
				t.Fatal(err)
			}
			said := make(chan error, 1)
			go func() { said <- s.Turn(context.Background(), false) }()
			if heard {
				<-s.Switches()
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := <-said; err == nil || err.Error() != "the sandbox has ended" {
				t.Errorf("who waits hears %v", err)
			}
		})
	}
}

func TestWhoeverStopsWaitingForTheBotHearsWhy(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Options{OwnBot: true})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Turn(ctx, false); err == nil || err.Error() != "nobody runs a bot in this sandbox: stop yours" {
		t.Errorf("%v", err)
	}
}

// A start that goes wrong when half of the AWS is there leaves nothing of it running.
func TestStartWithAVersionThatThereIsNot(t *testing.T) {
	t.Parallel()
	_, err := sandbox.Start(sandbox.Options{Catalog: deployments.Catalog(), Version: "v9.9.9"})
	if err == nil || !strings.Contains(err.Error(), "the practice registry has no version v9.9.9") {
		t.Errorf("%v", err)
	}
}
