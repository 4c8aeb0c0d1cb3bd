package commands_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if d := cmp.Diff("Nothing is under way. What a service runs: /deploy status billing-api", w.says("UDAVE", "/deploy status")); d != "" {
		t.Errorf("before anything:\n%s", d)
	}
	want := "coditect-app/staging: Slipway has not brought any version to 100 % yet. Nothing is under way."
	if d := cmp.Diff(want, w.says("UDAVE", "/deploy status coditect-app staging")); d != "" {
		t.Errorf("of a target without releases:\n%s", d)
	}

	w.carried("v1.2.3")
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-2")
	w.pass(5 * time.Minute)
	w.drive("coditect-app-2")
	w.says("UDAVE", "/deploy coditect-app v1.2.5 staging")

	want = "coditect-app/production: coditect-app-2 (v1.2.4, @UALICE) is at Traffic 10 % and waits since 2026-03-02 14:20 UTC " +
		"for 1 approval of 50 % from @oncall, not from @UALICE; expires 2026-03-02 15:20 UTC.\n" +
		"coditect-app/staging: coditect-app-3 (v1.2.5, @UDAVE) is at Preflight since 2026-03-02 14:20 UTC, about 1 min left, not counting an approval."
	if d := cmp.Diff(want, w.says("UDAVE", "/deploy status")); d != "" {
		t.Errorf("of everything:\n%s", d)
	}
	want = "coditect-app/production runs v1.2.3 since 2026-03-02 14:15 UTC (coditect-app-1, @UALICE). " +
		"coditect-app-2 (v1.2.4, @UALICE) is at Traffic 10 % and waits since 2026-03-02 14:20 UTC " +
		"for 1 approval of 50 % from @oncall, not from @UALICE; expires 2026-03-02 15:20 UTC."
	if d := cmp.Diff(want, w.says("UDAVE", "/deploy status coditect-app production")); d != "" {
		t.Errorf("of a target:\n%s", d)
	}
	has(t, w.says("UDAVE", "/deploy status coditect-app"), "coditect-app/production runs v1.2.3", "\ncoditect-app/staging: Slipway has not")
}

func TestStatusOfWhatHoldsOrGoesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	w.presses("UBOB", commands.Pause, "coditect-app-1", "")
	w.drive("coditect-app-1")
	has(t, w.says("UDAVE", "/deploy status"), "coditect-app-1 (v1.2.4, @UALICE) is held at 10 % by @UBOB since 2026-03-02 14:00 UTC.")

	broken := &deploy.Error{Code: deploy.Internal, Msg: "the platform said something unheard of"}
	w.says("UBOB", `/rollback coditect-app --reason "5xx"`)
	w.drive("coditect-app-1", broken)
	has(t, w.says("UDAVE", "/deploy status"), "stopped at 10 % and needs a person since 2026-03-02 14:00 UTC: rollback/traffic: the platform said something unheard of")
}

func TestHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	want := "Slipway has released nothing to coditect-app/production in the last 90 days."
	if d := cmp.Diff(want, w.says("UDAVE", "/deploy history coditect-app")); d != "" {
		t.Errorf("of nothing:\n%s", d)
	}
	w.carried("v1.2.3")
	has(t, w.says("UDAVE", "/deploy history coditect-app"), "The only one of coditect-app/production:\ncoditect-app-1 (v1.2.3, @UALICE)")

	w.says("UALICE", `/deploy coditect-app v1.2.4 --reason "new checkout"`)
	w.drive("coditect-app-2")
	w.pass(62 * time.Second)
	w.says("UBOB", `/rollback coditect-app --reason "5xx at 3 %"`)
	w.drive("coditect-app-2")
	w.says("UBOB", "/deploy unlock coditect-app")
	w.says("UALICE", "/deploy coditect-app v1.2.5")
	w.drive("coditect-app-3", &deploy.Error{Code: deploy.NotFound, Msg: "there is no service app"})
	w.says("UALICE", "/deploy coditect-app v1.2.5")

	want = `The last 4 of coditect-app/production:
coditect-app-4 (v1.2.5, @UALICE) is at Preflight since 2026-03-02 14:16 UTC, about 11 min left, not counting an approval
coditect-app-3 (v1.2.5, @UALICE) failed at 2026-03-02 14:16 UTC: preflight/service: there is no service app · took 0.0 s
coditect-app-2 (v1.2.4, @UALICE) went back to v1.2.3 at 2026-03-02 14:16 UTC, by @UBOB: 5xx at 3 % · took 1:02 min · new checkout
coditect-app-1 (v1.2.3, @UALICE) brought v1.2.3 to 100 % at 2026-03-02 14:15 UTC · took 15:00 min`
	if d := cmp.Diff(want, w.says("UDAVE", "/deploy history coditect-app")); d != "" {
		t.Error(d)
	}
}

func TestHistoryListsTen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 11 {
		w.says("UALICE", "/deploy coditect-app v1.2.5")
		id, err := w.store.Holder(t.Context(), production)
		if err != nil {
			t.Fatal(err)
		}
		w.drive(id, &deploy.Error{Code: deploy.NotFound, Msg: "there is no service app"})
	}
	reply := w.says("UDAVE", "/deploy history coditect-app")
	has(t, reply, "The last 10 of", "coditect-app-11 (", "coditect-app-2 (")
	hasNot(t, reply, "coditect-app-1 (")
}

// partial is a store that can read some releases only.
type partial struct{ commands.Store }

func (p partial) Active(ctx context.Context) ([]deploy.Release, error) {
	list, err := p.Store.Active(ctx)
	if err != nil {
		return nil, err
	}
	return list, &deploy.Error{Code: deploy.Conflict, Msg: "written by a newer replica"}
}

func TestStatusShowsWhatCanBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.handler = w.over(partial{w.store})
	has(t, w.says("UALICE", "/deploy status"), "This did not work: written by a newer replica.")
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	has(t, w.says("UALICE", "/deploy status"), "coditect-app-1 (v1.2.4, @UALICE) is at Preflight",
		"\nThere is more that I cannot read; the log of Slipway says what.")
}

func TestHelpNamesEveryCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, typed := range []string{"/deploy", "/deploy help", "/promote", "/rollback --help"} {
		has(t, w.says("UDAVE", typed), "/deploy SERVICE VERSION [ENV]", "/deploy status [SERVICE [ENV]]", "/deploy history SERVICE [ENV]",
			"/promote SERVICE [ENV] [PERCENT]", `/rollback SERVICE [ENV] [VERSION] [--anyway] --reason "…"`,
			"/rollback SERVICE [ENV] --database  lists the backups", "/rollback SERVICE [ENV] --database --backup ID | --at TIME", `/rollback SERVICE [ENV] --database --in-place --backup ID --confirm INSTANCE --reason "…"`,
			`/deploy waive SERVICE [ENV] ITEM --reason "…"`, "For example: /deploy billing-api v1.2.4 production --plan",
			"Services: billing-api, coditect-app, status.")
	}
}
