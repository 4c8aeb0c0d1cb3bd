package commands

import (
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// phaseTitles are the chapters as people read them.
var phaseTitles = map[deploy.Phase]string{
	deploy.Preflight: "Preflight", deploy.Backup: "Backup", deploy.Migrate: "Migrate", deploy.Stage: "Deploy",
	deploy.Health: "Health", deploy.Traffic: "Traffic", deploy.Validate: "Validate", deploy.Observe: "Observe",
	deploy.BackTraffic: "Rollback", deploy.BackVerify: "Rollback", deploy.BackIncident: "Rollback", deploy.BackDatabase: "Rollback",
}

// title names a release for people: coditect-app-41 (v1.2.3, @carol).
func title(r deploy.Release) Text {
	what := r.Version
	switch r.Kind {
	case deploy.Rollback:
		what = "back to " + r.Version
	case deploy.Restore:
		what = "restore, " + r.Version
	case deploy.Deploy:
	}
	return Text{}.Strong(string(r.ID)).Plainf(" (%s, ", what).User(r.Requester).Plain(")")
}

// standing says where a release stands, without naming it: "is at Traffic 10 % since 13:40, about 9 min left".
func standing(r deploy.Release, now time.Time) Text {
	switch r.State {
	case deploy.Waiting:
		return waiting(r, now)
	case deploy.Paused:
		return Text{}.Plainf("is held %s by ", where(r)).User(r.By).Plain(" since ").Clock(r.Since).reason(r.Why)
	case deploy.Parked:
		return Text{}.Plainf("stopped %s and needs a person since ", where(r)).Clock(r.Since).reason(r.Why)
	case deploy.RollingBack:
		return Text{}.Plainf("is rolling back%s, by ", backTo(r)).User(r.By).Plain(" since ").Clock(r.Since).
			Plain(", " + about(deploy.Remaining(r, now, nil)) + " left").reason(r.Why)
	case deploy.Succeeded, deploy.RolledBack, deploy.Failed, deploy.Abandoned:
		return ending(r)
	case deploy.Running:
	}
	return underWay(r, now)
}

func underWay(r deploy.Release, now time.Time) Text {
	since := r.Since
	t := Text{}.Plain("is at its end")
	if cur := r.Current(); cur != nil {
		t = Text{}.Plain("is at " + chapter(r, cur))
		if r.Kind == deploy.Restore {
			t = Text{}.Plain("restores " + restored(r))
		}
		if !cur.Begun.IsZero() {
			since = cur.Begun
		}
	}
	t = t.Plain(" since ").Clock(since)
	if v := r.Watch.Last.Verdict; v != "" && !r.Watch.Since.IsZero() {
		t = t.Plainf(", %s", verdictWords[v])
	}
	t = t.Plain(", " + about(deploy.Remaining(r, now, nil)) + " left")
	switch n := gates(r); {
	case n == 1:
		t = t.Plain(", not counting an approval")
	case n > 1:
		t = t.Plainf(", not counting %d approvals", n)
	}
	return t
}

var verdictWords = map[deploy.Verdict]string{
	deploy.Healthy: "healthy", deploy.Unhealthy: "unhealthy", deploy.Inconclusive: "not enough to tell yet", deploy.Unknown: "without metrics",
}

// restored is what a restore brings back, and where: the database of coditect-app/production to a new instance …
func restored(r deploy.Release) string {
	return fmt.Sprintf("the database of %s to %s", r.Target, r.Restore.Says())
}

func chapter(r deploy.Release, s *deploy.Step) string {
	if r.Kind == deploy.Restore {
		return "Restore"
	}
	name := phaseTitles[s.Phase]
	switch {
	case s.Phase == deploy.Traffic && rolls(r):
		name = "Rollout"
	case s.Phase == deploy.Traffic:
		name = fmt.Sprintf("%s %d %%", name, r.Facts.Share)
	case name == "":
		name = string(s.Phase)
	}
	if s.Part != "" {
		name += " of " + s.Part
	}
	return name
}

// where says where traffic is, or how far a restore is.
func where(r deploy.Release) string {
	switch {
	case !underway(r):
		return "before any change"
	case r.Kind == deploy.Restore:
		return "in the middle of its restore of " + restored(r)
	}
	if rolls(r) {
		return rolledSoFar(r)
	}
	return fmt.Sprintf("at %d %%", r.Facts.Share)
}

// waiting says whom a release waits for.
func waiting(r deploy.Release, now time.Time) Text {
	if ready := r.Readying(); ready != nil && len(r.Readiness.Open) > 0 {
		return unready(r, ready)
	}
	gate := r.Gate(false)
	if gate == nil {
		return underWay(r, now)
	}
	t := Text{}.Plainf("is at %s and waits since ", chapter(r, gate)).Clock(gate.Begun).Plain(" for ").
		Plainf("%s of %s from ", approvals(gate.Needed-len(gate.Approvals)), r.Wants(gate)).principals(r.Spec.Policy.Approve)
	if takesOther(r, *gate) {
		t = t.Plain(", not from ").User(r.Requester)
	}
	if !gate.Until.IsZero() {
		t = t.Plain("; expires ").Clock(gate.Until)
	}
	return t
}

func approvals(n int) string {
	if n == 1 {
		return "1 approval"
	}
	return fmt.Sprintf("%d approvals", n)
}

// ending says how a release ended and when.
func ending(r deploy.Release) Text {
	switch r.State {
	case deploy.Succeeded:
		if r.Kind == deploy.Restore {
			return Text{}.Plain("restored " + restored(r) + " at ").Clock(r.Ended)
		}
		if rolls(r) {
			return Text{}.Plainf("rolled %s out at ", r.Version).Clock(r.Ended)
		}
		return Text{}.Plainf("brought %s to 100 %% at ", r.Version).Clock(r.Ended)
	case deploy.RolledBack:
		return Text{}.Plainf("went back%s at ", backTo(r)).Clock(r.Ended).Plain(", by ").User(r.By).reason(r.Why)
	case deploy.Abandoned:
		return Text{}.Plain("was let go at ").Clock(r.Ended).Plain(", by ").User(r.By).reason(r.Why)
	default:
		return Text{}.Plain("failed at ").Clock(r.Ended).reason(r.Why)
	}
}

// over answers a word to a release that has ended.
func (h *Handler) over(r deploy.Release) Text {
	return title(r).Plain(" has ended: it ").Add(ending(r)).Plain(". Nothing was changed.")
}

func backTo(r deploy.Release) string {
	if r.Facts.Baseline.Name == "" {
		return ""
	}
	return " to " + called(r.Facts.Baseline)
}

// called names a revision by its version, or if that is not known by itself.
func called(rev deploy.Revision) string {
	if rev.Version != "" {
		return rev.Version
	}
	return string(rev.Name)
}

func (t Text) reason(why string) Text {
	if why == "" {
		return t
	}
	return t.Plain(": " + why)
}

// goingBack says whether the release takes its plan of going back, also while that is parked.
func goingBack(r deploy.Release) bool {
	plan := r.Plan()
	return len(plan) > 0 && len(r.Back) > 0 && plan[0].Name == r.Back[0].Name
}

// underway says whether the release may have changed anything: a rollback has no steps of its own but those of going back.
func underway(r deploy.Release) bool { return r.Touched() || goingBack(r) }

// mayAsk says whether a gate is one to count with: one about what is risky in the plan only if something is.
func mayAsk(r deploy.Release, gate deploy.Step) bool {
	return gate.Ask != deploy.AskRisky || r.Proposal.Needs(r.Spec) > 0
}

// gates counts the gates that have not been passed.
func gates(r deploy.Release) int {
	n := 0
	for _, s := range r.Plan() {
		if s.Kind == deploy.KindGate && !s.Status.Ended() && mayAsk(r, s) {
			n++
		}
	}
	return n
}
