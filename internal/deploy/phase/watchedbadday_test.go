package phase_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/monitoring"
	practice "slipway/internal/sandbox/monitoring"
)

const counting = "how many requests failed: "

// Whatever is wrong with the metrics, a roll back by hand takes its few seconds, and the evidence says what it lacks.
func TestMetricsThatCannotBeHadNeverStopARollBack(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		breaks  func(w *watched, p *play)
		trouble string // of the watch
		missing string
	}{
		"down":    {fault(practice.Fault{Down: true}), "Cloud Monitoring does not answer", "Cloud Monitoring does not answer"},
		"refused": {fault(practice.Fault{Refuse: codes.PermissionDenied}), "does not let Slipway read; grant the bot roles/monitoring.viewer", "does not let Slipway read"},
		"late":    {fault(practice.Fault{Late: time.Hour}), "metrics are late: the newest sample is of 14:02:", "metrics are late: "},
		"missing": {fault(practice.Fault{Missing: true}), "metrics are late: there is no sample yet", "metrics are late: there is no sample of that time"},
		"nan":     {fault(practice.Fault{NaN: true}), "cannot be right", "cannot be right"},
		"slow":    {fault(practice.Fault{Slow: time.Minute}), "did not answer in time", "did not answer in time"},
		"unknown source": {func(_ *watched, p *play) { p.r.Spec.Metrics.Source = "abacus" },
			"no client for metrics from abacus", "this Slipway has no client for metrics from abacus"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			if name == "slow" {
				w.impatient(100 * time.Millisecond)
			}
			p := w.release("v1.2.4").waits("traffic/10/bake")
			c.breaks(w, p)
			p.looks(2).is(deploy.Running)
			watch := p.r.Watch
			if says := watch.Trouble + watch.Last.Why; !strings.Contains(says, c.trouble) || watch.Errors != 2 && watch.Last.Verdict != deploy.Unknown {
				t.Errorf("after two looks: %q, %d errors, %s", says, watch.Errors, watch.Last.Verdict)
			}
			asked := w.clock.Now()
			p.back("U0BOB", "it looks wrong").until("rollback/incident").is(deploy.RollingBack, "it looks wrong")
			if took := w.clock.Now().Sub(asked); took > 10*time.Second {
				t.Errorf("traffic was back after %s", took)
			}
			w.wantServes("app-00001=100, app-r1-1=0 tag rc-1")
			p.end().is(deploy.RolledBack, "it looks wrong")
			if c.missing == "" {
				p.misses("")
				return
			}
			p.misses(counting, c.missing)
			if in := p.evidence(); in.Requests > 10 || !in.CountedTo.IsZero() && name != "late" || in.Diagnosis.Symptom != "" {
				t.Errorf("made up: %+v", in)
			}
		})
	}
}

func fault(f practice.Fault) func(*watched, *play) {
	return func(w *watched, _ *play) { w.metrics.SetFault(f) }
}

// One part that cannot be read hides nothing that another part shows.
func TestBreachIsSeenBesideAMetricThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	p := w.release("v1.2.4")
	p.r.Spec.Metrics.Objectives = append(p.r.Spec.Metrics.Objectives, deploy.Objective{Metric: deploy.Connections, Target: 0.8, Critical: 0.9, Window: time.Minute})
	p.looks(1).is(deploy.RollingBack, "error rate").end().is(deploy.RolledBack)
}

