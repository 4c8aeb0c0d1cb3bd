package report_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/report"
)

// migrated is a release that was taken back after it had taken something away from the schema.
func migrated() deploy.Release {
	r := back()
	r.Backup = &deploy.BackupRun{ID: "1718000000042", State: deploy.RunDone, Size: 2254857830, Ended: at(1, 0)}
	r.Schema = &deploy.Schema{Before: 13, After: 15, Class: deploy.Contract, Done: true, Applied: []deploy.AppliedScript{
		{Version: 14, Name: "014_add_user_preferences.sql", Took: 400 * time.Millisecond, Changes: []string{"+ table public.user_preferences (3 columns)"}},
		{Version: 15, Name: "015_drop_nick.sql", Changes: []string{"− column public.users.nick (text)"}}}}
	r.Steps = append([]deploy.Step{{Name: "preflight/approve", Kind: deploy.KindGate, Phase: deploy.Preflight, Ask: deploy.AskRisky, Status: deploy.Done, EndedAt: at(1, 0)}}, r.Steps...)
	r.Incident.Database = []string{"schema at 15 after 015_drop_nick.sql (contract: v1.2.3 may not work with it)", "26 connections wait for a lock"}
	return r
}

// across is a rollback that leaves a schema behind.
func across() deploy.Release {
	r := deploy.Release{ID: "coditect-app-43", Kind: deploy.Rollback, Target: deploy.Target{Service: "coditect-app", Environment: "production"}, Version: "v1.2.3", Requester: "U0ALICE",
		Created: at(0, 0), Ended: at(5, 0), State: deploy.RolledBack, By: "U0ALICE", Left: deploy.Left{Version: "v1.2.4"}}
	r.Across = []deploy.Crossing{{Release: "coditect-app-42", Version: "v1.2.4", Class: deploy.Contract, Before: 13, After: 15, Changes: []string{"− column public.users.nick (text)"}}}
	r.Steps = []deploy.Step{{Name: "rollback/agree", Kind: deploy.KindGate, Phase: deploy.BackTraffic, Needed: 1, Status: deploy.Done, Approvals: []deploy.Approval{{By: "U0BOB", At: at(1, 0)}}}}
	return r
}

// restored is a restore in place that was stopped.
func restored() deploy.Release {
	r := across()
	r.Kind, r.Version, r.Left, r.Across, r.State, r.Reason = deploy.Restore, "", deploy.Left{}, nil, deploy.Failed, "rows are lost"
	r.Restore = &deploy.RestorePlan{Instance: deploy.InstanceRef{Kind: deploy.CloudSQL, Project: "p", Name: "coditect-postgres"}, InPlace: true, Backup: "1718000000041", At: at(-30, 0)}
	r.Steps = []deploy.Step{{Name: "restore/agree", Kind: deploy.KindGate, Phase: deploy.BackDatabase, Needed: 1, Status: deploy.Done, Approvals: []deploy.Approval{{By: "U0BOB", At: at(1, 0)}}}}
	return r
}

func TestTheReportSaysWhatBecameOfTheDatabase(t *testing.T) {
	t.Parallel()
	waived := migrated()
	waived.Backup = nil
	waived.Waivers = []deploy.Waiver{{Item: deploy.WithoutBackup, Text: "a backup of the database", By: "U0BOB", At: at(1, 0), Reason: "only an index"}}
	untouched := migrated()
	untouched.Schema = &deploy.Schema{Before: 13, After: 13}
	cloning := restored()
	cloning.Restore.InPlace, cloning.Restore.Clone = false, "coditect-postgres-rollback-43"
	cloning.Steps = []deploy.Step{{Name: "restore/clone", Kind: deploy.KindClone, Phase: deploy.BackDatabase, Begun: at(1, 0), EndedAt: at(2, 0), Status: deploy.Broken}}
	for want, r := range map[string]deploy.Release{
		"failed; the database is as it was, the new instance may be there":                   cloning,
		"failed before anything was changed":                                                 restored(),
		"| Schema | 13 → 15 (contract: the version before may not work with it); it stays |": migrated(),
		"| Backup | none, waived by Bob \\| Ops, because: only an index |":                   waived,
		"| Schema | 13, not changed |":                                                       untouched,
	} {
		if got := report.Markdown(r, nil, people); !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	for wrong, r := range map[string]deploy.Release{"\n- 0 % went ahead by itself": migrated(), "## Next": restored(), "## Impact": restored(), "users": restored()} {
		if got := report.Markdown(r, nil, people); strings.Contains(got, wrong) {
			t.Errorf("%q is in\n%s", wrong, got)
		}
	}
}
