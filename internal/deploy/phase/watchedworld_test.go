package phase_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/logging"
	"slipway/internal/deploy/provider/monitoring"
	practicelogs "slipway/internal/sandbox/logging"
	practice "slipway/internal/sandbox/monitoring"
)

const (
	perSecond = 20 // requests of all users together
	lag       = 30 * time.Second
	every     = 20 * time.Second
	sample    = 5 * time.Second // which the practice Monitoring makes of them
)

// manner is how a revision treats its users. Zero: well.
type manner struct {
	fails int // every so manieth request fails
	says  string
	took  time.Duration
	cpu   float64
}

// watched is a world with users, whose requests and errors the practice Monitoring and Logging hear of and the real
// adapters read. Users are as regular as the clock.
type watched struct {
	*world
	metrics *practice.Server
	logs    *practicelogs.Server
	manners map[deploy.RevisionName]manner
	sent    map[deploy.RevisionName][]request
	until   time.Time // they have been here
}

// request is what became of one, and when the sample ended that it is in.
type request struct {
	sampled time.Time
	failed  bool
}

func newWatched(t *testing.T) *watched {
	t.Helper()
	logs := practicelogs.New(nil)
	w := &watched{world: buildWorld(t, logs), logs: logs, manners: map[deploy.RevisionName]manner{},
		sent: map[deploy.RevisionName][]request{}}
	w.metrics = practice.New(&practice.Options{Clock: w.clock, Period: sample})
	for _, s := range []interface {
		Start(string) error
		Close() error
	}{w.metrics, w.logs} {
		if err := s.Start(""); err != nil {
			t.Fatal(err)
		}
		closing(t, s.Close)
	}
	source, err := monitoring.New(t.Context(), &monitoring.Options{Endpoint: "http://" + w.metrics.Addr(), Timeout: 2 * time.Second, Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, source.Close)
	lines, err := logging.New(t.Context(), &logging.Options{Endpoint: "http://" + w.logs.Addr(), Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, lines.Close)
	ports := w.ports
	ports.Metrics = map[deploy.MetricsSource]deploy.Metrics{deploy.CloudMonitoring: source}
	ports.Logs = map[deploy.PlatformKind]deploy.Logs{deploy.CloudRun: lines}
	w.use(ports)
	w.until, w.passed = w.clock.Now(), w.come
	w.wait(2 * time.Minute)
	return w
}

// come has users come until now, each second as many as that.
func (w *watched) come() {
	shares := w.cloud.Service(w.service).GetTrafficStatuses()
	for now := w.clock.Now(); !w.until.Add(time.Second).After(now); {
		w.until = w.until.Add(time.Second)
		for _, s := range shares {
			name := deploy.RevisionName(s.GetRevision())
			if name == "" {
				name = baseline
			}
			if s.GetPercent() > 0 {
				w.call(name, int(s.GetPercent())*perSecond/100, w.until.Add(-time.Second/2))
			}
		}
	}
}

func (w *watched) call(name deploy.RevisionName, times int, at time.Time) {
	m := w.manners[name]
	w.metrics.Level(serviceID, string(name), 2, max(m.cpu, 0.4), 0.5, at)
	for range times {
		r := request{sampled: at.Truncate(sample).Add(sample), failed: m.fails > 0 && len(w.sent[name])%m.fails == 0}
		w.sent[name] = append(w.sent[name], r)
		status := 200
		if r.failed {
			status = 500
			w.logs.Write(serviceID, string(name), practicelogs.Stderr, "ERROR", m.says, at)
		}
		w.metrics.Record(serviceID, string(name), status, max(m.took, 40*time.Millisecond), at)
	}
}

// did is how many requests a revision answered, and failed, in samples that ended by then.
func (w *watched) did(name deploy.RevisionName, by time.Time) (requests, failed int64) {
	for _, r := range w.sent[name] {
		if r.sampled.After(by) {
			continue
		}
		requests++
		if r.failed {
			failed++
		}
	}
	return requests, failed
}

// counts checks that the evidence counts what a revision did until traffic was back.
func (w *watched) counts(p *play, name deploy.RevisionName) {
	w.t.Helper()
	in := p.evidence()
	if requests, failed := w.did(name, in.Back); in.Requests != requests || in.Failed != failed || requests == 0 || !in.CountedTo.Equal(in.Back) {
		w.t.Errorf("%d of %d requests failed, counted to %s; there were %d of %d until %s", in.Failed, in.Requests, in.CountedTo, failed, requests, in.Back)
	}
}

// spec is a canary whose shares are given by the verdict, over windows of two minutes.
func (w *watched) spec(version string) deploy.Spec {
	s := w.world.spec(version)
	s.Observe = 2 * time.Minute
	s.Strategy.Steps = []deploy.TrafficStep{{Percent: 10, Bake: 3 * time.Minute}, {Percent: 50, Bake: 3 * time.Minute}, {Percent: 100}}
	const window = 2 * time.Minute
	s.Metrics = &deploy.MetricsSpec{
		Source: deploy.CloudMonitoring, Lag: lag, Every: every, Minimum: 50, Errors: 3, Unsure: 4,
		Objectives: []deploy.Objective{
			{Metric: deploy.ErrorRate, Target: 0.01, Critical: 0.05, Window: window, Worse: 2},
			{Metric: deploy.Availability, Target: 0.99, Critical: 0.95, Window: window},
			{Metric: deploy.LatencyP50, Target: 100, Critical: 200, Window: window, Worse: 1.5},
			{Metric: deploy.LatencyP99, Target: 1000, Critical: 2000, Window: window, Worse: 1.5},
			{Metric: deploy.CPU, Target: 0.7, Critical: 0.9, Window: window},
		},
	}
	return s
}

func (w *watched) release(version string) *play {
	return w.ask(deploy.Ask{Kind: deploy.Deploy, Version: version, Spec: w.spec(version)})
}

// unwatched brings a version to 100 % without a look.
func (w *watched) unwatched(version string) *play {
	w.t.Helper()
	spec := w.spec(version)
	spec.Metrics = nil
	return w.ask(deploy.Ask{Kind: deploy.Deploy, Version: version, Spec: spec})
}

// short is a release of few steps.
func (w *watched) short(version string) *play {
	w.t.Helper()
	spec := w.spec(version)
	spec.Strategy.Steps = []deploy.TrafficStep{{Percent: 10, Bake: 40 * time.Second}, {Percent: 100}}
	return w.ask(deploy.Ask{Kind: deploy.Deploy, Version: version, Spec: spec})
}

// bad is a version that fails every other request.
var bad = manner{fails: 2, says: `pq: relation "user_prefs" does not exist`}

// looks goes on until so many more looks have been made.
func (p *play) looks(n int) *play {
	p.t.Helper()
	before := p.around
	left := n
	p.around = func(s deploy.Step) bool {
		if s.Kind == deploy.KindWatch {
			left--
		}
		return before != nil && before(s)
	}
	defer func() { p.around = before }()
	p.while(func() bool { return left > 0 })
	return p
}

func (p *play) back(by deploy.UserID, reason string) *play {
	return p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: by, Reason: reason})
}

// evidence is what was kept of a release that was taken back.
func (p *play) evidence() deploy.Incident {
	p.t.Helper()
	if p.r.Incident == nil {
		p.t.Fatalf("nothing was kept\n%s", p.story())
	}
	return *p.r.Incident
}

// misses checks that the evidence lacks what begins with this and says that, and nothing else; "" is nothing at all.
func (p *play) misses(what string, says ...string) {
	p.t.Helper()
	got := p.evidence().Missing
	if what == "" {
		if len(got) > 0 {
			p.t.Errorf("evidence is missing: %q", got)
		}
		return
	}
	if len(got) != 1 || !strings.HasPrefix(got[0], what) {
		p.t.Fatalf("what is missing is %q, want %q", got, what)
	}
	for _, word := range says {
		if !strings.Contains(got[0], word) {
			p.t.Errorf("what is missing does not say %q: %q", word, got[0])
		}
	}
}
