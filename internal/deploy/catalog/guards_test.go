package catalog_test

import (
	"io/fs"
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

// guardedSpec is what staging of a catalog resolves to.
func guardedSpec(t *testing.T, text, list string) deploy.Spec {
	t.Helper()
	c, err := load(t, guardedBy(text, list))
	if err != nil {
		t.Fatal(err)
	}
	return resolve(t, c, "staging")
}

func TestWhatGuardsAReleaseMeans(t *testing.T) {
	t.Parallel()
	got := guardedSpec(t, guarded, listed)
	tried := func(name string, tries int, within time.Duration, kind deploy.DependencyKind, address, job string) deploy.Check {
		return deploy.Check{Name: name, Stage: deploy.Smoke, Dependency: &deploy.Dependency{Kind: kind, Address: address}, Job: job, Within: within, Tries: tries}
	}
	checks := []deploy.Check{
		tried("Database", 3, 30*time.Second, deploy.Postgres, "${secret:database-url}", ""),
		tried("Uploads", 1, time.Minute, deploy.Bucket, "gs://app-${ENVIRONMENT}-uploads", ""),
		tried("Probe", 1, time.Minute, deploy.TCP, "10.0.0.5:5432", "slipway-probe"),
		{Name: "Script", Stage: deploy.Functional, Command: &deploy.Command{Run: []string{"scripts/smoke.sh", "--fast"}}, Within: time.Minute, Tries: 1},
	}
	loads := []deploy.LoadCheck{{
		Name: "Load", Stage: deploy.Smoke, Rate: 50, For: 20 * time.Second, Most: 60,
		Targets: []deploy.Call{
			{Method: "GET", Path: "/a", Timeout: 5 * time.Second},
			{Method: "POST", Path: "/b", Body: `{"c":"d"}`, Headers: map[string]string{"Content-Type": "application/json"}, Timeout: 5 * time.Second},
		},
		Limits: deploy.LoadLimits{Rate: 45, Mean: 80 * time.Millisecond, Failed: 0.005},
	}}
	images := &deploy.ImagePolicy{
		MaxAge: 90 * 24 * time.Hour, MaxSize: 1 << 30, Labels: []string{"org.opencontainers.image.revision"},
		Scan: &deploy.ScanPolicy{
			Most: map[deploy.Severity]int{deploy.Critical: 0, deploy.High: 3}, MaxAge: 30 * 24 * time.Hour, Fixable: true,
			Exceptions: []deploy.Exception{{ID: "CVE-2026-1234", Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Reason: "not reachable: no XML is read"}},
		},
		Signature: []string{ecKey, edKey},
	}
	items := []deploy.Item{
		{Key: "security/scan", Group: "Security", Text: "Scan passed", Prove: &deploy.Proof{Kind: deploy.ProveScan}},
		{Key: "security/cors", Group: "Security", Text: "CORS configured", Owner: "@platform", Lasts: 24 * time.Hour},
		{Key: "testing-quality/staging", Group: "Testing & quality", Text: "Uploads there", Prove: &deploy.Proof{Kind: deploy.ProveCheck, Arg: "Uploads"}, Owner: "@oncall"},
		{Key: "testing-quality/way", Group: "Testing & quality", Text: "A way back", Lasts: 720 * time.Hour},
	}
	for what, diff := range map[string]string{
		"checks": cmp.Diff(checks, got.Checks), "loads": cmp.Diff(loads, got.Loads),
		"images": cmp.Diff(images, got.Images), "items": cmp.Diff(items, got.Items),
	} {
		if diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	if !got.Public || got.Policy.ApprovePlan {
		t.Errorf("public %v, approve_plan %v", got.Public, got.Policy.ApprovePlan)
	}
}

func TestWhatALoadCheckLeavesOut(t *testing.T) {
	t.Parallel()
	target := []deploy.Call{{Method: "GET", Path: "/", Timeout: 5 * time.Second}}
	ms := time.Millisecond
	for _, tc := range []struct {
		fact, text string
		want       deploy.LoadCheck
	}{
		{"the guide's limits", "rate: 300", deploy.LoadCheck{Rate: 300, Most: 300, Limits: deploy.LoadLimits{Rate: 100, Mean: 100 * ms, P99: 500 * ms}}},
		{"a small rate is nearly answered", "rate: 50", deploy.LoadCheck{Rate: 50, Most: 100, Limits: deploy.LoadLimits{Rate: 45, Mean: 100 * ms, P99: 500 * ms}}},
		{"so many at once ask for no rate", "concurrency: 10", deploy.LoadCheck{Concurrency: 10, Most: 100, Limits: deploy.LoadLimits{Mean: 100 * ms, P99: 500 * ms}}},
		{"nothing is asked of 0", "rate: 0.5, most: 2.5, limits: {rate: 0, mean: 0ms, p99: 0ms, failed: 100%}", deploy.LoadCheck{Rate: 0.5, Most: 2.5, Limits: deploy.LoadLimits{Failed: 1}}},
	} {
		c, err := load(t, fstest.MapFS{"app.yaml": file(sound + "load:\n  - {name: L, stage: functional, targets: [{get: /}], " + tc.text + "}\n")})
		if err != nil {
			t.Errorf("%s: %v", tc.fact, err)
			continue
		}
		tc.want.Name, tc.want.Stage, tc.want.For, tc.want.Targets = "L", deploy.Functional, 30*time.Second, target
		if diff := cmp.Diff([]deploy.LoadCheck{tc.want}, resolve(t, c, "staging").Loads); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.fact, diff)
		}
	}
}

