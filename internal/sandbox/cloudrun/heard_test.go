package cloudrun_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/sandbox/cloudrun"
)

// heard writes down what the platform says of its revisions.
type heard struct {
	mu               sync.Mutex
	requests, levels []string
	lines            []string
}

func (h *heard) Record(service, revision string, status int, latency time.Duration, at time.Time) {
	h.note(&h.requests, "%s/%s %d %s %s", service, revision, status, latency, at.Format("04:05"))
}

func (h *heard) Level(_, revision string, instances int, cpu, memory float64, at time.Time) {
	line := fmt.Sprintf("%s %d %g %g", strings.TrimPrefix(revision, app+"-"), instances, cpu, memory)
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.IndexFunc(h.levels, func(l string) bool { return strings.HasPrefix(l, line[:5]) }); i >= 0 {
		if h.levels[i] == line {
			return
		}
		h.levels = slices.Delete(h.levels, i, i+1)
	}
	h.levels = append(h.levels, line)
}

func (h *heard) Write(service, revision, log, severity, text string, _ time.Time) {
	h.note(&h.lines, "%s/%s %s %s %s", service, revision, log, severity, text)
}

func (h *heard) note(list *[]string, format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*list = append(*list, fmt.Sprintf(format, args...))
}

func (h *heard) now(list *[]string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(*list)
}

func listening(t *testing.T, opts cloudrun.Options) (*platform, *heard) {
	t.Helper()
	h := &heard{}
	opts.Metrics, opts.Logs = h, h
	return start(t, &opts), h
}

func TestEveryAnswerIsRecorded(t *testing.T) {
	t.Parallel()
	p, h := listening(t, cloudrun.Options{Clock: cloudrun.NewManualClock(noon)})
	canary := app + "-r1"
	p.mustUpdate(staged(canary, image+"v1.2.4", "v1.2.4"), "template", "traffic")
	p.Behaviour(app, "v1.2.4").SetErrorRate(1)
	code(t, p.get().Uri+"/api/v1/status")
	code(t, p.get().Uri+"/nowhere")
	code(t, uri(t, p.get(), "rc")+"/health")
	code(t, uri(t, p.get(), "rc")+"/api/v1/status")
	same(t, "recorded", []string{
		app + "/" + baseline + " 200 0s 00:00", app + "/" + baseline + " 404 0s 00:00",
		app + "/" + canary + " 200 0s 00:00", app + "/" + canary + " 500 0s 00:00",
	}, h.now(&h.requests))
	same(t, "log", []string{app + "/" + canary + ` run.googleapis.com/stderr ERROR relation "user_prefs" does not exist`}, h.now(&h.lines))
}

