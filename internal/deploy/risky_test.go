package deploy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

// risky is a release that has worked out a plan with these risks, and has not decided what that means.
func risky(t *testing.T, small, large int, change ...func(*deploy.Spec)) *world {
	t.Helper()
	w := play(t, canary(t, append([]func(*deploy.Spec){kept}, change...)...)).reaches("preflight/plan")
	w.proposes("preflight/plan", risks(small, large))
	return w
}

func TestAPlanWithoutRisksNeedsNobody(t *testing.T) {
	t.Parallel()
	w := risky(t, 0, 0)
	w.reaches(confirm)
	gate := stepNamed(w.r, approve)
	if gate.Status != deploy.Done || gate.Note != "nothing in the plan needs an approval" || len(w.told(deploy.EntryAsked)) != 0 || len(gate.Approvals) != 0 {
		t.Errorf("%+v, asked %q", gate, w.told(deploy.EntryAsked))
	}
	if said := w.told(deploy.EntryIntent); !slices.Contains(said, "looks whether the plan needs an approval") {
		t.Errorf("said %q", said)
	}
	w.proposes(confirm, risks(0, 0))
	w.reaches(migrate)
}

func TestARiskyPlanNeedsOtherPeople(t *testing.T) {
	t.Parallel()
	own := func(s *deploy.Spec) { s.Policy.RequesterMayApprove = true }
	two := func(s *deploy.Spec) { s.Policy.Approvals = 2 }
	three := func(s *deploy.Spec) { s.Database.Migrations.Approvals = 3 }
	for name, c := range map[string]struct {
		small, large int
		change       []func(*deploy.Spec)
		by           []deploy.UserID
		needed       int
		want         deploy.State
	}{
		"nobody has answered":                                                    {1, 0, nil, nil, 1, deploy.Waiting},
		"one other person":                                                       {1, 0, nil, []deploy.UserID{"U0BOB"}, 1, deploy.Running},
		"the requester does not count":                                           {1, 0, nil, []deploy.UserID{"U0ALICE"}, 1, deploy.Waiting},
		"not even where the catalog lets the requester":                          {1, 0, []func(*deploy.Spec){own}, []deploy.UserID{"U0ALICE"}, 1, deploy.Waiting},
		"nor where people are always asked":                                      {1, 0, []func(*deploy.Spec){own, planned}, []deploy.UserID{"U0ALICE"}, 1, deploy.Waiting},
		"the policy asks two":                                                    {1, 0, []func(*deploy.Spec){two}, []deploy.UserID{"U0BOB"}, 2, deploy.Waiting},
		"a large table asks two":                                                 {1, 1, nil, []deploy.UserID{"U0BOB"}, 2, deploy.Waiting},
		"two for a large table":                                                  {0, 1, nil, []deploy.UserID{"U0BOB", "U0CAROL"}, 2, deploy.Running},
		"one person twice is one":                                                {0, 1, nil, []deploy.UserID{"U0BOB", "U0BOB"}, 2, deploy.Waiting},
		"the requester and another are one":                                      {0, 1, []func(*deploy.Spec){own}, []deploy.UserID{"U0ALICE", "U0BOB"}, 2, deploy.Waiting},
		"the catalog asks three for a large table":                               {0, 1, []func(*deploy.Spec){three}, []deploy.UserID{"U0BOB", "U0CAROL"}, 3, deploy.Waiting},
		"of a plan that is always asked about, too":                              {0, 1, []func(*deploy.Spec){planned}, []deploy.UserID{"U0BOB"}, 2, deploy.Waiting},
		"what is not risky, the requester may approve where the catalog says so": {0, 0, []func(*deploy.Spec){own, planned}, []deploy.UserID{"U0ALICE"}, 1, deploy.Running},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := risky(t, c.small, c.large, c.change...)
			a := w.until("")
			if w.r.State != deploy.Waiting || w.r.Current().Name != approve || a.Until.Sub(w.now) != time.Hour || w.r.Current().Needed != c.needed {
				t.Fatalf("%v in %s at %+v", a, w.r.State, w.r.Current())
			}
			for _, by := range c.by {
				w.say(w.promoted(by))
			}
			if w.r.State != c.want {
				t.Errorf("%s, want %s", w.r.State, c.want)
			}
		})
	}
}

