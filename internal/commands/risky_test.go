package commands_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// drops is a migration with something risky.
func drops() *deploy.Migration {
	return &deploy.Migration{Source: "gs://p-migrations/v1/", Hash: "h", From: 13, To: 15, Class: deploy.Contract,
		Files: []deploy.MigrationFile{{Version: 14, Name: "014_add.sql", Alone: true}, {Version: 15, Name: "015_drop.sql"}},
		Risks: []deploy.MigrationRisk{{Risk: deploy.Risk{Rule: "drop-column", Table: "public.users", Why: "the version before may read it.", Safer: "drop it one release later."},
			File: "015_drop.sql", Line: 3, Text: "ALTER TABLE users DROP COLUMN name", Large: true, Bytes: 3 << 30}}}
}

// risking is a world in which coditect-app-1 waits for people to agree to that migration.
func risking(t *testing.T) *world {
	t.Helper()
	w, _ := stored(t)
	policy := w.catalog.policy[production]
	policy.RequesterMayApprove = true // not what is risky
	w.catalog.policy[production] = policy
	w.migration = drops()
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	if r := w.drive("coditect-app-1"); r.State != deploy.Waiting {
		t.Fatalf("the release is %s: %s", r.State, r.Why)
	}
	return w
}

func TestRiskyStatementsTakeOthers(t *testing.T) {
	t.Parallel()
	w := risking(t)
	short := w.get("coditect-app-1").Proposal.Short()
	has(t, w.says("UDAVE", "/deploy status"), "is at Preflight and waits since 2026-03-02 14:00 UTC for 2 approvals of the plan from @oncall, not from @UALICE")
	refusal := "You asked for coditect-app-1 yourself, so somebody else has to approve it: its migration has 1 risky statement. Approvers: @oncall."
	has(t, w.says("UALICE", "/promote coditect-app"), refusal)
	has(t, w.agrees("UALICE", w.get("coditect-app-1").Proposal.Hash), refusal)
	has(t, w.presses("UBOB", commands.Details, "coditect-app-1", ""), "Plan: "+short+", no settings changed, 2 scripts, schema 13 → 15 (contract), 1 risky statement")
	if got := w.inbox("coditect-app-1"); len(got) != 0 {
		t.Fatalf("stored: %v", got)
	}
	has(t, w.says("UBOB", "/promote coditect-app"), "Your approval of the plan "+short+" for coditect-app-1 is stored. It still needs 1 approval from @oncall.")
	w.drive("coditect-app-1")
	has(t, w.says("UCAROL", "/promote coditect-app"), "It begins once it is certain that the plan is still the same")
	if r := w.drive("coditect-app-1"); r.Facts.Share != 10 {
		t.Errorf("the release is %s at %d %%", r.State, r.Facts.Share)
	}
}

func TestWhoeverAskedHearsThatItIsRiskyWhateverThePolicySays(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.migration = drops()
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	has(t, w.says("UALICE", "/promote coditect-app"), "somebody else has to approve it: its migration has 1 risky statement. Approvers: @oncall.")
}

func TestAPlanOfManyScriptsIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	many := drops()
	for i := range 200 {
		many.Files = append(many.Files, deploy.MigrationFile{Version: int64(100 + i), Name: fmt.Sprintf("%d_%s.sql", 100+i, strings.Repeat("x", 90))})
		many.Risks = append(many.Risks, many.Risks[0])
	}
	w.planner = foresees{many}
	w.handler = w.over(w.store)
	got := w.says("UALICE", "/deploy coditect-app v1.2.4 --plan")
	has(t, got, "Migration: 202 scripts, schema 13 → 15 (contract), 201 risky statements.\n014_add.sql", "_xxx", "\nand 182 more\nRisky, ", "and 191 more risky statements", "To start it: ")
	if len(got) > 10_000 {
		t.Errorf("%d characters", len(got))
	}
}

