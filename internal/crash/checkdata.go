package main

import (
	"context"

	"slipway/internal/deploy"
)

// checkData compares what a release has left in its database and of its backups with what there has to be: for each
// script one row of the history and one of the ledger, or neither; one backup. all says that the release was to apply
// every script that there is.
func (l *ledger) checkData(ctx context.Context, t *toll, r deploy.Release, all bool) error {
	traces, err := l.traces(ctx)
	if err != nil {
		return err
	}
	for _, s := range l.scripts {
		l.checkScript(t, r.ID, s, traces[s.version], all)
	}
	for version := range traces {
		if version > l.last {
			t.halfApplied("%s: script %d of %s is there, which was undone: %+v", r.ID, version, l.service, traces[version])
		}
	}
	l.checkBackup(t, r)
	return nil
}

func (l *ledger) checkScript(t *toll, id deploy.ReleaseID, s script, x trace, all bool) {
	switch {
	case x.said > 1:
		t.twice("%s: %s of %s was carried out %d times", id, s.name(), l.service, x.said)
	case s.says() && x.said != x.done, s.form == risks && x.made != (x.done == 1), s.form == indexes && x.done == 1 && !x.valid,
		x.running > 0 && (all || s.form != indexes):
		t.halfApplied("%s: %s of %s is neither there nor not: %+v", id, s.name(), l.service, x)
	case all && x.done == 0:
		t.missing("%s: %s of %s was never applied", id, s.name(), l.service)
	}
}

// checkBackup counts the backups of a release.
func (l *ledger) checkBackup(t *toll, r deploy.Release) {
	for _, s := range r.Steps {
		if s.Kind != deploy.KindBackup {
			continue
		}
		n := l.w.CloudSQL.BackupsWith(deploy.BackupDescription(r.ID, r.Version, s.Name))
		done := s.Status == deploy.Done
		switch {
		case n > 1:
			t.doubled("%s: %d backups of %s", r.ID, n, l.service)
		case done && (n == 0 || r.Backup == nil || r.Backup.State != deploy.RunDone):
			t.missing("%s: the backup of %s is done, and there are %d; the release has %+v", r.ID, l.service, n, r.Backup)
		}
	}
}
