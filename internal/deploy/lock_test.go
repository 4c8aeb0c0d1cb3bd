package deploy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestWhatAnEndLeavesAtItsTarget(t *testing.T) {
	t.Parallel()
	ended := func(kind deploy.Kind, s deploy.State) deploy.Release {
		return deploy.Release{ID: "coditect-app-42", Kind: kind, State: s, Version: "v1.2.4", By: "U0BOB", Requester: "U0ALICE", Why: "errors", Ended: start,
			Facts: deploy.Facts{Image: deploy.Image{Digest: "sha256:new"}},
			Left:  deploy.Left{Version: "v1.2.5", Digest: "sha256:left"}}
	}
	lock := deploy.Lock{Release: "coditect-app-42", By: "U0BOB", Reason: "errors", Since: start}
	cases := map[string]struct {
		r    deploy.Release
		ok   bool
		want deploy.Bar
	}{
		"taken back inside itself, it bars its own version": {r: ended(deploy.Deploy, deploy.RolledBack), ok: true, want: deploy.Bar{Digest: "sha256:new", Version: "v1.2.4", Release: "coditect-app-42", Why: "errors"}},
		"a rollback bars what was live":                     {r: ended(deploy.Rollback, deploy.RolledBack), ok: true, want: deploy.Bar{Digest: "sha256:left", Version: "v1.2.5", Release: "coditect-app-42", Why: "errors"}},
		"going back to what ought to be live leaves nothing": {r: func() deploy.Release {
			r := ended(deploy.Rollback, deploy.RolledBack)
			r.Left.Revision.Name, r.Facts.Baseline.Name = "app-r41-1", "app-r41-1"
			return r
		}()},
		"a success leaves nothing":                 {r: ended(deploy.Deploy, deploy.Succeeded)},
		"a failure that nobody saw leaves nothing": {r: ended(deploy.Deploy, deploy.Failed)},
		"what was let go leaves nothing":           {r: ended(deploy.Deploy, deploy.Abandoned)},
		"what is under way leaves nothing yet":     {r: ended(deploy.Deploy, deploy.RollingBack)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gotLock, gotBar, ok := c.r.Leaves()
			if ok != c.ok {
				t.Fatalf("leaves something: %v", ok)
			}
			if !ok {
				return
			}
			if d := cmp.Diff(lock, gotLock); d != "" {
				t.Errorf("lock (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.want, gotBar); d != "" {
				t.Errorf("bar (-want +got):\n%s", d)
			}
		})
	}
}

func TestTheLockSaysWhatTookItBackThoughItStoppedOnTheWay(t *testing.T) {
	t.Parallel()
	const breach = "error rate 3.8 % (157 of 4,118), limit 1 %"
	cases := map[string]struct {
		goBack func(*world)
		want   deploy.Lock
	}{
		"a breach": {func(w *world) {
			w.look = verdict(deploy.Unhealthy, true, breach)
			w.until("rollback/verify")
		}, deploy.Lock{By: deploy.Slipway, Reason: breach}},
		"a step that failed": {func(w *world) {
			w.until("validate/service")
			w.conclude("validate/service", deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Msg: "/health says v1.2.3"})
			w.until("rollback/verify")
		}, deploy.Lock{By: deploy.Slipway, Reason: "validate/service: /health says v1.2.3"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, automatic(), watched))
			c.goBack(w)
			w.conclude("rollback/verify", deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Msg: "/health says v1.2.4"})
			if w.r.State != deploy.Parked {
				t.Fatalf("in %s, want it to have stopped on the way back", w.r.State)
			}
			w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
			w.until("")
			lock, bar, ok := w.r.Leaves()
			if !ok || lock.By != c.want.By || lock.Reason != c.want.Reason || bar.Why != c.want.Reason {
				t.Errorf("%+v and %+v in %s, want %+v", lock, bar, w.r.State, c.want)
			}
		})
	}
}

func TestWhoGoesBackFurtherDoesNotWaitForTheCount(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, automatic(), watched))
	w.look = verdict(deploy.Unhealthy, true, "all requests fail")
	w.until("rollback/incident")
	again := deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "v1.2.3 is bad, too"}
	if w.say(again); w.r.State != deploy.RollingBack || w.r.Current().Kind != deploy.KindIncident {
		t.Fatalf("%s at %+v: cut short before any evidence was kept", w.r.State, w.r.Current())
	}
	w.conclude("rollback/incident", deploy.Outcome{Facts: w.r.Facts, Incident: &deploy.Incident{Trigger: "all requests fail"}, Again: 4 * time.Minute}, nil)
	from := w.now
	w.say(again)
	w.until("")
	if w.r.State != deploy.RolledBack || w.now.Sub(from) > 0 || w.r.Incident == nil || w.r.By != deploy.Slipway {
		t.Errorf("%s by %s after %s, want the end at once, with the evidence there was", w.r.State, w.r.By, w.now.Sub(from))
	}
}

