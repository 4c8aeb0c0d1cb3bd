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
	cors = "security/cors"
	age  = deploy.AboutImage + "age"
)

// listed gives the release a checklist, with an hour for people to answer.
func listed(s *deploy.Spec) {
	s.Items = []deploy.Item{
		{Key: "security/https", Group: "Security", Text: "HTTPS enforced", Prove: &deploy.Proof{Kind: deploy.ProveHTTPS}},
		{Key: cors, Group: "Security", Text: "CORS policies configured", Lasts: 720 * time.Hour},
	}
	s.Images = &deploy.ImagePolicy{MaxAge: time.Hour}
}

// readiness is what a look at the checklist finds when these are open.
func readiness(open ...string) *deploy.Readiness {
	r := &deploy.Readiness{Total: 3, Proved: 3 - len(open)}
	for _, key := range open {
		r.Open = append(r.Open, deploy.OpenItem{Key: key, Text: "the text of " + key, Attest: !strings.HasPrefix(key, deploy.AboutImage)})
	}
	return r
}

// readied concludes one look at the checklist.
func (w *world) readied(open ...string) {
	w.t.Helper()
	out := deploy.Outcome{Facts: w.r.Facts, Ready: readiness(open...)}
	if len(open) > 0 {
		out.Again, out.Note = 15*time.Second, strings.Join(open, " and ")+" open"
	}
	w.conclude("preflight/ready", out, nil)
}

// checking is a release that waits for its checklist, in which these are open.
func checking(t *testing.T, open ...string) *world {
	t.Helper()
	w := play(t, canary(t, listed))
	if a := w.until("preflight/ready"); a.Step != "preflight/ready" {
		t.Fatalf("%v, want the checklist", a)
	}
	w.readied(open...)
	return w
}

func (w *world) told(kind deploy.EntryKind) (texts []string) {
	for _, e := range w.journal {
		if e.Kind == kind {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

func waives(item string) deploy.Signal {
	return deploy.Signal{Kind: deploy.SignalWaive, By: "U0BOB", Item: item, Reason: "it is internal"}
}

func TestAReleaseWaitsForItsChecklist(t *testing.T) {
	t.Parallel()
	w := checking(t, cors)
	a := w.decide()
	if w.r.State != deploy.Waiting || a.Do != deploy.Wait || a.Until.Sub(w.now) != 15*time.Second {
		t.Fatalf("%s, then %v; want waiting, and a look after 15 s", w.r.State, a)
	}
	if w.r.Readying() == nil || w.r.Readiness.Good() != 2 {
		t.Errorf("%+v", w.r.Readiness)
	}
	w.now = a.Until
	if a := w.decide(); a.Do != deploy.Act || a.Step != "preflight/ready" {
		t.Fatalf("%v, want another look", a)
	}
	w.readied()
	if w.r.State != deploy.Running {
		t.Errorf("%s once nothing is open", w.r.State)
	}
	if a := w.decide(); a.Step != "preflight/plan" || w.r.Readying() != nil {
		t.Errorf("then %v", a)
	}
}

func TestALookThatFindsTheSameIsNoNews(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		then []string
		news bool
	}{
		"the same is open":                         {[]string{cors, age}, false},
		"one of the two, said with the same words": {[]string{age}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := checking(t, cors, age)
			w.now = w.now.Add(15 * time.Second)
			w.decide()
			r, entries := deploy.Conclude(w.r, "preflight/ready",
				deploy.Outcome{Facts: w.r.Facts, Ready: readiness(c.then...), Again: time.Second}, nil, w.now)
			if (len(entries) > 0) != c.news || len(r.Readiness.Open) != len(c.then) {
				t.Errorf("wrote %+v about %+v", entries, r.Readiness)
			}
		})
	}
}

func TestAnAttestationIsLookedAtAtOnce(t *testing.T) {
	t.Parallel()
	w := checking(t, cors)
	w.now = w.now.Add(time.Second)
	if a := w.decide(); a.Do != deploy.Wait {
		t.Fatalf("%v before anybody said something", a)
	}
	entries := w.say(deploy.Signal{Kind: deploy.SignalAttested, By: "U0CAROL", Reason: "CORS policies configured"})
	want := deploy.Entry{At: w.now, Kind: deploy.EntryAttested, Step: "preflight/ready", Phase: deploy.Preflight, By: "U0CAROL", Text: "CORS policies configured"}
	if diff := cmp.Diff([]deploy.Entry{want}, entries); diff != "" {
		t.Error(diff)
	}
	if a := w.decide(); a.Do != deploy.Act || a.Step != "preflight/ready" {
		t.Errorf("%v, want a look", a)
	}
}

func TestWaive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*deploy.Signal)
		policy func(*deploy.Spec)
		want   string // in the entry; empty: it counts
	}{
		"by an approver with a reason": {func(*deploy.Signal) {}, nil, ""},
		"by the requester":             {func(s *deploy.Signal) { s.By = "U0ALICE" }, nil, "the requester's own waiver does not count"},
		"by the requester, if the catalog lets them": {func(s *deploy.Signal) { s.By = "U0ALICE" },
			func(s *deploy.Spec) { s.Policy.RequesterMayApprove = true }, ""},
		"without a reason":         {func(s *deploy.Signal) { s.Reason = "" }, nil, "it takes a reason"},
		"of what is not open":      {func(s *deploy.Signal) { s.Item = "security/https" }, nil, "security/https, which is not open"},
		"of what nobody knows":     {func(s *deploy.Signal) { s.Item = "colour" }, nil, "colour, which is not open"},
		"of nothing in particular": {func(s *deploy.Signal) { s.Item = "" }, nil, "which is not open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			change := []func(*deploy.Spec){listed}
			if c.policy != nil {
				change = append(change, c.policy)
			}
			w := play(t, canary(t, change...))
			w.until("preflight/ready")
			w.readied(cors)
			s := waives(cors)
			c.change(&s)
			entries := w.say(s)
			if len(entries) != 1 {
				t.Fatalf("entries %+v", entries)
			}
			waiver, waived := w.r.Waived(cors)
			if c.want != "" {
				if waived || entries[0].Kind != deploy.EntrySignal || !strings.Contains(entries[0].Text, c.want) || len(w.r.Readiness.Open) != 1 {
					t.Errorf("wrote %+v, open: %+v", entries, w.r.Readiness.Open)
				}
				return
			}
			want := deploy.Waiver{Item: cors, Text: "the text of " + cors, By: s.By, At: w.now, Reason: "it is internal"}
			if diff := cmp.Diff(want, waiver); diff != "" || entries[0].Kind != deploy.EntryWaived || !strings.Contains(entries[0].Text, "it is internal") {
				t.Errorf("wrote %+v; %s", entries, diff)
			}
			if a := w.decide(); a.Do != deploy.Act || a.Step != "preflight/ready" {
				t.Fatalf("then %v, want a look at once", a)
			}
		})
	}
}

