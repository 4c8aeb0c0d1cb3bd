package commands_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// worker is released together with coditect-app.
func worker() deploy.Part {
	return deploy.Part{Name: "worker", Image: "gcr.io/p/worker", Rolling: true,
		Platform: deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: deploy.ECS, Project: "p", Region: "r", Name: "coditect-worker"}},
		Health:   []deploy.HealthCheck{{Path: "/alive", Status: 200, Timeout: time.Second}}}
}

// together is a world in which the worker is part of every release.
func together(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.catalog.also = []deploy.Part{worker()}
	return w
}

// seer is a planner that foresees a return; nothing else is asked of it.
type seer struct {
	deploy.Planner
	back  deploy.Return
	err   error
	hangs bool
	asked chan deploy.Release
}

func (s *seer) Foresee(ctx context.Context, r deploy.Release) (deploy.Return, error) {
	select {
	case s.asked <- r:
	default:
	}
	if s.hangs {
		<-ctx.Done()
		return deploy.Return{}, ctx.Err()
	}
	return s.back, s.err
}

func (w *world) foresees(s *seer) *seer {
	s.asked = make(chan deploy.Release, 1)
	w.planner = s
	w.handler = w.over(w.store)
	return s
}

func TestRollbackOfARunningReleaseNamesItsPartsAndHowLongItTakes(t *testing.T) {
	t.Parallel()
	w := together(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	r := w.drive("coditect-app-1")
	r.Watch.Way.Return = deploy.Return{Takes: 3 * time.Minute, How: "worker: a rolling deployment back"}
	w.put(r)
	want := "Rolling back coditect-app-1 (v1.2.4, @UALICE): coditect-app/production returns from v1.2.4 to v1.2.3, worker to v1.2.2. " +
		"It takes about 3 min: worker: a rolling deployment back. Follow it in #devops-oncall."
	if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app --reason slow")); d != "" {
		t.Error(d)
	}
}

func TestRollbackOfTheLastReleaseTakesItsPartsToWhatTheyHadThen(t *testing.T) {
	t.Parallel()
	w := together(t)
	first := w.carried("v1.2.3")
	w.carried("v1.2.4")
	asked := w.foresees(&seer{back: deploy.Return{Takes: 5 * time.Second, How: "weights flip, 4 old tasks are warm"}}).asked
	want := "coditect-app-3 rolls coditect-app/production back from v1.2.4 to v1.2.3, worker to v1.2.3. " +
		"It is the last good one: coditect-app-1 brought it to 100 %. It takes about 5 s: weights flip, 4 old tasks are warm. Follow it in #devops-oncall."
	if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app --reason slow")); d != "" {
		t.Error(d)
	}
	if r := <-asked; r.Parts["worker"].Baseline.Name != "worker-r1-1" || r.Facts.Baseline.Name != first.Facts.Candidate.Name {
		t.Errorf("asked about a return to %+v with %+v", r.Facts, r.Parts)
	}
	got := w.get("coditect-app-3").Parts["worker"]
	if d := cmp.Diff(first.Parts["worker"].Image, got.Image); d != "" || got.Baseline.Name != "worker-r1-1" {
		t.Errorf("the worker goes back to %s, image (-want +got):\n%s", got.Baseline.Name, d)
	}
	if r := w.drive("coditect-app-3"); r.State != deploy.RolledBack || w.running[deploy.Target{Service: "coditect-app@worker", Environment: "production"}].Name != "worker-r1-1" {
		t.Fatalf("the release is %s, and there runs %+v", r.State, w.running)
	}

	has(t, w.says("UBOB", "/deploy status coditect-app production"), "coditect-app/production runs v1.2.3 since 2026-03-02", ", together with worker (coditect-app-3, @UBOB).")
	has(t, w.says("UBOB", "/rollback coditect-app v1.2.4 --reason again"), "from v1.2.3 to v1.2.4, worker to v1.2.4.")
	if got := w.get("coditect-app-4").Parts["worker"]; got.Baseline.Name != "worker-r2-1" || got.Image.Digest != "sha256:worker-v1.2.4" {
		t.Errorf("the worker goes to %+v", got)
	}
	w.drive("coditect-app-4")
	has(t, w.says("UBOB", "/rollback coditect-app v1.2.3 --reason again"), "worker to v1.2.3.") // as a rollback left it
	if got := w.get("coditect-app-5").Parts["worker"]; got.Baseline.Name != "worker-r1-1" {
		t.Errorf("the worker goes to %+v", got)
	}
}

func TestRollbackToWhatTheFirstReleaseFoundTakesItsPartsThereToo(t *testing.T) {
	t.Parallel()
	w := together(t)
	w.carried("v1.2.3")
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "coditect-app-2 rolls coditect-app/production back from v1.2.3 to v1.2.2, worker to v1.2.2.")
	if got := w.get("coditect-app-2").Parts["worker"].Baseline.Name; got != "worker-by-hand" {
		t.Errorf("the worker goes back to %s", got)
	}
}

