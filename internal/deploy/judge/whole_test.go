package judge_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

// everything asks about all objectives of a healthy version, and changes something.
func everything(change func(*judge.Question)) judge.Question {
	c, s := taking(4_118, 80, 0.001, 900), taking(31_002, 80, 0.001, 900)
	c.Failed, s.Failed = 2, 12
	c.CPU, s.CPU, c.Memory, s.Memory = level(0.4), level(0.45), level(0.63), level(0.6)
	q := look(c, s, deploy.MetricNames()...)
	q.Connections = level(0.3)
	change(&q)
	return q
}

func TestTheWholeIsTheWorst(t *testing.T) {
	const bad, good = "error rate 3.8 % (157 of 4,118 requests failed), limit 1 %, stable 0.04 % (12 of 31,002)", "2 of 4,118 requests failed (0.05 %), stable 0.04 %, limit 1 %; p99 194 ms, limit 2,000 ms"
	checkAll(t, []said{
		{"all well: the errors and the highest percentile are said", everything(func(*judge.Question) {}), deploy.Healthy, false, good, ""},
		{"a breach weighs more than a level that cannot be", everything(func(q *judge.Question) { q.Candidate.Failed, q.Candidate.CPU.Mean = 157, math.NaN() }),
			deploy.Unhealthy, true, bad, ""},
		{"two breaches are both said", everything(func(q *judge.Question) { q.Candidate.Failed, q.Candidate.Memory = 157, level(0.99) }),
			deploy.Unhealthy, true, bad + "; memory 99 % on average over 5 min, stable 60 %: beyond the limit of 95 %", ""},
		{"one that takes back weighs more than one that holds", everything(func(q *judge.Question) {
			q.Candidate.Failed, q.Candidate.Memory = 157, level(0.99)
			q.Spec.Objectives[6].Hold = true
		}), deploy.Unhealthy, true, bad, ""},
		{"an error weighs more than what is open", everything(func(q *judge.Question) {
			q.Candidate.Requests, q.Candidate.Failed, q.Candidate.CPU.Mean = 60, 0, math.NaN()
		}), deploy.Unknown, false, "metrics of the candidate cannot be right: a level is NaN", ""},
		{"what is wrong twice is said once", everything(func(q *judge.Question) { q.Candidate.Failed = 5_000 }),
			deploy.Unknown, false, "metrics of the candidate cannot be right: 5,000 of 4,118 requests failed", ""},
		{"what else is open is named", everything(func(q *judge.Question) {
			q.Candidate = taking(40, 80, 0, 0)
		}), deploy.Inconclusive, false, "0 of 40 requests failed, stable 12 of 31,002 (0.04 %): not enough to tell; open too: p50, p95, p99", ""},
		{"nobody came", everything(func(q *judge.Question) { q.Candidate = deploy.Measured{CPU: level(0.1)} }),
			deploy.Inconclusive, false, "no requests reached it, with 10 % of the traffic", "no requests reached it"},
		{"nor is there a sample of it, and the source is up to date", everything(func(q *judge.Question) { q.HasCandidate = false }),
			deploy.Inconclusive, false, "no requests reached it, with 10 % of the traffic", "no requests reached it"},
		{"nor is there a sample of it, and the source is behind", everything(func(q *judge.Question) { q.HasCandidate, q.Newest = false, from }),
			deploy.Unknown, false, "metrics are late: the newest sample is of 14:02:10 UTC", "metrics are late: the newest sample is of 14:02:10 UTC"},
		{"nor is there any sample", everything(func(q *judge.Question) { q.HasCandidate, q.Newest = false, time.Time{} }),
			deploy.Unknown, false, "metrics are late: there is no sample yet", ""},
		{"healthy so far is not healthy when the last samples are missing", everything(func(q *judge.Question) { q.Newest = to.Add(-3 * time.Minute) }),
			deploy.Unknown, false, "metrics are late: the newest sample is of 14:04:10 UTC", ""},
		{"bad so far is bad", everything(func(q *judge.Question) { q.Candidate.Failed, q.Newest = 157, to.Add(-3*time.Minute) }),
			deploy.Unhealthy, true, bad, ""},
		{"with nobody to compare with it is judged by its limits", everything(func(q *judge.Question) { q.HasStable = false }),
			deploy.Healthy, false, "2 of 4,118 requests failed (0.05 %), limit 1 %; p99 194 ms, limit 2,000 ms", ""},
		{"a stretch that ends before it begins is none", everything(func(q *judge.Question) { q.From = to.Add(time.Second) }),
			deploy.Unknown, false, "what was measured ends at 14:07:10 UTC, before it begins at 14:07:11 UTC", ""},
		{"without an objective there is nothing to say", everything(func(q *judge.Question) { q.Spec.Objectives = nil }),
			deploy.Inconclusive, false, "nothing was measured that counts", ""},
		{"a metric of another time", everything(func(q *judge.Question) { q.Spec.Objectives[7].Metric = "saturation" }),
			deploy.Unknown, false, "nobody knows how to judge the metric saturation", ""},
	})
}

