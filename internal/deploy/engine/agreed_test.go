package engine_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
)

// loaded has the release bear one load check at each stage.
func loaded(s *deploy.Spec) {
	s.Strategy.Steps[0].Approve = false
	for _, stage := range []deploy.CheckStage{deploy.Smoke, deploy.Functional} {
		s.Loads = append(s.Loads, deploy.LoadCheck{Name: "API", Stage: stage, Rate: 100, For: 10 * time.Second})
	}
}

// stageOf is the stage that a step of load belongs to.
func stageOf(s deploy.Step) deploy.CheckStage {
	if s.Phase == deploy.Validate {
		return deploy.Functional
	}
	return deploy.Smoke
}

func TestEachStretchOfLoadIsStoredBeforeTheNextIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t, loaded)
	b.on(deploy.KindLoad, func(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		l := deploy.LoadResult{Check: s.Check, Stage: stageOf(s)}
		if before := r.LoadOf(s.Check, l.Stage); before != nil {
			l = *before
		}
		stored, err := b.store.Get(ctx, b.id)
		if err != nil {
			return deploy.Outcome{}, err
		}
		if kept := stored.LoadOf(s.Check, l.Stage); (kept == nil) != (l.Requests == 0) || kept != nil && kept.Requests != l.Requests {
			t.Errorf("%d requests were counted, and stored is %+v", l.Requests, kept)
		}
		l.Requests += 200
		l.Took += 2 * time.Second
		out := deploy.Outcome{Load: &l, Note: l.Says()}
		if l.Took < 10*time.Second {
			out.Again = time.Millisecond
		}
		return out, nil
	})
	b.start("one", b.store)
	r := b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
	if r.State != deploy.Succeeded || len(r.Loads) != 2 || r.Loads[0].Requests != 1000 || r.Loads[1].Requests != 1000 {
		t.Errorf("%s with %+v", r.State, r.Loads)
	}
	journal, err := b.store.Journal(t.Context(), b.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, e := range journal {
		if e.Kind == deploy.EntryProgress && strings.Contains(e.Text, "requests, 100 a second") {
			told++
		}
	}
	if told != 8 {
		t.Errorf("progress was told %d times, want 4 times at each stage", told)
	}
}

// A stretch takes seconds. Each has the time of a call for itself, and more than that of a beat of the lease.
func TestAStretchOfLoadHasTheTimeOfOneCall(t *testing.T) {
	t.Parallel()
	b := newBench(t, loaded)
	var left atomic.Int64
	b.on(deploy.KindLoad, func(ctx context.Context, _ deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		until, bounded := ctx.Deadline()
		if !bounded {
			t.Error("a stretch may take for ever")
		}
		left.Store(int64(time.Until(until)))
		return deploy.Outcome{Load: &deploy.LoadResult{Check: s.Check, Stage: stageOf(s), Done: true}}, nil
	})
	b.start("one", b.store, func(o *engine.Options) { o.Call = 0 }) // as in the bot
	b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
	if d := time.Duration(left.Load()); d < 30*time.Second || d > time.Minute {
		t.Errorf("a stretch has %s", d)
	}
}

func TestARollBackInterruptsAStretchOfLoad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stage deploy.CheckStage
		err   error // what a loader that was cut short says
		want  deploy.State
	}{
		"at smoke, which says that it was":         {deploy.Smoke, &deploy.Error{Code: deploy.Unavailable, Msg: "broken off"}, deploy.Failed},
		"at functional, which says that it was":    {deploy.Functional, &deploy.Error{Code: deploy.Unavailable, Msg: "broken off"}, deploy.RolledBack},
		"at functional, which takes it for a fail": {deploy.Functional, &deploy.Error{Code: deploy.Invalid, Msg: "12 a second"}, deploy.RolledBack},
		"at functional, which gives what it has":   {deploy.Functional, nil, deploy.RolledBack},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, loaded)
			firing := make(chan struct{}, 1)
			b.on(deploy.KindLoad, func(ctx context.Context, _ deploy.Release, s deploy.Step) (deploy.Outcome, error) {
				l := &deploy.LoadResult{Check: s.Check, Stage: stageOf(s), Requests: 7}
				if stageOf(s) != c.stage {
					return deploy.Outcome{Load: l}, nil
				}
				firing <- struct{}{}
				<-ctx.Done()
				return deploy.Outcome{Load: l, Again: time.Second}, c.err
			})
			b.start("one", b.store)
			<-firing
			b.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "slow"})
			r := b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
			if r.State != c.want || r.By != "U0BOB" || len(firing) > 0 {
				t.Errorf("%s by %s: %s", r.State, r.By, r.Why)
			}
			if cut := r.Steps[slices.IndexFunc(r.Steps, func(s deploy.Step) bool { return s.Kind == deploy.KindLoad && stageOf(s) == c.stage })]; cut.Status != deploy.Skipped {
				t.Errorf("the step is %s: %s", cut.Status, cut.Note)
			}
		})
	}
}

