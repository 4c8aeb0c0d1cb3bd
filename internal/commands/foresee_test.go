package commands_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// planner is a planner that finds what a test says.
type planner struct {
	look, propose error
	changes       []deploy.Change
	unknown       string
	hangs         bool
	asked         []deploy.Release
}

func (p *planner) Look(ctx context.Context, r deploy.Release) (deploy.Release, error) {
	p.asked = append(p.asked, r)
	if p.hangs {
		<-ctx.Done()
		return r, ctx.Err()
	}
	r.Facts = deploy.Facts{Image: deploy.Image{Repository: r.Spec.Image, Tag: r.Version, Digest: "sha256:9f2c"}, Baseline: byHand}
	return r, p.look
}

func (p *planner) Propose(_ context.Context, r deploy.Release) (deploy.Proposal, error) {
	return deploy.NewProposal(r, p.changes, p.unknown), p.propose
}

// foreseeing is a world whose plans are made by p.
func foreseeing(t *testing.T, p *planner) *world {
	t.Helper()
	w := newWorld(t)
	w.planner = p
	w.handler = w.over(w.store)
	return w
}

func TestPlanShowsWhatWouldChange(t *testing.T) {
	t.Parallel()
	p := &planner{changes: []deploy.Change{{What: "cpu", From: "1", To: "2"}, {What: "env FEATURE", To: "(set)"}, {What: "env OLD", From: "(set)"}}}
	w := foreseeing(t, p)
	got := w.says("UALICE", "/deploy coditect-app v1.2.4 --plan")
	r := p.asked[0]
	if r.Target != production || r.Version != "v1.2.4" || r.Requester != "UALICE" {
		t.Errorf("the planner was asked about %v %s of %s", r.Target, r.Version, r.Requester)
	}
	r.Facts.Image, r.Facts.Baseline = deploy.Image{Repository: "gcr.io/p/coditect", Digest: "sha256:9f2c"}, byHand
	short := deploy.NewProposal(r, p.changes, "").Short()
	has(t, got, "\nImage: gcr.io/p/coditect@sha256:9f2c\nNow at 100 %: app-by-hand (v1.2.3)\nChanges 3 settings:\ncpu 1 → 2\n+ env FEATURE (set)\n− env OLD\nThis is plan "+short+".\nTakes about 11 min")
	if active, err := w.store.Active(t.Context()); err != nil || len(active) != 0 {
		t.Errorf("%d releases were stored, %v", len(active), err)
	}

	policy := w.catalog.policy[production]
	policy.ApprovePlan = true
	w.catalog.policy[production] = policy
	got = w.says("UALICE", "/deploy coditect-app v1.2.4 --plan")
	has(t, got, "; an approval is given to exactly that.", "4. Preflight: waits for 1 approval of the plan from @oncall, 1 h at most\n"+
		"5. Preflight: that must still be what was approved; else the approval is void, and people are asked again\n",
		"not counting 2 approvals, which whoever starts it cannot give.")
	hasNot(t, got, short)
}

func TestPlanOfFewAndOfManyChanges(t *testing.T) {
	t.Parallel()
	many := make([]deploy.Change, 25)
	for i := range many {
		many[i] = deploy.Change{What: fmt.Sprintf("env V%02d", i), To: "(set)"}
	}
	tests := map[string]struct {
		p    planner
		want string
	}{
		"nothing":           {planner{}, "\nNo settings change.\nThis is plan "},
		"one thing":         {planner{changes: many[:1]}, "\nChanges 1 setting:\n+ env V00 (set)\nThis is plan "},
		"twenty":            {planner{changes: many[:20]}, "\n+ env V19 (set)\nThis is plan "},
		"more than is read": {planner{changes: many}, "\n+ env V19 (set)\nand 5 more\nThis is plan "},
		"nobody knows what": {planner{unknown: "the platform cannot say."}, "\nWhich settings change is not known: the platform cannot say.\nThis is plan "},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			has(t, foreseeing(t, &tc.p).says("UALICE", "/deploy coditect-app v1.2.4 --plan"), tc.want)
		})
	}
}

func TestPlanWithoutALookIsShownAllTheSame(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		p    planner
		want string
	}{
		"no such image": {planner{look: &deploy.Error{Code: deploy.NotFound, Msg: "there is no tag v1.2.4", Hint: "the nearest is v1.2.3"}},
			"\nWhat it would change is not known: there is no tag v1.2.4 (the nearest is v1.2.3).\nTakes about"},
		"a defect":              {planner{look: errors.New("some library's words")}, "\nWhat it would change is not known: internal error.\nTakes about"},
		"time is up":            {planner{look: context.DeadlineExceeded}, "\nWhat it would change is not known: there was no answer in time.\nTakes about"},
		"only the changes fail": {planner{propose: noAnswer}, "\nNow at 100 %: app-by-hand (v1.2.3)\nWhat else it would change is not known: no answer.\nTakes about"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := foreseeing(t, &tc.p)
			got := w.says("UALICE", "/deploy coditect-app v1.2.4 --plan")
			has(t, got, tc.want, "1. Preflight: the service must be settled", "To start it: /deploy coditect-app v1.2.4 production")
			hasNot(t, got, "This is plan")
			if len(w.reported) != 1 {
				t.Errorf("reported: %v", w.reported)
			}
		})
	}
}

