package catalog_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/deployments"
	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

func example(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.LoadFS(deployments.Catalog(), "deployments/catalog")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func resolve(t *testing.T, c *catalog.Catalog, environment string) deploy.Spec {
	t.Helper()
	target := deploy.Target{Service: c.Services()[0], Environment: environment}
	spec, err := c.Resolve(target, "v1.2.4")
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestTheExampleIsTheGuidesService(t *testing.T) {
	t.Parallel()
	c := example(t)
	if diff := cmp.Diff([]string{"coditect-app", "coditect-duo", "coditect-ecs", "coditect-web"}, c.Services()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"staging", "production"}, c.Environments("coditect-app")); diff != "" {
		t.Error(diff)
	}
	if got := c.DefaultEnvironment("coditect-app"); got != "production" {
		t.Errorf("default environment %q, want production", got)
	}
	want := []deploy.Target{{Service: "coditect-app", Environment: "staging"}, {Service: "coditect-app", Environment: "production"},
		{Service: "coditect-duo", Environment: "production"}, {Service: "coditect-ecs", Environment: "production"}, {Service: "coditect-web", Environment: "production"}}
	if diff := cmp.Diff(want, c.Targets()); diff != "" {
		t.Error(diff)
	}
}

// The golden file is what section 3.1 and 5.1 of the guide set for production. It is written by hand.
func TestTheExampleResolvesToWhatTheGuideSets(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile("testdata/production.json")
	if err != nil {
		t.Fatal(err)
	}
	var want deploy.Spec
	if err := json.Unmarshal(golden, &want); err != nil {
		t.Fatal(err)
	}
	got := resolve(t, example(t), "production")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spec of production (-want +got):\n%s", diff)
	}
	if _, err := deploy.NewPlan(got); err != nil {
		t.Errorf("the spec makes no plan: %v", err)
	}
}

func TestStagingDiffersFromProductionWhereTheFileSaysSo(t *testing.T) {
	t.Parallel()
	c := example(t)
	want, got := resolve(t, c, "production"), resolve(t, c, "staging")
	want.Platform.Service.Name = "coditect-app-staging"
	want.Platform.Settings.Env["ENVIRONMENT"] = "staging"
	want.URL = ""
	want.Metrics, want.Observe = nil, 0
	want.Database, want.Snapshot = nil, false
	want.Items, want.Images, want.Loads = nil, nil, nil
	want.Policy.Deploy = []deploy.Principal{"@platform", "@oncall"}
	want.Policy.DeployAt = got.Policy.DeployAt
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spec of staging (-want +got):\n%s", diff)
	}
}

