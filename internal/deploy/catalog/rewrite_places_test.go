package catalog_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

// practised is what a catalog is after it was rewritten twice, which is as once.
func practised(t *testing.T, src fstest.MapFS, r catalog.Rewriting) (c *catalog.Catalog, dir string) {
	t.Helper()
	dir = t.TempDir()
	for range 2 {
		if err := catalog.Rewrite(src, dir, r); err != nil {
			t.Fatal(err)
		}
	}
	c, err := catalog.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return c, dir
}

func TestAServiceOnECSIsTheSameInACopy(t *testing.T) {
	t.Parallel()
	for fact, text := range map[string]string{"two ways": onECS, "weights and parts": weighted, "on another platform": replaced(t, sound, broken{
		old: "platform: {service: app-staging}", new: "strategy: {kind: rolling}\n    url: http://a.b\n    platform: {kind: ecs, cluster: edge, region: us-east-1, service: app, task_definition: tasks/edge.json}",
	})} {
		original := loaded(t, text)
		copied, dir := practised(t, tasked(text, task), catalog.Rewriting{})
		for _, target := range original.Targets() {
			if diff := cmp.Diff(resolve(t, original, target.Environment), resolve(t, copied, target.Environment), elsewhere); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", fact, target, diff)
			}
		}
		got, err := os.ReadFile(filepath.Join(dir, "tasks", "edge.json"))
		if err != nil || string(got) != task {
			t.Errorf("%s: the task definition is %q, %v", fact, got, err)
		}
	}
}

func TestWhatECSWaitsForIsAsLongInAFasterCopy(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fact, old string
		want      time.Duration
	}{
		{"what the catalog says", "", 4 * time.Hour},
		{"what follows from other times", ", gives_up: 4h", 130 * time.Minute},
	} {
		text := replaced(t, onECS, broken{old: tc.old})
		c, _ := practised(t, tasked(text, task), catalog.Rewriting{Speed: 60})
		spec := resolve(t, c, "production")
		if p := spec.Platform; p.GivesUp != tc.want || p.Within != 20*time.Minute {
			t.Errorf("%s: gives up after %s, within %s", tc.fact, p.GivesUp, p.Within)
		}
		if spec.Policy.ApprovalExpires != time.Minute || spec.Metrics.Lag != 3*time.Second {
			t.Errorf("%s: expires %s, lag %s", tc.fact, spec.Policy.ApprovalExpires, spec.Metrics.Lag)
		}
		if staging := resolve(t, c, "staging"); staging.Platform.GivesUp != 0 {
			t.Errorf("%s: what is rolling gives up after %s", tc.fact, staging.Platform.GivesUp)
		}
	}
}

func TestPartsAreRewrittenToo(t *testing.T) {
	t.Parallel()
	// The first part is in the hands of ECS, which takes no step of 1 %.
	text := strings.NewReplacer("    rolling: true\n", "", "percent: 1,", "percent: 25,").Replace(weighted)
	original := loaded(t, text)
	here := strings.Replace(rule, "/app/edge/", "/app/practice/", 1)
	c, _ := practised(t, tasked(text, task), catalog.Rewriting{
		Speed: 60, Registry: "127.0.0.1:5000",
		Places: map[deploy.ServiceRef]catalog.Place{
			{Kind: deploy.ECS, Project: "edge", Region: "us-east-1", Name: "pair-a"}:                              {Rule: here, URL: "http://127.0.0.1:1", TestURL: "http://127.0.0.1:2"},
			{Kind: deploy.ECS, Project: "edge", Region: "us-east-1", Name: "worker", Rule: "whatever"}:            {Rule: here},
			{Kind: deploy.CloudRun, Project: "my-gcp-project", Region: "us-central1", Name: "front", Beside: "x"}: {URL: "http://127.0.0.1:3/"},
		},
	})
	want := resolve(t, original, "production")
	want.Image, want.URL = "127.0.0.1:5000/pair", "http://127.0.0.1:1"
	want.Platform.Service.Rule = here // there was no test_url before
	want.Also[0].Image, want.Also[1].Image = "127.0.0.1:5000/pair", "127.0.0.1:5000/my-gcp-project/front"
	want.Also[1].URL = "http://127.0.0.1:3"
	want.Also[0].Platform.GivesUp = 125 * time.Minute
	for _, m := range []*deploy.MetricsSpec{want.Metrics, want.Also[0].Metrics} {
		m.Lag, m.Every = 3*time.Second, 250*time.Millisecond
		for i := range m.Objectives {
			m.Objectives[i].Window = 5 * time.Second
		}
	}
	want.Strategy.Steps[0].Bake, want.Policy.ApprovalExpires = 5*time.Second, time.Minute
	if diff := cmp.Diff(want, resolve(t, c, "production"), elsewhere); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestATestAddressIsThatOfTheCopy(t *testing.T) {
	t.Parallel()
	ref := resolve(t, loaded(t, onECS), "production").Platform.Service
	c, _ := practised(t, tasked(onECS, task), catalog.Rewriting{
		URLs:   map[deploy.Target]string{{Service: "edge", Environment: "production"}: "http://127.0.0.1:9", {Service: "edge", Environment: "staging"}: "http://127.0.0.1:8"},
		Places: map[deploy.ServiceRef]catalog.Place{ref: {TestURL: "http://127.0.0.1:2", URL: "http://127.0.0.1:1"}},
	})
	production, staging := resolve(t, c, "production"), resolve(t, c, "staging")
	got := []string{production.URL, production.Platform.TestURL, staging.URL, staging.Platform.TestURL}
	if diff := cmp.Diff([]string{"http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:8", ""}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPlaceForNoServiceIsRefused(t *testing.T) {
	t.Parallel()
	dst := filepath.Join(t.TempDir(), "out")
	err := catalog.Rewrite(tasked(onECS, task), dst, catalog.Rewriting{Places: map[deploy.ServiceRef]catalog.Place{{Kind: deploy.ECS, Name: "x"}: {}}})
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(err.Error(), `there is no service "ecs://x"`) {
		t.Error(err)
	}
	if _, err := os.Stat(dst); err == nil {
		t.Error("something was written")
	}
}