func TestAPlannerThatHangsDoesNotKeepTheAnswer(t *testing.T) {
	t.Parallel()
	w, p := newWorld(t), &planner{hangs: true}
	h := commands.New(w.store, w.catalog, w.people, &commands.Options{Team: team, Clock: w, Within: 500 * time.Millisecond, Planner: p})
	q := commands.Request{Event: "E1", By: "UALICE", Team: team, Command: "/deploy", Text: "coditect-app v1.2.4 --plan"}
	got := h.Command(t.Context(), q)
	has(t, got.Text.String(), "What it would change takes longer to find out than Slack waits for an answer: it follows in a moment.", "To start it: /deploy coditect-app v1.2.4 production")
	if got.Later == nil {
		t.Fatal("nothing follows")
	}
	within, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	has(t, got.Later(within).String(), "Plan for coditect-app/production → v1.2.4, what it would change:\n",
		"not known: there was no answer in time. Ask again: /deploy coditect-app v1.2.4 production --plan")
	p.hangs = false
	has(t, got.Later(t.Context()).String(), "what it would change:\nImage: gcr.io/p/coditect@sha256:9f2c\n", "No settings change.\nThis is plan ")
	if again := h.Command(t.Context(), q); again.Later != nil {
		t.Error("what was said at once is said again")
	}
}

func TestPlanSaysHowLongItTookBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.carried("v1.2.3")
	slow := func(r *deploy.Release) {
		for i := range r.Steps {
			if s := &r.Steps[i]; s.Kind == deploy.KindRevision {
				s.Begun = s.EndedAt.Add(-20 * time.Minute)
			}
		}
	}
	w.handler = w.over(past{Store: w.store, change: slow})
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --plan"), "Takes about 30 min, going by the release before, not counting 1 approval")
	w.handler = w.over(past{Store: w.store, change: slow, twice: true})
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --plan"), "Takes about 30 min, going by the 2 releases before, not counting 1 approval")
	if !r.State.Terminal() {
		t.Errorf("the release before is %s", r.State)
	}
}

// past is a store whose history took another time.
type past struct {
	commands.Store
	change func(*deploy.Release)
	twice  bool
}

func (p past) History(ctx context.Context, t deploy.Target, limit int) ([]deploy.Release, error) {
	list, err := p.Store.History(ctx, t, limit)
	for i := range list {
		p.change(&list[i])
	}
	if p.twice {
		list = append(list, list...)
	}
	return list, err
}

func TestPlanSaysWhatItChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.items = guide()
	w.catalog.images = &deploy.ImagePolicy{
		MaxAge: 2160 * time.Hour, MaxSize: 1 << 30, Labels: []string{"org.opencontainers.image.revision"}, Signature: []string{"a key"},
		Scan: &deploy.ScanPolicy{Most: map[deploy.Severity]int{deploy.High: 3, deploy.Critical: 0}, MaxAge: 36 * time.Hour},
	}
	w.catalog.checks = []deploy.Check{
		{Name: "Redis", Stage: deploy.Smoke, Dependency: &deploy.Dependency{Kind: deploy.Redis, Address: "redis://secret"}},
		{Name: "Redis from the network", Stage: deploy.Smoke, Dependency: &deploy.Dependency{Kind: deploy.Redis}, Job: "slipway-probe"},
		{Name: "Old script", Stage: deploy.Smoke, Command: &deploy.Command{Run: []string{"scripts/smoke.sh", "-v"}}},
	}
	w.catalog.loads = []deploy.LoadCheck{
		{Name: "API under load", Stage: deploy.Smoke, Rate: 100, For: 30 * time.Second, Most: 500,
			Limits: deploy.LoadLimits{P99: 500 * time.Millisecond, Mean: 100 * time.Millisecond, Rate: 90}},
		{Name: "Search", Stage: deploy.Functional, Concurrency: 10, For: 2 * time.Minute, Most: 50, Limits: deploy.LoadLimits{Failed: 0.005}},
	}
	got := w.says("UMALLORY", "/deploy coditect-app v1.2.4 --plan")
	has(t, got,
		"3. Preflight: 4 items of the checklist must be so, 1 proved by machine and 3 attested by people; the image must be at most 90 days old, of at most 1 GiB, "+
			"labelled org.opencontainers.image.revision, scanned in the last 36 h with at most 0 critical, 3 high findings, signed by a key of the catalog; for what is open it waits, 1 h at most\n",
		"Health: the new revision must pass Redis (redis, from beside the bot), Redis from the network (redis, from the job slipway-probe), Old script (scripts/smoke.sh -v, beside the bot)\n",
		"Health: the new revision must bear API under load: 100 requests a second for 30 s, at most 500; p99 below 500 ms, mean below 100 ms, at least 90 answers a second, none failed\n",
		"Validate: where users reach it, it must bear Search: 10 at once for 2 min, at most 50 requests a second; at most 0.5 % failed\n")
	hasNot(t, got, "redis://secret")
}

// timed is a planner that keeps until when it may look.
type timed struct {
	planner
	until time.Time
}

func (p *timed) Look(ctx context.Context, r deploy.Release) (deploy.Release, error) {
	p.until, _ = ctx.Deadline()
	return p.planner.Look(ctx, r)
}

// watched is a store that keeps until when the whole answer may take.
type watched struct {
	commands.Store
	until time.Time
}

func (w *watched) History(ctx context.Context, t deploy.Target, limit int) ([]deploy.Release, error) {
	w.until, _ = ctx.Deadline()
	return w.Store.History(ctx, t, limit)
}

func TestThePlannerHasOnlyPartOfTheTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, s := &timed{}, &watched{Store: w.store}
	h := commands.New(s, w.catalog, w.people, &commands.Options{Team: team, Clock: w, Within: time.Hour, Planner: p})
	q := commands.Request{Event: "E1", By: "UALICE", Team: team, Command: "/deploy", Text: "coditect-app v1.2.4 --plan"}
	has(t, h.Command(t.Context(), q).Text.String(), "This is plan ")
	if p.until.IsZero() || !p.until.Before(s.until.Add(-30*time.Minute)) {
		t.Errorf("the planner may look until %s, the answer may take until %s", p.until, s.until)
	}
}