func TestRollbackIsRefusedWhereNobodyKnowsWhatAPartHad(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.3") // alone
	w.carried("v1.2.4") // alone
	w.catalog.also = []deploy.Part{worker()}
	w.carried("v1.2.5")
	want := "Slipway does not know which revision of worker belongs to v1.2.3: no release brought both, or found both at coditect-app/production. Nothing was started.\n" +
		`It can go back to v1.2.4 with all of its parts: /rollback coditect-app production v1.2.4 --reason "slow" ` +
		"Or to bring v1.2.3 there as a new release: /deploy coditect-app v1.2.3 production"
	if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app v1.2.3 --reason slow")); d != "" {
		t.Error(d)
	}
	if id, err := w.store.Holder(t.Context(), production); err != nil || id != "" {
		t.Errorf("held by %q, %v", id, err)
	}
	has(t, w.says("UBOB", "/rollback coditect-app v1.2.4 --reason slow"), "worker to v1.2.2.") // which v1.2.5 has found beside it

	w = newWorld(t)
	w.carried("v1.2.3")
	w.carried("v1.2.4")
	w.catalog.also = []deploy.Part{worker()} // since
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "which revision of worker belongs to v1.2.3",
		"To bring it there as a new release, with all of its parts: /deploy coditect-app v1.2.3 production")
}

func TestNothingIsSaidOfHowLongARollbackTakesIfNobodyKnows(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		seer *seer
		says string
	}{
		"the platform does not say":       {seer: &seer{}},
		"the platform refuses":            {seer: &seer{err: &deploy.Error{Code: deploy.Forbidden, Msg: "no"}}},
		"the platform says how only":      {&seer{back: deploy.Return{How: "a rolling deployment back"}}, " It takes: a rolling deployment back."},
		"the platform says how long only": {&seer{back: deploy.Return{Takes: 90 * time.Second}}, " It takes about 90 s."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.catalog.onECS = true
			w.carried("v1.2.3")
			w.carried("v1.2.4")
			w.foresees(c.seer)
			want := "coditect-app-3 rolls coditect-app/production back from v1.2.4 to v1.2.3. It is the last good one: coditect-app-1 brought it to 100 %." + c.says + " Follow it in #devops-oncall."
			if d := cmp.Diff(want, w.says("UBOB", "/rollback coditect-app --reason slow")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestARollbackDoesNotWaitLongForWhoForesees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.onECS = true
	w.carried("v1.2.3")
	w.carried("v1.2.4")
	w.foresees(&seer{hangs: true})
	reply := w.says("UBOB", "/rollback coditect-app --reason slow")
	has(t, reply, "coditect-app-3 rolls coditect-app/production back")
	hasNot(t, reply, "It takes")
	if r := w.get("coditect-app-3"); r.State != deploy.RollingBack {
		t.Errorf("the release is %s", r.State)
	}
}

func TestNobodyIsAskedHowLongAMatterOfSecondsTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.carried("v1.2.3")
	w.carried("v1.2.4")
	s := w.foresees(&seer{back: deploy.Return{Takes: 90 * time.Second}})
	hasNot(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "It takes")
	if len(s.asked) > 0 {
		t.Error("the platform was asked all the same, and the rollback waited for it")
	}
}

func TestThePlanNamesThePartsOfARelease(t *testing.T) {
	t.Parallel()
	w := together(t)
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --plan"),
		"3. Preflight: worker: the service must be settled", "4. Preflight: worker: the image gcr.io/p/worker:v1.2.4 must exist",
		"Deploy: a new revision of app, without traffic", "Deploy: worker: a new revision of coditect-worker, of which nothing runs yet",
		"Traffic: 100 % to v1.2.4\n", "Traffic: worker: the platform replaces what runs by v1.2.4, task by task",
		"Health: worker: where users reach it, it must answer /alive")
}

func TestDetailsNameThePartsAndTheWayBack(t *testing.T) {
	t.Parallel()
	w := together(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	r := w.drive("coditect-app-1")
	r.Watch.Way.Return = deploy.Return{Takes: 5 * time.Second, How: "weights flip"}
	w.put(r)
	has(t, w.presses("UBOB", commands.Details, "coditect-app-1", ""), "\nworker before: worker-by-hand (v1.2.2)", "\nworker new: worker-r1-1 (v1.2.4) tagged rc-1",
		"\nworker image: gcr.io/p/worker@sha256:worker-v1.2.4", "\nA rollback now: about 5 s: weights flip.", " worker: deploy/revision done: as asked")
	r = w.get("coditect-app-1")
	r.Watch.Way.Fell = "3 tasks stopped"
	w.put(r)
	has(t, w.presses("UBOB", commands.Details, "coditect-app-1", ""), "\nThe platform has gone back by itself: 3 tasks stopped")
}

func TestAStepOfAPartThatFailsIsNamed(t *testing.T) {
	t.Parallel()
	w := together(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1", nil, nil, nil, &deploy.Error{Code: deploy.NotFound, Msg: "there is no image worker:v1.2.4"})
	has(t, w.says("UBOB", "/deploy history coditect-app"), "failed at 2026-03-02 14:00 UTC: worker: preflight/image: there is no image worker:v1.2.4")
}

func TestARollingReleaseIsSpokenOfWithoutShares(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.catalog.rolling = true
	plan := w.says("UALICE", "/deploy coditect-app v1.2.4 --plan")
	has(t, plan, "waits for 1 approval of the rollout from @oncall", "the platform replaces what runs by v1.2.4, task by task", "a new revision of app, of which nothing runs yet")
	hasNot(t, plan, "100 % to")
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	has(t, w.says("UBOB", "/deploy status coditect-app production"), "is at Rollout and waits since", "for 1 approval of the rollout from @oncall")
	has(t, w.says("UBOB", "/promote coditect-app"), "Your approval of the rollout for coditect-app-1 is stored.")
	w.drive("coditect-app-1")
	has(t, w.says("UBOB", "/deploy history coditect-app"), "rolled v1.2.4 out at 2026-03-02 14:00 UTC")
}