func TestWhatCannotBeIsAnErrorAndNeverARollback(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		of   deploy.MetricName
		bend func(*judge.Question)
		why  string
	}{
		{"more failed than came", deploy.ErrorRate, func(q *judge.Question) { q.Candidate.Failed = 9_999 }, "metrics of the candidate cannot be right: 9,999 of 4,118 requests failed"},
		{"more failed than came, at stable", deploy.Availability, func(q *judge.Question) { q.Stable.Failed = 99_999 }, "metrics of stable cannot be right: 99,999 of 31,002 requests failed"},
		{"a counter that ran backwards", deploy.ErrorRate, func(q *judge.Question) { q.Candidate.Requests, q.Candidate.Failed = -4_118, -9 }, "metrics of the candidate cannot be right: a count is below 0 (-4,118 requests, -9 failed)"},
		{"a counter that ran over", deploy.ErrorRate, func(q *judge.Question) { q.Candidate.Requests = math.MaxInt64 }, "metrics of the candidate cannot be right: 9,223,372,036,854,775,807 requests"},
		{"a bucket that ran backwards", deploy.LatencyP99, func(q *judge.Question) { q.Candidate.Latency.Counts[3] = -1 }, "metrics of the candidate cannot be right: a histogram counts -1 requests"},
		{"a bucket without a bound", deploy.LatencyP99, func(q *judge.Question) { q.Candidate.Latency.Bounds = q.Candidate.Latency.Bounds[:3] }, "metrics of the candidate cannot be right: a histogram has 26 counts for 3 bounds"},
		{"bounds that fall", deploy.LatencyP95, func(q *judge.Question) { q.Candidate.Latency.Bounds[1] = 4 }, "metrics of the candidate cannot be right: a histogram has the bound 4 ms after 5 ms"},
		{"a bound that is no number", deploy.LatencyP50, func(q *judge.Question) { q.Stable.Latency.Bounds[0] = math.NaN() }, "metrics of stable cannot be right: a histogram has the bound NaN ms after -Inf ms"},
		{"a level that is no number", deploy.CPU, func(q *judge.Question) { q.Candidate.CPU.Mean = math.NaN() }, "metrics of the candidate cannot be right: a level is NaN"},
		{"a level without end", deploy.Connections, func(q *judge.Question) { q.Connections.Mean = math.Inf(1) }, "metrics of the database cannot be right: a level is +Inf"},
		{"a level below nothing", deploy.Memory, func(q *judge.Question) { q.Candidate.Memory.Mean = -0.1 }, "metrics of the candidate cannot be right: a level is -0.1"},
		{"a limit that is no number", deploy.CPU, func(q *judge.Question) { q.Spec.Objectives[0].Critical = math.NaN() }, "the objective of CPU has a threshold that is no number of it: NaN"},
		{"a limit that everything passes", deploy.ErrorRate, func(q *judge.Question) { q.Spec.Objectives[0].Critical = 0 }, "the limit of error rate has to be between 0 and 100 %, and is 0 %"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			q := everything(func(q *judge.Question) { q.Spec.Objectives = only(c.of) })
			c.bend(&q)
			j := judge.Judge(q)
			if j.Verdict != deploy.Unknown || j.Critical || j.Why != c.why || j.Findings[0].Verdict != deploy.Unknown {
				t.Errorf("got %+v", j)
			}
		})
	}
}

