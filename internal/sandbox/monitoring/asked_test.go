package monitoring_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/monitoring"
)

func TestQuestionsAreRememberedAlsoThoseThatAreRefused(t *testing.T) {
	t.Parallel()
	p := start(t, monitoring.Options{})
	const good, bad = `metric.type = "run.googleapis.com/request_count"`, `metric.type = "no.such/metric"`
	p.clock.set(noon)
	p.answer(ask(good, noon.Add(-time.Minute), noon))
	p.clock.set(noon.Add(time.Second))
	_, err := p.ask(t.Context(), ask(bad, noon.Add(-time.Minute), noon))
	wantCode(t, "a metric that does not exist", err, codes.NotFound)
	want := []monitoring.Asked{{At: noon, Filter: good}, {At: noon.Add(time.Second), Filter: bad}}
	if d := cmp.Diff(want, p.Asked()); d != "" {
		t.Errorf("questions (-want +got):\n%s", d)
	}
	p.ForgetAsked()
	if got := p.Asked(); len(got) != 0 {
		t.Errorf("forgotten, and still there: %v", got)
	}
}
