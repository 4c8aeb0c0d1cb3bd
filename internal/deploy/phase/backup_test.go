package phase_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

func TestABackupOnABadDay(t *testing.T) {
	t.Parallel()
	const description = "slipway coditect-app-1 backup/create, before v1.2.4"
	for name, c := range map[string]struct {
		before func(*kept)
		says   []string // why it is paused; nil: it is not
		note   string
		made   int // backups in the end
	}{
		"all is well": {nil, nil, "backup 1718 (2.1 GB)", 1},
		"throttled":   {func(k *kept) { k.db.fails["Backup"] = []error{ends(deploy.Unavailable, "quota exceeded")} }, nil, "backup 1718 (2.1 GB)", 1},
		"something else on": {func(k *kept) {
			k.db.fails["Backup"] = []error{ends(deploy.Conflict, "another operation is in progress")}
		}, nil, "backup 1718 (2.1 GB)", 1},
		"no answer to a look": {func(k *kept) {
			k.db.fails["Wait"], k.db.fails["Backups"] = []error{ends(deploy.Unavailable, "no answer")}, []error{ends(deploy.Unavailable, "no answer")}
		}, nil, "backup 1718 (2.1 GB)", 1},
		"the operation is forgotten": {func(k *kept) { k.db.fails["Wait"] = []error{ends(deploy.NotFound, "no such operation")} }, nil, "backup 1718 (2.1 GB)", 1},
		"one of ours is there": {func(k *kept) {
			k.db.backups = []deploy.BackupRun{{ID: "1701", Description: description, State: deploy.RunDone, Ended: k.clock.Now().Add(-time.Hour), Size: 1 << 30}}
		}, nil, "backup 1701 (1.0 GB), made at 13:00:00 UTC", 1},
		"one of before a long hold": {func(k *kept) {
			k.db.backups = []deploy.BackupRun{{ID: "1701", Description: description, State: deploy.RunDone, Ended: k.clock.Now().Add(-3 * time.Hour), Size: 1 << 30}}
		}, nil, "backup 1719 (2.1 GB)", 2},
		"one of before a long hold, and each answer is lost": {func(k *kept) {
			k.db.backups = []deploy.BackupRun{{ID: "1701", Description: description, State: deploy.RunDone, Ended: k.clock.Now().Add(-3 * time.Hour), Size: 1 << 30}}
			k.db.loses["Backup"], k.around = 1, func(deploy.Step) bool { return true }
		}, nil, "backup 1719 (2.1 GB)", 2},
		"two by mistake, the older counts": {func(k *kept) {
			k.db.backups = []deploy.BackupRun{{ID: "1703", Description: description, State: deploy.RunDone}, {ID: "1702", State: deploy.RunDone},
				{ID: "1701", Description: description, State: deploy.RunDone}, {ID: "1700", Description: description, State: deploy.RunFailed}}
		}, nil, "backup 1701", 4},
		"it does not run": {func(k *kept) { k.db.instances[instance] = deploy.Instance{Unrest: "SUSPENDED"} },
			[]string{"the database server " + instance + " does not run: SUSPENDED", "start it", "resume tries again"}, "(none)", 0},
		"there is none": {func(k *kept) { delete(k.db.instances, instance) }, []string{"there is no instance " + instance}, "(none)", 0},
		"it is refused": {func(k *kept) {
			k.db.fails["Backup"] = []error{ends(deploy.Forbidden, "permission cloudsql.backupRuns.create is missing")}
		}, []string{"permission cloudsql.backupRuns.create"}, "(none)", 0},
		"it fails": {func(k *kept) { k.db.trouble = []string{"disk is full"} }, []string{"backup 1718 of " + instance + " failed: disk is full"}, "(none)", 1},
		"its operation ends in what may pass": {func(k *kept) {
			k.db.unwell = []error{ends(deploy.Unavailable, "the operation ended in INTERNAL_ERROR"), ends(deploy.Unavailable, "again")}
		}, []string{"ended in INTERNAL_ERROR", "resume tries again"}, "(none)", 1},
		"its operation fails": {func(k *kept) {
			k.db.fails["Wait"] = []error{ends(deploy.Invalid, "the operation ended in ERROR_RDBMS")}
		}, []string{"ended in ERROR_RDBMS"}, "(none)", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			if c.before != nil {
				c.before(k)
			}
			p := k.ask(k.migrating()).until("migrate/measure")
			if len(c.says) > 0 {
				p.is(deploy.Paused, c.says...)
			} else {
				p.is(deploy.Running)
			}
			p.notes("backup/create", c.note)
			if len(k.db.backups) != c.made || p.r.Facts.Operation != "" && len(c.says) == 0 {
				t.Errorf("%d backups, facts %+v", len(k.db.backups), p.r.Facts)
			}
		})
	}
}