func TestWhatIsWaivedIsOpenNoMore(t *testing.T) {
	t.Parallel()
	w := checking(t, age, cors)
	w.say(waives(age))
	if entries := w.say(waives(age)); len(w.r.Waivers) != 1 || entries[0].Kind != deploy.EntrySignal {
		t.Errorf("waived twice: %+v", w.r.Waivers)
	}
	w.decide()
	w.readied(age, cors)
	if w.r.State != deploy.Waiting || w.r.Readiness.Waived != 1 || len(w.r.Readiness.Open) != 1 || w.r.Readiness.Open[0].Key != cors {
		t.Fatalf("%s, %+v", w.r.State, w.r.Readiness)
	}
	w.now = w.now.Add(15 * time.Second)
	w.decide()
	w.readied(age)
	if a := w.decide(); w.r.State != deploy.Running || a.Step != "preflight/plan" {
		t.Errorf("%s, then %v; want it to go on, since all that is open is waived", w.r.State, a)
	}
}

func TestALookThatForgetsToWaitWaits(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, listed))
	w.until("preflight/ready")
	w.conclude("preflight/ready", deploy.Outcome{Facts: w.r.Facts, Ready: readiness(cors)}, nil)
	if a := w.decide(); w.r.State != deploy.Waiting || a.Do != deploy.Wait || a.Until.Sub(w.now) != 15*time.Second {
		t.Errorf("%s, then %v", w.r.State, a)
	}
}

func TestAStepThatDoesNotDoWhatItIsForParks(t *testing.T) {
	t.Parallel()
	for _, step := range []deploy.StepName{"preflight/ready", "preflight/plan", "preflight/confirm"} {
		w := play(t, canary(t, listed, planned))
		w.agree(step)
		w.conclude(step, deploy.Outcome{Facts: w.r.Facts}, nil)
		if w.r.State != deploy.Parked || w.r.Current().Name != step {
			t.Errorf("%s: %s at %s", step, w.r.State, w.r.Current().Name)
		}
		w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
		if a := w.decide(); a.Do != deploy.Act || a.Step != step {
			t.Errorf("%s: after a resume %v", step, a)
		}
	}
}

