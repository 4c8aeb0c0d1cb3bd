package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
	"slipway/internal/deploy/judge/trial"
)

const (
	trials = 10_000 // bakes of each cell of the grid
	seed   = 1      // so that the table is the same each time
	looks  = 2_000  // looks that are timed
)

// measureJudge tries the judge on simulated traffic and says how long a look takes it. The percentages are of the worst
// cell, but for what was held, which is the mean over the cells with enough requests. The whole table is said beside.
func measureJudge(ctx context.Context, _ *ground) error {
	results := trial.Trial{Runs: trials, Seed: seed}.Run(trial.Grid())
	if err := ctx.Err(); err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, trial.Table(results))
	sum := trial.Sum(results)
	figure("judge.false_rollback_pct", sum.FalseRollback, "%")
	figure("judge.missed_pct", sum.Missed, "%")
	figure("judge.held_pct", sum.Held, "%")
	figure("judge.plain_false_rollback_pct", sum.PlainFalseRollback, "%")
	figure("judge.plain_missed_pct", sum.PlainMissed, "%")
	return measureVerdict()
}

// measureVerdict times looks at all eight metrics of a healthy version, which takes longest: everything is computed.
func measureVerdict() error {
	q := healthyLook()
	took := make(sample, looks)
	for i := range took {
		started := time.Now()
		j := judge.Judge(q)
		took[i] = time.Since(started)
		if j.Verdict != deploy.Healthy {
			return errors.New("a healthy version is not: " + j.Why)
		}
	}
	figure("judge.verdict_us", float64(took.p50())/float64(time.Microsecond)/float64(len(q.Spec.Objectives)), "us")
	return nil
}

// healthyLook has the objectives of the guide, and four thousand requests in thirty buckets.
func healthyLook() judge.Question {
	spec := deploy.MetricsSpec{Minimum: 50}
	for _, o := range []deploy.Objective{
		{Metric: deploy.ErrorRate, Target: 0.001, Critical: 0.01, Worse: 2},
		{Metric: deploy.Availability, Target: 0.999, Critical: 0.99},
		{Metric: deploy.LatencyP50, Target: 100, Critical: 200, Worse: 1.5},
		{Metric: deploy.LatencyP95, Target: 500, Critical: 1000, Worse: 1.5},
		{Metric: deploy.LatencyP99, Target: 1000, Critical: 2000, Worse: 1.5},
		{Metric: deploy.CPU, Target: 0.7, Critical: 0.9},
		{Metric: deploy.Memory, Target: 0.8, Critical: 0.95},
		{Metric: deploy.Connections, Target: 0.8, Critical: 0.95},
	} {
		o.Window = 5 * time.Minute
		spec.Objectives = append(spec.Objectives, o)
	}
	level := deploy.Gauge{Mean: 0.4, Max: 0.6, Samples: 10}
	did := func(requests, failed int64) deploy.Measured {
		h := deploy.Histogram{Bounds: []float64{5}, Counts: []int64{0}}
		for b := 7.0; len(h.Bounds) < 30; b *= 1.4 {
			h.Bounds, h.Counts = append(h.Bounds, b), append(h.Counts, 0)
		}
		h.Counts = append(h.Counts, 0)
		h.Counts[6], h.Counts[8], h.Counts[10] = requests/2, requests/4, requests/4
		return deploy.Measured{Requests: requests, Failed: failed, Latency: h, CPU: level, Memory: level}
	}
	to := time.Unix(0, 0).Add(spec.Reach())
	return judge.Question{
		Spec: spec, Share: 10, Candidate: did(4_118, 2), Stable: did(31_002, 12), HasCandidate: true, HasStable: true,
		Connections: level, From: time.Unix(0, 0), To: to, Newest: to,
	}
}
