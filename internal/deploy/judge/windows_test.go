package judge_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/judge"
)

// Errors are watched over five minutes, memory over thirty; each is judged over its own stretch.
func TestEachObjectiveIsJudgedOverItsOwnWindow(t *testing.T) {
	t.Parallel()
	long := look(deploy.Measured{Requests: 40_000, Failed: 60, Memory: level(0.5)}, requests(120, 400_000), deploy.Memory)
	long.From = long.To.Add(-30 * time.Minute)
	short := look(requests(60, 1_000), requests(4, 10_000), deploy.ErrorRate)
	j := judge.Judge(long, short)
	if j.Verdict != deploy.Unhealthy || !j.Critical {
		t.Errorf("%s, critical %v: %s; want the last five minutes to decide", j.Verdict, j.Critical, j.Why)
	}
	var order []deploy.MetricName
	for _, f := range j.Findings {
		order = append(order, f.Metric)
	}
	if d := cmp.Diff([]deploy.MetricName{deploy.ErrorRate, deploy.Memory}, order); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
}

func TestAShortWindowWithoutSamplesDoesNotHideALongOne(t *testing.T) {
	t.Parallel()
	long := look(requests(400, 10_000), requests(4, 100_000), deploy.ErrorRate)
	short := look(deploy.Measured{}, deploy.Measured{}, deploy.CPU)
	short.HasCandidate, short.HasStable, short.Newest = false, false, short.To.Add(-time.Minute)
	if j := judge.Judge(long, short); j.Verdict != deploy.Unhealthy || !j.Critical {
		t.Errorf("%s, critical %v: %s; want the breach", j.Verdict, j.Critical, j.Why)
	}
}

func TestWithoutAQuestionNothingCanBeTold(t *testing.T) {
	t.Parallel()
	if j := judge.Judge(); j.Verdict != deploy.Inconclusive || j.Critical {
		t.Errorf("%+v", j)
	}
}

// Sources read no more than the objectives of a question: one about memory has no requests.
func TestAQuestionAboutALevelAloneHidesNothing(t *testing.T) {
	t.Parallel()
	memory := look(deploy.Measured{Memory: level(0.5)}, deploy.Measured{Memory: level(0.5)}, deploy.Memory)
	memory.From = memory.To.Add(-30 * time.Minute)
	late := look(deploy.Measured{}, deploy.Measured{}, deploy.Memory)
	late.HasCandidate, late.HasStable, late.Newest = false, false, late.To.Add(-time.Minute)
	stale := look(requests(0, 4_000), requests(4, 10_000), deploy.ErrorRate)
	stale.Newest = stale.To.Add(-4 * time.Minute)
	good, bad := look(requests(0, 4_000), requests(4, 10_000), deploy.ErrorRate), look(requests(400, 4_000), requests(4, 10_000), deploy.ErrorRate)
	cases := map[string]struct {
		questions []judge.Question
		want      deploy.Verdict
		critical  bool
	}{
		"requests of another question are requests": {[]judge.Question{memory, good}, deploy.Healthy, false},
		"a breach beside metrics that are late":     {[]judge.Question{late, bad}, deploy.Unhealthy, true},
		"healthy beside metrics that are late":      {[]judge.Question{late, good}, deploy.Unknown, false},
		"healthy as far as seen, in a short window": {[]judge.Question{memory, stale}, deploy.Unknown, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if j := judge.Judge(c.questions...); j.Verdict != c.want || j.Critical != c.critical {
				t.Errorf("%s, critical %v: %s; want %s, %v", j.Verdict, j.Critical, j.Why, c.want, c.critical)
			}
		})
	}
}
