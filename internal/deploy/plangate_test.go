package deploy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

const (
	approve = deploy.StepName("preflight/approve")
	confirm = deploy.StepName("preflight/confirm")
)

// planned asks people before anything is changed.
func planned(s *deploy.Spec) { s.Policy.ApprovePlan = true }

// promoted is an approval of the plan in force.
func (w *world) promoted(by deploy.UserID) deploy.Signal {
	return deploy.Signal{Kind: deploy.SignalPromote, By: by, Step: approve, Plan: w.r.Proposal.Hash}
}

// agree goes on until a step is about to run, with every approval of the plan that it takes.
func (w *world) agree(stop deploy.StepName) deploy.Action {
	w.t.Helper()
	for range 5 {
		a := w.until(stop)
		if cur := w.r.Current(); a.Do != deploy.Wait || cur.Name != approve || w.r.State != deploy.Waiting {
			return a
		}
		for _, by := range []deploy.UserID{"U0BOB", "U0CAROL"} {
			w.say(w.promoted(by))
		}
	}
	w.t.Fatal("the plan is asked about without end")
	return deploy.Action{}
}

// confirmed concludes the last look before the first change: the plan as worked out from these facts and changes.
func (w *world) confirmed(f deploy.Facts, changes ...deploy.Change) {
	w.t.Helper()
	r := w.r
	r.Facts = f
	p := deploy.NewProposal(r, changes, "")
	w.conclude(confirm, deploy.Outcome{Facts: f, Proposal: &p, Note: "as approved"}, nil)
}

func TestThePlanIsAskedAboutBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, planned))
	a := w.until("")
	if w.r.State != deploy.Waiting || w.r.Current().Name != approve || a.Until.Sub(w.now) != time.Hour || slices.Contains(w.acts, "deploy/revision") {
		t.Fatalf("%s at %s until %s after %v", w.r.State, w.r.Current().Name, a.Until, w.acts)
	}
	if asked := w.told(deploy.EntryAsked); len(asked) != 1 || asked[0] != "asks for the plan" {
		t.Errorf("asked %q", asked)
	}
	hash := w.r.Proposal.Hash
	entries := w.say(w.promoted("U0BOB"))
	if entries[0].Kind != deploy.EntryApproved || entries[0].Text != "approved the plan" {
		t.Errorf("wrote %+v", entries)
	}
	want := []deploy.Approval{{By: "U0BOB", At: w.now, Plan: hash}}
	if diff := cmp.Diff(want, stepNamed(w.r, approve).Approvals); diff != "" {
		t.Error(diff)
	}
	w.until(confirm)
	w.confirmed(w.r.Facts)
	if a := w.decide(); a.Do != deploy.Act || a.Step != "deploy/revision" || w.r.Proposal.Hash != hash {
		t.Errorf("then %v (%s: %s)", a, w.r.State, w.r.Why)
	}
}

func TestAnApprovalIsGivenToOnePlan(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*deploy.Signal)
		want   string
	}{
		"of another plan":                        {func(s *deploy.Signal) { s.Plan = "e3b0c442" }, "was meant for a plan that has changed since"},
		"of another plan, with force":            {func(s *deploy.Signal) { s.Plan, s.Force, s.Reason = "e3b0c442", true, "now" }, "was meant for a plan that has changed since"},
		"of no plan":                             {func(s *deploy.Signal) { s.Plan = "" }, "does not say which plan"},
		"of no plan, with force":                 {func(s *deploy.Signal) { s.Plan, s.Force, s.Reason = "", true, "now" }, "does not say which plan"},
		"by the requester":                       {func(s *deploy.Signal) { s.By = "U0ALICE" }, "own approval does not count"},
		"at another step":                        {func(s *deploy.Signal) { s.Step = "traffic/50/gate" }, "was meant for another step"},
		"of no step: only what it is for counts": {func(s *deploy.Signal) { s.Step = "" }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, planned))
			w.until("")
			s := w.promoted("U0BOB")
			c.change(&s)
			entries := w.say(s)
			if counts := w.r.State == deploy.Running; counts != (c.want == "") || len(entries) != 1 || !strings.Contains(entries[0].Text, c.want) {
				t.Errorf("%s, wrote %+v", w.r.State, entries)
			}
		})
	}
}

func TestAnApprovalOfAShareMayNameThePlanToo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plan func(*world) string
		want deploy.State
	}{
		"none":                     {func(*world) string { return "" }, deploy.Running},
		"the one in force":         {func(w *world) string { return w.r.Proposal.Hash }, deploy.Running},
		"another":                  {func(*world) string { return "e3b0c442" }, deploy.Waiting},
		"one, where there is none": {func(w *world) string { w.r.Proposal = nil; return "e3b0c442" }, deploy.Waiting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t))
			w.until("")
			w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: "traffic/50/gate", Plan: c.plan(w)})
			if w.r.State != c.want {
				t.Errorf("%s, want %s", w.r.State, c.want)
			}
		})
	}
}