func TestFindingsCarryWhatATableNeeds(t *testing.T) {
	t.Parallel()
	q := everything(func(q *judge.Question) {
		o := q.Spec.Objectives
		o[0], o[4] = o[4], o[0]
		q.Candidate.Failed = 157
	})
	j := judge.Judge(q)
	var names []deploy.MetricName
	for _, f := range j.Findings {
		names = append(names, f.Metric)
	}
	if diff := cmp.Diff(deploy.MetricNames(), names); diff != "" {
		t.Error("not in the order in which people are shown them:", diff)
	}
	if q.Spec.Objectives[0].Metric != deploy.LatencyP99 {
		t.Error("the objectives have changed their order")
	}
	want := deploy.Finding{
		Metric: deploy.ErrorRate, Verdict: deploy.Unhealthy, Critical: true, Known: true, Target: 0.001, Limit: 0.01,
		Value: 157.0 / 4118, Of: 4118, Hits: 157, Stable: 12.0 / 31002, StableOf: 31002, StableHits: 12,
		Text: "157 of 4,118 requests failed (3.8 %), stable 12 of 31,002 (0.04 %): beyond the limit of 1 %",
	}
	if diff := cmp.Diff(want, j.Findings[0]); diff != "" {
		t.Error(diff)
	}
	if p99 := j.Findings[4]; p99.Of != 4118 || p99.StableOf != 31002 || p99.Hits != 0 || !p99.Known || math.Abs(p99.Value-p99.Stable) > 1 {
		t.Errorf("p99: %+v", p99)
	}
	if memory := j.Findings[6]; memory.Value != 0.63 || memory.Stable != 0.6 || memory.Of != 10 {
		t.Errorf("memory: %+v", memory)
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		of   deploy.MetricName
		v    float64
		want string
	}{
		{deploy.ErrorRate, 0, "0 %"},
		{deploy.ErrorRate, 0.00001, "0.001 %"},
		{deploy.ErrorRate, 12.0 / 31002, "0.04 %"},
		{deploy.ErrorRate, 12.0 / 4102, "0.29 %"},
		{deploy.ErrorRate, 0.01, "1 %"},
		{deploy.ErrorRate, 157.0 / 4118, "3.8 %"},
		{deploy.ErrorRate, 0.126, "13 %"},
		{deploy.ErrorRate, 0.9968, "99.68 %"},
		{deploy.ErrorRate, 1, "100 %"},
		{deploy.Availability, 1, "100 %"},
		{deploy.Availability, 0.9995, "99.95 %"},
		{deploy.Availability, 0.999, "99.9 %"},
		{deploy.Availability, 0.99999, "99.999 %"},
		{deploy.Availability, 0.974, "97.4 %"},
		{deploy.LatencyP50, 4.25, "4.2 ms"},
		{deploy.LatencyP99, 412.4, "412 ms"},
		{deploy.LatencyP99, 2000, "2,000 ms"},
		{deploy.LatencyP99, 12_540, "12.5 s"},
		{deploy.CPU, 0.63, "63 %"},
		{deploy.CPU, 1.2, "120 %"},
		{deploy.Memory, math.NaN(), "NaN"},
	} {
		if got := judge.Format(c.of, c.v); got != c.want {
			t.Errorf("%s %g: got %q, want %q", c.of, c.v, got, c.want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 4118: "4,118", 1234567: "1,234,567", -4118: "-4,118", -100: "-100"} {
		if got := judge.Count(n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}
