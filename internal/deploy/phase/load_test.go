package phase_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

// sender is a Loader to a service that answers as a test says, in a time that passes at once.
type sender struct {
	mu    sync.Mutex
	asked []deploy.LoadRequest
	does  func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) // n-th stretch, from 1
}

func (s *sender) Fire(_ context.Context, q deploy.LoadRequest) (deploy.LoadStretch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, q)
	if s.does == nil {
		return answers(q, 0, 30*time.Millisecond), nil
	}
	return s.does(q, len(s.asked))
}

func (s *sender) stretches() []time.Duration {
	var list []time.Duration
	for _, q := range s.asked {
		list = append(list, q.For)
	}
	return list
}

// answers is a stretch at the rate that was asked for, in which so many fail and all take the same time.
func answers(q deploy.LoadRequest, failed int64, took time.Duration) deploy.LoadStretch {
	out := deploy.LoadStretch{Took: q.For, Requests: int64(q.Check.Rate * q.For.Seconds()), Failed: failed}
	for range out.Requests {
		out.Latencies.Add(took)
	}
	if failed > 0 {
		out.Reasons = map[string]int{"503": int(failed)}
	}
	return out
}

func loadCheck(stage deploy.CheckStage, whole time.Duration) deploy.LoadCheck {
	return deploy.LoadCheck{Name: "API under load", Stage: stage, Rate: 100, For: whole, Most: 500,
		Targets: []deploy.Call{{Method: "GET", Path: "/api/v1/status"}},
		Limits:  deploy.LoadLimits{Rate: 90, Mean: 100 * time.Millisecond, P99: 500 * time.Millisecond}}
}

// loaded is a release of v1.2.4 with load checks.
func (w *world) loaded(s *sender, checks ...deploy.LoadCheck) *play {
	w.with(func(p *phase.Ports) { p.Loader = s })
	spec := w.spec("v1.2.4")
	spec.Loads = checks
	return w.ask(deploy.Ask{Kind: deploy.Deploy, Version: "v1.2.4", Spec: spec})
}

func TestLoadIsSentInStretches(t *testing.T) {
	t.Parallel()
	s := &sender{}
	w := newWorld(t)
	check := loadCheck(deploy.Smoke, 30*time.Second)
	p := w.loaded(s, check).until("traffic/10")
	if len(s.asked) != 15 {
		t.Fatalf("stretches %v, want 15 of 2 s", s.stretches())
	}
	got := s.asked[3]
	got.Stop = nil
	want := deploy.LoadRequest{Check: check, BaseURL: p.r.Facts.Candidate.URL, For: 2 * time.Second, Service: p.r.Spec.Platform.Service,
		Values: map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "production"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	p.tells("progress health/load  2 of 30 s: 100 a second, p99 30 ms, 0 of 200 failed\n", "progress health/load  12 of 30 s: 100 a second, p99 30 ms, 0 of 1,200 failed\n",
		"outcome health/load  3,000 requests, 100 a second, mean 30 ms, p99 30 ms, 0 failed\n")
	l := p.r.LoadOf("API under load", deploy.Smoke)
	if l == nil || !l.Done || l.Requests != 3000 || l.Took != 30*time.Second || l.Latencies.Count() != 3000 || l.Breach != "" || len(l.Points) != 15 {
		t.Fatalf("result %+v", l)
	}
	if last := l.Points[14]; last.At != 30*time.Second || last.Rate != 100 || last.P50 < 29*time.Millisecond || last.P99 < 29*time.Millisecond || last.Failed != 0 {
		t.Errorf("the last point is %+v", last)
	}
}

func TestHowLongAStretchIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		whole time.Duration
		late  time.Duration // how much longer than asked each takes
		want  string
	}{
		"a tenth":                           {5 * time.Second, 0, "10 × 500ms"},
		"at least 200 ms":                   {time.Second, 0, "5 × 200ms"},
		"at most 2 s":                       {time.Minute, 0, "30 × 2s"},
		"what is left":                      {5 * time.Second, 90 * time.Millisecond, "8 × 500ms, 280ms"},
		"what is left, if it is not little": {time.Second, 60 * time.Millisecond, "4 × 200ms"},
		"all of it, if that is less":        {50 * time.Millisecond, 0, "200ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &sender{does: func(q deploy.LoadRequest, _ int) (deploy.LoadStretch, error) {
				out := answers(q, 0, time.Millisecond)
				out.Took += c.late
				return out, nil
			}}
			check := loadCheck(deploy.Smoke, c.whole)
			check.Limits.Rate = 0
			newWorld(t).loaded(s, check).until("traffic/10").is(deploy.Running)
			var got []string
			for _, d := range s.stretches() {
				got = append(got, d.String())
			}
			if text := counted(got); text != c.want {
				t.Errorf("stretches %s, want %s", text, c.want)
			}
		})
	}
}