func TestBarsGoByContentWhereItIsKnown(t *testing.T) {
	t.Parallel()
	c := deploy.Closure{Bars: []deploy.Bar{{Digest: "sha256:a", Version: "v1"}}}
	for name, x := range map[string]struct {
		digest, version string
		want            bool
	}{
		"the same content under another tag": {"sha256:a", "v2", true},
		"another content under the same tag": {"sha256:b", "v1", false},
		"the same tag, content not known":    {"", "v1", true},
		"nothing matches nothing":            {"", "", false},
	} {
		if _, got := c.Barred(x.digest, x.version); got != x.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTheFirstNoteOfAKindCounts(t *testing.T) {
	t.Parallel()
	taken := deploy.Note{Kind: deploy.NoteTaken, By: "U0BOB", At: start}
	notes, added := deploy.AddNote(nil, taken)
	if !added {
		t.Fatal("the first was not taken")
	}
	if after, added := deploy.AddNote(notes, deploy.Note{Kind: deploy.NoteTaken, By: "U0CAROL", At: start}); added || len(after) != 1 || after[0].By != "U0BOB" {
		t.Errorf("a second took its place: %+v", after)
	}
	asked := deploy.Note{Kind: deploy.NoteBug, By: "U0BOB", At: start}
	notes, _ = deploy.AddNote(notes, asked)
	opened := deploy.Note{Kind: deploy.NoteBug, By: deploy.Slipway, At: start.Add(time.Minute), Link: "https://example.com/1", Done: true}
	after, added := deploy.AddNote(notes, opened)
	want := []deploy.Note{taken, {Kind: deploy.NoteBug, By: "U0BOB", At: start, Link: "https://example.com/1", Done: true}}
	if d := cmp.Diff(want, after); d != "" || !added {
		t.Errorf("what came of it keeps who asked (-want +got):\n%s", d)
	}
	if _, again := deploy.AddNote(after, opened); again {
		t.Error("what is done was done again")
	}
	if len(notes) != 2 || notes[1].Done {
		t.Errorf("the notes that were given have changed: %+v", notes)
	}
}

func TestHistoryTellsHowLongStepsTake(t *testing.T) {
	t.Parallel()
	past := func(took time.Duration, status deploy.StepStatus) deploy.Release {
		return deploy.Release{Steps: []deploy.Step{{Name: "traffic/10", Kind: deploy.KindShift, Status: status, Begun: start, EndedAt: start.Add(took)},
			{Name: "traffic/10/bake", Kind: deploy.KindBake, Status: deploy.Done, Bake: 5 * time.Minute, Begun: start, EndedAt: start.Add(8 * time.Minute)}}}
	}
	u := deploy.Learn([]deploy.Release{past(20*time.Second, deploy.Done), past(30*time.Second, deploy.Done), past(time.Hour, deploy.Broken), past(40*time.Second, deploy.Done)})
	shift := deploy.Step{Name: "traffic/10", Kind: deploy.KindShift, Status: deploy.Started, Begun: start}
	bake := deploy.Step{Name: "traffic/10/bake", Kind: deploy.KindBake, Bake: 10 * time.Minute}
	if got := u.Step(shift); got != 30*time.Second {
		t.Errorf("a shift takes %s, want the median of those that went well", got)
	}
	if got := u.Step(bake); got != 13*time.Minute {
		t.Errorf("a bake of 10 min takes %s, want what it took longer before on top", got)
	}
	if u.Slow(shift, start.Add(50*time.Second)) || !u.Slow(shift, start.Add(61*time.Second)) {
		t.Error("slow is twice as long as usual, and ten seconds more at least")
	}
	if deploy.Usual(nil).Slow(shift, start.Add(time.Hour)) {
		t.Error("without history nothing is slow")
	}
}

func TestAReturnWithoutTrafficTellsNothingOfOneWithIt(t *testing.T) {
	t.Parallel()
	step := deploy.Step{Name: "rollback/traffic", Kind: deploy.KindReturn, Status: deploy.Done, Begun: start, EndedAt: start.Add(9 * time.Second)}
	quick := step
	quick.EndedAt = start.Add(10 * time.Millisecond)
	unseen := deploy.Release{Kind: deploy.Deploy, Back: []deploy.Step{quick}}
	seen := deploy.Release{Kind: deploy.Deploy, Back: []deploy.Step{step}, Facts: deploy.Facts{MaxShare: 10}}
	if got := deploy.Learn([]deploy.Release{unseen, unseen, seen}).Step(step); got != 9*time.Second {
		t.Errorf("a rollback takes %s, want what it took when there was traffic to move", got)
	}
}

func TestWhyAReleaseFailedLeavesOutWhatWentWell(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t))
	w.until("health/checks")
	w.conclude("health/checks", deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Msg: "1 of 2 checks failed: login\n✗ login: answered 500\n✓ status"})
	if want := "health/checks: 1 of 2 checks failed: login\n✗ login: answered 500"; w.r.Why != want {
		t.Errorf("why: %q, want %q", w.r.Why, want)
	}
	for _, s := range w.r.Steps {
		if s.Name == "health/checks" && s.Note != "1 of 2 checks failed: login\n✗ login: answered 500\n✓ status" {
			t.Errorf("the step does not keep the rest: %q", s.Note)
		}
	}
}
