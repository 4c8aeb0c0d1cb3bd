package phase_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

// teller is a Checker that does what a test says, and remembers what it was asked.
type teller struct {
	mu    sync.Mutex
	asked []deploy.CheckRequest
	does  func(ctx context.Context, name string) (deploy.CheckReport, error)
}

func (t *teller) Run(ctx context.Context, q deploy.CheckRequest) (deploy.CheckReport, error) {
	t.mu.Lock()
	t.asked = append(t.asked, q)
	does := t.does
	t.mu.Unlock()
	if does == nil {
		return deploy.CheckReport{Calls: 1, Tries: 1, Took: 12 * time.Millisecond}, nil
	}
	return does(ctx, q.Check.Name)
}

func (t *teller) names() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for _, q := range t.asked {
		names = append(names, q.Check.Name)
	}
	return names
}

func check(name string, stage deploy.CheckStage) deploy.Check {
	return deploy.Check{Name: name, Stage: stage, Calls: []deploy.Call{{Method: "GET", Path: "/", Timeout: time.Second}}, Within: time.Minute, Tries: 1}
}

// withChecks are the ports of a world whose checks are told by t.
func (w *world) withChecks(t *teller) *world {
	ports := w.ports
	ports.Checker = t
	w.use(ports)
	return w
}

// checked is a release of v1.2.4 with checks.
func (w *world) checked(url string, checks ...deploy.Check) *play {
	spec := w.spec("v1.2.4")
	spec.URL, spec.Checks = url, checks
	return w.ask(deploy.Ask{Kind: deploy.Deploy, Version: "v1.2.4", Spec: spec})
}

func TestChecksAreToldWhereTheirStageIs(t *testing.T) {
	t.Parallel()
	teller := &teller{}
	w := newWorld(t).withChecks(teller)
	smoke, functional := check("Status", deploy.Smoke), check("Users", deploy.Functional)

	p := w.checked("", functional, smoke).until("traffic/10")
	want := []deploy.CheckRequest{{Check: smoke, BaseURL: p.r.Facts.Candidate.URL, Service: p.r.Spec.Platform.Service,
		Values: map[string]string{"VERSION": "v1.2.4", "ENVIRONMENT": "production"}}}
	if diff := cmp.Diff(want, teller.asked); diff != "" {
		t.Fatalf("asked before any traffic (-want +got):\n%s", diff)
	}
	p.tells("outcome health/smoke  1 of 1 smoke check passed\n✓ Status  1 call, 12 ms")

	p.end().is(deploy.Succeeded).tells("outcome validate/functional  1 of 1 functional check passed\n✓ Users  1 call, 12 ms")
	want = append(want, want[0])
	want[1].Check, want[1].BaseURL = functional, w.cloud.Service(w.service).GetUri()
	if diff := cmp.Diff(want, teller.asked); diff != "" {
		t.Errorf("asked in all (-want +got):\n%s", diff)
	}
}

func TestFunctionalChecksAreToldWhereUsersAre(t *testing.T) {
	t.Parallel()
	teller := &teller{}
	w := newWorld(t).withChecks(teller)
	p := w.checked("https://api.example.com", check("Users", deploy.Functional))
	p.r.Spec.Health = nil // nobody answers there
	p.end().is(deploy.Succeeded)
	if got := teller.asked[0].BaseURL; got != "https://api.example.com" {
		t.Errorf("told to %s", got)
	}
}

// ill is what a check that went wrong says.
func ill(code deploy.Code, msg, hint string) (deploy.CheckReport, error) {
	return deploy.CheckReport{}, &deploy.Error{Code: code, Op: "check", Msg: msg, Hint: hint}
}

func TestEachCheckHasALineOfItsOwn(t *testing.T) {
	t.Parallel()
	teller := &teller{does: func(_ context.Context, name string) (deploy.CheckReport, error) {
		switch name {
		case "Status":
			return ill(deploy.Invalid, "GET /api/v1/status answered 500, expected 200", "")
		case "Me":
			return ill(deploy.Forbidden, "the secret api-key may not be read", "give the bot roles/secretmanager.secretAccessor")
		case "Database":
			return ill(deploy.Unavailable, "GET /api/v1/db/ping: no answer within 5 s", "")
		}
		return deploy.CheckReport{Calls: 3, Tries: 2, Took: 75 * time.Second}, nil
	}}
	w := newWorld(t).withChecks(teller)
	p := w.checked("", check("Story", deploy.Smoke), check("Status", deploy.Smoke), check("Database", deploy.Smoke), check("Me", deploy.Smoke)).end()
	p.is(deploy.Failed).tells(`failure health/smoke  2 of 4 smoke checks failed: Status, Me
✗ Status: GET /api/v1/status answered 500, expected 200
✗ Database: GET /api/v1/db/ping: no answer within 5 s
✗ Me: the secret api-key may not be read; give the bot roles/secretmanager.secretAccessor
✓ Story  3 calls, 1:15 min, 2 tries
`)
	if n := len(teller.names()); n != 4 {
		t.Errorf("%d were told: one that has failed for good was told again", n)
	}
	w.wantServes("app-00001=100")
}

