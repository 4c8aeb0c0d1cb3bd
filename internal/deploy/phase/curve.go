package phase

import (
	"context"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

// mostSlices is how many points the chart of an incident has at most: each costs a read of the metrics.
const mostSlices = 16

// curve is what the metrics say of the time of an incident, in equal slices, from a little before the first traffic
// until it was back. What cannot be read is left out: a chart with a gap says more than none.
func (p Ports) curve(ctx context.Context, r deploy.Release, in deploy.Incident) []deploy.Point {
	m := r.Spec.Metrics
	source, ok := p.Metrics[m.Source]
	if !ok {
		return nil
	}
	from := in.Began.Add(-in.Back.Sub(in.Began) / 4)
	long := in.Back.Sub(from)
	slices := min(max(long/shortest(*m), 1), mostSlices)
	var points []deploy.Point
	for i := time.Duration(1); i <= slices && ctx.Err() == nil; i++ {
		begin, to := from.Add(long*(i-1)/slices), from.Add(long*i/slices)
		if to.After(in.CountedTo) {
			break // what is not known yet looks like nobody
		}
		reading, err := source.Read(ctx, deploy.MetricsQuery{Service: r.Spec.Platform.Service, Spec: onlyTraffic(*m),
			Revisions: []deploy.RevisionName{suspect(r).Name, r.Facts.Baseline.Name}, From: begin, To: to})
		if err != nil {
			continue
		}
		q := judge.Question{To: to, Candidate: reading.Revisions[suspect(r).Name], Stable: reading.Revisions[r.Facts.Baseline.Name]}
		points = append(points, point(q, shareAt(r, in, to)))
	}
	return points
}

// onlyTraffic reads requests and latencies, and not what a chart does not show.
func onlyTraffic(m deploy.MetricsSpec) deploy.MetricsSpec {
	m.Objectives = []deploy.Objective{{Metric: deploy.ErrorRate, Window: m.Reach()}, {Metric: deploy.LatencyP99, Window: m.Reach()}}
	return m
}

// shareAt is the share that the suspect was given at a moment.
func shareAt(r deploy.Release, in deploy.Incident, at time.Time) int {
	if r.Kind == deploy.Rollback {
		return in.Share
	}
	share := 0
	for _, s := range r.Steps {
		if s.Kind == deploy.KindShift && !s.Begun.IsZero() && !s.Begun.After(at) {
			share = s.Percent
		}
	}
	return share
}
