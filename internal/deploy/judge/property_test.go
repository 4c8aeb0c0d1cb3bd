package judge_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

// anything draws questions, mostly with numbers that a source could give.
func anything(rt *rapid.T) judge.Question {
	odd := rapid.IntRange(0, 3).Draw(rt, "odd") == 0
	number := rapid.Float64Range(0, 3000)
	counts := rapid.Int64Range(0, 5000)
	if odd {
		number = rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0}))
		counts = rapid.OneOf(rapid.Int64(), rapid.Int64Range(-3, 5000))
	}
	gauge := func(name string) deploy.Gauge {
		return deploy.Gauge{Mean: number.Draw(rt, name) / 2000, Max: number.Draw(rt, name) / 2000, Samples: counts.Draw(rt, name)}
	}
	measured := func(name string) deploy.Measured {
		m := deploy.Measured{Requests: counts.Draw(rt, name), CPU: gauge(name), Memory: gauge(name)}
		m.Failed = rapid.Int64Range(0, max(m.Requests, 0)).Draw(rt, name) / rapid.SampledFrom([]int64{1, 10, 100}).Draw(rt, name)
		m.Latency = deploy.Histogram{Bounds: []float64{50, 100, 400, 1000, 2000, 5000}, Counts: rapid.SliceOfN(counts, 7, 7).Draw(rt, name)}
		if odd {
			m.Failed = counts.Draw(rt, name)
			m.Latency = deploy.Histogram{Bounds: rapid.SliceOfN(number, 0, 5).Draw(rt, name), Counts: rapid.SliceOfN(counts, 0, 5).Draw(rt, name)}
		}
		return m
	}
	q := judge.Question{
		Spec:  deploy.MetricsSpec{Minimum: rapid.IntRange(1, 1000).Draw(rt, "minimum"), Every: 30 * time.Second},
		Share: rapid.IntRange(0, 100).Draw(rt, "share"), Candidate: measured("candidate"), Stable: measured("stable"),
		HasCandidate: rapid.Bool().Draw(rt, "has candidate"), HasStable: rapid.Bool().Draw(rt, "has stable"),
		Connections: gauge("connections"), From: from,
		To:     from.Add(time.Duration(rapid.IntRange(-60, 900).Draw(rt, "seconds")) * time.Second),
		Newest: from.Add(time.Duration(rapid.IntRange(-60, 900).Draw(rt, "newest")) * time.Second),
	}
	for _, o := range objectives() {
		o.Window = 5 * time.Minute
		o.Hold, o.DryRun = rapid.Bool().Draw(rt, "hold"), rapid.IntRange(0, 4).Draw(rt, "dry") == 0
		if odd {
			o.Target, o.Critical, o.Worse = number.Draw(rt, "target"), number.Draw(rt, "critical"), number.Draw(rt, "worse")
		}
		if rapid.IntRange(0, 3).Draw(rt, "objective") > 0 {
			q.Spec.Objectives = append(q.Spec.Objectives, o)
		}
	}
	return q
}

func TestPromisesHoldForAnyNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		q := anything(rt)
		j := judge.Judge(q)
		if len(j.Findings) != len(q.Spec.Objectives) {
			rt.Fatalf("%d findings for %d objectives", len(j.Findings), len(q.Spec.Objectives))
		}
		if j.Why == "" || strings.ContainsAny(j.Why, "\n") || j.Critical && j.Verdict != deploy.Unhealthy {
			rt.Fatalf("%+v", j)
		}
		if _, err := json.Marshal(j); err != nil {
			rt.Fatalf("cannot be stored: %v", err)
		}
		critical := false
		for i, f := range j.Findings {
			checkFinding(rt, &q, &f, q.Spec.Objectives[i])
			critical = critical || f.Critical
		}
		if critical != j.Critical {
			rt.Fatalf("critical in part: %v, as a whole: %v", critical, j.Critical)
		}
		seen := q.Candidate.Requests
		for _, c := range q.Candidate.Latency.Counts {
			seen += c
		}
		if j.Verdict == deploy.Healthy && (!q.HasCandidate || seen == 0) {
			rt.Fatalf("healthy without a request: %+v", j)
		}
	})
}

