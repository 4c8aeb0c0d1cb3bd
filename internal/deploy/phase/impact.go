package phase

import (
	"context"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// count says how many requests the suspect answered and failed, as far as the metrics know by now. It gives the time
// after which they know all of it; 0 if they do already, or never will.
func (p Ports) count(ctx context.Context, r deploy.Release, s deploy.Step, in *deploy.Incident) (again time.Duration) {
	m := r.Spec.Metrics
	if m == nil || in.Began.IsZero() || in.Share == 0 || suspect(r).Name == "" {
		return 0
	}
	source, ok := p.Metrics[m.Source]
	if !ok {
		uncounted(in, "this Slipway has no client for metrics from "+string(m.Source))
		return 0
	}
	now := s.Begun
	if s.Looks > 0 {
		now = latest(s.Look, s.Begun)
	}
	to := in.Back
	if known := now.Add(-m.Lag); known.Before(to) {
		to = known
		if s.Looks == 0 {
			again = in.Back.Add(m.Lag).Sub(now) + m.Every
		}
	}
	if !in.Began.Before(to) {
		return again
	}
	from := in.Began
	if r.Kind == deploy.Deploy { // nobody was on it before
		from = earliest(from, to.Add(-shortest(*m)))
	}
	only := *m
	only.Objectives = []deploy.Objective{{Metric: deploy.ErrorRate, Window: m.Reach()}}
	reading, err := source.Read(ctx, deploy.MetricsQuery{Service: r.Spec.Platform.Service, Spec: only,
		Revisions: []deploy.RevisionName{suspect(r).Name, r.Facts.Baseline.Name}, From: from, To: to})
	switch {
	case err != nil:
		uncounted(in, deploy.Message(err))
		return again
	case !reading.Newest.After(in.Began):
		uncounted(in, "metrics are late: there is no sample of that time")
		return again
	case reading.Newest.Before(to): // of either revision: one of the two has always had users
		to = reading.Newest
		uncounted(in, "metrics are late: the newest sample is of "+to.UTC().Format("15:04:05")+" UTC")
	default:
		uncounted(in, "")
	}
	got := reading.Revisions[suspect(r).Name]
	in.Requests, in.Failed, in.CountedTo = got.Requests, got.Failed, to
	return again
}

// uncounted says why requests could not be counted, or not all of them, in place of what was said before.
func uncounted(in *deploy.Incident, why string) {
	in.Missing = slices.DeleteFunc(slices.Clone(in.Missing), isCount)
	if why != "" {
		in.Missing = append(in.Missing, countMissing+why)
	}
}

const countMissing = "how many requests failed: "

func isCount(missing string) bool { return strings.HasPrefix(missing, countMissing) }
