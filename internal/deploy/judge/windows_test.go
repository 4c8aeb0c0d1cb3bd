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