func TestAChecklistThatNobodyAnswersFailsBeforeAnythingIsChanged(t *testing.T) {
	t.Parallel()
	w := checking(t, cors)
	looks := 0
	for a := w.decide(); a.Do != deploy.End; a = w.decide() {
		if w.r.State != deploy.Waiting || looks > 300 {
			t.Fatalf("%s after %d looks in %s", w.r.State, looks, w.now.Sub(start))
		}
		if a.Do == deploy.Act {
			looks++
			w.readied(cors)
			continue
		}
		w.now = a.Until
	}
	if took := w.now.Sub(start); took != time.Hour || looks != 239 {
		t.Errorf("given up after %s and %d looks", took, looks)
	}
	if w.r.State != deploy.Failed || !strings.Contains(w.r.Why, "not finished after 1 h: "+cors+" open") || slices.Contains(w.acts, "deploy/revision") {
		t.Errorf("%s: %s", w.r.State, w.r.Why)
	}
}

func TestHoldDuringTheChecklist(t *testing.T) {
	t.Parallel()
	w := checking(t, cors, age)
	w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB", Reason: "lunch"})
	if a := w.decide(); w.r.State != deploy.Paused || a.Do != deploy.Wait || !a.Until.IsZero() {
		t.Fatalf("%s, then %v; want a wait until somebody says something", w.r.State, a)
	}
	w.now = w.now.Add(100 * time.Hour)
	w.say(waives(age))
	w.say(deploy.Signal{Kind: deploy.SignalAttested, By: "U0CAROL"})
	if a := w.decide(); w.r.State != deploy.Paused || a.Do != deploy.Wait || len(w.r.Waivers) != 1 {
		t.Fatalf("%s, then %v, waived %+v", w.r.State, a, w.r.Waivers)
	}
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if a := w.decide(); a.Do != deploy.Act || a.Step != "preflight/ready" {
		t.Fatalf("after a resume %v (%s: %s), want a look, with all of its time again", a, w.r.State, w.r.Why)
	}
	w.readied(cors)
	if w.r.State != deploy.Waiting {
		t.Fatalf("%s, want waiting again", w.r.State)
	}
	w.now = w.now.Add(59 * time.Minute)
	if a := w.decide(); a.Do != deploy.Act {
		t.Errorf("59 minutes after the resume: %v in %s", a, w.r.State)
	}
}

func TestALookUnderWayDuringAHoldCounts(t *testing.T) {
	t.Parallel()
	for name, open := range map[string][]string{"and finds something open": {cors}, "and finds nothing open": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, listed))
			w.until("preflight/ready")
			w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"})
			w.readied(open...)
			if a := w.decide(); w.r.State != deploy.Paused || a.Do != deploy.Wait || !a.Until.IsZero() {
				t.Errorf("%s, then %v", w.r.State, a)
			}
			w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
			if a := w.decide(); a.Do != deploy.Act || (a.Step == "preflight/ready") != (len(open) > 0) {
				t.Errorf("on resume %v, want a look at once if something is open", a)
			}
		})
	}
}

// What was so before a hold of days need not be so any more: a scan has found more since, or an exception has expired.
func TestWhatWasFoundBeforeALongHoldIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		held time.Duration
		anew bool
	}{
		"as long as people may take to answer": {time.Hour, false},
		"longer than that":                     {time.Hour + time.Second, true},
	} {
		for _, at := range []deploy.StepName{"preflight/plan", approve, confirm, "deploy/revision"} {
			t.Run(name+" at "+string(at), func(t *testing.T) {
				t.Parallel()
				w := heldAfterItsChecklist(t, at)
				w.now = w.now.Add(c.held)
				w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
				a := w.decide()
				_, old := w.r.Waived(age)
				_, kept := w.r.Waived(cors)
				if anew := a.Step == "preflight/ready" && w.r.Readiness == nil; anew != c.anew || old == c.anew || !kept {
					t.Fatalf("after a resume %v, found before: %+v, waived %+v", a, w.r.Readiness, w.r.Waivers)
				}
				if !c.anew {
					return
				}
				w.readied(age, cors)
				if _, open := w.r.Readiness.OpenAt(age); w.r.State != deploy.Waiting || !open || len(w.r.Readiness.Open) != 1 || slices.Contains(w.acts, "deploy/revision") {
					t.Errorf("%s, open %+v, after %v", w.r.State, w.r.Readiness.Open, w.acts)
				}
			})
		}
	}
}

