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

// play carries a release on with the engine's own decisions; every step but the plan takes 10 s, if not instant, and
// finds what is usual.
type play struct {
	t       testing.TB
	release deploy.Release
	entries []deploy.Entry
	now     time.Time
	instant bool                                                       // steps take no time
	looks   func(*play) (*deploy.Look, error)                          // what a look comes to
	changes func(deploy.Release) deploy.Proposal                       // what it would change; nil: the usual
	schema  *deploy.Migration                                          // and of the schema
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
			if !p.instant && action.Step != "preflight/plan" {
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
	if cur := r.Current(); cur.Part != "" {
		return partOutcome(r.Of(cur.Part), *cur)
	}
	f := r.Facts
	out := deploy.Outcome{Note: "as it should be"}
	switch name {
	case "preflight/service":
		f.Baseline = deploy.Revision{Name: "coditect-app-production-r41-1", Version: "v1.2.3"}
		out.Note = "baseline v1.2.3 at 100 %"
	case "preflight/image":
		f.Image = deploy.Image{Repository: "gcr.io/my-gcp-project/coditect", Tag: r.Version, Digest: "sha256:9f2c4a5b6c7d8e9f00112233445566778899aabbccddeeff0011223344556677"}
		out.Note = "digest sha256:9f2c…"
	case "preflight/plan", "preflight/confirm":
		proposal := p.propose(r)
		out.Proposal, out.Note = &proposal, "plan "+proposal.Short()
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
	p.database(r, name, &out)
	return out
}

// partOutcome is what a step of another part of the release finds.
func partOutcome(r deploy.Release, s deploy.Step) deploy.Outcome {
	out := deploy.Outcome{Facts: r.Facts, Note: "as it should be"}
	f := &out.Facts
	switch s.Kind {
	case deploy.KindService:
		f.Baseline = deploy.Revision{Name: "coditect-worker:41", Version: "v1.2.3"}
		out.Note = "baseline v1.2.3 on all tasks"
	case deploy.KindImage:
		f.Image = deploy.Image{Repository: r.Spec.Image, Tag: r.Version, Digest: "sha256:1c2d3e4f5a6b7c8d9e0f00112233445566778899aabbccddeeff001122334455"}
		out.Note = "digest sha256:1c2d…"
	case deploy.KindRevision:
		f.Candidate = deploy.Revision{Name: "coditect-worker-r42-1"}
		out.Note = "coditect-worker-r42-1, 0 %"
	case deploy.KindShift:
		f.Share = s.Percent
		out.Note = "4 of 4 tasks run coditect-worker:42"
	case deploy.KindReturn:
		f.Share = 0
		out.Note = "4 of 4 tasks run coditect-worker:41"
	default:
	}
	return out
}

// propose is what a release would change, as the tests have it.
func (p *play) propose(r deploy.Release) deploy.Proposal {
	if p.changes == nil {
		proposal := deploy.NewProposal(r, []deploy.Change{{What: "cpu", From: "1", To: "2"}, {What: "env", To: "FEATURE_PREFS"}}, "")
		proposal.Migration = p.schema
		for _, part := range r.Spec.Also {
			f := r.Parts[part.Name]
			proposal.Parts = append(proposal.Parts, deploy.ProposedPart{Name: part.Name, Image: f.Image.Ref(), Baseline: string(f.Baseline.Name)})
		}
		proposal.Hash = "3f2a9c1b00112233445566778899aabbccddeeff00112233445566778899aabb" // whatever else the spec may come to say
		return proposal
	}
	return p.changes(r)
}

// concludes has a step come to something.
func (p *play) concludes(step deploy.StepName, out deploy.Outcome, err error) *play {
	out.Facts = p.release.Of(p.release.Current().Part).Facts
	r, entries := deploy.Conclude(p.release, step, out, err, p.now)
	p.keep(r, entries)
	return p
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
