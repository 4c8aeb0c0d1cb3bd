package commands_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

const inPlace = `/rollback coditect-app production --database --in-place --backup 1718 --confirm ` + instance + ` --reason "rows are gone"`

func TestTheListOfBackups(t *testing.T) {
	t.Parallel()
	w, k := stored(t)
	want := "Backups of " + instance + ", where the database coditect of coditect-app/production is, the newest first. Nothing is started by looking.\n" +
		"1720 · is still being made · made by hand\n" +
		"1719 · ✗ failed: the disk is full, so it cannot be restored · automated\n" +
		"1718 · 35 min ago, at 2026-03-02 13:25 UTC · 2.1 GiB · before v1.2.4, by coditect-app-42\n" +
		"1700 · 24 h ago, at 2026-03-01 14:00 UTC · 2.0 GiB · automated\n" +
		"1699 · 2 days ago, at 2026-02-28 14:00 UTC · made by hand: before I go on holiday\n" +
		"The default makes a new instance, which is safe: what runs goes on with what it has, and nobody has to switch: /rollback coditect-app production --database --backup 1718\n" +
		"So does a moment, for instance: /rollback coditect-app production --database --at 2026-03-02T13:50:00Z\n" +
		"In place of what is there, with somebody else who agrees; what was written since the backup is lost: " +
		`/rollback coditect-app production --database --in-place --backup 1718 --confirm INSTANCE --reason "what went wrong"`
	if d := cmp.Diff(want, w.says("UMALLORY", "/rollback coditect-app --database")); d != "" {
		t.Error(d)
	}
	w.carried("v1.2.4")
	has(t, w.presses("UMALLORY", commands.Database, "coditect-app-1", ""), "1718 · 50 min ago, at 2026-03-02 13:25 UTC · 2.1 GiB · before v1.2.4, by coditect-app-42")
	if d := cmp.Diff(database().Instance, k.asked[0]); d != "" {
		t.Errorf("asked about (-want +got):\n%s", d)
	}
	w.holder("")
}

func TestTheListOfManyAndOfNoBackups(t *testing.T) {
	t.Parallel()
	w, k := stored(t)
	good := k.list[2]
	k.list = nil
	got := w.says("UBOB", "/rollback coditect-app --database")
	has(t, got, instance+", where the database coditect of coditect-app/production is, has no backups.", "--at 2026-03-02T13:50:00Z")
	hasNot(t, got, "--in-place")
	for range 12 {
		k.list = append(k.list, good)
	}
	got = w.says("UBOB", "/rollback coditect-app --database")
	if n := strings.Count(got, "before v1.2.4, by"); n != 10 {
		t.Errorf("%d are listed:\n%s", n, got)
	}
	has(t, got, "\nand 2 more\n")
}

func TestABackupIsMadeIntoANewInstance(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	got := w.saysIn("E-clone", "UALICE", "/rollback coditect-app --database --backup 1718")
	r := w.get("coditect-app-1")
	plan := deploy.RestorePlan{Instance: database().Instance, Clone: r.Restore.Clone, At: morning.Add(-35 * time.Minute), Backup: "1718", Of: "coditect-app-42"}
	if d := cmp.Diff(plan, *r.Restore); d != "" || r.Kind != deploy.Restore || r.Version != "backup 1718" || r.Requester != "UALICE" {
		t.Errorf("%s %s of %s (-want +got):\n%s", r.Kind, r.Version, r.Requester, d)
	}
	if !strings.HasPrefix(plan.Clone, instance+"-restore-20260302-1325-") || strings.ToLower(plan.Clone) != plan.Clone || len("p:"+plan.Clone) > 98 {
		t.Errorf("the new instance is called %s", plan.Clone)
	}
	want := "coditect-app-1 makes a new instance " + plan.Clone + " with the database of coditect-app/production as it was at 2026-03-02 13:25:00 UTC, when backup 1718 was done " +
		"(before v1.2.4, by coditect-app-42). Nothing that runs is touched; the thread says how to switch to it. Follow it in #devops-oncall."
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, w.saysIn("E-clone", "UALICE", "/rollback coditect-app --database --backup 1718")); d != "" {
		t.Errorf("heard twice:\n%s", d)
	}
	has(t, w.says("UDAVE", "/deploy status"), "coditect-app-1 (restore, backup 1718, @UALICE) restores the database of coditect-app/production to a new instance "+plan.Clone+" since", "left.")
	has(t, w.says("UERIN", "/rollback coditect-app --database --backup 1718"), "coditect-app/production is held by coditect-app-1 (restore, backup 1718, @UALICE)")
	has(t, w.presses("UALICE", commands.Details, r.ID, ""), "Restore: from "+instance+" to a new instance "+plan.Clone+", as of 2026-03-02 13:25:00 UTC, backup 1718")
	if r := w.drive("coditect-app-1"); r.State != deploy.Succeeded {
		t.Fatalf("the release is %s", r.State)
	}
	has(t, w.says("UDAVE", "/deploy history coditect-app"), "coditect-app-1 (restore, backup 1718, @UALICE) restored the database of coditect-app/production to a new instance "+plan.Clone+" at 2026-03-02 14:00 UTC · took")
	w.says("UALICE", "/rollback coditect-app --database --backup 1718")
	if again := w.get("coditect-app-2").Restore.Clone; again == plan.Clone {
		t.Errorf("two requests for one name: %s", again)
	}
}