// heldAfterItsChecklist is a release that is held at a step, with an objection to its image and an item waived.
func heldAfterItsChecklist(t *testing.T, at deploy.StepName) *world {
	t.Helper()
	w := play(t, canary(t, listed, planned))
	w.until("preflight/ready")
	w.readied(age, cors)
	w.say(waives(age))
	w.say(waives(cors))
	w.decide()
	w.readied(age, cors)
	if at == approve {
		w.until("")
	} else {
		w.agree(at)
	}
	if at == "deploy/revision" { // held before it has begun
		w.r.Steps[slices.IndexFunc(w.r.Steps, func(s deploy.Step) bool { return s.Name == at })].Status = deploy.Pending
	}
	w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"})
	return w
}

func TestAChecklistThatWasHeldForLongIsLookedAtFromTheBeginning(t *testing.T) {
	t.Parallel()
	const size = deploy.AboutImage + "size"
	w := checking(t, cors, age, size)
	w.say(waives(size))
	w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0BOB"})
	w.now = w.now.Add(100 * time.Hour)
	w.say(waives(age))
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if a := w.decide(); a.Do != deploy.Act || a.Step != "preflight/ready" || w.r.Readiness != nil || len(w.r.Waivers) != 1 || w.r.Waivers[0].Item != age {
		t.Errorf("after a resume %v, found before: %+v, waived: %+v", a, w.r.Readiness, w.r.Waivers)
	}
}

func TestRollBackDuringTheChecklistFailsAtOnce(t *testing.T) {
	t.Parallel()
	w := checking(t, cors)
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "wrong version"})
	if a := w.decide(); a.Do != deploy.End || w.r.State != deploy.Failed || w.r.By != "U0BOB" || !strings.Contains(w.r.Why, "before anything was changed") {
		t.Errorf("%v: %s by %s: %s", a, w.r.State, w.r.By, w.r.Why)
	}
}

func TestParkedAtTheChecklistGoesOnWaiting(t *testing.T) {
	t.Parallel()
	w := checking(t, cors)
	w.now = w.now.Add(15 * time.Second)
	w.decide()
	w.conclude("preflight/ready", deploy.Outcome{}, fault(deploy.Internal))
	if a := w.decide(); w.r.State != deploy.Parked || a.Do != deploy.Wait {
		t.Fatalf("%s, then %v", w.r.State, a)
	}
	w.now = w.now.Add(2 * time.Hour)
	w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
	if a := w.decide(); a.Do != deploy.Act {
		t.Fatalf("after a resume %v in %s", a, w.r.State)
	}
	if w.readied(cors); w.r.State != deploy.Waiting {
		t.Errorf("%s, want waiting", w.r.State)
	}
}

func TestWordsAboutAChecklistThatIsOverLeaveOnlyTheirEntry(t *testing.T) {
	t.Parallel()
	w := checking(t)
	w.decide()
	for _, s := range []deploy.Signal{waives(cors), {Kind: deploy.SignalAttested, By: "U0BOB"}} {
		before := w.r.Clone()
		entries := w.say(s)
		if diff := cmp.Diff(before, w.r); diff != "" || len(entries) != 1 || entries[0].Kind != deploy.EntrySignal {
			t.Errorf("%s: %+v, %s", s.Kind, entries, diff)
		}
	}
}

// What people take says nothing about how long the next release will take.
func TestAChecklistThatPeopleWereAskedAboutIsNotLearntFrom(t *testing.T) {
	t.Parallel()
	w := checking(t, cors)
	w.now = w.now.Add(40 * time.Minute)
	w.decide()
	w.readied()
	quick := checking(t)
	if u := deploy.Learn([]deploy.Release{w.r}); u.Step(deploy.Step{Name: "preflight/ready", Kind: deploy.KindReady}) > time.Minute {
		t.Errorf("learnt: %v", u)
	}
	quick.r.Steps[2].EndedAt = quick.r.Steps[2].Begun.Add(7 * time.Second)
	u := deploy.Learn([]deploy.Release{w.r, quick.r})
	if d := u.Step(quick.r.Steps[2]); d != 7*time.Second || u.Slow(w.r.Steps[2], w.now) {
		t.Errorf("learnt %s, slow: %t", d, u.Slow(w.r.Steps[2], w.now))
	}
}
