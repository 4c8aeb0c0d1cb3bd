package deploy_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway/internal/deploy"
)

// outside is what the world would say to anybody who asked, beside what a release makes of it.
type outside struct {
	open   []string // what the last look at the checklist found
	hashes []string // of all plans that were ever worked out, the last one last
	mild   bool     // nothing goes wrong for good
}

func (o *outside) codes() []deploy.Code {
	if o.mild {
		return []deploy.Code{deploy.Unavailable, deploy.Internal}
	}
	return []deploy.Code{deploy.Unavailable, deploy.Invalid, deploy.Internal, deploy.Conflict}
}

// TestNothingBeginsBeforeItIsAgreed is TestPromisesHoldUnderAnyOrderOfEvents for what comes before the first change only,
// so that most histories come to it.
func TestNothingBeginsBeforeItIsAgreed(t *testing.T) {
	t.Parallel()
	var came atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		r := canary(t, listed, planned, func(s *deploy.Spec) {
			s.Policy.Approvals, s.Policy.ApprovalExpires = rapid.IntRange(1, 2).Draw(rt, "approvals"), 48*time.Hour
			if rapid.Bool().Draw(rt, "kept") {
				anyDatabase(rt, s)
				s.Policy.ApprovePlan = rapid.Bool().Draw(rt, "planned")
			}
		})
		now, o := start, outside{mild: true}
		for range 100 {
			before := r.Clone()
			var entries []deploy.Entry
			r, entries = step(rt, r, &now, &o)
			checkPromises(rt, before, r)
			checkJournal(rt, before, r, entries)
			checkAgreed(rt, before, r, &o)
			checkSettled(rt, r, now)
			checkKept(rt, before, r)
			if r.Touched() {
				came.Add(1)
				return
			}
		}
	})
	if came.Load() == 0 {
		t.Error("no history came to the first change")
	}
}

// anySignal is what people may say, also about plans and items that are not.
func anySignal(rt *rapid.T, r deploy.Release, o *outside) deploy.Signal {
	if s, fits := fitting(rt, r); fits && rapid.Bool().Draw(rt, "fitting") {
		return s
	}
	s := deploy.Signal{
		Kind: rapid.SampledFrom([]deploy.SignalKind{deploy.SignalPromote, deploy.SignalPromote, deploy.SignalPromote, deploy.SignalPause,
			deploy.SignalResume, deploy.SignalRollBack, deploy.SignalWaive, deploy.SignalWaive, deploy.SignalAttested}).Draw(rt, "signal"),
		By:   rapid.SampledFrom([]deploy.UserID{"U0ALICE", "U0BOB", "U0CAROL"}).Draw(rt, "by"),
		Step: rapid.SampledFrom([]deploy.StepName{"", approve, "traffic/50/gate", "traffic/100/gate"}).Draw(rt, "step"),
		Item: rapid.SampledFrom([]string{cors, age, "colour", deploy.WithoutBackup}).Draw(rt, "item"),
	}
	if s.Force = rapid.Bool().Draw(rt, "force"); s.Force || s.Kind == deploy.SignalWaive {
		s.Reason = rapid.SampledFrom([]string{"known", "known", ""}).Draw(rt, "reason")
	}
	if n := len(o.hashes); n > 0 && rapid.IntRange(0, 3).Draw(rt, "hash") > 0 {
		s.Plan = o.hashes[max(n-1-rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(rt, "older"), 0)]
	}
	return s
}

// fitting is what an approver says who wants to go on, so that histories come far.
func fitting(rt *rapid.T, r deploy.Release) (s deploy.Signal, fits bool) {
	by := rapid.SampledFrom([]deploy.UserID{"U0BOB", "U0CAROL"}).Draw(rt, "approver")
	switch gate := r.Gate(false); {
	case r.State == deploy.Paused && r.By == deploy.Slipway && r.Backing() != nil && rapid.Bool().Draw(rt, "without"):
		return deploy.Signal{Kind: deploy.SignalWaive, By: by, Item: deploy.WithoutBackup, Reason: "known"}, true
	case r.State == deploy.Paused, r.State == deploy.Parked:
		return deploy.Signal{Kind: deploy.SignalResume, By: by}, true
	case gate != nil && r.Proposal != nil:
		return deploy.Signal{Kind: deploy.SignalPromote, By: by, Step: gate.Name, Plan: r.Proposal.Hash}, true
	case r.Readying() != nil && len(r.Readiness.Open) > 0:
		return deploy.Signal{Kind: deploy.SignalWaive, By: by, Item: r.Readiness.Open[0].Key, Reason: "known"}, true
	}
	return s, false
}

