package deploy_test

import (
	"testing"
	"time"

	"slipway/internal/deploy"
)

var start = time.Date(2026, 11, 2, 14, 0, 0, 0, time.UTC)

// canary is a release of the guide's service: 10 % for five minutes, then 50 % and 100 % by approval.
func canary(t *testing.T, change ...func(*deploy.Spec)) deploy.Release {
	t.Helper()
	spec := deploy.Spec{
		Image: "gcr.io/my-gcp-project/coditect",
		Strategy: deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{
			{Percent: 10, Bake: 5 * time.Minute}, {Percent: 50, Bake: 5 * time.Minute, Approve: true}, {Percent: 100, Approve: true},
		}},
		Health: []deploy.HealthCheck{{Path: "/health", Status: 200, Version: true, Timeout: time.Second}},
		Policy: deploy.Policy{Approvals: 1, ApprovalExpires: time.Hour},
	}
	for _, c := range change {
		c(&spec)
	}
	r, err := deploy.NewRelease(deploy.Ask{
		Kind: deploy.Deploy, Target: deploy.Target{Service: "coditect-app", Environment: "production"},
		Version: "v1.2.4", Requester: "U0ALICE", Spec: spec,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.ID, r.Number, r.Created, r.Since = "coditect-app-42", 42, start, start
	return r
}

// world plays the outside for a release: it carries every act out at once and well, unless told otherwise.
type world struct {
	t       *testing.T
	r       deploy.Release
	now     time.Time
	journal []deploy.Entry
	acts    []deploy.StepName
	look    func(*world) (*deploy.Look, error) // what a look comes to; nil: healthy
	looks   int
}

func play(t *testing.T, r deploy.Release) *world { return &world{t: t, r: r, now: start} }

// until acts and lets time pass until the release waits for people, has ended, or is about to run stop.
func (w *world) until(stop deploy.StepName) deploy.Action {
	w.t.Helper()
	for range 200 {
		a := w.decide()
		switch {
		case a.Do == deploy.End, a.Do == deploy.Act && a.Step == stop:
			return a
		case a.Do == deploy.See:
			w.see()
		case a.Do == deploy.Act:
			w.conclude(a.Step, good(w.r), nil)
		case a.Until.IsZero() || w.r.State == deploy.Waiting || w.r.State == deploy.Paused && w.r.Current().Status == deploy.Pending:
			return a
		default:
			w.now = a.Until
		}
	}
	w.t.Fatal("the release goes in circles")
	return deploy.Action{}
}

// good is what the current step comes to when all is well: nothing is open, and nothing would be changed.
func good(r deploy.Release) deploy.Outcome {
	out := deploy.Outcome{Facts: r.Of(r.Current().Part).Facts}
	switch r.Current().Kind {
	case deploy.KindReady:
		out.Ready = &deploy.Readiness{Total: len(r.Spec.Items), Proved: len(r.Spec.Items)}
	case deploy.KindPropose, deploy.KindConfirm:
		p := deploy.NewProposal(r, nil, "")
		out.Proposal = &p
	default:
	}
	return out
}

// see makes the look that is due.
func (w *world) see() {
	w.t.Helper()
	w.looks++
	look, err := healthy(w), error(nil)
	if w.look != nil {
		look, err = w.look(w)
	}
	r, entries := deploy.Conclude(w.r, deploy.WatchName, deploy.Outcome{Look: look}, err, w.now)
	w.r, w.journal = r, append(w.journal, entries...)
}

// seen is a look that saw everything up to the lag of the source.
func seen(w *world, v deploy.Verdict, critical bool, why string) *deploy.Look {
	through := w.now.Add(-w.r.Spec.Metrics.Lag)
	return &deploy.Look{From: through.Add(-5 * time.Minute), Through: through,
		Judgement: deploy.Judgement{Verdict: v, Critical: critical, Why: why},
		Point:     deploy.Point{At: through, Share: w.r.Facts.Share}}
}

func healthy(w *world) *deploy.Look {
	return seen(w, deploy.Healthy, false, "0 of 4,118 requests failed")
}

// watched is a spec with metrics, observed for 15 minutes at 100 %.
func watched(s *deploy.Spec) {
	s.Metrics = &deploy.MetricsSpec{Source: deploy.CloudMonitoring, Lag: 3 * time.Minute, Every: 15 * time.Second, Minimum: 50,
		Errors: 4, Unsure: 4, Objectives: []deploy.Objective{{Metric: deploy.ErrorRate, Target: 0.001, Critical: 0.01, Window: 5 * time.Minute}}}
	s.Observe = 15 * time.Minute
}

// steps replaces the steps of the strategy.
func steps(list ...deploy.TrafficStep) func(*deploy.Spec) {
	return func(s *deploy.Spec) { s.Strategy.Steps = list }
}

func (w *world) decide() deploy.Action {
	r, entries, a := deploy.Decide(w.r, w.now)
	w.r, w.journal = r, append(w.journal, entries...)
	return a
}

func (w *world) conclude(step deploy.StepName, out deploy.Outcome, err error) {
	if s := w.r.Current(); s != nil && s.Kind == deploy.KindShift && err == nil {
		out.Facts.Share = s.Percent
	}
	if err == nil && out.Again == 0 {
		w.acts = append(w.acts, step)
	}
	r, entries := deploy.Conclude(w.r, step, out, err, w.now)
	w.r, w.journal = r, append(w.journal, entries...)
}

func (w *world) say(s deploy.Signal) []deploy.Entry {
	r, entries := deploy.Apply(w.r, s, w.now)
	w.r, w.journal = r, append(w.journal, entries...)
	return entries
}