// checkFinding holds a finding against what it says of itself, which is all that people see.
func checkFinding(rt *rapid.T, q *judge.Question, f *deploy.Finding, o deploy.Objective) {
	quantile, latency := f.Metric.Quantile()
	share := f.Metric == deploy.ErrorRate || f.Metric == deploy.Availability
	rate := float64(f.Hits) / float64(f.Of)
	allowed := map[bool]float64{true: 1 - quantile, false: o.Critical}[latency]
	if f.Metric == deploy.Availability {
		allowed = 1 - o.Critical
	}
	switch {
	case f.Text == "" || strings.ContainsAny(f.Text, "\n"):
		rt.Fatalf("said in no line: %+v", f)
	case f.Critical && (o.Hold || o.DryRun || f.Verdict != deploy.Unhealthy || !f.Known):
		rt.Fatalf("critical: %+v", f)
	case f.Critical && (share || latency) && !(rate > allowed):
		rt.Fatalf("critical within the limit: %+v", f)
	case f.Critical && !share && !latency && !(f.Value > o.Critical && q.To.Sub(q.From) >= o.Window):
		rt.Fatalf("critical within the limit: %+v", f)
	case f.Verdict == deploy.Healthy && (share || latency) && (f.Of < int64(q.Spec.Minimum) || !(rate <= allowed)):
		rt.Fatalf("healthy with too few: %+v", f)
	case f.Verdict == deploy.Healthy && !f.Known:
		rt.Fatalf("healthy and not known: %+v", f)
	case f.Verdict != deploy.Unknown && (math.IsNaN(f.Value) || math.IsInf(f.Value, 0)):
		rt.Fatalf("a verdict on no number: %+v", f)
	}
}

// severity orders verdicts on errors from good to bad.
func severity(j deploy.Judgement) int {
	switch {
	case j.Critical:
		return 3
	case j.Verdict == deploy.Unhealthy:
		return 2
	case j.Verdict == deploy.Inconclusive:
		return 1
	}
	return 0
}

func TestMoreFailuresAreNeverBetter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n, m := rapid.Int64Range(1, 100_000).Draw(rt, "n"), rapid.Int64Range(1, 1_000_000).Draw(rt, "m")
		// Of a stable that is within the limit: beyond it, more failures may be its own too.
		stable := requests(rapid.Int64Range(0, m/100).Draw(rt, "stable"), m)
		k := rapid.Int64Range(0, n-1).Draw(rt, "k") / rapid.SampledFrom([]int64{1, 30}).Draw(rt, "few")
		fewer, more := judge.Judge(look(requests(k, n), stable, deploy.ErrorRate)), judge.Judge(look(requests(k+1, n), stable, deploy.ErrorRate))
		if severity(more) < severity(fewer) {
			rt.Fatalf("%s\n%s", fewer.Why, more.Why)
		}
	})
}

func TestMoreOfTheSameIsNeverLessSure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.Int64Range(50, 20_000).Draw(rt, "n")
		k := rapid.Int64Range(0, n/10).Draw(rt, "k")
		times := rapid.Int64Range(2, 10).Draw(rt, "times")
		stable := requests(12, 31_002)
		// Without comparing: whether ten times as many are worse than stable depends on stable.
		bare := func(k, n int64) deploy.Judgement {
			return judge.Judge(with(look(requests(k, n), stable, deploy.ErrorRate), func(o *deploy.Objective) { o.Worse = 0 }))
		}
		once, often := bare(k, n), bare(k*times, n*times)
		if once.Verdict != deploy.Inconclusive && (often.Verdict != once.Verdict || often.Critical != once.Critical) {
			rt.Fatalf("%s\n%s", once.Why, often.Why)
		}
	})
}
