package phase_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

// shelf is a platform that says of each service what it was told to say.
type shelf struct {
	deploy.Platform // nothing else is asked of it

	mu       sync.Mutex
	services map[string]deploy.Service
	wrong    map[string][]error // what would keep a candidate from coming up
	silent   map[string]bool    // no answer before the caller goes
	left     error              // why the caller went
}

func noAnswer(what string) error {
	return &deploy.Error{Code: deploy.Unavailable, Op: "ask", Msg: what + " does not answer"}
}

func (s *shelf) Describe(ctx context.Context, ref deploy.ServiceRef) (deploy.Service, error) {
	s.mu.Lock()
	svc, known := s.services[ref.Name]
	silent := s.silent[ref.Name]
	s.mu.Unlock()
	if silent {
		<-ctx.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.left = ctx.Err()
		return deploy.Service{}, noAnswer(ref.Name)
	}
	if !known {
		return deploy.Service{}, &deploy.Error{Code: deploy.NotFound, Op: "describe", Msg: "there is no service " + ref.Name}
	}
	return svc, nil
}

func (s *shelf) Revision(_ context.Context, ref deploy.ServiceRef, name deploy.RevisionName) (deploy.RevisionStatus, error) {
	if name != deploy.RevisionName(ref.Name+"-1") && name != deploy.RevisionName(ref.Name+"-0") {
		return deploy.RevisionStatus{}, &deploy.Error{Code: deploy.NotFound, Op: "look at revision", Msg: string(name) + " does not exist"}
	}
	return deploy.RevisionStatus{Name: name, Version: "v1.2.3", Ready: true, Warm: true}, nil
}

func (s *shelf) Verify(_ context.Context, q deploy.StageRequest) []error {
	return s.wrong[q.Service.Name]
}

// has puts a service that has all of its traffic on its revision 1.
func (s *shelf) has(name string, change func(*deploy.Service)) {
	svc := deploy.Service{Settled: true, Traffic: []deploy.Share{{Revision: deploy.RevisionName(name + "-1"), Percent: 100}}}
	if change != nil {
		change(&svc)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services[name] = svc
}

// gauges is a source that knows, of each service, how many of 1,000 requests failed; -1: it does not answer.
type gauges map[string]int64

func (g gauges) Read(_ context.Context, q deploy.MetricsQuery) (deploy.Reading, error) {
	failed := g[q.Service.Name]
	if failed < 0 {
		return deploy.Reading{}, noAnswer("the source of " + q.Service.Name)
	}
	measured := map[deploy.RevisionName]deploy.Measured{
		deploy.RevisionName(q.Service.Name + "-1"): {Requests: 1000, Failed: failed}, deploy.RevisionName(q.Service.Name + "-0"): {Requests: 1000},
	}
	return deploy.Reading{Revisions: measured, Newest: q.To}, nil
}

func (gauges) Check(context.Context, deploy.ServiceRef, deploy.MetricsSpec) error { return nil }

// tags resolves each image to a digest that is made of its name.
type tags struct{}

func (tags) Resolve(_ context.Context, repository, tag string) (deploy.Image, error) {
	return deploy.Image{Repository: repository, Tag: tag, Digest: "sha256:" + strings.TrimPrefix(repository, "images/") + "-" + tag}, nil
}

func place(name string) deploy.PlatformSpec {
	return deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: deploy.ECS, Name: name}}
}

func objectives() *deploy.MetricsSpec {
	return &deploy.MetricsSpec{Source: deploy.CloudWatch, Lag: time.Minute, Every: 15 * time.Second, Minimum: 50, Errors: 3, Unsure: 3,
		Objectives: []deploy.Objective{{Metric: deploy.ErrorRate, Target: 0.01, Critical: 0.05, Window: 5 * time.Minute}}}
}

