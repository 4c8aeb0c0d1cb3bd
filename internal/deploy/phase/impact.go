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
	only := *m
	only.Objectives = []deploy.Objective{{Metric: deploy.ErrorRate, Window: m.Reach()}}
	reading, err := source.Read(ctx, deploy.MetricsQuery{Service: r.Spec.Platform.Service, Spec: only,
		Revisions: []deploy.RevisionName{suspect(r).Name}, From: in.Began, To: to})
	if err != nil {
		in.Missing = append(slices.DeleteFunc(slices.Clone(in.Missing), isCount), countMissing+deploy.Message(err))
		return again
	}
	in.Missing = slices.DeleteFunc(slices.Clone(in.Missing), isCount)
	got := reading.Revisions[suspect(r).Name]
	in.Requests, in.Failed, in.CountedTo = got.Requests, got.Failed, to
	return again
}

const countMissing = "how many requests failed: "

func isCount(missing string) bool { return strings.HasPrefix(missing, countMissing) }
