package phase

import (
	"context"
	"time"

	"slipway/internal/deploy"
)

const (
	evidenceWithin = 15 * time.Second // for all of the evidence; what has not come by then is said to be missing
	mostLogLines   = 200              // that are read; and grouped to
	mostGroups     = 5                // that are kept
	longestImpact  = time.Hour        // before a rollback of what was live, what is counted as its impact
)

// incident keeps what is known of what went wrong, as it is at this moment: traffic is back already, and nothing here
// fails the rollback. It looks a second time when the metrics have caught up with the moment at which traffic was
// back, to count what users saw.
func (p Ports) incident(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, evidenceWithin)
	defer cancel()
	whole := r.Facts
	r = r.Of(culprit(r))
	in := impact(r, s.Begun)
	in.Part = culprit(r)
	if r.Incident != nil {
		in = *r.Incident
	} else {
		var beside together
		var database, missing []string
		beside.begin(func() { database, missing = p.askDatabase(ctx, r) })
		p.gather(ctx, r, s, &in)
		beside.wait()
		in.Database, in.Missing = database, append(in.Missing, missing...)
	}
	again := p.count(ctx, r, s, &in)
	if again == 0 && !in.CountedTo.IsZero() {
		in.Points = p.curve(ctx, r, in)
	}
	in.Diagnosis = diagnose(r, in)
	note := "evidence kept"
	if in.Diagnosis.Cause != "" {
		note = in.Diagnosis.Symptom + ": " + in.Diagnosis.Cause + "; " + in.Diagnosis.Remedy
	}
	return deploy.Outcome{Facts: whole, Incident: &in, Again: again, Note: note}, nil
}

// impact is what the release itself knows of the incident.
func impact(r deploy.Release, now time.Time) deploy.Incident {
	in := deploy.Incident{At: now, Trigger: trigger(r), Share: r.Facts.MaxShare, Back: now}
	if r.Kind == deploy.Rollback {
		in.Share, in.Began = 100, latest(r.Left.Since, now.Add(-longestImpact))
	}
	for _, step := range r.Steps {
		if step.Kind == deploy.KindShift && !step.Begun.IsZero() && in.Began.IsZero() {
			in.Began = step.Begun
		}
	}
	var back time.Time // once every part is
	for _, step := range r.Back {
		if step.Kind == deploy.KindReturn && step.Status == deploy.Done {
			back = latest(back, step.EndedAt)
		}
	}
	if !back.IsZero() {
		in.Back = back
	}
	return in
}

// trigger is what decided it. A release that was parked on its way back and resumed has lost its reason.
func trigger(r deploy.Release) string {
	if r.Why != "" {
		return r.Why
	}
	if r.Watch.Way.Fell != "" {
		return "the platform has gone back by itself: " + r.Watch.Way.Fell
	}
	if s, ok := broken(r); ok {
		return s.Name.Says() + ": " + s.Note
	}
	if r.Watch.Last.Critical {
		return r.Watch.Last.Why
	}
	return r.Reason
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// suspect is the revision that users were taken away from.
func suspect(r deploy.Release) deploy.Revision {
	if r.Kind == deploy.Rollback {
		return r.Left.Revision
	}
	return r.Facts.Candidate
}