func TestAPlanWithNothingRiskyAsksNobody(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	has(t, w.says("UDAVE", "/deploy status"), "left, not counting an approval.")
	has(t, w.says("UBOB", "/promote coditect-app"), "Nothing waits for approval", "It asks for 50 % at about")
	if r := w.drive("coditect-app-1"); r.Facts.Share != 10 {
		t.Fatalf("the release is %s at %d %%", r.State, r.Facts.Share)
	}
	has(t, w.agrees("UBOB", "whatever"), "The plan needed no approval: nothing in it was risky. It went on by itself just now.")
}

// foresees says what a release would change.
type foresees struct{ migration *deploy.Migration }

func (f foresees) Look(_ context.Context, r deploy.Release) (deploy.Release, error) {
	return r, nil
}

func (f foresees) Propose(_ context.Context, r deploy.Release) (deploy.Proposal, error) {
	p := deploy.NewProposal(r, nil, "")
	p.Migration = f.migration
	return p.Seal(r), nil
}

func TestThePlanOfAMigration(t *testing.T) {
	t.Parallel()
	w, _ := stored(t)
	w.catalog.database.Limits = deploy.DatabaseLimits{Connections: 0.8, Lag: 10e9, Transaction: 300e9, Size: 500 << 30}
	w.catalog.database.Validate = true
	w.catalog.database.Migrations.Checks = []deploy.SQLCheck{{Name: "a"}, {Name: "b"}}
	w.planner = foresees{drops()}
	w.handler = w.over(w.store)
	got := w.says("UALICE", "/deploy coditect-app v1.2.4 --plan")
	has(t, got,
		"Preflight: if the migration has risky statements, waits for 1 approval from @oncall, not from who starts it, 1 h at most; else goes on\n",
		"Backup: a backup of "+instance+", 30 min at most; if it fails the release is held\n",
		"Migrate: the database coditect must keep its limits: at most 80 % of its connections in use, no transaction open for longer than 5 min, replicas at most 10 s behind, at most 500 GiB\n",
		"Migrate: the scripts of gs://p-migrations/v1/ that are not applied yet, each in a transaction of its own, with 2 checks before it is committed\n",
		"Validate: the database coditect is looked over: sizes",
		"Migration: 2 scripts, schema 13 → 15 (contract), 1 risky statement.\n014_add.sql, outside of a transaction\n015_drop.sql\n"+
			"Risky, 015_drop.sql line 3: ALTER TABLE users DROP COLUMN name: the version before may read it (public.users has 3.0 GiB). Safer: drop it one release later.\n",
		"; it takes 2 approvals of exactly that, of other people than who starts it.",
		"It can be rolled back at any step; what it has changed in the schema then stays.")

	w.catalog.database.Off = "PostgreSQL is not installed"
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --plan"), "Backup: no backup: PostgreSQL is not installed\n", "Migrate: not migrated: PostgreSQL is not installed\n")
	w.catalog.database.Off, w.catalog.database.Migrations = "", &deploy.MigrationSpec{Job: "coditect-migrate", Args: []string{"migrate", "up"}}
	has(t, w.says("UALICE", "/deploy coditect-app v1.2.4 --plan"), "Migrate: the job coditect-migrate migrate up migrates the database, with the image that is released\n")
}

func TestDetailsOfAMigration(t *testing.T) {
	t.Parallel()
	w := migrated(t, deploy.Contract)
	w.rewrite("coditect-app-2", func(r *deploy.Release) { r.Backup = &deploy.BackupRun{ID: "1718", Size: 21 << 30 / 10} })
	has(t, w.presses("UDAVE", commands.Details, "coditect-app-2", ""), "\nBackup: 1718, 2.1 GiB\nSchema: 13 → 14 (contract), 014_drop_user_name.sql\n")
	if d := cmp.Diff(deploy.Contract, w.get("coditect-app-2").Schema.Class); d != "" {
		t.Error(d)
	}
}
