package slack_test

import (
	"testing"
	"time"

	"slipway/internal/deploy"
)

var (
	noon   = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	target = deploy.Target{Service: "coditect-app", Environment: "production"}
)

func spec() deploy.Spec {
	return deploy.Spec{
		Image: "gcr.io/my-gcp-project/coditect", Channel: "#devops-oncall", OnCall: "@oncall",
		Health: []deploy.HealthCheck{{Path: "/health", Status: 200}},
		Strategy: deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{
			{Percent: 10, Bake: 5 * time.Minute}, {Percent: 50, Bake: 5 * time.Minute, Approve: true}, {Percent: 100, Approve: true},
		}},
		Policy: deploy.Policy{Approvals: 1, ApprovalExpires: time.Hour},
	}
}

// newRelease is alice's release of v1.2.4, number 42, before anything has happened.
func newRelease(t testing.TB, change func(*deploy.Ask)) deploy.Release {
	t.Helper()
	ask := deploy.Ask{Kind: deploy.Deploy, Target: target, Version: "v1.2.4", Requester: "U0ALICE", Reason: "new preferences page", Spec: spec()}
	if change != nil {
		change(&ask)
	}
	r, err := deploy.NewRelease(ask)
	if err != nil {
		t.Fatal(err)
	}
	r.ID, r.Number, r.Rev, r.Created, r.Since = "coditect-app-42", 42, 1, noon, noon
	return r
}

// play carries a release on with the engine's own decisions; every step takes 10 s, if not instant, and finds what is usual.
type play struct {
	t       testing.TB
	release deploy.Release
	entries []deploy.Entry
	now     time.Time
	instant bool                                                       // steps take no time
	looks   func(*play) (*deploy.Look, error)                          // what a look comes to
	commit  func(r deploy.Release, entries []deploy.Entry) (rev int64) // nil: nothing is stored
}

func start(t testing.TB, r deploy.Release) *play {
	p := &play{t: t, release: r, now: noon}
	p.keep(r, []deploy.Entry{{At: noon, Kind: deploy.EntryCreated, By: r.Requester}})
	return p
}

func (p *play) keep(r deploy.Release, entries []deploy.Entry) {
	p.release = r
	for i, e := range entries {
		e.Rev, e.Index = r.Rev, i
		p.entries = append(p.entries, e)
	}
	switch {
	case len(entries) == 0:
	case p.commit != nil:
		p.release.Rev = p.commit(r, entries)
	default:
		p.release.Rev++
	}
}

// until acts and waits until a step has begun, or the release waits for people or has ended.
func (p *play) until(step deploy.StepName) *play {
	p.t.Helper()
	for range 500 {
		r, entries, action := deploy.Decide(p.release, p.now)
		p.keep(r, entries)
		if cur := r.Current(); cur != nil && cur.Name == step && cur.Status == deploy.Started {
			return p
		}
		switch {
		case action.Do == deploy.Act:
			if !p.instant {
				p.now = p.now.Add(10 * time.Second)
			}
			r, entries = deploy.Conclude(p.release, action.Step, p.outcome(r, action.Step), nil, p.now)
			p.keep(r, entries)
		case action.Do == deploy.See:
			p.look()
		case action.Do == deploy.Wait && r.State == deploy.Running:
			p.now = action.Until
		case action.Do == deploy.End && step == "":
			return p
		default:
			p.t.Fatalf("%s is never reached: %s at %+v", step, r.State, r.Current())
		}
	}
	p.t.Fatalf("%s is never reached", step)
	return p
}

func (p *play) outcome(r deploy.Release, name deploy.StepName) deploy.Outcome {
	f := r.Facts
	out := deploy.Outcome{Note: "as it should be"}
	switch name {
	case "preflight/service":
		f.Baseline = deploy.Revision{Name: "coditect-app-production-r41-1", Version: "v1.2.3"}
		out.Note = "baseline v1.2.3 at 100 %"
	case "preflight/image":
		out.Note = "digest sha256:9f2c…"
	case "deploy/revision":
		f.Candidate = deploy.Revision{Name: "coditect-app-production-r42-1"}
		out.Note = "coditect-app-production-r42-1, 0 %"
	case "health/checks":
		out.Note = "/health ok"
	case "traffic/10", "traffic/50", "traffic/100":
		for _, s := range r.Steps {
			if s.Name == name {
				f.Share = s.Percent
			}
		}
	case "rollback/traffic":
		f.Share = 0
	}
	out.Facts = f
	return out
}

func (p *play) look() {
	seen, err := p.looks(p)
	r, entries := deploy.Conclude(p.release, deploy.WatchName, deploy.Outcome{Look: seen}, err, p.now)
	p.keep(r, entries)
}

func (p *play) say(kind deploy.SignalKind, by deploy.UserID, reason string) *play {
	p.now = p.now.Add(2 * time.Minute)
	r, entries := deploy.Apply(p.release, deploy.Signal{Kind: kind, By: by, Reason: reason}, p.now)
	p.keep(r, entries)
	return p
}

func (p *play) breaks(step deploy.StepName, err error) *play {
	p.until(step)
	p.now = p.now.Add(7 * time.Second)
	r, entries := deploy.Conclude(p.release, step, deploy.Outcome{}, err, p.now)
	p.keep(r, entries)
	return p
}

func (p *play) after(d time.Duration) *play {
	p.now = p.now.Add(d)
	return p
}
