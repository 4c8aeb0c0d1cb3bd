package catalog_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

// onECS is a service on ECS in two of the ways: rolling, and in steps by ECS itself. Tables break it.
const onECS = `service: edge
image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/edge
channel: "#releases"
platform:
  kind: ecs
  cluster: edge
  region: us-east-1
  container: app
  task_definition: tasks/edge.json
  cpu: 0.5 vCPU
  memory: 1024
  within: 20m
  env:
    MODE: ${ENVIRONMENT}
  secrets:
    DB: arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf
    KEY: "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-AbCdEf:api::"
    FLAG: /edge/flag
strategy:
  kind: canary
  steps:
    - {percent: 10, bake: 5m}
    - {percent: 50, bake: 10m}
    - {percent: 100, approve: true}
health:
  - {path: /health}
policy:
  deploy: ["@platform"]
  approve: ["@oncall"]
default_environment: production
environments:
  staging:
    url: https://edge-staging.example.com
    strategy: {kind: rolling}
    platform: {service: edge-staging}
  production:
    platform: {service: edge, test_url: "https://test.example.com/", gives_up: 4h}
    observe: 1h
    metrics: {source: cloudwatch}
`

// weighted is onECS behind a rule, with parts.
const (
	rule     = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/edge/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
	weighted = `service: pair
image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/pair
channel: "#releases"
platform:
  kind: ecs
  cluster: edge
  region: us-east-1
  service: pair-a
  beside: pair-b
  rule: ` + rule + `
strategy:
  kind: canary
  steps:
    - {percent: 1, bake: 5m}
    - {percent: 100, approve: true}
health: []
policy:
  deploy: ["@platform"]
  approve: ["@oncall"]
metrics: {source: cloudwatch}
also:
  - name: worker
    rolling: true
    platform:
      kind: ecs
      cluster: edge
      region: us-east-1
      service: worker
      task_definition: tasks/edge.json
    metrics: {source: cloudwatch, objectives: {cpu: {}}}
  - name: front
    image: gcr.io/my-gcp-project/front
    url: https://front.example.com/
    health:
      - {path: /up}
    platform: {kind: cloudrun, project: my-gcp-project, region: us-central1, service: front, env: {E: "${VERSION}"}}
environments:
  production: {}
`
)

// task is a task definition with the least that there may be, and something that only ECS knows.
const task = `{
  "family": "edge",
  "newInThisYear": [1, 2],
  "containerDefinitions": [
    {"name": "app", "image": "edge:${VERSION}", "command": ["--say", "$${HOME} in ${ENVIRONMENT}"]},
    {"name": "proxy"}
  ]
}
`

func tasked(text, definition string) fstest.MapFS {
	return fstest.MapFS{"app.yaml": file(text), "tasks/edge.json": file(definition), "tasks/other.json": file(`{"containerDefinitions": [{"name": "other"}]}`)}
}

