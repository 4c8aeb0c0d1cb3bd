package catalog_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestAnEnvironmentSaysOtherwise(t *testing.T) {
	t.Parallel()
	set := func(s *deploy.Spec) *deploy.Settings { return &s.Platform.Settings }
	for _, tc := range []struct {
		fact   string
		own    string // added to staging
		change func(*deploy.Spec)
	}{
		{"a value replaces", `channel: "#staging"`, func(s *deploy.Spec) { s.Channel = "#staging" }},
		{"a platform is merged key by key", "platform: {service: app-staging, memory: 4Gi}", func(s *deploy.Spec) { set(s).Memory = "4Gi" }},
		{"a number may become zero", "platform: {service: app-staging, min_instances: 0}", func(s *deploy.Spec) { *set(s).MinInstances = 0 }},
		{"variables are merged one by one", `platform: {service: app-staging, env: {MODE: slow, MORE: "1"}}`, func(s *deploy.Spec) {
			set(s).Env = map[string]string{"VERSION": "v1.2.4", "MODE": "slow", "MORE": "1"}
		}},
		{"secrets are merged one by one", `platform: {service: app-staging, secrets: {DB: "db:3"}}`, func(s *deploy.Spec) {
			set(s).Secrets = map[string]string{"API_KEY": "api-key:latest", "DB": "db:3"}
		}},
		{"a strategy replaces as a whole", "strategy: {kind: blue-green}", func(s *deploy.Spec) {
			s.Strategy = deploy.Strategy{Kind: deploy.BlueGreen, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}}
		}},
		{"checks replace as a whole", "health: [{path: /up}]", func(s *deploy.Spec) {
			s.Health = []deploy.HealthCheck{{Path: "/up", Status: 200, Timeout: 5 * time.Second}}
		}},
		{"no checks is something", "health: []", func(s *deploy.Spec) { s.Health = []deploy.HealthCheck{} }},
		{"a policy is merged key by key", "policy: {requester_may_approve: true}", func(s *deploy.Spec) { s.Policy.RequesterMayApprove = true }},
		{"an observation replaces", "observe: 1m", func(s *deploy.Spec) { s.Observe = time.Minute }},
		{"no observation is something", "observe: 0s", func(s *deploy.Spec) { s.Observe = 0 }},
		{"metrics replace as a whole", "metrics: {source: prometheus, objectives: {error_rate: {}}, prometheus: {url: http://p:9090}}", func(s *deploy.Spec) {
			s.Metrics = &deploy.MetricsSpec{
				Source: deploy.Prometheus, Lag: 30 * time.Second, Every: 15 * time.Second, Minimum: 50, Errors: 4, Unsure: 4,
				Objectives: asTheGuideSets(deploy.ErrorRate),
				Prometheus: &deploy.PrometheusSpec{
					URL: "http://p:9090", Requests: "http_requests_total", Latency: "http_request_duration_seconds",
					Code: "code", Service: "service", Revision: "revision",
				},
			}
		}},
		{"metrics are turned off", "metrics: {source: none}", func(s *deploy.Spec) { s.Metrics = nil }},
		{"a list of people replaces", "policy: {deploy: [U0DAVE]}", func(s *deploy.Spec) {
			s.Policy.Deploy = []deploy.Principal{"U0DAVE"}
			s.Policy.DeployAt = "cat/app.yaml:34"
		}},
		{"nobody is something", "policy: {deploy: []}", func(s *deploy.Spec) {
			s.Policy.Deploy = []deploy.Principal{}
			s.Policy.DeployAt = "cat/app.yaml:34"
		}},
	} {
		t.Run(tc.fact, func(t *testing.T) {
			t.Parallel()
			original, err := load(t, fstest.MapFS{"app.yaml": file(watched)})
			if err != nil {
				t.Fatal(err)
			}
			want := resolve(t, original, "staging")
			tc.change(&want)

			text := strings.Replace(watched, "    platform: {service: app-staging}", "    "+tc.own+"\n    platform: {service: app-staging}", 1)
			if strings.HasPrefix(tc.own, "platform") {
				text = strings.Replace(watched, "platform: {service: app-staging}", tc.own, 1)
			}
			changed, err := load(t, fstest.MapFS{"app.yaml": file(text)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, resolve(t, changed, "staging")); diff != "" {
				t.Errorf("spec of staging (-want +got):\n%s", diff)
			}
			production := resolve(t, changed, "production")
			if diff := cmp.Diff(resolve(t, original, "production"), production); diff != "" {
				t.Errorf("the other environment changed too (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReferencesAreFilledIn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ fact, text, want string }{
		{"the version", "${VERSION}", "v1.2.4"},
		{"the environment inside a text", "app in ${ENVIRONMENT}, ${VERSION}!", "app in staging, v1.2.4!"},
		{"an escaped reference stays", "$${VERSION} is ${VERSION}", "${VERSION} is v1.2.4"},
		{"a dollar alone stays", "5$ or $5", "5$ or $5"},
	} {
		c, err := load(t, fstest.MapFS{"app.yaml": file(strings.Replace(sound, "MODE: fast", `MODE: "`+tc.text+`"`, 1))})
		if err != nil {
			t.Errorf("%s: %v", tc.fact, err)
			continue
		}
		if got := resolve(t, c, "staging").Platform.Settings.Env["MODE"]; got != tc.want {
			t.Errorf("%s: %q, want %q", tc.fact, got, tc.want)
		}
	}
}