func TestAnEnvironmentIsGuardedOtherwise(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fact, own string
		change    func(*deploy.Spec)
	}{
		{"what is inherited", "", func(*deploy.Spec) {}},
		{"no checklist is something", "checklist: none", func(s *deploy.Spec) { s.Items = nil }},
		{"an image policy replaces as a whole", "image_policy: {scan: {low: 1}}", func(s *deploy.Spec) {
			s.Images = &deploy.ImagePolicy{Scan: &deploy.ScanPolicy{Most: map[deploy.Severity]int{deploy.Low: 1}}}
		}},
		{"no image policy is something", "checklist: none\n    image_policy: {}", func(s *deploy.Spec) { s.Items, s.Images = nil, nil }},
		{"no load is something", "load: []", func(s *deploy.Spec) { s.Loads = nil }},
		{"private addresses are called", "public_only: false", func(s *deploy.Spec) { s.Public = false }},
		{"a plan is approved", "policy: {approve_plan: true}", func(s *deploy.Spec) { s.Policy.ApprovePlan = true }},
	} {
		want := guardedSpec(t, guarded, listed)
		tc.change(&want)
		changed := strings.Replace(guarded, "  staging:\n", "  staging:\n    "+tc.own+"\n", 1)
		if diff := cmp.Diff(want, guardedSpec(t, changed, listed), elsewhere); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.fact, diff)
		}
	}
}

func TestAPlanThatNobodyMayApproveIsAProblem(t *testing.T) {
	t.Parallel()
	nobody := strings.NewReplacer(`approve: ["@oncall", U0CAROL]`, "approve: []", ", approve: true", "").Replace(sound)
	if got := problemsOf(t, fstest.MapFS{"app.yaml": file(nobody)}); got != "" {
		t.Errorf("nobody is asked: %s", got)
	}
	asked := strings.Replace(nobody, "  approvals: 1\n", "  approvals: 1\n  approve_plan: true\n", 1)
	want := "app.yaml:28:12: nobody may approve, but staging asks for approval of the plan"
	if got := problemsOf(t, fstest.MapFS{"app.yaml": file(asked)}); got != want {
		t.Errorf("got %s", got)
	}
}

func TestAChecklistIsReportedOnceForAllWhoHaveIt(t *testing.T) {
	t.Parallel()
	zebra := strings.NewReplacer("service: app\n", "service: zebra\n", "app-staging", "zebra-staging", "app-production", "zebra-production").Replace(guarded)
	files := guardedBy(guarded, strings.Replace(listed, "key: way", "key: Way", 1))
	files["zebra.yaml"] = file(zebra)
	want := `checklists/production.yaml:9:15: key "Way" is not a key; lower case letters, digits and hyphens`
	if got := problemsOf(t, files); got != want {
		t.Errorf("got %s", got)
	}
}

