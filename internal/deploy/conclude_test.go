package deploy_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

func fault(code deploy.Code) error {
	return &deploy.Error{Code: code, Op: "act", Msg: "the outside said no"}
}

func TestWhatAFailureMeansDependsOnWhatWasTouched(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		at   deploy.StepName
		err  error
		want deploy.State
	}{
		"refused in preflight: nothing was touched":         {"preflight/image", fault(deploy.NotFound), deploy.Failed},
		"refused while creating the revision: goes back":    {"deploy/revision", fault(deploy.Invalid), deploy.RollingBack},
		"unhealthy at 0 %: goes back":                       {"health/checks", fault(deploy.Invalid), deploy.RollingBack},
		"refused in the middle of traffic: goes back":       {"traffic/50", fault(deploy.Forbidden), deploy.RollingBack},
		"our own defect parks":                              {"traffic/50", fault(deploy.Internal), deploy.Parked},
		"a foreign error is our own defect":                 {"health/checks", errors.New("boom"), deploy.Parked},
		"a fence of a later owner parks":                    {"traffic/50", fault(deploy.Fenced), deploy.Parked},
		"an unanswered call is tried again":                 {"traffic/10", fault(deploy.Unavailable), deploy.Running},
		"housekeeping that fails does not fail the release": {"traffic/retire", fault(deploy.Forbidden), deploy.Running},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, func(s *deploy.Spec) {
				for i := range s.Strategy.Steps {
					s.Strategy.Steps[i].Approve = false
				}
			}))
			w.until(c.at)
			w.conclude(c.at, deploy.Outcome{}, c.err)
			if w.r.State != c.want {
				t.Errorf("state %s, want %s (%s)", w.r.State, c.want, w.r.Why)
			}
		})
	}
}

func TestEndOfGoingBackSaysWhetherUsersSawIt(t *testing.T) {
	t.Parallel()
	for at, want := range map[deploy.StepName]deploy.State{"health/checks": deploy.Failed, "traffic/10": deploy.RolledBack} {
		w := play(t, canary(t))
		w.until(at)
		w.conclude(at, deploy.Outcome{}, fault(deploy.Invalid))
		if a := w.until(""); a.Do != deploy.End || w.r.State != want {
			t.Errorf("failed at %s: ended %v as %s, want %s", at, a, w.r.State, want)
		}
		if !strings.Contains(w.r.Why, "the outside said no") {
			t.Errorf("the end does not say why: %q", w.r.Why)
		}
	}
}

func TestRetriesSlowDownAndPeopleHearOfThemSeldom(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	w.until("traffic/10")
	told, last := 0, time.Duration(0)
	for range 8 {
		before := w.now
		w.conclude("traffic/10", deploy.Outcome{}, fault(deploy.Unavailable))
		if w.journal[len(w.journal)-1].Kind == deploy.EntryTrouble {
			told++
		}
		a := w.decide()
		wait := a.Until.Sub(before)
		if a.Do != deploy.Wait || wait < last || wait > 30*time.Second {
			t.Fatalf("%v: waits %s after %s", a, wait, last)
		}
		last, w.now = wait, a.Until
		w.decide()
	}
	if told != 2 {
		t.Errorf("people were told %d times in 8 attempts, want at the 3rd and the 6th", told)
	}
}

func TestStepThatTakesTooLongGoesBack(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	w.until("deploy/revision")
	for range 11 {
		w.conclude("deploy/revision", deploy.Outcome{Facts: w.r.Facts, Again: time.Minute, Note: "pulling"}, nil)
		w.now = w.now.Add(time.Minute)
		w.decide()
	}
	if w.r.State != deploy.RollingBack || !strings.Contains(w.r.Why, "not finished after 10 min: pulling") {
		t.Errorf("%s: %q", w.r.State, w.r.Why)
	}
}

// Nobody looked, because Redis or every replica was away: what was waited for may long have come.
func TestStepIsLookedAtOnceMoreBeforeItIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]time.Duration{"away before the first look": 0, "away between two looks": time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t))
			w.until("traffic/10")
			if look > 0 {
				w.conclude("traffic/10", deploy.Outcome{Facts: w.r.Facts, Again: look, Note: "asked for 10 %"}, nil)
			}
			w.now = w.now.Add(time.Hour)
			if a := w.decide(); a.Do != deploy.Act || a.Step != "traffic/10" {
				t.Fatalf("%v in %s (%s), want a look", a, w.r.State, w.r.Why)
			}
			w.conclude("traffic/10", deploy.Outcome{Facts: w.r.Facts, Again: time.Second}, nil)
			if w.decide(); w.r.State != deploy.RollingBack {
				t.Errorf("%s after the look, want it given up", w.r.State)
			}
		})
	}
}

func TestReturnOfTrafficNeverGivesUpOnAnOutage(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	w.until("traffic/10")
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "errors"})
	w.until("rollback/traffic")
	for range 500 {
		w.conclude("rollback/traffic", deploy.Outcome{}, fault(deploy.Unavailable))
		a := w.decide()
		if a.Do != deploy.Wait || a.Until.Sub(w.now) > 5*time.Second {
			t.Fatalf("%v after %s, want another attempt within 5 s", a, w.now.Sub(start))
		}
		w.now = a.Until
		w.decide()
	}
	w.conclude("rollback/traffic", deploy.Outcome{Facts: w.r.Facts}, nil)
	if w.until(""); w.r.State != deploy.RolledBack || w.r.By != "U0BOB" || w.r.Why != "errors" {
		t.Errorf("%s by %s because %q", w.r.State, w.r.By, w.r.Why)
	}
}

func TestParkedInRollbackTriesAgainOnResume(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	w.until("traffic/10")
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	w.until("rollback/traffic")
	w.conclude("rollback/traffic", deploy.Outcome{}, fault(deploy.Forbidden))
	if a := w.decide(); w.r.State != deploy.Parked || a.Do != deploy.Wait {
		t.Fatalf("%s, %v; want parked and waiting", w.r.State, a)
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if a := w.decide(); a.Do != deploy.Act || a.Step != "rollback/traffic" {
		t.Errorf("%v, want rollback/traffic again", a)
	}
}

func TestLateConclusionOfAnInterruptedStepChangesNothing(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	w.until("traffic/10")
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	before := w.r.Clone()
	after, entries := deploy.Conclude(w.r, "traffic/10", deploy.Outcome{Facts: deploy.Facts{Share: 10}}, nil, w.now)
	if len(entries) != 0 || after.Facts != before.Facts {
		t.Errorf("the late answer wrote %v and %+v", entries, after.Facts)
	}
}
