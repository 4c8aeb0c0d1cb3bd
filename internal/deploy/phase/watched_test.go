package phase_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestHealthyVersionGoesTo100ByItselfAndIsObserved(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	p := w.release("v1.2.4").end().is(deploy.Succeeded)
	want := carried("1", "app-00001")
	want[3] = "traffic: app-r1-1=100, app-r1-1=0 tag rc-1, app-00001=0 tag rb-1" // the former one stays warm
	if diff := cmp.Diff(want, w.updates()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	p.tells("healthy, goes on to 50 % by itself", "healthy, goes on to 100 % by itself", "/health 200 v1.2.4",
		"observed for 2 min, healthy: 0 of", "tags rc-1 and rb-1 taken off")
	watch := p.r.Watch
	if n := len(watch.Points); n < 20 {
		t.Errorf("%d looks in nine minutes", n)
	}
	if last := watch.Points[len(watch.Points)-1]; last.Share != 100 || last.Candidate.Requests < 100 || last.Candidate.P99 < 40 || last.Stable.Requests != 0 {
		t.Errorf("the last point is %+v", last)
	}
	if watch.Way.Checked.IsZero() || !watch.Way.Warm || watch.Way.Gone || watch.Way.Moved != "" {
		t.Errorf("the way back is %+v", watch.Way)
	}
	if p.r.Incident != nil {
		t.Errorf("an incident of a good version: %+v", p.r.Incident)
	}
	for _, e := range p.journal {
		if e.State == deploy.Waiting || e.State == deploy.Paused {
			t.Errorf("people were asked: %+v", e)
		}
	}
}

func TestBadVersionIsTakenBackAtTheFirstLookThatCanTell(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	p := w.release("v1.2.4").until("rollback/traffic").is(deploy.RollingBack, "error rate", "requests failed), limit 5 %")
	if p.r.By != deploy.Slipway || !p.r.Watch.Last.Critical {
		t.Errorf("taken back by %s after %+v", p.r.By, p.r.Watch.Last)
	}
	if took := w.clock.Now().Sub(p.r.Watch.Since); len(p.r.Watch.Points) != 1 || took > lag+every {
		t.Errorf("it took %d looks and %s", len(p.r.Watch.Points), took)
	}
	w.cloud.ForgetCalls()
	p.act()
	var methods []string
	for _, c := range w.cloud.Calls() {
		methods = append(methods, c.Method)
	}
	methods = slices.Compact(methods) // a read that is slow in coming is repeated
	if diff := cmp.Diff([]string{"GetService", "UpdateService"}, methods); diff != "" {
		t.Errorf("the first calls after the verdict (-want +got):\n%s", diff)
	}
	p.end().is(deploy.RolledBack, "error rate").tells("errors rose: the code and the schema of the database do not fit", "tag rc-1 taken off")
	w.wantServes("app-00001=100")
}

func TestEvidenceOfABadVersion(t *testing.T) {
	t.Parallel()
	const hush = "s3cret-value"
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	spec := w.spec("v1.2.4")
	spec.Platform.Settings.Env["FEATURE_FLAGS"] = hush
	spec.Platform.Settings.Env["ENVIRONMENT"] = "production-" + hush
	spec.Platform.Settings.Secrets = map[string]string{"API_KEY": "api-key:7"}
	spec.Platform.Settings.Memory = "4Gi"
	p := w.ask(deploy.Ask{Kind: deploy.Deploy, Version: "v1.2.4", Spec: spec}).end().is(deploy.RolledBack)
	in := p.evidence()
	p.misses("")
	if in.Trigger != p.r.Why || in.Trigger != p.r.Watch.Last.Why || in.Share != 10 || in.At.Before(in.Back) {
		t.Errorf("trigger %q, share %d, at %s", in.Trigger, in.Share, in.At)
	}
	if len(in.Lines) != 1 || in.Lines[0].Text != bad.says || in.Lines[0].Count != (len(w.sent[candidate(1)])+1)/2 {
		t.Errorf("lines %+v of %d requests", in.Lines, len(w.sent[candidate(1)]))
	}
	changed := strings.Join(in.Changed, "\n")
	for _, want := range []string{
		"version v1.2.3 → v1.2.4", "image ", w.registry.Digest("v1.2.4"), "+ env FEATURE_FLAGS", "env ENVIRONMENT has another value",
		"secret API_KEY api-key:latest → api-key:7", "memory 2Gi → 4Gi",
	} {
		if !strings.Contains(changed, want) {
			t.Errorf("what changed does not say %q:\n%s", want, changed)
		}
	}
	all, err := json.Marshal(in)
	if err != nil || strings.Contains(string(all), hush) {
		t.Errorf("a value of a variable is in the evidence (%v): %s", err, all)
	}
	if in.Diagnosis.Symptom != "errors rose" || !strings.Contains(in.Diagnosis.Cause, "user_prefs") || !strings.Contains(in.Diagnosis.Remedy, "migration") {
		t.Errorf("diagnosis %+v", in.Diagnosis)
	}
}

func TestRequestsAreCountedOnceTheMetricsHaveCaughtUp(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.manners[candidate(1)] = bad
	p := w.release("v1.2.4").until("rollback/incident")
	p.act()
	first := p.evidence()
	if first.CountedTo.IsZero() || !first.CountedTo.Before(first.Back) || first.Requests == 0 || len(first.Points) > 0 {
		t.Errorf("at first %d of %d requests failed, counted to %s of %s, with %d points", first.Failed, first.Requests, first.CountedTo, first.Back, len(first.Points))
	}
	looked := w.clock.Now()
	p.until("rollback/retire")
	in := p.evidence()
	if took := w.clock.Now().Sub(looked); took < lag || took > lag+2*every {
		t.Errorf("it was counted again after %s", took)
	}
	w.counts(p, candidate(1))
	if in.Requests <= first.Requests {
		t.Errorf("%d requests at first, and %d in the end", first.Requests, in.Requests)
	}
	n := len(in.Points)
	if n < 2 || n > 16 || !in.Points[n-1].At.Equal(in.Back) || in.Points[n-1].Share != 10 {
		t.Fatalf("the curve has %d points: %+v", n, in.Points)
	}
	var requests, failed int64
	for i, point := range in.Points {
		requests, failed = requests+point.Candidate.Requests, failed+point.Candidate.Failed
		if point.Stable.Requests == 0 || i > 0 && !point.At.After(in.Points[i-1].At) {
			t.Errorf("point %d of the curve is %+v", i, point)
		}
	}
	if requests != in.Requests || failed != in.Failed {
		t.Errorf("the curve has %d of %d, and was counted %d of %d", failed, requests, in.Failed, in.Requests)
	}
	p.end().is(deploy.RolledBack)
}

func TestSlowVersionIsDiagnosedAsSlow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		manner manner
		cause  string
	}{
		"with nothing short":         {manner{took: 3 * time.Second}, "probably the code or its queries"},
		"short of CPU, below limits": {manner{took: 3 * time.Second, cpu: 0.8}, "it is short of CPU (CPU 80 %"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			w.manners[candidate(1)] = c.manner
			in := w.release("v1.2.4").end().is(deploy.RolledBack, "p99").evidence()
			if in.Diagnosis.Symptom != "it got slow" || !strings.Contains(in.Diagnosis.Cause, c.cause) || in.Failed != 0 || in.Requests == 0 {
				t.Errorf("%d of %d failed, %+v", in.Failed, in.Requests, in.Diagnosis)
			}
		})
	}
}

