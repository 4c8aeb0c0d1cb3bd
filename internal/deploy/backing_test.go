package deploy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// without is the word of somebody who may approve to go on without a backup.
func without(by deploy.UserID, reason string) deploy.Signal {
	return deploy.Signal{Kind: deploy.SignalWaive, By: by, Item: deploy.WithoutBackup, Reason: reason}
}

func TestABackupThatFailsHoldsTheReleaseAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(*world){
		"it is refused": func(w *world) { w.conclude(backup, deploy.Outcome{}, fault(deploy.Invalid)) },
		"it never ends": func(w *world) {
			w.conclude(backup, deploy.Outcome{Facts: w.r.Facts, Again: time.Hour, Note: "the outside said no end"}, nil)
			w.now = w.now.Add(2 * time.Hour)
			w.decide()
			w.conclude(backup, deploy.Outcome{Facts: w.r.Facts, Again: time.Hour, Note: "the outside said no end"}, nil)
			w.decide()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, kept)).reaches(backup)
			fails(w)
			a := w.decide()
			if w.r.State != deploy.Paused || w.r.By != deploy.Slipway || a.Do != deploy.Wait || !a.Until.IsZero() || w.r.Touched() {
				t.Fatalf("%v in %s by %q", a, w.r.State, w.r.By)
			}
			if !strings.Contains(w.r.Why, "the outside said no") || !strings.Contains(w.r.Why, "resume tries again, an approver may go without it") {
				t.Errorf("why: %s", w.r.Why)
			}
			if told := w.told(deploy.EntryTrouble); len(told) != 1 || !strings.Contains(told[0], "the outside said no") {
				t.Errorf("told %q", told)
			}
			w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
			w.reaches(backup)
			if s := stepNamed(w.r, backup); s.Begun != w.now {
				t.Errorf("its time did not begin anew: %+v", s)
			}
			run := deploy.BackupRun{ID: "1718", State: deploy.RunDone, Size: 2 << 30}
			w.conclude(backup, deploy.Outcome{Facts: w.r.Facts, Backup: &run, Note: "backup 1718"}, nil)
			if w.reaches("deploy/revision"); w.r.Backup == nil || w.r.Backup.ID != "1718" {
				t.Errorf("the backup is not kept: %+v", w.r.Backup)
			}
		})
	}
}

func TestAReleaseThatIsHeldForItsBackupMayBeGivenUp(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, kept)).reaches(backup)
	w.conclude(backup, deploy.Outcome{}, fault(deploy.Invalid))
	w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
	if w.r.State != deploy.Failed {
		t.Errorf("%s", w.r.State)
	}
}

func TestGoingWithoutABackup(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]func(*testing.T) *world{
		"before anything has begun": func(t *testing.T) *world { return play(t, canary(t, kept)).reaches("preflight/image") },
		"just before it":            func(t *testing.T) *world { return play(t, canary(t, kept)).reaches("backup/configuration") },
		"while it is made": func(t *testing.T) *world {
			w := play(t, canary(t, kept)).reaches(backup)
			f := w.r.Facts
			f.Operation = "operations/1"
			w.conclude(backup, deploy.Outcome{Facts: f, Again: time.Minute, Note: "asked for it"}, nil)
			return w
		},
		"when it has failed": func(t *testing.T) *world {
			w := play(t, canary(t, kept)).reaches(backup)
			w.conclude(backup, deploy.Outcome{}, fault(deploy.Invalid))
			return w
		},
		"when the bot does not know how to go on": func(t *testing.T) *world {
			w := play(t, canary(t, kept)).reaches(backup)
			w.conclude(backup, deploy.Outcome{}, fault(deploy.Internal))
			return w
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := at(t)
			if s := w.r.Backing(); s == nil || s.Name != backup {
				t.Fatalf("there is no backup to go without: %+v", s)
			}
			w.now = w.now.Add(time.Second)
			entries := w.say(without("U0BOB", "made an hour ago"))
			if entries[0].Kind != deploy.EntryWaived || entries[0].Step != backup || entries[0].By != "U0BOB" || !strings.Contains(entries[0].Text, "because: made an hour ago") {
				t.Errorf("wrote %+v", entries)
			}
			if took := entries[1].Took; took < 0 || took > (time.Hour).Milliseconds() {
				t.Errorf("a backup that was not made took %d ms", took)
			}
			want := []deploy.Waiver{{Item: deploy.WithoutBackup, Text: "a backup of the database", By: "U0BOB", At: w.now, Reason: "made an hour ago"}}
			if diff := cmp.Diff(want, w.r.Waivers); diff != "" {
				t.Error(diff)
			}
			if s := stepNamed(w.r, backup); s.Status != deploy.Skipped || s.Note != "no backup: made an hour ago" || w.r.Facts.Operation != "" || w.r.Touched() {
				t.Errorf("%+v, operation %q", s, w.r.Facts.Operation)
			}
			if w.r.State == deploy.Parked {
				w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"})
			}
			if w.r.State != deploy.Running {
				t.Errorf("%s", w.r.State)
			}
			w.reaches("deploy/revision")
			if strings.Contains(strings.Join(names(w.acts), " "), string(backup)) {
				t.Errorf("it was made: %v", w.acts)
			}
		})
	}
}