func loaded(t *testing.T, text string) *catalog.Catalog {
	t.Helper()
	c, err := load(t, tasked(text, task))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const filledTask = `{
  "family": "edge",
  "newInThisYear": [1, 2],
  "containerDefinitions": [
    {"name": "app", "image": "edge:v1.2.4", "command": ["--say", "${HOME} in production"]},
    {"name": "proxy"}
  ]
}
`

func TestWhatAServiceOnECSMeans(t *testing.T) {
	t.Parallel()
	c := loaded(t, onECS)
	want := deploy.PlatformSpec{
		Service: deploy.ServiceRef{Kind: deploy.ECS, Project: "edge", Region: "us-east-1", Name: "edge"},
		Settings: deploy.Settings{
			CPU: "512", Memory: "1024", Container: "app", Template: filledTask, Env: map[string]string{"MODE": "production"},
			Secrets: map[string]string{
				"DB":   "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf",
				"KEY":  "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-AbCdEf:api::",
				"FLAG": "/edge/flag",
			},
		},
		TestURL: "https://test.example.com", Within: 20 * time.Minute, GivesUp: 4 * time.Hour,
	}
	production, staging := resolve(t, c, "production"), resolve(t, c, "staging")
	if diff := cmp.Diff(want, production.Platform); diff != "" {
		t.Errorf("production (-want +got):\n%s", diff)
	}
	if m := production.Metrics; m.Source != deploy.CloudWatch || m.Lag != 3*time.Minute || len(m.Objectives) != 7 {
		t.Errorf("metrics %+v", m)
	}
	if diff := cmp.Diff(deploy.Strategy{Kind: deploy.Rolling, Steps: []deploy.TrafficStep{{Percent: 100}}}, staging.Strategy); diff != "" {
		t.Errorf("strategy of staging (-want +got):\n%s", diff)
	}
	if p := staging.Platform; p.TestURL != "" || p.GivesUp != 0 || p.Within != 20*time.Minute {
		t.Errorf("staging %+v", p)
	}
}

func TestWhatPartsMean(t *testing.T) {
	t.Parallel()
	c := loaded(t, weighted)
	spec := resolve(t, c, "production")
	ref := deploy.ServiceRef{Kind: deploy.ECS, Project: "edge", Region: "us-east-1", Name: "pair-a", Rule: rule, Beside: "pair-b"}
	if diff := cmp.Diff(deploy.PlatformSpec{Service: ref, Within: 30 * time.Minute}, spec.Platform); diff != "" {
		t.Errorf("platform (-want +got):\n%s", diff)
	}
	want := []deploy.Part{
		{
			Name: "worker", Image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/pair", Rolling: true,
			Platform: deploy.PlatformSpec{
				Service:  deploy.ServiceRef{Kind: deploy.ECS, Project: "edge", Region: "us-east-1", Name: "worker"},
				Settings: deploy.Settings{Template: filledTask}, Within: 30 * time.Minute,
			},
			Metrics: &deploy.MetricsSpec{
				Source: deploy.CloudWatch, Lag: 3 * time.Minute, Every: 15 * time.Second, Minimum: 50, Errors: 4, Unsure: 4,
				Objectives: asTheGuideSets(deploy.CPU),
			},
		},
		{
			Name: "front", Image: "gcr.io/my-gcp-project/front", URL: "https://front.example.com",
			Platform: deploy.PlatformSpec{
				Service:  deploy.ServiceRef{Kind: deploy.CloudRun, Project: "my-gcp-project", Region: "us-central1", Name: "front"},
				Settings: deploy.Settings{Env: map[string]string{"E": "v1.2.4"}},
			},
			Health: []deploy.HealthCheck{{Path: "/up", Status: 200, Timeout: 5 * time.Second}},
		},
	}
	if diff := cmp.Diff(want, spec.Also); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	if _, err := deploy.NewPlan(spec); err != nil {
		t.Error(err)
	}
	spec.Also[0].Metrics.Objectives[0].Target, spec.Also[1].Health[0].Path, spec.Also[1].Platform.Settings.Env["E"] = 9, "/", "x"
	if diff := cmp.Diff(want, resolve(t, c, "production").Also); diff != "" {
		t.Errorf("the catalog has changed with an answer (-want +got):\n%s", diff)
	}
}

func TestHowLongECSWaitsForSlipway(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fact, old, new string
		want           time.Duration
	}{
		{"twice an approval and the longest bake", "", "", 130 * time.Minute},
		{"no less than ECS takes", "policy:\n", "policy:\n  approval_expires: 1s\n", 11 * time.Minute},
		{"no more than ECS takes", "policy:\n", "policy:\n  approval_expires: 168h\n", 336 * time.Hour},
		{"in whole minutes", "policy:\n", "policy:\n  approval_expires: 15m1s\n", 41 * time.Minute},
		{"in the hands of a rule, not at all", "gives_up: 4h", "rule: " + rule, 0},
	} {
		text := replaced(t, onECS, broken{old: tc.old, new: tc.new})
		if tc.want != 0 {
			text = replaced(t, text, broken{old: ", gives_up: 4h"})
		}
		if got := resolve(t, loaded(t, text), "production").Platform.GivesUp; got != tc.want {
			t.Errorf("%s: %s, want %s", tc.fact, got, tc.want)
		}
	}
}

func TestAnEnvironmentOnAnotherPlatformInheritsNothingOfIt(t *testing.T) {
	t.Parallel()
	text := replaced(t, sound, broken{old: "    platform: {service: app-staging}", new: `    url: https://staging.example.com
    strategy: {kind: rolling}
    platform: {kind: ecs, cluster: edge, region: us-east-1, service: app-staging}`})
	c := loaded(t, text)
	want := deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: deploy.ECS, Project: "edge", Region: "us-east-1", Name: "app-staging"}, Within: 30 * time.Minute}
	if diff := cmp.Diff(want, resolve(t, c, "staging").Platform); diff != "" {
		t.Errorf("staging (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(resolve(t, loaded(t, sound), "production").Platform, resolve(t, c, "production").Platform); diff != "" {
		t.Errorf("production (-want +got):\n%s", diff)
	}
	lacking := replaced(t, text, broken{old: ", region: us-east-1"})
	if diff := cmp.Diff("app.yaml:36:5: staging has no platform.region; write it here, or at the top for all environments", problemsOf(t, tasked(lacking, task))); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestWhatStandsAtTheTopIsOfTheKindThatEnvironmentsName(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("  kind: ecs\n  cluster: edge\n", "", "{service: edge", "{kind: ecs, cluster: edge, service: edge").Replace(onECS)
	for _, env := range []string{"staging", "production"} {
		if diff := cmp.Diff(resolve(t, loaded(t, onECS), env).Platform, resolve(t, loaded(t, text), env).Platform); diff != "" {
			t.Errorf("%s (-want +got):\n%s", env, diff)
		}
	}
}

func TestSizesOfTasksAreCountedAsECSCounts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ cpu, memory, wantCPU, wantMemory string }{
		{"128", "4", "128", "4"},
		{"1 vCPU", "2 GB", "1024", "2048"},
		{".25vcpu", "0.5GB", "", ""},
		{"0.25vcpu", "0.5gb", "256", "512"},
		{`"16384"`, `"122880"`, "16384", "122880"},
		{"192 vCPU", "100 GB", "196608", "102400"},
	} {
		text := replaced(t, replaced(t, onECS, broken{old: "cpu: 0.5 vCPU", new: "cpu: " + tc.cpu}), broken{old: "memory: 1024", new: "memory: " + tc.memory})
		c, err := load(t, tasked(text, task))
		if (err == nil) != (tc.wantCPU != "") {
			t.Errorf("%s: %v", tc.cpu, err)
			continue
		}
		if err != nil {
			continue
		}
		if set := resolve(t, c, "staging").Platform.Settings; set.CPU != tc.wantCPU || set.Memory != tc.wantMemory {
			t.Errorf("%s, %s: got %s, %s", tc.cpu, tc.memory, set.CPU, set.Memory)
		}
	}
}