// listed has the release ask for one item of a checklist and for an approval of its plan.
func listed(s *deploy.Spec) {
	s.Strategy.Steps[0].Approve = false
	s.Items = []deploy.Item{{Key: "security/cors", Text: "CORS policies configured"}}
	s.Policy.ApprovePlan = true
}

// agreeing has the checklist ask the store, and the plan be as settings say at that time.
func (b *bench) agreeing(settings *atomic.Value) {
	b.on(deploy.KindReady, func(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		words, err := b.store.Attested(ctx, r.Target)
		if err != nil {
			return deploy.Outcome{}, err
		}
		ready := &deploy.Readiness{Total: 1}
		if _, said := words["security/cors"]; said {
			ready.Attested = 1
			return deploy.Outcome{Ready: ready}, nil
		}
		ready.Open = []deploy.OpenItem{{Key: "security/cors", Attest: true}}
		return deploy.Outcome{Ready: ready, Again: 15 * time.Second}, nil
	})
	plan := func(_ context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
		p := deploy.NewProposal(r, []deploy.Change{{What: "cpu", To: settings.Load().(string)}}, "")
		return deploy.Outcome{Proposal: &p}, nil
	}
	b.on(deploy.KindPropose, plan)
	b.on(deploy.KindConfirm, plan)
}

func TestAReleaseWaitsForItsChecklistAndForAYesToItsPlan(t *testing.T) {
	t.Parallel()
	b := newBench(t, listed)
	var settings atomic.Value
	settings.Store("1")
	b.agreeing(&settings)
	b.start("one", b.store)
	r := b.await("waiting for its checklist", func(r deploy.Release) bool { return r.State == deploy.Waiting })
	if r.Readying() == nil || len(r.Readiness.Open) != 1 {
		t.Fatalf("it waits at %s: %+v", r.Current().Name, r.Readiness)
	}
	if _, err := b.store.Attest(t.Context(), r.Target, "U0CAROL", map[string]time.Duration{"security/cors": time.Hour}, "attest"); err != nil {
		t.Fatal(err)
	}
	b.say(deploy.Signal{Kind: deploy.SignalAttested, By: "U0CAROL", Reason: "CORS policies configured"})
	atGate := func(r deploy.Release) bool { return r.State == deploy.Waiting && r.Current().Kind == deploy.KindGate }
	first := b.await("asking for the plan", atGate) // well before the 15 s are over

	settings.Store("2") // behind everybody's back
	approve := func(r deploy.Release) {
		t.Helper()
		s := deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: r.Current().Name, Plan: r.Proposal.Hash}
		if _, err := b.store.Signal(t.Context(), b.id, s, deploy.EventID(s.Plan)); err != nil {
			t.Fatal(err)
		}
	}
	approve(first)
	second := b.await("asking for another plan", func(r deploy.Release) bool { return atGate(r) && r.Proposal.Hash != first.Proposal.Hash })
	if len(second.Current().Approvals) != 0 || slices.Contains(b.acted(), "deploy/revision") {
		t.Fatalf("%+v after %v", second.Current(), b.acted())
	}
	approve(second)
	r = b.await("ended", func(r deploy.Release) bool { return r.State.Terminal() })
	if r.State != deploy.Succeeded {
		t.Errorf("%s: %s", r.State, r.Why)
	}
	voided := 0
	journal, err := b.store.Journal(t.Context(), b.id, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range journal {
		if e.Kind == deploy.EntryVoided {
			voided++
		}
	}
	if voided != 1 {
		t.Errorf("an approval was voided %d times", voided)
	}
}
