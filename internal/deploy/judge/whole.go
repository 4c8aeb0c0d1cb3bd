package judge

import (
	"cmp"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

const (
	nobody  = "no requests reached it"
	nothing = "nothing was measured that counts"
)

// whole is the verdict on all that was found. What one question could not see hides nothing that another one found.
func whole(questions []Question, all []found) deploy.Judgement {
	j := deploy.Judgement{Verdict: deploy.Inconclusive, Why: nothing, Findings: make([]deploy.Finding, len(all))}
	heaviest := 0
	for i := range all {
		f := &all[i]
		j.Findings[i] = f.Finding
		if f.counts() && f.gravity() > heaviest {
			heaviest = f.gravity()
			j.Verdict, j.Critical = f.Verdict, f.Critical
		}
	}
	blind, late, idle := "", "", true
	for i := range questions {
		q := &questions[i]
		blind = cmp.Or(blind, q.blind())
		if q.stale() {
			late = cmp.Or(late, q.late())
		}
		idle = idle && q.Candidate.Requests == 0 && total(q.Candidate.Latency) == 0
	}
	switch {
	case blind != "" && j.Verdict != deploy.Unhealthy:
		j.Verdict, j.Why = deploy.Unknown, blind
	case j.Verdict == deploy.Healthy && late != "":
		j.Verdict, j.Why = deploy.Unknown, late
	case idle && (j.Verdict == deploy.Healthy || j.Verdict == deploy.Inconclusive):
		j.Verdict, j.Why = deploy.Inconclusive, fmt.Sprintf("%s, with %d %% of the traffic", nobody, questions[0].Share)
	case heaviest > 0:
		j.Why = reason(all, heaviest)
	}
	return j
}

// reason is one line about the findings that weigh most.
func reason(all []found, heaviest int) string {
	var of []*found
	for i := range all {
		if f := &all[i]; f.counts() && f.gravity() == heaviest {
			of = append(of, f)
		}
	}
	switch of[0].Verdict {
	case deploy.Healthy:
		of = headline(of)
	case deploy.Inconclusive:
		return open(of)
	case deploy.Unhealthy, deploy.Unknown:
	}
	why := of[0].reason()
	for i, f := range of[1:] {
		if f.Text != of[i].Text { // the same is wrong with both
			why += "; " + f.reason()
		}
	}
	return why
}

// headline is what people want to hear of a healthy version: the errors, and the highest percentile.
func headline(of []*found) []*found {
	var chosen []*found
	for i, f := range of {
		failures := f.Metric == deploy.ErrorRate || f.Metric == deploy.Availability
		slowest := f.latent() && (i+1 == len(of) || !of[i+1].latent())
		if failures && len(chosen) == 0 || slowest {
			chosen = append(chosen, f)
		}
	}
	if len(chosen) > 0 {
		return chosen
	}
	return of
}

// open is what cannot be told: the first in full, the others by name.
func open(of []*found) string {
	why := of[0].reason()
	for i, f := range of[1:] {
		why += []string{"; open too: ", ", "}[min(i, 1)] + Name(f.Metric)
	}
	return why
}

// blind says why nothing can be judged at all, if so.
func (q *Question) blind() string {
	switch {
	case q.To.Before(q.From):
		return "what was measured ends at " + clock(q.To) + ", before it begins at " + clock(q.From)
	case q.HasCandidate:
		return ""
	case q.Newest.IsZero():
		return "metrics are late: there is no sample yet"
	case q.Newest.Before(q.To):
		return q.late()
	}
	return ""
}

func (q *Question) late() string {
	return "metrics are late: the newest sample is of " + clock(q.Newest)
}

// stale says whether the end of the stretch is missing, by two thirds of the lag: two samples of Cloud Monitoring, which
// has one a minute. What is bad without it stays bad; what looks healthy may not be so any more.
func (q *Question) stale() bool {
	return q.Spec.Lag > 0 && !q.Newest.IsZero() && q.Newest.Before(q.To.Add(-2*q.Spec.Lag/3))
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05") + " UTC" }