// counted is a list with what comes several times in a row said once.
func counted(list []string) string {
	var out []string
	for i := 0; i < len(list); {
		n := 1
		for i+n < len(list) && list[i+n] == list[i] {
			n++
		}
		text := list[i]
		if n > 1 {
			text = fmt.Sprintf("%d × %s", n, text)
		}
		out, i = append(out, text), i+n
	}
	return strings.Join(out, ", ")
}

func TestALimitThatIsBrokenStopsTheLoad(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		does      func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error)
		limits    func(*deploy.LoadCheck)
		stretches int
		says      []string
	}{
		"one failure, where none may be": {func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) {
			return answers(q, int64(n/3), time.Millisecond), nil
		}, nil, 3, []string{"health/load: API under load: 1 of 600 requests failed (0.167 %), limit 0 %: 1× 503", "stopped after 6 of 30 s: 100 a second, p99 1.0 ms, 1 of 600 failed"}},
		"failures that may still be made up for": {func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) {
			return answers(q, 10, time.Millisecond), nil
		}, func(c *deploy.LoadCheck) { c.Limits.Failed = 0.01 }, 4, []string{"40 of 800 requests failed (5 %), limit 1 %: 40× 503"}},
		"p99": {func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) {
			out := answers(q, 0, 10*time.Millisecond)
			for range 3 * (n / 2) { // from the second stretch on, 3 of 200
				out.Latencies.Add(2 * time.Second)
				out.Requests++
			}
			return out, nil
		}, func(c *deploy.LoadCheck) { c.Limits.Mean = 0 }, 4, []string{"p99 2,000 ms, limit 500 ms; stopped after 8 of 30 s"}},
		"the mean": {func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) {
			return answers(q, 0, 150*time.Millisecond), nil
		}, nil, 1,
			[]string{"mean 150 ms, limit 100 ms"}},
		"the rate, at the end": {func(q deploy.LoadRequest, _ int) (deploy.LoadStretch, error) {
			q.Check.Rate = 80
			return answers(q, 0, time.Millisecond), nil
		}, nil, 15, []string{"80 answers a second, at least 90 are asked"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, w := &sender{does: c.does}, newWorld(t)
			check := loadCheck(deploy.Smoke, 30*time.Second)
			if c.limits != nil {
				c.limits(&check)
			}
			p := w.loaded(s, check).end().is(deploy.Failed, c.says...)
			if len(s.asked) != c.stretches {
				t.Errorf("%d stretches, want %d", len(s.asked), c.stretches)
			}
			if l := p.r.LoadOf(check.Name, check.Stage); l == nil || l.Breach == "" || len(l.Points) != c.stretches || !strings.Contains(p.r.Why, l.Breach) {
				t.Errorf("the result that is kept is %+v", l)
			}
			if p.r.Incident == nil || p.r.Incident.Diagnosis.Cause == "" || !strings.Contains(p.r.Incident.Diagnosis.Cause, "does not bear its load check") {
				t.Errorf("the incident is %+v", p.r.Incident)
			}
			w.wantServes("app-00001=100")
		})
	}
}

func TestAStretchIsAskedToStopAtABreach(t *testing.T) {
	t.Parallel()
	var stopped []bool
	s := &sender{does: func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) {
		early := q
		early.For = 150 * time.Millisecond
		stopped = append(stopped, q.Stop(answers(early, 1, time.Millisecond)))
		return answers(q, 0, time.Millisecond), nil
	}}
	newWorld(t).loaded(s, loadCheck(deploy.Smoke, 4*time.Second)).until("traffic/10").is(deploy.Running)
	// 400 ms each: after two of them and 150 ms it is too early to judge.
	want := []bool{false, false, false, true, true, true, true, true, true, true}
	if diff := cmp.Diff(want, stopped); diff != "" {
		t.Errorf("stopped (-want +got):\n%s", diff)
	}
}

func TestLoadWhereUsersAreTakesTheReleaseBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &sender{does: func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) {
		if q.Check.Stage == deploy.Functional && n > 20 {
			return answers(q, 9, time.Millisecond), nil
		}
		return answers(q, 0, time.Millisecond), nil
	}}
	p := w.loaded(s, loadCheck(deploy.Functional, 30*time.Second), loadCheck(deploy.Smoke, 30*time.Second)).end()
	p.is(deploy.RolledBack, "validate/load: API under load: 9 of 1,200 requests failed")
	if got, want := s.asked[15].BaseURL, w.cloud.Service(w.service).GetUri(); got != want {
		t.Errorf("sent to %s, want %s, where users are", got, want)
	}
	if smoke := p.r.LoadOf("API under load", deploy.Smoke); smoke == nil || !smoke.Done || smoke.Requests != 3000 {
		t.Errorf("the result before traffic is %+v", smoke)
	}
	w.wantServes("app-00001=100")
}

