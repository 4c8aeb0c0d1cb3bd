package commands_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestDeployStoresARelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.says("UALICE", `/deploy coditect-app v1.2.4 --reason "fix <b> & more"`)
	if d := cmp.Diff("coditect-app-1 brings coditect-app/production to v1.2.4. Follow it in #devops-oncall.", got); d != "" {
		t.Error(d)
	}
	r := w.get("coditect-app-1")
	type stored struct {
		Target    deploy.Target
		Version   string
		Requester deploy.UserID
		Reason    string
		Steps     int
	}
	want := stored{production, "v1.2.4", "UALICE", "fix <b> & more", 13}
	if d := cmp.Diff(want, stored{r.Target, r.Version, r.Requester, r.Reason, len(r.Steps)}); d != "" {
		t.Errorf("stored (-want +got):\n%s", d)
	}
}

func TestDeployHeardTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.saysIn("E1", "UALICE", "/deploy coditect-app v1.2.4")
	if second := w.saysIn("E1", "UALICE", "/deploy coditect-app v1.2.4"); second != first {
		t.Errorf("the second time: %q, the first time: %q", second, first)
	}
	if active, err := w.store.Active(t.Context()); err != nil || len(active) != 1 {
		t.Errorf("%d releases, %v, want one", len(active), err)
	}
}

func TestDeployIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		by    deploy.UserID
		typed string
		want  string
	}{
		"unknown service": {"UALICE", "/deploy coditect-ap v1.2.4",
			`I don't know the service "coditect-ap". Did you mean: /deploy coditect-app v1.2.4`},
		"unknown environment": {"UALICE", "/deploy coditect-app v1.2.4 stagin",
			`coditect-app has no environment "stagin". Did you mean: /deploy coditect-app v1.2.4 staging`},
		"a version that cannot be one": {"UALICE", "/deploy coditect-app app:v1.2.4",
			`"app:v1.2.4" cannot be a version: letters, digits, dots, dashes and underscores can. Type: /deploy coditect-app v1.2.4`},
		"may deploy elsewhere": {"UDAVE", "/deploy coditect-app v1.2.4",
			"You may deploy coditect-app to staging, not to production. Deployers there: @UALICE, @platform. Why: deployments/catalog/coditect-app.yaml:31\n" +
				"Type: /deploy coditect-app v1.2.4 staging"},
		"may deploy nowhere": {"UMALLORY", "/deploy coditect-app v1.2.4",
			"You may not deploy coditect-app to production. Deployers there: @UALICE, @platform. Why: deployments/catalog/coditect-app.yaml:31\n" +
				"Ask one of them to type: /deploy coditect-app v1.2.4 production"},
		"an empty list is nobody": {"UALICE", "/deploy billing-api v1",
			"You may not deploy billing-api to production. Deployers there: nobody, the list is empty.\n" +
				"Ask one of them to type: /deploy billing-api v1 production"},
		"canary where the catalog has no steps": {"UALICE", "/deploy coditect-app v1.2.4 staging --strategy canary",
			"The catalog has no canary steps for coditect-app, only blue-green. Why: deployments/catalog/coditect-app.yaml\nType: /deploy coditect-app v1.2.4 staging"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if d := cmp.Diff(tc.want, w.says(tc.by, tc.typed)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if active, err := w.store.Active(t.Context()); err != nil || len(active) != 0 {
				t.Errorf("%d releases were stored, %v", len(active), err)
			}
		})
	}
}

func TestDeployOfAMemberOfAGroupIsStored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	has(t, w.says("UERIN", "/deploy coditect-app v1.2.4"), "coditect-app-1 brings")
}

func TestDeployOfWhatIsLiveIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.4")
	want := "coditect-app/production runs v1.2.4 already, since 2026-03-02 14:15 UTC, by coditect-app-1 of @UALICE.\n" +
		"What else was live: /deploy history coditect-app production\n" +
		`If traffic was moved by hand since: /rollback coditect-app production v1.2.4 --reason "traffic was moved by hand"`
	if d := cmp.Diff(want, w.says("UALICE", "/deploy coditect-app v1.2.4")); d != "" {
		t.Error(d)
	}
	has(t, w.says("UALICE", `/rollback coditect-app production v1.2.4 --reason "traffic was moved by hand"`), "coditect-app-2 rolls coditect-app/production back to v1.2.4")
}

func TestDeployToAHeldTargetNamesItsHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	w.pass(2 * time.Minute)

	want := "coditect-app/production is held by coditect-app-1 (v1.2.4, @UALICE); it is at Traffic 10 % since 2026-03-02 14:00 UTC, about 8 min left, not counting an approval.\n" +
		"Wait for it, or ask @UALICE. Then: /deploy coditect-app v1.2.5"
	if d := cmp.Diff(want, w.says("UERIN", "/deploy coditect-app v1.2.5")); d != "" {
		t.Errorf("while it bakes:\n%s", d)
	}

	w.pass(3 * time.Minute)
	w.drive("coditect-app-1")
	want = "coditect-app/production is held by coditect-app-1 (v1.2.4, @UALICE); it is at Traffic 10 % and waits since 2026-03-02 14:05 UTC " +
		"for 1 approval of 50 % from @oncall, not from @UALICE; expires 2026-03-02 15:05 UTC.\n" +
		"To let it go on: /promote coditect-app production 50 · Wait for it, or ask @UALICE. Then: /deploy coditect-app v1.2.5"
	if d := cmp.Diff(want, w.says("UERIN", "/deploy coditect-app v1.2.5")); d != "" {
		t.Errorf("while it waits:\n%s", d)
	}
	has(t, w.says("UDAVE", "/deploy coditect-app v1.2.5 staging"), "coditect-app-2 brings coditect-app/staging to v1.2.5")
}

func TestDeployPlanStoresNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := `Plan for coditect-app/production → v1.2.4. Nothing is started by looking at it.
1. Preflight: the service must be settled, with one version at 100 %
2. Preflight: the image gcr.io/p/coditect:v1.2.4 must exist
3. Preflight: what would change is worked out and shown
4. Deploy: a new revision of app, without traffic
5. Health: the new revision must answer /health
6. Traffic: 10 % to v1.2.4
7. Traffic: stays at 10 % for 5 min
8. Traffic: waits for 1 approval of 50 % from @oncall, 1 h at most
9. Traffic: 50 % to v1.2.4
10. Traffic: stays at 50 % for 5 min
11. Traffic: 100 % to v1.2.4
12. Validate: users must reach v1.2.4, as the platform reports and its health check says
13. Validate: the tag of the new revision is taken off
Takes about 11 min, not counting 1 approval, which whoever starts it cannot give. It can be rolled back at any step.
To start it: /deploy coditect-app v1.2.4 production`
	if d := cmp.Diff(want, w.says("UMALLORY", "/deploy coditect-app v1.2.4 --plan")); d != "" {
		t.Error(d)
	}
	if active, err := w.store.Active(t.Context()); err != nil || len(active) != 0 {
		t.Errorf("%d releases were stored, %v", len(active), err)
	}

	w.says("UALICE", "/deploy coditect-app v1.2.3")
	reply := w.says("UALICE", "/deploy coditect-app v1.2.4 --plan --strategy blue-green")
	has(t, reply, "waits for 1 approval of 100 %", "Now the target is held by coditect-app-1 (v1.2.3, @UALICE)",
		"To start it: /deploy coditect-app v1.2.4 production --strategy blue-green")
	hasNot(t, reply, "going by") // a release that is under way teaches nothing yet
}

func TestDeployHeldByAReleaseThatHasJustEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.4")
	w.handler = w.over(failing{Store: w.store, create: &deploy.Error{
		Code: deploy.Held, Err: &deploy.HeldError{Target: production, Holder: "coditect-app-1"},
	}})
	want := "coditect-app/production was held by coditect-app-1 a moment ago. Nothing was started. Type again: /deploy coditect-app v1.2.5"
	if d := cmp.Diff(want, w.says("UALICE", "/deploy coditect-app v1.2.5")); d != "" {
		t.Error(d)
	}
}
