package sim_test

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"slipway/internal/deploy"
)

// people release, approve, hold, abort and roll back until end, each at their own pace and each press now and then
// twice, as Slack does.
func (w *world) people(end time.Time) *sync.WaitGroup {
	var all sync.WaitGroup
	for i, target := range w.targets {
		all.Go(func() {
			for n := 0; ; n++ {
				roll := w.dice.roll("people", target.Service)
				time.Sleep(roll.between(time.Second, 25*time.Second))
				if !time.Now().Before(end) {
					return
				}
				event := deploy.EventID(fmt.Sprintf("E%d.%d", i, n))
				w.says(target, roll, event)
				if roll.one(5) {
					time.Sleep(roll.between(time.Millisecond, 5*time.Second))
					w.judge.Lock()
					w.judge.event("said again: %s", event)
					w.judge.Unlock()
					w.saysAgain(target, event)
				}
			}
		})
	}
	return &all
}

// says does what somebody would do to a target as it stands.
func (w *world) says(target deploy.Target, roll *roll, event deploy.EventID) {
	w.judge.Lock()
	defer w.judge.Unlock()
	holder, err := w.store.Holder(w.t.Context(), target)
	if err != nil {
		w.judge.fault("find the holder of %s: %v", target, err)
		return
	}
	if holder == "" || roll.one(20) {
		w.asks(target, roll, event)
		return
	}
	r, err := w.store.Get(w.t.Context(), holder)
	if err != nil {
		w.judge.fault("get %s: %v", holder, err)
		return
	}
	kinds := []deploy.SignalKind{deploy.SignalPromote, deploy.SignalPromote, deploy.SignalPromote, deploy.SignalResume}
	if roll.one(4) {
		kinds = []deploy.SignalKind{deploy.SignalPause, deploy.SignalRollBack, deploy.SignalResume}
	}
	s := deploy.Signal{Kind: pick(roll, kinds...), By: pick[deploy.UserID](roll, "U0ALICE", "U0BOB", "U0CAROL")}
	if cur := r.Current(); cur != nil && s.Kind == deploy.SignalPromote {
		s.Step = cur.Name
	}
	w.judge.event("%s says %s to %s", s.By, s.Kind, holder)
	if _, err := w.store.Signal(w.t.Context(), holder, s, event); err != nil {
		w.judge.fault("signal %s: %v", holder, err)
	}
	w.heard[event] = true
}

// asks creates a release of either kind.
func (w *world) asks(target deploy.Target, roll *roll, event deploy.EventID) {
	ask := deploy.Ask{Kind: deploy.Deploy, Target: target, Requester: "U0ALICE", Spec: spec(target, roll),
		Again: roll.one(2), Version: pick(roll, "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v404")}
	if live, err := w.store.Live(w.t.Context(), target); err == nil && roll.one(4) {
		ask.Kind, ask.Version, ask.Baseline = deploy.Rollback, live.Facts.Baseline.Version, live.Facts.Baseline
	}
	r, err := deploy.NewRelease(ask)
	if err != nil {
		w.judge.fault("make a release: %v", err)
		return
	}
	got, err := w.store.Create(w.t.Context(), r, event)
	var held *deploy.HeldError
	var live *deploy.LiveError
	var locked *deploy.LockedError
	var barred *deploy.BarredError
	switch {
	case err == nil:
		w.heard[event] = true
		w.created = append(w.created, got.Release.ID)
		w.judge.created(got.Release)
	case errors.As(err, &locked):
		if err := w.opens(target, locked.Lock, event); err != nil {
			w.judge.fault("unlock: %v", err)
		}
	case !errors.As(err, &held) && !errors.As(err, &live) && !errors.As(err, &barred):
		w.judge.fault("create: %v", err)
	case errors.As(err, &barred) && ask.Again:
		w.judge.fault("refused although somebody insisted: %v", err)
	}
}

// opens clears the lock that a rollback left: of a deploy only, and by a release that did go back.
func (w *world) opens(target deploy.Target, lock deploy.Lock, event deploy.EventID) error {
	left, err := w.store.Get(w.t.Context(), lock.Release)
	if err != nil {
		return fmt.Errorf("look who locked %s: %w", target, err)
	}
	if left.State != deploy.RolledBack {
		return fmt.Errorf("%s is locked by %s, which is %s", target, lock.Release, left.State)
	}
	_, err = w.store.Unlock(w.t.Context(), target, lock.Release, event+"/unlock")
	return err
}

// saysAgain: what was heard under an event counts once.
func (w *world) saysAgain(target deploy.Target, event deploy.EventID) {
	w.judge.Lock()
	defer w.judge.Unlock()
	if !w.heard[event] {
		return
	}
	r, err := deploy.NewRelease(deploy.Ask{Kind: deploy.Deploy, Target: target, Version: "v9", Requester: "U0BOB", Spec: spec(target, &roll{})})
	if err != nil {
		w.judge.fault("make a release: %v", err)
		return
	}
	if got, err := w.store.Create(w.t.Context(), r, event); err != nil || got.Fresh {
		w.judge.fault("%s was heard before, and then made %s, %v", event, got.Release.ID, err)
	}
}

func spec(target deploy.Target, roll *roll) deploy.Spec {
	return deploy.Spec{
		Image:    "image",
		Platform: deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: deploy.CloudRun, Name: platformName(target)}},
		Strategy: pick(roll,
			deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{
				{Percent: 10, Bake: 20 * time.Second}, {Percent: 50, Bake: 10 * time.Second, Approve: true}, {Percent: 100, Approve: roll.one(2)}}},
			deploy.Strategy{Kind: deploy.BlueGreen, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}},
			deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{{Percent: 25, Bake: time.Minute}, {Percent: 100}}},
		),
		Health: []deploy.HealthCheck{{Path: "/health", Status: 200, Version: true, Timeout: 5 * time.Second}},
		Policy: deploy.Policy{Approvals: 1 + roll.below(2), ApprovalExpires: 3 * time.Minute},
	}
}