func TestAStretchWithoutAnAnswerCountsNothing(t *testing.T) {
	t.Parallel()
	for name, nothing := range map[string]func() (deploy.LoadStretch, error){
		"nobody answers": func() (deploy.LoadStretch, error) {
			return deploy.LoadStretch{Requests: 7}, away("the secret cannot be read")
		},
		"nothing was sent": func() (deploy.LoadStretch, error) { return deploy.LoadStretch{}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &sender{does: func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) {
				if n%3 == 2 {
					return nothing()
				}
				return answers(q, 0, time.Millisecond), nil
			}}
			p := newWorld(t).loaded(s, loadCheck(deploy.Smoke, 5*time.Second)).until("traffic/10").is(deploy.Running).tells("trying again")
			if l := p.r.LoadOf("API under load", deploy.Smoke); l == nil || l.Requests != 500 || len(l.Points) != 10 || len(s.asked) != 15 {
				t.Errorf("after %d stretches: %+v", len(s.asked), l)
			}
		})
	}
}

func TestLoadThatIsBrokenOffCountsNothing(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	r := alone(nil)
	r.Spec.Loads = []deploy.LoadCheck{loadCheck(deploy.Smoke, time.Second)}
	runner := phase.Runners(phase.Ports{Loader: &sender{does: func(q deploy.LoadRequest, _ int) (deploy.LoadStretch, error) {
		cancel()
		return answers(q, 3, time.Millisecond), nil
	}}})[deploy.KindLoad]
	out, err := runner.Run(ctx, r, deploy.Step{Check: "API under load", Phase: deploy.Health})
	if deploy.CodeOf(err) != deploy.Unavailable || out.Load != nil {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestLoadIsComparedWithTheLastGoodRelease(t *testing.T) {
	t.Parallel()
	before := deploy.LoadResult{Check: "API under load", Stage: deploy.Smoke, Took: time.Second, Requests: 1, Done: true}
	before.Latencies.Add(20 * time.Millisecond)
	broken, halfway := before, before
	broken.Breach, halfway.Done = "p99", false
	for name, c := range map[string]struct {
		live *lives
		says string
	}{
		"with its result": {&lives{releases: map[string]deploy.Release{"production": {ID: "coditect-app-41", Loads: []deploy.LoadResult{before}}}},
			"0 failed; p99 30 ms, was 20 ms in coditect-app-41\n"},
		"which had no such check":      {&lives{releases: map[string]deploy.Release{"production": {ID: "coditect-app-41"}}}, "0 failed\n"},
		"which broke a limit":          {&lives{releases: map[string]deploy.Release{"production": {Loads: []deploy.LoadResult{broken}}}}, "0 failed\n"},
		"which was stopped":            {&lives{releases: map[string]deploy.Release{"production": {Loads: []deploy.LoadResult{halfway}}}}, "0 failed\n"},
		"there is none":                {&lives{}, "0 failed\n"},
		"nobody knows, Redis is away":  {&lives{err: away("Redis does not answer")}, "0 failed\n"},
		"nobody knows, without anyone": {nil, "0 failed\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.loaded(&sender{}, loadCheck(deploy.Smoke, 4*time.Second))
			if c.live != nil {
				w.with(func(p *phase.Ports) { p.Live = c.live })
			}
			p.until("traffic/10").is(deploy.Running).tells("outcome health/load  400 requests, 100 a second, mean 30 ms, p99 30 ms, " + c.says)
			if c.live != nil && c.live.asked != 1 {
				t.Errorf("asked %d times, want once, at the end", c.live.asked)
			}
		})
	}
}

func TestLoadThatCannotBeSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.loaded(nil, loadCheck(deploy.Smoke, time.Second))
	w.with(func(p *phase.Ports) { p.Loader = nil })
	p.end().is(deploy.Failed, "this Slipway sends no load")

	w = newWorld(t)
	w.loaded(&sender{does: func(deploy.LoadRequest, int) (deploy.LoadStretch, error) {
		return deploy.LoadStretch{}, &deploy.Error{Code: deploy.Forbidden, Msg: "the secret api-key may not be read", Hint: "grant a role"}
	}}, loadCheck(deploy.Smoke, time.Second)).end().is(deploy.Failed, "the secret api-key may not be read; grant a role")

	w = newWorld(t)
	p = w.loaded(&sender{}, loadCheck(deploy.Smoke, time.Second))
	p.r.Spec.Loads = nil
	p.end().is(deploy.Failed, `the release has no load check "API under load"`)
}