func TestAMomentIsSaidAsItWasUnderstood(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		typed string
		at    time.Time
		label string
	}{
		"earlier today":            {"13:02", morning.Add(-58 * time.Minute), "as of 13:02:00"},
		"with seconds":             {"13:02:11", morning.Add(-58*time.Minute + 11*time.Second), "as of 13:02:11"},
		"now":                      {"14:00", morning, "as of 14:00:00"},
		"later than now: the last": {"14:01", morning.Add(time.Minute - 24*time.Hour), "as of 2026-03-01 14:01:00"},
		"with a date":              {"2026-02-28T23:59:59Z", time.Date(2026, 2, 28, 23, 59, 59, 0, time.UTC), "as of 2026-02-28 23:59:59"},
		"in another zone":          {"2026-03-02T14:02:00+01:00", morning.Add(-58 * time.Minute), "as of 13:02:00"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, k := stored(t)
			has(t, w.says("UALICE", "/rollback coditect-app --database --at "+tc.typed),
				tc.typed+" is understood as "+tc.at.Format("2006-01-02 15:04:05 UTC")+". coditect-app-1 makes a new instance "+instance+"-restore-")
			r := w.get("coditect-app-1")
			if !r.Restore.At.Equal(tc.at) || r.Version != tc.label || r.Restore.Backup != "" || len(k.asked) > 0 {
				t.Errorf("at %s, called %s, backup %q, asked %v", r.Restore.At, r.Version, r.Restore.Backup, k.asked)
			}
		})
	}
	w, _ := stored(t)
	has(t, w.says("UALICE", "/rollback coditect-app --database --at 2026-03-02T14:00:01Z"),
		"2026-03-02T14:00:01Z is still to come: now it is 2026-03-02 14:00:00 UTC. Nothing was started. See: /rollback coditect-app production --database")
	w.holder("")
}

func TestTheNameOfANewInstanceHasRoom(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.catalog.database.Instance.Name = strings.Repeat("Long-", 19)
	w.says("UALICE", "/rollback coditect-app --database --at 13:02")
	name := w.get("coditect-app-1").Restore.Clone
	if len("p:"+name) > 98 || strings.Contains(name, "--") || !strings.HasPrefix(name, "long-long-") || !strings.Contains(name, "-restore-20260302-1302-") {
		t.Errorf("%s has %d characters", name, len(name))
	}
}