func TestARuleNamesTheLineItStandsOn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "deployments", "catalog")
	c, err := catalog.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "coditect-app.yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	staging, production := resolve(t, c, "staging"), resolve(t, c, "production")
	for _, tc := range []struct{ fact, at, want string }{
		{"an environment's own rule", production.Policy.DeployAt, `deploy: ["@platform"]`},
		{"another environment's own rule", staging.Policy.DeployAt, `deploy: ["@platform", "@oncall"]`},
		{"an inherited rule", production.Policy.ApproveAt, `approve: ["@oncall", "@platform"]`},
	} {
		file, line, _ := strings.Cut(strings.TrimPrefix(tc.at, name), ":")
		number := 0
		if err := json.Unmarshal([]byte(line), &number); err != nil || file != "" || number > len(lines) {
			t.Errorf("%s: %q does not begin with %s:LINE", tc.fact, tc.at, name)
			continue
		}
		if got := strings.TrimSpace(lines[number-1]); got != tc.want {
			t.Errorf("%s: line %d is %q, want %q", tc.fact, number, got, tc.want)
		}
	}
	if production.Source != name {
		t.Errorf("source %q, want %q", production.Source, name)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	c := example(t)
	for _, tc := range []struct {
		fact   string
		target deploy.Target
		tag    string
		code   deploy.Code
		msg    string
		hint   string
	}{
		{"a service misspelt", deploy.Target{Service: "coditect-ap", Environment: "production"}, "v1", deploy.NotFound, `there is no service "coditect-ap"`, `did you mean "coditect-app"?`},
		{"another service", deploy.Target{Service: "billing", Environment: "production"}, "v1", deploy.NotFound, `there is no service "billing"`, `there is coditect-app, coditect-duo, coditect-ecs, coditect-web`},
		{"an environment misspelt", deploy.Target{Service: "coditect-app", Environment: "prodution"}, "v1", deploy.NotFound, `coditect-app has no environment "prodution"`, `did you mean "production"?`},
		{"a version that is no tag", deploy.Target{Service: "coditect-app", Environment: "staging"}, "v1 beta", deploy.Invalid, `"v1 beta" is not a version`, "write an image's tag, such as v1.2.4"},
	} {
		t.Run(tc.fact, func(t *testing.T) {
			t.Parallel()
			_, err := c.Resolve(tc.target, tc.tag)
			got := [3]string{string(deploy.CodeOf(err)), deploy.Message(err), deploy.Hint(err)}
			if diff := cmp.Diff([3]string{string(tc.code), tc.msg, tc.hint}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := c.Environments("billing"); got != nil {
		t.Errorf("environments of an unknown service: %v", got)
	}
	if got := c.DefaultEnvironment("billing"); got != "" {
		t.Errorf("default environment of an unknown service: %q", got)
	}
}

func TestAResolvedSpecIsTheCallersOwn(t *testing.T) {
	t.Parallel()
	c := example(t)
	want := resolve(t, c, "production")
	mine := resolve(t, c, "production")
	mine.Platform.Settings.Env["VERSION"] = "x"
	mine.Platform.Settings.Secrets["API_KEY"] = "x"
	*mine.Platform.Settings.MinInstances = 99
	*mine.Platform.Settings.MaxInstances = 99
	mine.Strategy.Steps[0].Percent = 99
	mine.Health[0].Path = "x"
	mine.Policy.Deploy[0] = "x"
	mine.Policy.Approve[0] = "x"
	mine.Checks[4].Dependency.Address = "x"
	mine.Loads[0].Targets[0].Path = "x"
	mine.Items[0].Key, mine.Items[6].Prove.Arg = "x", "x"
	mine.Images.Scan.Most[deploy.Critical], mine.Images.Scan.Fixable = 99, false
	mine.Metrics.Every, mine.Metrics.Objectives[0].Target, mine.Metrics.Database.Most = 0, 0, 0
	c.Services()[0], c.Environments("coditect-app")[0] = "x", "x"
	if diff := cmp.Diff(want, resolve(t, c, "production")); diff != "" {
		t.Errorf("changing one answer changed the next (-want +got):\n%s", diff)
	}
}

func TestServicesOfAllFilesAreThereInOrder(t *testing.T) {
	t.Parallel()
	zebra := strings.NewReplacer("service: app\n", "service: zebra\n", "app-staging", "zebra-staging", "app-production", "zebra-production").Replace(sound)
	c, err := load(t, fstest.MapFS{"1.yml": file(zebra), "2.yaml": file("\ufeff" + sound)})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"app", "zebra"}, c.Services()); diff != "" {
		t.Error(diff)
	}
}

func TestDefaultsOfWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	small := `service: app
image: gcr.io/my-gcp-project/app
channel: C0RELEASES
platform: {kind: cloudrun, project: my-gcp-project, region: us-central1, service: app}
strategy: {kind: blue-green}
health: [{path: /health}]
policy: {deploy: [], approve: [S0ONCALL]}
environments:
  live: {}
`
	c, err := load(t, fstest.MapFS{"app.yaml": file(small)})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.DefaultEnvironment("app"); got != "live" {
		t.Errorf("default environment %q, want the only one", got)
	}
	want := deploy.Spec{
		Image:    "gcr.io/my-gcp-project/app",
		Platform: deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: deploy.CloudRun, Project: "my-gcp-project", Region: "us-central1", Name: "app"}},
		Strategy: deploy.Strategy{Kind: deploy.BlueGreen, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}},
		Health:   []deploy.HealthCheck{{Path: "/health", Status: 200, Timeout: 5 * time.Second}},
		Policy: deploy.Policy{
			Deploy: []deploy.Principal{}, Approve: []deploy.Principal{"S0ONCALL"}, Approvals: 1, ApprovalExpires: time.Hour,
			DeployAt: "cat/app.yaml:7", ApproveAt: "cat/app.yaml:7",
		},
		Channel: "C0RELEASES",
		Source:  "cat/app.yaml",
	}
	if diff := cmp.Diff(want, resolve(t, c, "live")); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
}