func TestARequesterHearsWhyTheOwnApprovalOfRisksDoesNotCount(t *testing.T) {
	t.Parallel()
	w := risky(t, 1, 0, func(s *deploy.Spec) { s.Policy.RequesterMayApprove = true })
	w.until("")
	if entries := w.say(w.promoted("U0ALICE")); !strings.Contains(entries[0].Text, "the requester's own approval of risky statements does not count") {
		t.Errorf("wrote %+v", entries)
	}
}

func TestAnApprovalOfRisksIsForThePlanThatWasShown(t *testing.T) {
	t.Parallel()
	w := risky(t, 1, 0)
	w.until("")
	for _, plan := range []string{"", "e3b0c442"} {
		s := w.promoted("U0BOB")
		s.Plan = plan
		if w.say(s); w.r.State != deploy.Waiting {
			t.Fatalf("an approval of plan %q counts", plan)
		}
	}
}

// What people agreed to is worked out once more before anything is changed.
func TestRisksThatChangeAreAskedAboutAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, then [2]int
		needed      int // the second time; 0: nobody is asked
		says        string
	}{
		"a table has become large": {[2]int{1, 0}, [2]int{0, 1}, 2, "risky statements: 1 (1 on large tables), there were 1 (0)"},
		"a risk more":              {[2]int{1, 0}, [2]int{2, 0}, 1, "risky statements: 2 (0 on large tables), there were 1 (0)"},
		"there was none":           {[2]int{0, 0}, [2]int{1, 0}, 1, "risky statements: 1 (0 on large tables), there were 0 (0)"},
		"there is none any more":   {[2]int{0, 1}, [2]int{0, 0}, 0, "risky statements: 0 (0 on large tables), there were 1 (1)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := risky(t, c.first[0], c.first[1])
			w.agree(confirm)
			w.proposes(confirm, risks(c.then[0], c.then[1]))
			if voided := w.told(deploy.EntryVoided); len(voided) != 1 || !strings.Contains(voided[0], c.says) {
				t.Errorf("voided %q", voided)
			}
			if gate := stepNamed(w.r, approve); gate.Status != deploy.Pending || len(gate.Approvals) != 0 {
				t.Fatalf("%+v", gate)
			}
			a := w.until(confirm)
			gate := stepNamed(w.r, approve)
			if c.needed == 0 {
				if a.Step != confirm || gate.Status != deploy.Done {
					t.Errorf("%v at %+v", a, gate)
				}
				return
			}
			if w.r.State != deploy.Waiting || gate.Needed != c.needed {
				t.Fatalf("%s at %+v", w.r.State, gate)
			}
			w.agree(confirm)
			w.proposes(confirm, risks(c.then[0], c.then[1]))
			w.reaches(migrate)
		})
	}
}

func TestRisksThatNobodyApprovesHoldTheRelease(t *testing.T) {
	t.Parallel()
	w := risky(t, 1, 0)
	w.now = w.until("").Until
	if a := w.decide(); a.Do != deploy.Wait || w.r.State != deploy.Paused || w.r.By != deploy.Slipway || !strings.Contains(w.r.Why, "nobody approved the plan within 1 h") {
		t.Fatalf("%v in %s: %s", a, w.r.State, w.r.Why)
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if w.until(""); w.r.State != deploy.Waiting || len(w.told(deploy.EntryAsked)) != 2 {
		t.Fatalf("%s, asked %q", w.r.State, w.told(deploy.EntryAsked))
	}
	if a := w.agree(confirm); a.Step != confirm {
		t.Errorf("then %v in %s", a, w.r.State)
	}
}

// Force is for going against a verdict. There is none about a plan.
func TestForceOpensNoGateAboutRisks(t *testing.T) {
	t.Parallel()
	w := risky(t, 1, 0)
	w.now = w.until("").Until
	w.decide() // nobody has answered in time: Slipway holds it
	s := w.promoted("U0BOB")
	s.Force, s.Reason = true, "now"
	if w.r.Gate(true) != nil || w.r.State != deploy.Paused {
		t.Fatalf("%s with the gate %+v", w.r.State, w.r.Gate(true))
	}
	if w.say(s); w.r.State != deploy.Paused || len(stepNamed(w.r, approve).Approvals) != 0 {
		t.Errorf("%s", w.r.State)
	}
	w.now = w.now.Add(2 * time.Hour)
	if w.decide(); w.r.State != deploy.Paused {
		t.Errorf("%s", w.r.State)
	}
}
