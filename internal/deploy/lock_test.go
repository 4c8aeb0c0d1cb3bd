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