// impatient reads metrics with a time-out that tests can wait for.
func (w *watched) impatient(timeout time.Duration) {
	w.t.Helper()
	source, err := monitoring.New(w.t.Context(), &monitoring.Options{Endpoint: "http://" + w.metrics.Addr(), Timeout: timeout, Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	closing(w.t, source.Close)
	ports := w.ports
	ports.Metrics = map[deploy.MetricsSource]deploy.Metrics{deploy.CloudMonitoring: source}
	w.use(ports)
}

func TestMetricsThatComeBackAreJudgedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	w.metrics.SetFault(practice.Fault{NaN: true})
	p := w.release("v1.2.4").looks(3).is(deploy.Running)
	if p.r.Watch.Last.Verdict != deploy.Unknown || !strings.Contains(p.r.Watch.Last.Why, "3 looks in a row had no answer") {
		t.Errorf("after three looks %+v", p.r.Watch.Last)
	}
	w.metrics.SetFault(practice.Fault{})
	p.looks(1).is(deploy.RollingBack, "error rate").end().is(deploy.RolledBack)
	p.misses("")
}

func TestCountThatFailsAtFirstIsMadeUpFor(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	p := w.release("v1.2.4").until("rollback/incident")
	w.metrics.SetFault(practice.Fault{NaN: true})
	p.act()
	p.misses(counting)
	w.metrics.SetFault(practice.Fault{})
	p.end().is(deploy.RolledBack)
	p.misses("")
	w.counts(p, candidate(1))
	if len(p.evidence().Points) == 0 {
		t.Error("there is no curve")
	}
}

// A source that is behind knows a part: what is said to be counted goes no further than that.
func TestCountGoesNoFurtherThanTheMetrics(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	p := w.release("v1.2.4").until("rollback/incident")
	p.act()
	first := p.evidence()
	w.metrics.SetFault(practice.Fault{Late: time.Hour})
	p.end().is(deploy.RolledBack)
	p.misses(counting + "metrics are late: the newest sample is of 14:0")
	if in := p.evidence(); !in.CountedTo.Before(in.Back) || in.Requests < first.Requests || len(in.Points) == 0 || in.Points[len(in.Points)-1].At.After(in.CountedTo) {
		t.Errorf("counted to %s, traffic was back at %s; %d requests after %d", in.CountedTo, in.Back, in.Requests, first.Requests)
	}
}

func TestLogsThatCannotBeHadNeverStopARollBack(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		breaks func(w *watched)
		says   string
	}{
		"down":      {func(w *watched) { w.logs.Down(true) }, "the logs: Cloud Logging does not answer"},
		"no client": {func(w *watched) { p := w.ports; p.Logs = nil; w.use(p) }, "the logs: this Slipway has no client for logs of cloudrun"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			w.manners[candidate(1)] = bad
			c.breaks(w)
			p := w.release("v1.2.4").end().is(deploy.RolledBack, "error rate")
			p.misses(c.says)
			w.counts(p, candidate(1))
			in := p.evidence()
			if len(in.Lines) > 0 || in.Diagnosis.Cause != "the logs do not say why" {
				t.Errorf("%d lines, %d requests, %+v", len(in.Lines), in.Requests, in.Diagnosis)
			}
		})
	}
}

// seized is a platform that does not answer when it is asked about a revision.
type seized struct {
	deploy.Platform
	asked chan error
}

func (s *seized) Revision(ctx context.Context, _ deploy.ServiceRef, _ deploy.RevisionName) (deploy.RevisionStatus, error) {
	<-ctx.Done()
	s.asked <- ctx.Err()
	return deploy.RevisionStatus{}, &deploy.Error{Code: deploy.Unavailable, Err: ctx.Err()}
}

func (w *watched) wrap(f func(deploy.Platform) deploy.Platform) {
	ports := w.ports
	ports.Platforms = maps.Clone(ports.Platforms)
	ports.Platforms[deploy.CloudRun] = f(ports.Platforms[deploy.CloudRun])
	w.use(ports)
}

// The way back is looked at on the way. A verdict that takes the release back does not wait for it.
func TestVerdictDoesNotWaitForThePlatform(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	p := w.release("v1.2.4").waits("traffic/10/bake")
	asked := make(chan error, 1)
	before := w.ports
	w.wrap(func(pf deploy.Platform) deploy.Platform { return &seized{pf, asked} })
	p.looks(1).is(deploy.RollingBack, "error rate")
	if err := <-asked; !errors.Is(err, context.Canceled) {
		t.Errorf("the platform was waited for: %v", err)
	}
	w.use(before)
	p.end().is(deploy.RolledBack)
}

func TestPlatformThatCannotBeReadIsMissingFromTheEvidence(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	p := w.release("v1.2.4").until("rollback/incident")
	w.wrap(func(pf deploy.Platform) deploy.Platform {
		return &lagging{Platform: pf, name: candidate(1), hidden: 10}
	})
	p.end().is(deploy.RolledBack)
	p.misses("revision " + string(candidate(1)) + ": ")
	if in := p.evidence(); len(in.Lines) == 0 || in.Requests == 0 {
		t.Errorf("the rest of the evidence is missing, too: %+v", in)
	}
}

// The connections of a database are read by themselves: who may not read those still sees errors and latency.
func TestADatabaseThatCannotBeReadHidesNothing(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	p := w.release("v1.2.4").waits("traffic/10/bake")
	p.r.Spec.Metrics.Objectives = append(p.r.Spec.Metrics.Objectives,
		deploy.Objective{Metric: deploy.Connections, Target: 0.8, Critical: 0.9, Window: 5 * time.Minute}) // of no database
	p.looks(2).is(deploy.Running)
	for _, f := range p.r.Watch.Last.Findings {
		if known := f.Metric != deploy.Connections; f.Known != known {
			t.Errorf("%s is known: %v (%s)", f.Metric, f.Known, f.Text)
		}
	}
	if p.r.Watch.Last.Verdict == deploy.Unknown || p.r.Watch.Errors > 0 {
		t.Errorf("%s after %d errors: %s", p.r.Watch.Last.Verdict, p.r.Watch.Errors, p.r.Watch.Last.Why)
	}
}