// threesome is a release of app, api and worker, of which the worker is not measured, at 100 % of all of them.
func threesome(t *testing.T) (deploy.Release, *shelf, phase.Ports) {
	t.Helper()
	spec := deploy.Spec{Image: "images/app", Platform: place("app"), Metrics: objectives(),
		Strategy: deploy.Strategy{Kind: deploy.BlueGreen, Steps: []deploy.TrafficStep{{Percent: 100}}},
		Also: []deploy.Part{{Name: "api", Image: "images/api", Platform: place("api"), Metrics: objectives()},
			{Name: "worker", Image: "images/worker", Platform: place("worker"), Rolling: true}},
		Policy: deploy.Policy{ApprovePlan: true, Approvals: 1, ApprovalExpires: time.Hour}}
	r, err := deploy.NewRelease(deploy.Ask{Kind: deploy.Deploy, Target: deploy.Target{Service: "app", Environment: "production"}, Version: "v1.2.4", Spec: spec})
	if err != nil {
		t.Fatal(err)
	}
	r.ID, r.Number = "app-42", 42
	facts := func(name string) deploy.Facts {
		return deploy.Facts{Baseline: deploy.Revision{Name: deploy.RevisionName(name + "-0")}, Candidate: deploy.Revision{Name: deploy.RevisionName(name + "-1")}, Share: 100, MaxShare: 100}
	}
	r.Facts, r.Parts = facts("app"), map[string]deploy.Facts{"api": facts("api"), "worker": facts("worker")}
	r.Watch.Since = begun.Add(-time.Hour)
	s := &shelf{services: map[string]deploy.Service{}, wrong: map[string][]error{}, silent: map[string]bool{}}
	for _, name := range []string{"app", "api", "worker"} {
		s.has(name, nil)
	}
	return r, s, phase.Ports{Platforms: map[deploy.PlatformKind]deploy.Platform{deploy.ECS: s}, Images: tags{},
		Metrics: map[deploy.MetricsSource]deploy.Metrics{deploy.CloudWatch: gauges{}}}
}

var begun = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)

// lookOf makes a look.
func lookOf(t *testing.T, r deploy.Release, p phase.Ports) (*deploy.Look, error) {
	t.Helper()
	out, err := phase.Runners(p)[deploy.KindWatch].Run(t.Context(), r, deploy.Step{Name: deploy.WatchName, Kind: deploy.KindWatch, Begun: begun})
	return out.Look, err
}

func TestTheWorstOfAllPartsIsTheVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failed   gauges
		verdict  deploy.Verdict
		critical bool
		part     string
		fails    string // the look has no answer
	}{
		"all are well":                             {failed: gauges{}, verdict: deploy.Healthy},
		"one breaks a critical limit":              {failed: gauges{"api": 200}, verdict: deploy.Unhealthy, critical: true, part: "api"},
		"the service itself does":                  {failed: gauges{"app": 200}, verdict: deploy.Unhealthy, critical: true},
		"one is blind: nothing is known":           {failed: gauges{"api": -1}, fails: "the source of api does not answer"},
		"one is blind, and another is critical":    {failed: gauges{"app": -1, "api": 200}, verdict: deploy.Unhealthy, critical: true, part: "api"},
		"one is beyond its target, another beyond": {failed: gauges{"app": 30, "api": 200}, verdict: deploy.Unhealthy, critical: true, part: "api"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _, p := threesome(t)
			p.Metrics = map[deploy.MetricsSource]deploy.Metrics{deploy.CloudWatch: c.failed}
			look, err := lookOf(t, r, p)
			if c.fails != "" {
				if err == nil || !strings.Contains(deploy.Message(err), c.fails) {
					t.Fatalf("%+v, %v; want %q", look, err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			j := look.Judgement
			if j.Verdict != c.verdict || j.Critical != c.critical || j.Part != c.part || (c.part != "") != strings.HasPrefix(j.Why, c.part+": ") {
				t.Errorf("%s, critical %t, of %q: %q", j.Verdict, j.Critical, j.Part, j.Why)
			}
			for _, f := range j.Findings {
				if f.Part != "" && !strings.HasPrefix(f.Text, f.Part+": ") {
					t.Errorf("a finding of %s says %q", f.Part, f.Text)
				}
			}
			if c.fails == "" && c.failed["app"] >= 0 && len(j.Findings) != 2 {
				t.Errorf("%d findings of two parts", len(j.Findings))
			}
		})
	}
}

func TestTheWayBackIsThatOfAllParts(t *testing.T) {
	t.Parallel()
	slow := deploy.Return{Takes: 3 * time.Minute, How: "a rolling deployment back"}
	quick := deploy.Return{Takes: 5 * time.Second, How: "weights flip"}
	for name, c := range map[string]struct {
		change func(s *shelf)
		want   deploy.Way
	}{
		"nothing is said of it": {func(*shelf) {}, deploy.Way{Checked: begun, Warm: true}},
		"the slowest counts, also of a part that is not measured": {func(s *shelf) {
			s.has("app", func(svc *deploy.Service) { svc.Back = quick })
			s.has("worker", func(svc *deploy.Service) { svc.Back = slow })
		}, deploy.Way{Checked: begun, Warm: true, Return: deploy.Return{Takes: slow.Takes, How: "worker: " + slow.How}}},
		"the service itself is the slowest": {func(s *shelf) {
			s.has("app", func(svc *deploy.Service) { svc.Back = slow })
			s.has("api", func(svc *deploy.Service) { svc.Back = quick })
		}, deploy.Way{Checked: begun, Warm: true, Return: slow}},
		"the platform of one has gone back by itself": {func(s *shelf) {
			s.has("worker", func(svc *deploy.Service) { svc.Fell = deploy.Fall{Revision: "worker-1", Why: "3 tasks stopped"} })
		}, deploy.Way{Checked: begun, Warm: true, Fell: "worker: 3 tasks stopped", Part: "worker"}},
		"what fell is not ours": {func(s *shelf) {
			s.has("worker", func(svc *deploy.Service) { svc.Fell = deploy.Fall{Revision: "worker-0", Why: "3 tasks stopped"} })
		}, deploy.Way{Checked: begun, Warm: true}},
		"somebody moved the traffic of one": {func(s *shelf) {
			s.has("api", func(svc *deploy.Service) { svc.Traffic = []deploy.Share{{Revision: "api-9", Percent: 100}} })
		}, deploy.Way{Checked: begun, Warm: true, Moved: "api: 100 % of traffic is on api-9"}},
		"of one nobody knows": {func(s *shelf) { delete(s.services, "worker") }, deploy.Way{}},
		"one has gone back, and of another nobody knows": {func(s *shelf) {
			delete(s.services, "worker")
			s.has("api", func(svc *deploy.Service) { svc.Fell = deploy.Fall{Revision: "api-1", Why: "an alarm went off"} })
		}, deploy.Way{Checked: begun, Warm: true, Fell: "api: an alarm went off", Part: "api"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s, p := threesome(t)
			c.change(s)
			look, err := lookOf(t, r, p)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, look.Way); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestACriticalPartDoesNotWaitForAPlatformThatSaysNothing(t *testing.T) {
	t.Parallel()
	r, s, p := threesome(t)
	p.Metrics = map[deploy.MetricsSource]deploy.Metrics{deploy.CloudWatch: gauges{"api": 200}}
	s.silent["worker"] = true
	look, err := lookOf(t, r, p)
	if err != nil || !look.Judgement.Critical {
		t.Errorf("%+v, %v", look, err)
	}
	if !errors.Is(s.left, context.Canceled) {
		t.Errorf("it was waited for until %v", s.left)
	}
	if !look.Way.Checked.IsZero() {
		t.Errorf("the way back of a part that said nothing is %+v", look.Way)
	}
}

func TestForeseeingAsksEveryPartAndTakesTheSlowest(t *testing.T) {
	t.Parallel()
	r, s, p := threesome(t)
	if back, err := p.Foresee(t.Context(), r); err != nil || back != (deploy.Return{}) {
		t.Errorf("of platforms that say nothing of it: %+v, %v", back, err)
	}
	s.has("app", func(svc *deploy.Service) { svc.Back = deploy.Return{Takes: 5 * time.Second, How: "weights flip"} })
	if back, err := p.Foresee(t.Context(), r); err != nil || back != (deploy.Return{Takes: 5 * time.Second, How: "weights flip"}) {
		t.Errorf("of the service itself: %+v, %v", back, err)
	}
	s.has("worker", func(svc *deploy.Service) {
		svc.Back = deploy.Return{Takes: time.Minute, How: "a rolling deployment back"}
	})
	if back, err := p.Foresee(t.Context(), r); err != nil || back != (deploy.Return{Takes: time.Minute, How: "worker: a rolling deployment back"}) {
		t.Errorf("of a slower part: %+v, %v", back, err)
	}
	s.mu.Lock()
	s.silent["api"] = true
	s.mu.Unlock()
	if back, err := p.Foresee(t.Context(), r); deploy.CodeOf(err) != deploy.Unavailable || back != (deploy.Return{}) {
		t.Errorf("while one part says nothing: %+v, %v", back, err)
	}
}

func TestAllThatIsWrongIsSaidAtOnceBeforeAnythingIsTouched(t *testing.T) {
	t.Parallel()
	invalid := func(msg, hint string) error {
		return &deploy.Error{Code: deploy.Invalid, Op: "verify", Msg: msg, Hint: hint}
	}
	for name, c := range map[string]struct {
		wrong map[string][]error
		want  string
	}{
		"of the service": {map[string][]error{"app": {invalid("there is no secret api-key", "create it"), invalid("port 8080 is not that of the target group", "")}},
			"2 things would keep app from coming up:\nthere is no secret api-key; create it\nport 8080 is not that of the target group"},
		"beside what could not be looked at": {map[string][]error{"app": {noAnswer("Secrets Manager"), invalid("there is no role app-execution", "")}},
			"1 thing would keep app from coming up:\nthere is no role app-execution"},
		"of a part": {map[string][]error{"worker": {invalid("there is no role worker-execution", "")}},
			"1 thing would keep worker from coming up:\nthere is no role worker-execution"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s, p := threesome(t)
			s.wrong = c.wrong
			_, err := p.Propose(t.Context(), r)
			if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != c.want {
				t.Errorf("%s: %q, want %q", deploy.CodeOf(err), deploy.Message(err), c.want)
			}
		})
	}
	r, _, p := threesome(t)
	if _, err := p.Propose(t.Context(), r); err != nil {
		t.Errorf("with nothing wrong: %v", err)
	}
}

func TestWhatWasApprovedOfEachPartIsWorkedOutAgain(t *testing.T) {
	t.Parallel()
	r, s, p := threesome(t)
	for name := range s.services {
		s.has(name, func(svc *deploy.Service) { svc.Traffic[0].Revision = deploy.RevisionName(name + "-0") })
	}
	r, err := p.Look(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	before, err := p.Propose(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	want := []deploy.ProposedPart{{Name: "api", Image: "images/api@sha256:api-v1.2.4", Baseline: "api-0"}, {Name: "worker", Image: "images/worker@sha256:worker-v1.2.4", Baseline: "worker-0"}}
	if diff := cmp.Diff(want, before.Parts); diff != "" {
		t.Errorf("proposed (-want +got):\n%s", diff)
	}
	confirm := func() (deploy.Outcome, error) {
		return phase.Runners(p)[deploy.KindConfirm].Run(t.Context(), r, deploy.Step{Name: "preflight/confirm", Kind: deploy.KindConfirm, Begun: begun})
	}
	out, err := confirm()
	if err != nil || out.Proposal.Hash != before.Hash || out.Parts["worker"].Baseline.Name != "worker-0" || out.Parts["api"].Image.Digest != "sha256:api-v1.2.4" {
		t.Errorf("nothing has changed: %+v, %v", out, err)
	}
	s.has("worker", nil) // somebody has sent it elsewhere
	out, err = confirm()
	if err != nil || out.Proposal.Hash == before.Hash {
		t.Fatalf("a part has another baseline, and the plan is the same: %v", err)
	}
	if diff := cmp.Diff([]string{"worker-1 has the traffic of worker, it was worker-0"}, out.Proposal.Since(before)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.has("api", func(svc *deploy.Service) { svc.Busy, svc.Unrest = true, "2 of 4 tasks run" })
	if out, err = confirm(); err != nil || out.Again <= 0 || !strings.Contains(out.Note, "waiting for api to settle") {
		t.Errorf("while a part is busy: %+v, %v", out, err)
	}
}