func TestCrashOnStartIsDiagnosedWithoutAnyTraffic(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.cloud.Behaviour(serviceID, "v1.2.4").SetCrashOnStart(true)
	p := w.release("v1.2.4").end().is(deploy.Failed)
	p.misses("")
	in := p.evidence()
	if !in.Began.IsZero() || in.Share != 0 || !in.CountedTo.IsZero() || len(in.Points) > 0 {
		t.Errorf("users who were never there: %+v", in)
	}
	if len(in.Platform) != 1 || !strings.Contains(in.Platform[0], string(candidate(1))+": ") || !strings.Contains(in.Platform[0], "failed to start and listen") {
		t.Errorf("the platform says %q", in.Platform)
	}
	if len(in.Lines) == 0 || in.Lines[0].Text != "config: FEATURE_FLAGS_URL is not set" {
		t.Errorf("its last lines are %+v", in.Lines)
	}
	want := deploy.Diagnosis{Symptom: "the deployment failed",
		Cause:  "the application does not start: a variable that it needs is missing (“config: FEATURE_FLAGS_URL is not set”)",
		Remedy: "set it in the catalog, under env or secrets, then release again"}
	if diff := cmp.Diff(want, in.Diagnosis); diff != "" {
		t.Errorf("diagnosis (-want +got):\n%s", diff)
	}
}