func TestARestoreInPlaceTakesSomebodyElse(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	want := "coditect-app-1 puts backup 1718 (before v1.2.4, by coditect-app-42) in place of what is in " + instance + ", once somebody else has agreed. " +
		"Everything written since 2026-03-02 13:23:00 UTC, 37 min ago, would be lost. What is there is backed up first. " +
		"Approvers, of whom it cannot be @UALICE: @oncall. They press the button, or type: /promote coditect-app production. Follow it in #devops-oncall."
	if d := cmp.Diff(want, w.says("UALICE", inPlace)); d != "" {
		t.Error(d)
	}
	r := w.drive("coditect-app-1")
	if d := cmp.Diff(&deploy.RestorePlan{Instance: database().Instance, InPlace: true, At: morning.Add(-37 * time.Minute), Backup: "1718", Of: "coditect-app-42"}, r.Restore); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	has(t, w.says("UDAVE", "/deploy status"), "is at Restore and waits since 2026-03-02 14:00 UTC for 1 approval of the restore from @oncall, not from @UALICE")
	has(t, w.says("UALICE", "/promote coditect-app"), "You asked for coditect-app-1 yourself, so somebody else has to approve it: nobody does that alone.")
	has(t, w.presses("UBOB", commands.Pause, "coditect-app-1", "restore/agree"), "coditect-app-1 holds before any change, until somebody presses Resume; it then asks for the restore again.")
	w.drive("coditect-app-1")
	w.presses("UBOB", commands.Resume, "coditect-app-1", "")
	w.drive("coditect-app-1")
	has(t, w.pushes("UBOB", "coditect-app-1", "restore/agree"), "Your approval of the restore for coditect-app-1 is stored. It begins at once; follow it in #devops-oncall.")
	if r := w.drive("coditect-app-1"); r.State != deploy.Succeeded {
		t.Errorf("the release is %s", r.State)
	}
}

func TestARestoreIsStopped(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.says("UALICE", inPlace)
	w.drive("coditect-app-1")
	has(t, w.presses("UBOB", commands.RollBack, "coditect-app-1", ""), "Stopping coditect-app-1 (restore, backup 1718, @UALICE) before it changes anything that runs. Follow")
	if r := w.drive("coditect-app-1"); r.State != deploy.Failed {
		t.Fatalf("the release is %s", r.State)
	}

	w.says("UALICE", inPlace)
	w.drive("coditect-app-2")
	w.says("UBOB", "/promote coditect-app")
	broken := &deploy.Error{Code: deploy.Unavailable, Msg: "no answer"}
	w.drive("coditect-app-2", nil, broken)
	w.pass(time.Minute)
	w.drive("coditect-app-2", nil, broken)
	has(t, w.says("UBOB", "/rollback coditect-app --reason no"), "restores the database of coditect-app/production to "+instance+", in place since", "cannot be stopped")
	has(t, w.says("UBOB", "/rollback coditect-app v1.2.3 --reason no"), "cannot be stopped")
	has(t, w.presses("UBOB", commands.Pause, "coditect-app-2", ""), "holds after the step in progress, which goes on until it is done")
	w.drive("coditect-app-2")
	has(t, w.says("UDAVE", "/deploy status"), "is held in the middle of its restore of the database of coditect-app/production to "+instance+", in place by @UBOB")

	w, _ = stored(t)
	w.says("UALICE", "/rollback coditect-app --database --backup 1718")
	w.drive("coditect-app-1", nil, broken)
	has(t, w.presses("UBOB", commands.RollBack, "coditect-app-1", ""), "may have been asked for already: it is then made all the same, and costs until somebody deletes it.")
}

