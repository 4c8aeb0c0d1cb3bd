package deploy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// landed is a release that has brought its target from a revision to another.
func landed(n int, from, to deploy.RevisionName, change ...func(*deploy.Release)) deploy.Release {
	r := deploy.Release{ID: deploy.ReleaseID("r" + string(rune('0'+n))), Kind: deploy.Deploy, State: deploy.Succeeded, Version: "v" + string(rune('0'+n)),
		Facts: deploy.Facts{Baseline: deploy.Revision{Name: from}, Candidate: deploy.Revision{Name: to}, MaxShare: 100}}
	for _, c := range change {
		c(&r)
	}
	return r
}

// migrated gives a release a change of the schema.
func migrated(class deploy.SchemaClass, before, after int64) func(*deploy.Release) {
	return func(r *deploy.Release) {
		r.Schema = &deploy.Schema{Before: before, After: after, Class: class}
		for v := before + 1; v <= after; v++ {
			r.Schema.Applied = append(r.Schema.Applied, deploy.AppliedScript{Version: v, Name: string(r.ID) + ".sql", Changes: []string{"− column users.email"}})
		}
	}
}

func state(s deploy.State, share int) func(*deploy.Release) {
	return func(r *deploy.Release) { r.State, r.Facts.MaxShare = s, share }
}

func rolled(n int, to deploy.RevisionName) deploy.Release {
	return landed(n, to, "", func(r *deploy.Release) { r.Kind, r.State = deploy.Rollback, deploy.RolledBack })
}

func restored(s deploy.State, inPlace bool) deploy.Release {
	return deploy.Release{ID: "r9", Kind: deploy.Restore, State: s, Restore: &deploy.RestorePlan{InPlace: inPlace}}
}

func TestWhatARollbackWouldLeave(t *testing.T) {
	t.Parallel()
	contract, expand, unsure := migrated(deploy.Contract, 13, 14), migrated(deploy.Expand, 13, 14), migrated(deploy.Unsure, 12, 13)
	for name, c := range map[string]struct {
		history []deploy.Release // newest first
		to      deploy.RevisionName
		want    []deploy.ReleaseID
	}{
		"nothing was ever changed":                     {[]deploy.Release{landed(2, "a", "b"), landed(1, "", "a")}, "a", nil},
		"only additions":                               {[]deploy.Release{landed(2, "a", "b", expand), landed(1, "", "a")}, "a", nil},
		"a change that takes away":                     {[]deploy.Release{landed(2, "a", "b", contract), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r2"}},
		"a change that nobody can tell":                {[]deploy.Release{landed(2, "a", "b", unsure), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r2"}},
		"what the destination came with stays with it": {[]deploy.Release{landed(2, "a", "b"), landed(1, "", "a", contract)}, "a", nil},
		"two of them, the newest first":                {[]deploy.Release{landed(3, "b", "c", contract), landed(2, "a", "b", unsure), landed(1, "", "a", contract)}, "a", []deploy.ReleaseID{"r3", "r2"}},
		"as far as the nearest destination":            {[]deploy.Release{landed(3, "b", "c", contract), landed(2, "a", "b", unsure)}, "b", []deploy.ReleaseID{"r3"}},
		"a class of what was never applied": {[]deploy.Release{landed(2, "a", "b", func(r *deploy.Release) {
			r.Schema = &deploy.Schema{Before: 13, After: 13, Class: deploy.Contract}
		})}, "a", nil},
		"a release that failed after it migrated":     {[]deploy.Release{landed(3, "b", "c", contract, state(deploy.Failed, 0)), landed(2, "a", "b"), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r3"}},
		"a release that was rolled back":              {[]deploy.Release{landed(2, "a", "b", contract, state(deploy.RolledBack, 10)), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r2"}},
		"its own baseline, and nothing further":       {[]deploy.Release{landed(2, "a", "b"), landed(1, "x", "y", contract)}, "a", nil},
		"a baseline that never lost its traffic":      {[]deploy.Release{landed(3, "a", "c", state(deploy.Failed, 0)), landed(2, "x", "y", contract), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r2"}},
		"the destination was rolled back to":          {[]deploy.Release{landed(4, "a", "d", contract), rolled(3, "a"), landed(2, "a", "b", unsure), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r4"}},
		"a rollback to another":                       {[]deploy.Release{rolled(3, "b"), landed(2, "a", "b", unsure), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r2"}},
		"the schema was restored in place":            {[]deploy.Release{landed(4, "b", "d", contract), restored(deploy.Succeeded, true), landed(2, "a", "b", unsure), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r4"}},
		"a restore in place that failed":              {[]deploy.Release{restored(deploy.Failed, true), landed(2, "a", "b", unsure), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r2"}},
		"a restore to a new instance changes nothing": {[]deploy.Release{restored(deploy.Succeeded, false), landed(2, "a", "b", unsure), landed(1, "", "a")}, "a", []deploy.ReleaseID{"r2"}},
		"a destination that nobody knows":             {[]deploy.Release{landed(3, "b", "c", contract), landed(2, "a", "b", unsure)}, "z", []deploy.ReleaseID{"r3", "r2"}},
		"no history":                                  {nil, "a", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []deploy.ReleaseID
			for _, x := range deploy.Crossed(c.history, c.to) {
				got = append(got, x.Release)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A backup has the schema of its time: one that was made after a change brings that back with it.
func TestARestoreInPlaceUndoesOnlyWhatCameAfterItsBackup(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	at := func(hours int) func(*deploy.Release) {
		return func(r *deploy.Release) { // it backs up half an hour after it was asked for, and migrates after that
			r.Created = noon.Add(time.Duration(hours)*time.Hour - 30*time.Minute)
			r.Steps = []deploy.Step{{Name: "migrate/apply", Kind: deploy.KindMigrate, Begun: noon.Add(time.Duration(hours)*time.Hour + time.Minute)}}
		}
	}
	contract := migrated(deploy.Contract, 13, 14)
	for name, c := range map[string]struct {
		backups []int // hours, of restores, newest first
		want    []deploy.ReleaseID
	}{
		"of before both changes":     {[]int{0}, nil},
		"of between them":            {[]int{2}, []deploy.ReleaseID{"r2"}},
		"of after both":              {[]int{4}, []deploy.ReleaseID{"r3", "r2"}},
		"of just before the second":  {[]int{3}, []deploy.ReleaseID{"r2"}},
		"twice, first to the oldest": {[]int{2, 0}, []deploy.ReleaseID{"r2"}},
		"twice, then to the oldest":  {[]int{0, 4}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var history []deploy.Release
			for _, hours := range c.backups {
				r := restored(deploy.Succeeded, true)
				r.Restore.At, r.Created = noon.Add(time.Duration(hours)*time.Hour), noon.Add(5*time.Hour)
				history = append(history, r)
			}
			history = append(history, landed(3, "b", "c", contract, at(3)), landed(2, "a", "b", contract, at(1)), landed(1, "", "a"))
			var got []deploy.ReleaseID
			for _, x := range deploy.Crossed(history, "a") {
				got = append(got, x.Release)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsSaidOfACrossing(t *testing.T) {
	t.Parallel()
	got := deploy.Crossed([]deploy.Release{landed(2, "a", "b", migrated(deploy.Contract, 12, 14))}, "a")
	want := []deploy.Crossing{{Release: "r2", Version: "v2", Class: deploy.Contract, Before: 12, After: 14,
		Names: []string{"r2.sql", "r2.sql"}, Changes: []string{"− column users.email", "− column users.email"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