func TestFunctionalCheckThatFailsTakesTheReleaseBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withChecks(&teller{does: func(context.Context, string) (deploy.CheckReport, error) {
		return ill(deploy.Invalid, "POST /api/v1/users answered 500, expected 201", "")
	}})
	w.checked("", check("Users", deploy.Functional)).end().
		is(deploy.RolledBack, "validate/functional: 1 of 1 functional check failed: Users", "POST /api/v1/users answered 500, expected 201")
	w.wantServes("app-00001=100")
}

func TestNoAnswerIsAskedAgainUntilTheStepsTimeIsUp(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		silent int // calls without an answer
		state  deploy.State
	}{
		"answers after a while": {3, deploy.Succeeded},
		"never answers":         {1e6, deploy.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			w := newWorld(t).withChecks(&teller{does: func(context.Context, string) (deploy.CheckReport, error) {
				if calls++; calls <= tc.silent {
					return ill(deploy.Unavailable, "GET /: no answer", "")
				}
				return deploy.CheckReport{Calls: 1, Tries: 1}, nil
			}})
			began := w.clock.Now()
			p := w.checked("", check("Status", deploy.Smoke)).end().is(tc.state)
			if took := w.clock.Now().Sub(began); tc.state == deploy.Failed && (took < 7*time.Minute || took > 10*time.Minute) {
				t.Errorf("given up after %s, want 7 min and a moment: 5, and twice the one of the check", took)
			}
			p.tells("1 of 1 smoke check without an answer: Status\n✗ Status: GET /: no answer")
		})
	}
}

func TestChecksOfASpecThatNobodyRuns(t *testing.T) {
	t.Parallel()
	newWorld(t).checked("", check("Status", deploy.Smoke)).end().is(deploy.Failed, "this Slipway runs no checks")
}

func TestADefectOfACheckStopsTheRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withChecks(&teller{does: func(context.Context, string) (deploy.CheckReport, error) {
		return ill(deploy.Internal, "a defect", "")
	}})
	w.checked("", check("Status", deploy.Smoke)).end().is(deploy.Parked, "a defect")
}

// alone is a release that has come to its smoke checks, without a world around it.
func alone(checks []deploy.Check) deploy.Release {
	return deploy.Release{Version: "v1", Spec: deploy.Spec{Checks: checks}, Facts: deploy.Facts{Candidate: deploy.Revision{URL: "https://rc-1.example"}}}
}

func fifty() []deploy.Check {
	var checks []deploy.Check
	for i := range 50 {
		checks = append(checks, check(fmt.Sprintf("check %d", i+1), deploy.Smoke))
	}
	return checks
}

func TestFiftyChecksTakeTheTimeOfTheSlowest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		runner := phase.Runners(phase.Ports{Checker: &teller{does: func(_ context.Context, name string) (deploy.CheckReport, error) {
			took := time.Second
			if name == "check 7" {
				took = 9 * time.Second
			}
			<-time.NewTimer(took).C // in the time of the bubble
			return deploy.CheckReport{Calls: 1, Tries: 1, Took: took}, nil
		}}})[deploy.KindSmoke]
		began := time.Now()
		if _, err := runner.Run(t.Context(), alone(fifty()), deploy.Step{}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 9*time.Second {
			t.Errorf("took %s, want as long as the slowest", took)
		}
	})
}

func TestChecksThatAreInterruptedSayNothingAboutTheService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		runner := phase.Runners(phase.Ports{Checker: &teller{does: func(ctx context.Context, _ string) (deploy.CheckReport, error) {
			<-ctx.Done()
			return deploy.CheckReport{}, ctx.Err()
		}}})[deploy.KindSmoke]
		done := make(chan error, 1)
		go func() {
			_, err := runner.Run(ctx, alone(fifty()), deploy.Step{})
			done <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-done; deploy.CodeOf(err) != deploy.Unavailable {
			t.Errorf("code %s of %v, want unavailable", deploy.CodeOf(err), err)
		}
	})
}

func TestAPanicOfACheckReachesWhoeverRunsTheStep(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); p != "a defect" {
			t.Errorf("recovered %v", p)
		}
	}()
	runner := phase.Runners(phase.Ports{Checker: &teller{does: func(context.Context, string) (deploy.CheckReport, error) {
		panic("a defect")
	}}})[deploy.KindSmoke]
	_, err := runner.Run(t.Context(), alone(fifty()[:2]), deploy.Step{})
	t.Errorf("no panic, but %v", err)
}

func TestADependencySaysFromWhereItWasTried(t *testing.T) {
	t.Parallel()
	teller := &teller{does: func(_ context.Context, name string) (deploy.CheckReport, error) {
		r := deploy.CheckReport{Tries: 1, Took: 12 * time.Millisecond, Note: "PostgreSQL 15.3"}
		if name == "Near" {
			r.From = "job slipway-probe"
		}
		return r, nil
	}}
	w := newWorld(t).withChecks(teller)
	w.checked("", check("Near", deploy.Smoke), check("Here", deploy.Smoke)).until("traffic/10").
		tells("\n✓ Near  PostgreSQL 15.3, 12 ms, by job slipway-probe\n✓ Here  PostgreSQL 15.3, 12 ms, beside the bot")
}