func TestARestoreIsRefused(t *testing.T) {
	t.Parallel()
	confirm := `/rollback coditect-app production --database --in-place --backup 1718 --confirm INSTANCE --reason "gone"`
	tests := map[string]struct {
		by    deploy.UserID
		typed string
		make  func(*world, *kept)
		wants []string
	}{
		"of somebody who may not": {by: "UMALLORY", typed: "--backup 1718", wants: []string{"You may not restore databases for releases of coditect-app to production.",
			"or to type: /rollback coditect-app production --database --backup 1718"}},
		"of a backup that is not there":    {typed: "--backup 1", wants: []string{instance + " has no backup 1. Nothing was started. See: /rollback coditect-app production --database"}},
		"of a backup that failed":          {typed: "--backup 1719", wants: []string{"Backup 1719 of " + instance + " cannot be restored: it failed: the disk is full. Nothing was started."}},
		"of a backup that is not done":     {typed: "--backup 1720", wants: []string{"it is still being made. Nothing was started."}},
		"in place without the name":        {typed: `--in-place --backup 1718 --reason gone`, wants: []string{"Nothing was started. A restore in place overwrites everything in " + instance + ": type that name where it says INSTANCE: " + confirm, "Safer"}},
		"in place with another name":       {typed: `--in-place --backup 1718 --confirm Coditect-Postgres-production --reason gone`, wants: []string{`You typed "Coditect-Postgres-production", and the instance is called ` + instance + ". "}},
		"in place with the placeholder":    {typed: `--in-place --backup 1718 --confirm INSTANCE --reason gone`, wants: []string{confirm}},
		"in place of somebody who may not": {by: "UMALLORY", typed: `--in-place --backup 1718 --confirm ` + instance + ` --reason gone`, wants: []string{"You may not restore databases"}},
		"in place of a backup that failed": {typed: `--in-place --backup 1719 --confirm ` + instance + ` --reason gone`, wants: []string{"cannot be restored"}},
		"if there is no database":          {typed: "--at 13:00", make: func(w *world, _ *kept) { w.catalog.database = nil }, wants: []string{"The catalog names no database of coditect-app/production, so there is nothing to restore."}},
		"if the database is left alone":    {typed: "--at 13:00", make: func(w *world, _ *kept) { w.catalog.database.Off = "no server here" }, wants: []string{"The database of coditect-app/production is left alone: no server here."}},
		"if the cloud does not answer": {typed: "--backup 1718", make: func(_ *world, k *kept) {
			k.err = &deploy.Error{Code: deploy.Unavailable, Msg: "Cloud SQL does not answer"}
		}, wants: []string{"I cannot list the backups of " + instance + ": Cloud SQL does not answer. Nothing was started."}},
		"if the list may not be read":        {typed: "", make: func(_ *world, k *kept) { k.err = errors.New("secret") }, wants: []string{"I cannot list the backups of " + instance}},
		"if backups cannot be listed":        {typed: "--backup 1718", make: func(w *world, _ *kept) { w.backups = nil; w.handler = w.over(w.store) }, wants: []string{"This Slipway cannot list backups"}},
		"if the catalog has no such service": {typed: "--backup", wants: []string{"--backup needs the id of a backup; the list has them. Type: /rollback coditect-app --database"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, k := stored(t)
			if tc.make != nil {
				tc.make(w, k)
			}
			by := tc.by
			if by == "" {
				by = "UALICE"
			}
			got := w.says(by, strings.TrimSpace("/rollback coditect-app --database "+tc.typed))
			has(t, got, tc.wants...)
			hasNot(t, got, "Redis")
			hasNot(t, got, "secret")
			w.holder("")
		})
	}
}

func TestBackupsThatAreListedTooSlowly(t *testing.T) {
	t.Parallel()
	w, k := stored(t)
	k.slow = true
	has(t, w.says("UALICE", "/rollback coditect-app --database --backup 1718"), "I cannot list the backups of "+instance+": there was no answer in time. Nothing was started.")
	w.holder("")
}

func TestARestoreOfAHeldTarget(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.says("UERIN", "/deploy coditect-app v1.2.4")
	has(t, w.says("UALICE", inPlace), "coditect-app/production is held by coditect-app-1 (v1.2.4, @UERIN)", "Then: "+inPlace)
}

func TestARollbackAfterARestoreMeansTheVersionThatRuns(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.carried("v1.2.3")
	w.carried("v1.2.4")
	w.says("UALICE", "/rollback coditect-app --database --backup 1718")
	w.drive("coditect-app-3", nil, &deploy.Error{Code: deploy.Invalid, Msg: "the moment cannot be had"})
	has(t, w.says("UDAVE", "/deploy history coditect-app"), "coditect-app-3 (restore, backup 1718, @UALICE) failed at")
	has(t, w.says("UBOB", "/rollback coditect-app --reason slow"), "coditect-app-4 rolls coditect-app/production back from v1.2.4 to v1.2.3.")
}