func TestThereAreSoManyItems(t *testing.T) {
	t.Parallel()
	list := "groups:\n  - name: A\n    items:\n"
	for i := range 100 {
		list += "      - {key: k" + strings.Repeat("1", i/4) + "-" + strings.Repeat("2", i%4+1) + ", text: x}\n"
	}
	if got := problemsOf(t, guardedBy(guarded, list)); got != "" {
		t.Fatal(got)
	}
	want := "checklists/production.yaml:104:9: there are more than 100 items"
	if got := problemsOf(t, guardedBy(guarded, list+"      - {key: more, text: x}\n")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestACommandOfARealFolderMayBeExecuted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("app.yaml", guarded, 0o644)
	write("checklists/production.yaml", listed, 0o644)
	write("scripts/smoke.sh", "exit 0\n", 0o644)
	_, err := catalog.Load(dir)
	if want := filepath.Join(dir, "app.yaml") + ":45:49: scripts/smoke.sh may not be executed; chmod +x scripts/smoke.sh"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if err := os.Chmod(filepath.Join(dir, "scripts/smoke.sh"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := catalog.Load(dir); err != nil {
		t.Error(err)
	}
}

func TestARewrittenCatalogIsGuardedAsTheOriginal(t *testing.T) {
	t.Parallel()
	atOnce := strings.Replace(guarded, "image_policy:\n", `  - {name: Short, stage: smoke, concurrency: 3, for: 1s, targets: [{put: /c, body: "a # b"}], limits: {rate: 0}}
  - {name: Default, stage: smoke, rate: 0.5, targets: [{get: /}]}
image_policy:
`, 1)
	staging := strings.Replace(atOnce, "  staging:\n", "  staging:\n    policy: {approve_plan: true}\n    public_only: false\n", 1)
	production := strings.Replace(staging, "  production:\n", "  production:\n    load: []\n    image_policy: {}\n    checklist: none\n", 1)
	src := guardedBy(production, listed)
	original, err := load(t, src)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		fact string
		r    catalog.Rewriting
		want [3]time.Duration // that load lasts
	}{
		{"as it is", catalog.Rewriting{}, [3]time.Duration{20 * time.Second, time.Second, 30 * time.Second}},
		{"faster", catalog.Rewriting{Speed: 2}, [3]time.Duration{10 * time.Second, time.Second, 15 * time.Second}},
		{"much faster", catalog.Rewriting{Speed: 60}, [3]time.Duration{2 * time.Second, time.Second, 2 * time.Second}},
		{"for so long", catalog.Rewriting{Speed: 60, LoadFor: 3 * time.Second}, [3]time.Duration{3 * time.Second, time.Second, 3 * time.Second}},
	} {
		dst := t.TempDir()
		for range 2 { // doing it again changes nothing
			if err := catalog.Rewrite(src, dst, tc.r); err != nil {
				t.Fatalf("%s: %v", tc.fact, err)
			}
		}
		copied, err := catalog.Load(dst)
		if err != nil {
			t.Fatalf("%s: %v", tc.fact, err)
		}
		for _, env := range []string{"staging", "production"} {
			want, got := resolve(t, original, env), resolve(t, copied, env)
			for i := range want.Loads {
				want.Loads[i].For = tc.want[i]
			}
			want.Strategy, want.Policy.ApprovalExpires = got.Strategy, got.Policy.ApprovalExpires // held elsewhere
			if diff := cmp.Diff(want, got, elsewhere); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", tc.fact, env, diff)
			}
		}
	}
}

func TestAddressesOfACopyAreThoseOfTheSandbox(t *testing.T) {
	t.Parallel()
	dst := t.TempDir()
	r := catalog.Rewriting{Addresses: map[string]string{"Database": "postgres://127.0.0.1:5432/app", "Uploads": "gs://practice"}}
	if err := catalog.Rewrite(guardedBy(guarded, listed), dst, r); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(dst)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, check := range resolve(t, c, "staging").Checks[:3] {
		got = append(got, string(check.Dependency.Kind)+" "+check.Dependency.Address)
	}
	if diff := cmp.Diff([]string{"postgres postgres://127.0.0.1:5432/app", "bucket gs://practice", "tcp 10.0.0.5:5432"}, got); diff != "" {
		t.Error(diff)
	}
}