func TestAPlanThatChangedVoidsEveryApproval(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, planned, func(s *deploy.Spec) { s.Policy.Approvals = 2 }))
	w.agree(confirm)
	first := w.r.Proposal.Hash
	before := stepNamed(w.r, approve)
	if len(before.Approvals) != 2 || before.Status != deploy.Done {
		t.Fatalf("%+v", before)
	}
	w.now = w.now.Add(time.Minute)
	w.confirmed(w.r.Facts, deploy.Change{What: "cpu", From: "1", To: "4"})
	if voided := w.told(deploy.EntryVoided); len(voided) != 1 || voided[0] != "the approval is void: now: cpu 1 → 4" {
		t.Errorf("voided %q", voided)
	}
	a := w.until("")
	gate := stepNamed(w.r, approve)
	if w.r.State != deploy.Waiting || len(gate.Approvals) != 0 || gate.Note != "" || !gate.EndedAt.IsZero() || a.Until.Sub(w.now) != time.Hour {
		t.Fatalf("%s until %s at %+v", w.r.State, a.Until, gate)
	}
	if asked := w.told(deploy.EntryAsked); len(asked) != 2 {
		t.Errorf("asked %q", asked)
	}
	if entries := w.say(deploy.Signal{Kind: deploy.SignalPromote, By: "U0BOB", Step: approve, Plan: first}); entries[0].Kind != deploy.EntrySignal {
		t.Errorf("the former plan is approved: %+v", entries)
	}
	w.say(w.promoted("U0BOB"))
	if w.r.State != deploy.Waiting {
		t.Fatalf("%s with one approval of two", w.r.State)
	}
	w.say(w.promoted("U0CAROL"))
	w.until(confirm)
	w.confirmed(w.r.Facts, deploy.Change{What: "cpu", From: "1", To: "4"})
	if a := w.decide(); a.Step != "deploy/revision" || w.r.Proposal.Hash == first {
		t.Errorf("then %v (%s: %s)", a, w.r.State, w.r.Why)
	}
}

func TestAnotherImageHasItsChecklistLookedAtAgain(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, planned, listed))
	w.until("preflight/ready")
	w.readied(age, cors)
	w.say(waives(age))
	w.say(waives(cors))
	w.agree(confirm)
	f := w.r.Facts
	f.Image.Digest = "sha256:another"
	w.confirmed(f)
	if voided := w.told(deploy.EntryVoided); len(voided) != 1 || !strings.Contains(voided[0], "sha256:another") || !strings.Contains(voided[0], "checklist") {
		t.Errorf("voided %q", voided)
	}
	if a := w.decide(); a.Do != deploy.Act || a.Step != "preflight/ready" || w.r.Facts.Image.Digest != "sha256:another" {
		t.Fatalf("then %v", a)
	}
	w.readied(age, cors)
	if len(w.r.Readiness.Open) != 1 || w.r.Readiness.Open[0].Key != age || w.r.State != deploy.Waiting {
		t.Fatalf("%s, open: %+v", w.r.State, w.r.Readiness.Open)
	}
	w.say(waives(age))
	if a := w.agree("deploy/revision"); a.Step != "deploy/revision" {
		t.Errorf("then %v in %s", a, w.r.State)
	}
	if n := strings.Count(strings.Join(names(w.acts), " "), "preflight/plan"); n != 2 {
		t.Errorf("the plan was made %d times: %v", n, w.acts)
	}
}

// That one image need not be live in staging says nothing of another.
func TestAWaiverOfAProofAboutTheImageIsForThatImage(t *testing.T) {
	t.Parallel()
	const staging = "testing/staging"
	for kind, stays := range map[deploy.ProofKind]bool{
		deploy.ProveLiveIn: false, deploy.ProveScan: false, deploy.ProveImage: false, deploy.ProveHTTPS: true, deploy.ProveAlerts: true,
	} {
		w := play(t, canary(t, planned, listed, func(s *deploy.Spec) {
			s.Items = append(s.Items, deploy.Item{Key: staging, Group: "Testing", Text: "Live in staging", Prove: &deploy.Proof{Kind: kind}})
		}))
		w.until("preflight/ready")
		w.readied(staging)
		w.say(waives(staging))
		w.agree(confirm)
		f := w.r.Facts
		f.Image.Digest = "sha256:another"
		w.confirmed(f)
		if _, waived := w.r.Waived(staging); waived != stays {
			t.Errorf("%s: waived of another image: %t, want %t", kind, waived, stays)
		}
	}
}

func names(steps []deploy.StepName) (list []string) {
	for _, s := range steps {
		list = append(list, string(s))
	}
	return list
}

func TestAPlanThatNobodyApprovesIsAskedAboutAgainOnResume(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, planned))
	w.now = w.until("").Until
	w.decide()
	if w.r.State != deploy.Paused || !strings.Contains(w.r.Why, "nobody approved the plan within 1 h") {
		t.Fatalf("%s: %s", w.r.State, w.r.Why)
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if a := w.agree("deploy/revision"); a.Step != "deploy/revision" {
		t.Errorf("then %v in %s", a, w.r.State)
	}
}

func TestARollBackAtThePlanChangesNothing(t *testing.T) {
	t.Parallel()
	for _, at := range []deploy.StepName{approve, confirm} {
		w := play(t, canary(t, planned))
		if at == confirm {
			w.agree(confirm)
		} else {
			w.until("")
		}
		w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
		if a := w.decide(); a.Do != deploy.End || w.r.State != deploy.Failed {
			t.Errorf("%s: %v, %s", at, a, w.r.State)
		}
	}
}

func TestAHoldWhileThePlanIsConfirmed(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, planned))
	w.agree(confirm)
	w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"})
	w.confirmed(w.r.Facts, deploy.Change{What: "cpu", From: "1", To: "4"})
	if a := w.decide(); a.Do != deploy.Wait || w.r.State != deploy.Paused || len(w.told(deploy.EntryAsked)) != 1 {
		t.Fatalf("%v in %s", a, w.r.State)
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if w.until(""); w.r.State != deploy.Waiting || len(w.told(deploy.EntryAsked)) != 2 {
		t.Errorf("%s after the resume", w.r.State)
	}
}

func TestWithoutTheQuestionThePlanIsMadeAllTheSame(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	w.until("deploy/revision")
	if w.r.Proposal == nil || w.r.Proposal.Hash == "" || slices.Contains(w.acts, confirm) {
		t.Errorf("proposal %+v after %v", w.r.Proposal, w.acts)
	}
}
