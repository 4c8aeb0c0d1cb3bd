package catalog_test

import (
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/deployments"
	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

var (
	production = deploy.Target{Service: "coditect-app", Environment: "production"}
	staging    = deploy.Target{Service: "coditect-app", Environment: "staging"}

	// Lines are others in a copy, which has no comments.
	elsewhere = cmp.Options{cmpopts.IgnoreFields(deploy.Spec{}, "Source"), cmpopts.IgnoreFields(deploy.Policy{}, "DeployAt", "ApproveAt")}
)

func TestARewrittenCatalogDiffersOnlyWhereItShould(t *testing.T) {
	t.Parallel()
	dst := filepath.Join(t.TempDir(), "new", "catalog")
	err := catalog.Rewrite(deployments.Catalog(), dst, catalog.Rewriting{
		Speed: 60, LoadFor: 3 * time.Second, Registry: "127.0.0.1:5000",
		Addresses: map[string]string{"External API": "http://127.0.0.1:8090/health"},
		URLs:      map[deploy.Target]string{production: "http://127.0.0.1:8088", staging: "http://127.0.0.1:8089"},
	})
	if err != nil {
		t.Fatal(err)
	}
	copied, err := catalog.Load(dst)
	if err != nil {
		t.Fatal(err)
	}
	original := example(t)
	if diff := cmp.Diff(original.Targets(), copied.Targets()); diff != "" {
		t.Fatal(diff)
	}
	if got := copied.DefaultEnvironment("coditect-app"); got != "production" {
		t.Errorf("default environment %q, want production", got)
	}
	for target, url := range map[deploy.Target]string{production: "http://127.0.0.1:8088", staging: "http://127.0.0.1:8089"} {
		want := resolve(t, original, target.Environment)
		want.Image = "127.0.0.1:5000/my-gcp-project/coditect"
		want.URL = url
		want.Strategy.Steps[0].Bake, want.Strategy.Steps[1].Bake = 5*time.Second, 5*time.Second
		want.Policy.ApprovalExpires = time.Minute
		want.Checks[6].Dependency.Address = "http://127.0.0.1:8090/health"
		if target == production {
			want.Loads[0].For = 3 * time.Second
			want.Observe, want.Metrics.Lag, want.Metrics.Every = 5*time.Second, 3*time.Second, 250*time.Millisecond
			for i := range want.Metrics.Objectives {
				want.Metrics.Objectives[i].Window = 5 * time.Second
			}
		}
		if diff := cmp.Diff(want, resolve(t, copied, target.Environment), elsewhere); diff != "" {
			t.Errorf("%s (-want +got):\n%s", target, diff)
		}
	}
}

func TestRewritingNothingKeepsEverySpec(t *testing.T) {
	t.Parallel()
	nobody := strings.Replace(sound, "url: https", "health: []\n    policy: {deploy: [], requester_may_approve: true}\n    url: https", 1)
	src := fstest.MapFS{"app.yaml": file(nobody)}
	original, err := load(t, src)
	if err != nil {
		t.Fatal(err)
	}
	dst := t.TempDir()
	if err := catalog.Rewrite(src, dst, catalog.Rewriting{}); err != nil {
		t.Fatal(err)
	}
	copied, err := catalog.Load(dst)
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"staging", "production"} {
		if diff := cmp.Diff(resolve(t, original, env), resolve(t, copied, env), elsewhere); diff != "" {
			t.Errorf("%s (-want +got):\n%s", env, diff)
		}
	}
}

func TestTimesAreDividedDownToAMillisecond(t *testing.T) {
	t.Parallel()
	src := fstest.MapFS{"app.yaml": file(strings.Replace(sound, "  approval_expires: 60m\n", "", 1))}
	dst := t.TempDir()
	if err := catalog.Rewrite(src, dst, catalog.Rewriting{Speed: 1e9}); err != nil {
		t.Fatal(err)
	}
	copied, err := catalog.Load(dst)
	if err != nil {
		t.Fatal(err)
	}
	spec := resolve(t, copied, "staging")
	got := []time.Duration{spec.Strategy.Steps[0].Bake, spec.Strategy.Steps[1].Bake, spec.Policy.ApprovalExpires, spec.Platform.Settings.Timeout, spec.Health[0].Timeout}
	want := []time.Duration{time.Millisecond, 0, time.Millisecond, 300 * time.Second, 2 * time.Second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bakes, expiry, request, check (-want +got):\n%s", diff)
	}
}

func TestARewritingThatMakesNoSenseWritesNothing(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fact string
		r    catalog.Rewriting
	}{
		{"a speed below nothing", catalog.Rewriting{Speed: -1}},
		{"a speed that is no number", catalog.Rewriting{Speed: math.NaN()}},
		{"load for less than nothing", catalog.Rewriting{LoadFor: -1}},
		{"load for less than can be measured", catalog.Rewriting{LoadFor: time.Millisecond}},
		{"an address for nothing", catalog.Rewriting{Addresses: map[string]string{"Authentication": "http://127.0.0.1"}}},
		{"a URL for nothing", catalog.Rewriting{URLs: map[deploy.Target]string{{Service: "x", Environment: "y"}: "http://127.0.0.1"}}},
	} {
		dst := filepath.Join(t.TempDir(), "out")
		err := catalog.Rewrite(deployments.Catalog(), dst, tc.r)
		if deploy.CodeOf(err) != deploy.Invalid {
			t.Errorf("%s: %v, want invalid", tc.fact, err)
		}
		if _, err := os.Stat(dst); err == nil {
			t.Errorf("%s: something was written", tc.fact)
		}
	}
}

func TestACopyThatIsNoCatalogAnyMoreIsReported(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fact string
		r    catalog.Rewriting
		want string
	}{
		{"a URL that is none", catalog.Rewriting{URLs: map[deploy.Target]string{production: "nowhere"}}, `url "nowhere" is not the address of a service`},
		{"an address that is none", catalog.Rewriting{Addresses: map[string]string{"External API": "127.0.0.1"}}, `http is not an address`},
		{"a registry that is none", catalog.Rewriting{Registry: "not a host"}, `is not a repository`},
		{"so slow that it never ends", catalog.Rewriting{Speed: 1e-6}, `is out of range`},
	} {
		err := catalog.Rewrite(deployments.Catalog(), t.TempDir(), tc.r)
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.fact, err, tc.want)
		}
	}
}

const guidesChecklist = "checklists/production.yaml"

func checklistOfTheGuide(t testing.TB) *fstest.MapFile {
	t.Helper()
	text, err := fs.ReadFile(deployments.Catalog(), guidesChecklist)
	if err != nil {
		t.Fatal(err)
	}
	return &fstest.MapFile{Data: text}
}

// sameSpecs holds that text describes the same targets as the example.
func sameSpecs(t *testing.T, text string) {
	t.Helper()
	c, err := load(t, fstest.MapFS{"app.yaml": file(text), guidesChecklist: checklistOfTheGuide(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, env := range []string{"staging", "production"} {
		if diff := cmp.Diff(resolve(t, example(t), env), resolve(t, c, env), elsewhere); diff != "" {
			t.Errorf("%s (-want +got):\n%s", env, diff)
		}
	}
}