func TestWhoeverHoldsAReleaseIsNotOverruledByAWaiver(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, kept)).reaches("backup/configuration")
	w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0CAROL"})
	w.conclude("backup/configuration", deploy.Outcome{Facts: w.r.Facts}, nil)
	w.say(without("U0BOB", "made an hour ago"))
	if w.r.State != deploy.Paused || w.r.By != "U0CAROL" || stepNamed(w.r, backup).Status != deploy.Skipped {
		t.Errorf("%s by %s", w.r.State, w.r.By)
	}
}

func TestAWordAboutABackupThatDoesNotCount(t *testing.T) {
	t.Parallel()
	begins := func(t *testing.T, change ...func(*deploy.Spec)) *world {
		return play(t, canary(t, append([]func(*deploy.Spec){kept}, change...)...)).reaches(backup)
	}
	for name, c := range map[string]struct {
		world func(*testing.T) *world
		say   deploy.Signal
		want  string
	}{
		"the requester's own": {func(t *testing.T) *world { return begins(t) }, without("U0ALICE", "now"), "refused: the requester's own waiver does not count"},
		"unless the catalog lets the requester": {func(t *testing.T) *world {
			return begins(t, func(s *deploy.Spec) { s.Policy.RequesterMayApprove = true })
		}, without("U0ALICE", "now"), ""},
		"without a reason": {func(t *testing.T) *world { return begins(t) }, without("U0BOB", ""), "refused: it takes a reason"},
		"once it is made": {func(t *testing.T) *world {
			w := begins(t)
			w.conclude(backup, deploy.Outcome{Facts: w.r.Facts}, nil)
			return w
		}, without("U0BOB", "now"), "changes nothing: there is no backup to go without"},
		"a second time": {func(t *testing.T) *world {
			w := begins(t)
			w.say(without("U0CAROL", "now"))
			return w
		}, without("U0BOB", "now"), "changes nothing: there is no backup to go without"},
		"without a database":         {func(t *testing.T) *world { return play(t, canary(t)).reaches("deploy/revision") }, without("U0BOB", "now"), "changes nothing: there is no backup to go without"},
		"where there is none anyway": {func(t *testing.T) *world { return play(t, canary(t, kept, off)).reaches("deploy/revision") }, without("U0BOB", "now"), "changes nothing: there is no backup to go without"},
		"on the way back": {func(t *testing.T) *world {
			w := begins(t).reaches("deploy/revision")
			w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
			return w
		}, without("U0BOB", "now"), "changes nothing: there is no backup to go without"},
		"before a restore in place": {func(t *testing.T) *world {
			w := play(t, restore(t, inPlace)).agreed().reaches("restore/backup")
			return w
		}, without("U0BOB", "now"), "changes nothing: there is no backup to go without"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.world(t)
			before := len(w.r.Waivers)
			entries := w.say(c.say)
			if counts := len(w.r.Waivers) > before; counts != (c.want == "") || !strings.Contains(entries[0].Text, c.want) {
				t.Errorf("counts: %t, wrote %+v", counts, entries)
			}
		})
	}
}

// A hold of days has the checklist looked at anew and people asked again, and none of that brings back what is left out.
func TestWhatIsLeftOutStaysSoAfterALongHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*deploy.Spec)
		held   func(*world)
	}{
		"a database that is off": {off, func(w *world) {
			w.reaches("backup/configuration")
			w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0CAROL"})
			w.conclude("backup/configuration", deploy.Outcome{Facts: w.r.Facts}, nil)
			w.now = w.now.Add(48 * time.Hour)
			w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0CAROL"})
		}},
		"a backup that people go without": {func(*deploy.Spec) {}, func(w *world) {
			w.reaches(backup)
			w.say(without("U0BOB", "made an hour ago"))
			w.reaches("migrate/measure")
			w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0CAROL"})
			w.now = w.now.Add(48 * time.Hour)
			w.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0CAROL"})
		}},
		"a waiver that lets it go on": {func(*deploy.Spec) {}, func(w *world) {
			w.reaches(backup)
			w.conclude(backup, deploy.Outcome{}, fault(deploy.Invalid))
			w.now = w.now.Add(48 * time.Hour)
			w.say(without("U0BOB", "made an hour ago"))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t, listed, kept, c.change))
			c.held(w)
			w.acts = nil
			if a := w.decide(); a.Do != deploy.Act || a.Step != "preflight/ready" {
				t.Fatalf("%v in %s, want the checklist once more", a, w.r.State)
			}
			w.reaches("deploy/revision")
			if s := stepNamed(w.r, backup); s.Status != deploy.Skipped || !strings.HasPrefix(s.Note, "no backup: ") || strings.Contains(strings.Join(names(w.acts), " "), string(backup)) {
				t.Errorf("%+v after %v", s, w.acts)
			}
		})
	}
}

// Somebody has said stop: that a backup fails meanwhile, and that somebody else goes without it, does not undo that.
func TestAHoldOutlivesABackupThatFails(t *testing.T) {
	t.Parallel()
	w := play(t, canary(t, kept)).reaches(backup)
	w.say(deploy.Signal{Kind: deploy.SignalPause, By: "U0ALICE", Reason: "look first"})
	w.conclude(backup, deploy.Outcome{}, fault(deploy.Invalid))
	if told := w.told(deploy.EntryTrouble); len(told) != 1 || w.r.By != "U0ALICE" || w.r.Why != "look first" {
		t.Fatalf("told %q, held by %q because %q", told, w.r.By, w.r.Why)
	}
	w.say(without("U0BOB", "a hotfix"))
	if w.r.State != deploy.Paused || stepNamed(w.r, backup).Status != deploy.Skipped {
		t.Errorf("%s", w.r.State)
	}
}