// act is what a step comes to when its call is answered.
func (o *outside) act(rt *rapid.T, r deploy.Release) deploy.Outcome {
	out := good(r)
	switch cur := r.Current(); cur.Kind {
	case deploy.KindReady:
		o.open = rapid.SampledFrom([][]string{nil, nil, {cors}, {age}, {age, cors}}).Draw(rt, "open")
		out.Ready = readiness(o.open...)
		if len(o.open) > 0 && rapid.Bool().Draw(rt, "waits") {
			out.Again = 15 * time.Second
		}
	case deploy.KindImage:
		out.Facts.Image.Digest = "sha256:one"
	case deploy.KindPropose, deploy.KindConfirm:
		if cur.Kind == deploy.KindConfirm {
			out.Facts.Image.Digest = rapid.SampledFrom([]string{r.Facts.Image.Digest, r.Facts.Image.Digest, "sha256:one", "sha256:two"}).Draw(rt, "digest")
		}
		var changes []deploy.Change
		if rapid.IntRange(0, 3).Draw(rt, "settings") == 0 {
			changes = append(changes, deploy.Change{What: "cpu", From: "1", To: "2"})
		}
		asked := r
		asked.Facts = out.Facts
		p := deploy.NewProposal(asked, changes, "")
		if r.Spec.Database.Migrates() {
			p.Migration = anyMigration(rt)
			p = p.Seal(asked)
		}
		out.Proposal, o.hashes = &p, append(o.hashes, p.Hash)
	case deploy.KindLoad:
		stage := deploy.Smoke
		if cur.Phase == deploy.Validate {
			stage = deploy.Functional
		}
		l := stretch(stage, 1+cur.Looks%3)
		out.Load = l
		if rapid.Bool().Draw(rt, "more") {
			out.Again = time.Millisecond
		}
	case deploy.KindBackup:
		out.Backup, out.Facts.Operation = &deploy.BackupRun{ID: "1718"}, "operations/1"
		if rapid.Bool().Draw(rt, "goes on") {
			out.Backup, out.Again = nil, time.Minute
		}
	case deploy.KindMigrate:
		out.Schema = &deploy.Schema{Before: 13, After: 14 + int64(cur.Looks), Class: deploy.Contract}
		if rapid.Bool().Draw(rt, "more scripts") {
			out.Again = time.Millisecond
		}
	default:
	}
	return out
}

// checkAgreed: before anything is changed everything is agreed, and what ends before that has changed nothing.
func checkAgreed(rt *rapid.T, before, after deploy.Release, o *outside) {
	if !after.Touched() {
		if after.State == deploy.RollingBack || after.State == deploy.RolledBack || after.State == deploy.Succeeded || after.Facts.MaxShare > 0 {
			rt.Fatalf("%s with %d %%, and nothing was changed", after.State, after.Facts.MaxShare)
		}
		return
	}
	if before.Touched() {
		return
	}
	if ready := stepNamed(after, "preflight/ready"); ready.Name != "" {
		for _, key := range o.open {
			w, waived := after.Waived(key)
			if !waived || w.By == "U0ALICE" || w.Reason == "" {
				rt.Fatalf("it begins, and %s is open: %+v", key, after.Waivers)
			}
		}
		if ready.Status != deploy.Done || after.Readiness == nil || len(after.Readiness.Open) > 0 || after.Readiness.Waived != len(o.open) {
			rt.Fatalf("it begins with %s, %+v", ready.Status, after.Readiness)
		}
	}
	last := o.hashes[len(o.hashes)-1]
	if after.Proposal == nil || after.Proposal.Hash != last {
		rt.Fatalf("it begins with the plan %+v, and the last one was %s", after.Proposal, last)
	}
	if after.Spec.Policy.ApprovePlan || after.Spec.Database.Migrates() {
		checkApproved(rt, after, last)
	}
}

// checkApproved: everybody who has to agree has agreed to the plan in force.
func checkApproved(rt *rapid.T, after deploy.Release, last string) {
	gate := stepNamed(after, approve)
	need := after.Proposal.Needs(after.Spec)
	if after.Spec.Policy.ApprovePlan {
		need = max(need, after.Spec.Policy.Approvals)
	}
	var by []deploy.UserID
	for _, a := range gate.Approvals {
		if a.Plan == last && a.By != "U0ALICE" && !slices.Contains(by, a.By) {
			by = append(by, a.By)
		}
	}
	if len(by) < need || len(by) != len(gate.Approvals) || gate.Status != deploy.Done || stepNamed(after, confirm).Status != deploy.Done {
		rt.Fatalf("it begins with %+v for plan %s, %d needed", gate.Approvals, last, need)
	}
}