func TestABackupThatFailedIsMadeAnewOrGoneWithout(t *testing.T) {
	t.Parallel()
	failed := func(t *testing.T, trouble ...string) (*kept, *play) {
		t.Helper()
		k := newKept(newWorld(t))
		k.db.trouble = trouble
		return k, k.ask(k.migrating()).end().is(deploy.Paused, "failed: disk is full")
	}
	t.Run("resume tries again, as often as it takes", func(t *testing.T) {
		t.Parallel()
		k, p := failed(t, "disk is full", "disk is full")
		again := deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}
		p.say(again).end().is(deploy.Paused, "backup 1719", "disk is full")
		p.say(again).end().is(deploy.Succeeded).notes("backup/create", "backup 1720 (2.1 GB)")
		if len(k.db.backups) != 3 || p.r.Backup.ID != "1720" {
			t.Errorf("%d backups, %+v", len(k.db.backups), p.r.Backup)
		}
	})
	t.Run("an approver goes without", func(t *testing.T) {
		t.Parallel()
		k, p := failed(t, "disk is full")
		p.say(deploy.Signal{Kind: deploy.SignalWaive, By: "U0BOB", Item: deploy.WithoutBackup, Reason: "made one by hand"}).end().is(deploy.Succeeded).
			notes("backup/create", "no backup: made one by hand")
		if len(k.db.backups) != 1 || p.r.Backup != nil {
			t.Errorf("%d backups, %+v", len(k.db.backups), p.r.Backup)
		}
	})
	t.Run("one that ended while the release was held counts", func(t *testing.T) {
		t.Parallel()
		k := newKept(newWorld(t))
		p := k.ask(k.migrating(func(s *deploy.Spec) { s.Database.Backup.Within = time.Second })).until("backup/create")
		p.act()
		k.wait(time.Minute)
		p.end().is(deploy.Paused, "not finished after 1 s").say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}).end().is(deploy.Succeeded)
		if len(k.db.backups) != 1 {
			t.Errorf("%d backups", len(k.db.backups))
		}
	})
}

func TestWhatIsWaitedForIsSaidOnce(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.passed = func() {}
	p := k.ask(k.migrating()).until("migrate/measure")
	if n := strings.Count(p.story(), "backing up "+instance+"\n"); n != 1 {
		t.Errorf("said %d times:\n%s", n, p.story())
	}
}

func TestWhatCannotBeTaggedKeepsNobodyFromReleasing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*kept)
		note   string
	}{
		"a registry that refuses": {func(k *kept) { k.db.fails["Tag"] = []error{ends(deploy.Forbidden, "no right to push")} },
			"configuration of " + serviceID + " kept (77 bytes); the image of v1.2.5 is not tagged: no right to push"},
		"a registry without an answer": {func(k *kept) { k.db.fails["Tag"] = []error{ends(deploy.Unavailable, "no answer")} },
			"configuration of " + serviceID + " kept (77 bytes); image of v1.2.5 tagged rollback-coditect-app-2"},
		"nobody who tags": {func(k *kept) { k.with(func(p *phase.Ports) { p.Tagger = nil }) },
			"configuration of " + serviceID + " kept (77 bytes); the image of v1.2.5 is not tagged: this Slipway tags no images"},
		"a platform that writes nothing down": {func(k *kept) {
			k.with(func(p *phase.Ports) {
				shot, _ := p.Platforms[deploy.CloudRun].(shooter)
				p.Platforms = map[deploy.PlatformKind]deploy.Platform{deploy.CloudRun: plain{shot.Platform}}
			})
		}, "no snapshot: cloudrun does not write down its services; image of v1.2.5 tagged rollback-coditect-app-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKept(newWorld(t))
			k.release("v1.2.5").end().is(deploy.Succeeded)
			c.before(k)
			p := k.ask(k.migrating()).until("backup/create").is(deploy.Running).notes("backup/configuration", c.note)
			if (len(p.r.Snapshot) == 0) != strings.HasPrefix(c.note, "no snapshot") {
				t.Errorf("a snapshot of %d bytes", len(p.r.Snapshot))
			}
		})
	}
}

// plain is a platform that can do nothing more.
type plain struct{ deploy.Platform }

func TestAnImageFromElsewhereIsNotTagged(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	p := k.ask(k.migrating()).until("backup/configuration")
	for image, why := range map[string]string{
		"gcr.io/elsewhere/coditect@sha256:1": "it is not in " + p.r.Spec.Image, p.r.Spec.Image + ":v1.2.3": "the platform names it by a tag, not by its digest",
	} {
		r := p.r.Clone()
		r.Facts.Baseline.Image = image
		out, err := k.runners[deploy.KindSnapshot].Run(t.Context(), r, *r.Current())
		if err != nil || !strings.HasSuffix(out.Note, "the image of v1.2.3 is not tagged: "+why) || len(k.db.tags) > 0 {
			t.Errorf("%s: %q, %v; tags %v", image, out.Note, err, k.db.tags)
		}
	}
}

func TestAPlatformThatRefusesItsConfigurationEndsTheRelease(t *testing.T) {
	t.Parallel()
	k := newKept(newWorld(t))
	k.with(func(p *phase.Ports) {
		shot, _ := p.Platforms[deploy.CloudRun].(shooter)
		shot.fails = ends(deploy.Forbidden, "permission run.services.get is missing")
		p.Platforms = map[deploy.PlatformKind]deploy.Platform{deploy.CloudRun: shot}
	})
	k.ask(k.migrating()).end().is(deploy.Failed, "backup/configuration: permission run.services.get is missing")
	k.wantServes("LATEST=100")
}