func TestTheReasonsOfMostFailuresAreKept(t *testing.T) {
	t.Parallel()
	s := &sender{does: func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) {
		out := answers(q, 20, time.Millisecond)
		out.Reasons = map[string]int{"500": 9, "502": 3, "no answer": 2, fmt.Sprintf("rare %d", n): 1}
		return out, nil
	}}
	check := loadCheck(deploy.Smoke, 10*time.Second)
	check.Limits.Failed = 1
	p := newWorld(t).loaded(s, check).until("traffic/10").is(deploy.Running)
	l := p.r.LoadOf(check.Name, check.Stage)
	if len(l.Reasons) != 5 || l.Reasons["500"] != 90 || l.Reasons["no answer"] != 20 {
		t.Errorf("reasons %v", l.Reasons)
	}
}

func TestWhenLoadIsJudged(t *testing.T) {
	t.Parallel()
	of := func(requests, failed int64, each, took time.Duration) deploy.LoadResult {
		l := deploy.LoadResult{Requests: requests, Failed: failed, Took: took, Reasons: map[string]int{"503": int(failed)}}
		for range requests {
			l.Latencies.Add(each)
		}
		return l
	}
	check := loadCheck(deploy.Smoke, 30*time.Second)
	atOnce := check
	atOnce.Rate, atOnce.Concurrency, atOnce.Limits.Failed, atOnce.Most = 0, 10, 0.1, 100
	capped := check
	capped.Rate, capped.Most, capped.Limits.Failed = 1000, 10, 0.1
	free := check
	free.Limits = deploy.LoadLimits{Failed: 1}
	for name, c := range map[string]struct {
		check  deploy.LoadCheck
		result deploy.LoadResult
		end    bool
		want   string // how it begins; empty: no limit is broken
	}{
		"not before a second":                 {check, of(50, 50, time.Millisecond, 900*time.Millisecond), false, ""},
		"not before 20 requests":              {check, of(19, 19, time.Millisecond, 2*time.Second), false, ""},
		"from then on":                        {check, of(20, 1, time.Millisecond, time.Second), false, "1 of 20 requests failed (5 %), limit 0 %: 1× 503"},
		"latencies not before 100 requests":   {check, of(99, 0, time.Second, 2*time.Second), false, ""},
		"then they are":                       {check, of(100, 0, time.Second, 2*time.Second), false, "mean 1,000 ms, limit 100 ms; p99 "},
		"the rate not before the end":         {check, of(100, 0, time.Millisecond, 20*time.Second), false, ""},
		"then it is":                          {check, of(2670, 0, time.Millisecond, 30*time.Second), true, "89 answers a second, at least 90 are asked"},
		"as it is asked is good enough":       {check, of(2700, 0, time.Millisecond, 30*time.Second), true, ""},
		"at the end everything is, of little": {check, of(2, 1, time.Second, time.Second), true, "1 of 2 requests failed (50 %), limit 0 %: 1× 503; mean 1,000 ms, limit 100 ms; p99 "},
		"by concurrency, as many as may come": {atOnce, of(100, 100, time.Millisecond, time.Second), false, ""},
		"and no more than that":               {atOnce, of(1000, 391, time.Millisecond, time.Second), false, "391 of 1,000 requests failed (39.1 %), limit 10 %"},
		"a rate that is capped":               {capped, of(100, 40, time.Millisecond, time.Second), false, "40 of 100 requests failed"},
		"nothing is asked":                    {free, of(100, 100, time.Hour, time.Hour), true, ""},
	} {
		got := phase.Breach(c.check, c.result, c.end)
		if got != c.want && (c.want == "" || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAStretchThatIsSentAgainDoesNotTouchWhatIsKnown(t *testing.T) {
	t.Parallel()
	s := &sender{does: func(q deploy.LoadRequest, n int) (deploy.LoadStretch, error) {
		out := answers(q, int64(n), time.Millisecond)
		return out, nil
	}}
	r := alone(nil)
	r.Spec.Loads = []deploy.LoadCheck{loadCheck(deploy.Smoke, time.Minute)}
	r.Spec.Loads[0].Limits.Failed = 1
	runner := phase.Runners(phase.Ports{Loader: s})[deploy.KindLoad]
	run := func(r deploy.Release) deploy.LoadResult {
		t.Helper()
		out, err := runner.Run(t.Context(), r, deploy.Step{Check: "API under load", Phase: deploy.Health})
		if err != nil {
			t.Fatal(err)
		}
		return *out.Load
	}
	for range 3 {
		r.Loads = []deploy.LoadResult{run(r)}
	}
	first := run(r)
	second := run(r)
	if first.Points[3].Failed != 4 || second.Points[3].Failed != 5 || first.Reasons["503"] != 10 || len(r.Loads[0].Points) != 3 {
		t.Errorf("the same stretch twice: %+v and %+v", first, second)
	}
}