func TestLatencyIsRecordedAndAClientThatLeftIsNot(t *testing.T) {
	t.Parallel()
	p, h := listening(t, cloudrun.Options{})
	p.Behaviour(app, "v1.2.3").SetLatency(30 * time.Millisecond)
	code(t, p.get().Uri+"/api/v1/status")
	recorded := h.now(&h.requests)
	if len(recorded) != 1 {
		t.Fatalf("recorded %v", recorded)
	}
	if took, err := time.ParseDuration(strings.Fields(recorded[0])[2]); err != nil || took < 30*time.Millisecond {
		t.Errorf("took %s, %v", took, err)
	}
	p.Behaviour(app, "v1.2.3").SetLatency(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.get().Uri+"/api/v1/status", nil)
	if err != nil {
		t.Fatal(err)
	}
	left := make(chan error, 1)
	go func() {
		res, err := web().Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		left <- err
	}()
	for deadline := time.Now().Add(5 * time.Second); p.Stats(app)[0].Requests < 2; {
		if time.Now().After(deadline) {
			t.Fatal("the request has not arrived within 5 s")
		}
		<-time.After(time.Millisecond)
	}
	cancel()
	if err := <-left; err == nil {
		t.Error("an answer came an hour early")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if n := len(h.now(&h.requests)); n != 1 {
		t.Errorf("%d are recorded, one of them without an answer", n)
	}
}

func TestLastWordsOfAContainerThatDoesNotStart(t *testing.T) {
	t.Parallel()
	p, h := listening(t, cloudrun.Options{})
	b := p.Behaviour(app, "v1.2.4")
	b.SetCrashOnStart(true)
	b.SetMessage("panic: no license")
	p.mustUpdate(staged(app+"-r1", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	same(t, "log", []string{
		app + "/" + app + "-r1 run.googleapis.com/stderr ERROR panic: no license",
		app + "/" + app + "-r1 run.googleapis.com/varlog/system WARNING Container called exit(1).",
	}, h.now(&h.lines))
}

func TestLevelsFollowTrafficAndBehaviour(t *testing.T) {
	t.Parallel()
	p, h := listening(t, cloudrun.Options{})
	levels := func(what string, want ...string) {
		t.Helper()
		same(t, what, want, h.now(&h.levels))
	}
	levels("at the beginning", "00001 2 0 0")
	p.mustUpdate(staged(app+"-r1234", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	levels("staged", "00001 2 0 0", "r1234 2 0 0")
	p.Behaviour(app, "v1.2.4").SetUse(0.95, 0.5)
	levels("in trouble", "00001 2 0 0", "r1234 2 0.95 0.5")
	p.mustUpdate(traffic(to(app+"-r1234", 100, "")), "traffic")
	levels("all traffic moved", "r1234 2 0.95 0.5", "00001 0 0 0")
}

func TestInstancesStayWhereTrafficOrATagLeads(t *testing.T) {
	t.Parallel()
	const canary = app + "-r1"
	for _, c := range []struct {
		fact  string
		table []*runpb.TrafficTarget
		warm  bool
	}{
		{"some traffic", []*runpb.TrafficTarget{to(baseline, 5, ""), to(canary, 95, "")}, true},
		{"no traffic, but in the table", []*runpb.TrafficTarget{to(baseline, 0, ""), to(canary, 100, "")}, true},
		{"no traffic, but a tag", []*runpb.TrafficTarget{to(canary, 100, ""), to(baseline, 0, "rb-1")}, true},
		{"neither", []*runpb.TrafficTarget{to(canary, 100, "")}, false},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			p.mustUpdate(staged(canary, image+"v1.2.4", "v1.2.4"), "template", "traffic")
			p.mustUpdate(traffic(c.table...), "traffic")
			wantWarm(t, p, baseline, c.warm)
			wantWarm(t, p, canary, true)
			p.mustUpdate(traffic(to(baseline, 100, "")), "traffic")
			wantWarm(t, p, baseline, true)
			wantWarm(t, p, canary, false)
		})
	}
}

// wantWarm looks at what the platform says of a revision's two instances.
func wantWarm(t *testing.T, p *platform, revision string, warm bool) {
	t.Helper()
	r := p.revision(revision)
	provisioned := false
	for _, c := range r.GetConditions() {
		if c.GetType() == "MinInstancesProvisioned" {
			provisioned = c.GetState() == runpb.Condition_CONDITION_SUCCEEDED
			if cold := c.GetRevisionReason() == runpb.Condition_MIN_INSTANCES_NOT_PROVISIONED; cold == warm {
				t.Errorf("%s: condition %v", revision, c)
			}
		}
		if c.GetType() == "Ready" && c.GetState() != runpb.Condition_CONDITION_SUCCEEDED {
			t.Errorf("%s is not ready any more: %v", revision, c)
		}
	}
	if n := r.GetScalingStatus().GetDesiredMinInstanceCount(); n == 2 != warm || provisioned != warm {
		t.Errorf("%s has %d instances, provisioned: %v; want it warm: %v", revision, n, provisioned, warm)
	}
}

func TestInstancesMayStayForAWhile(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Cool: time.Minute})
	const canary = app + "-r1"
	p.mustUpdate(staged(canary, image+"v1.2.4", "v1.2.4"), "template", "traffic")
	p.mustUpdate(traffic(to(canary, 100, "")), "traffic")
	clock.Advance(59 * time.Second)
	wantWarm(t, p, baseline, true)
	p.mustUpdate(traffic(to(canary, 100, ""), to(baseline, 0, "rb-1")), "traffic")
	clock.Advance(time.Hour)
	wantWarm(t, p, baseline, true)
	p.mustUpdate(traffic(to(canary, 100, "")), "traffic")
	clock.Advance(time.Minute)
	wantWarm(t, p, baseline, false)
}

func TestRateOfTrafficCanBeChanged(t *testing.T) {
	t.Parallel()
	p := start(t, &cloudrun.Options{Clock: cloudrun.NewManualClock(noon)})
	same(t, "rate before anything runs", 0.0, p.TrafficRate(app))
	for _, rate := range []float64{400, 2} {
		if err := p.StartTraffic(app, rate); err != nil {
			t.Fatal(err)
		}
		same(t, "rate", rate, p.TrafficRate(app))
	}
	p.StopTraffic(app)
	same(t, "rate after the end", 0.0, p.TrafficRate(app))
}
