package deploy_test

import (
	"pgregory.net/rapid"

	"slipway/internal/deploy"
)

// anyDatabase is migrated by scripts, by a job or not at all; it may be off, and need no backup.
func anyDatabase(rt *rapid.T, s *deploy.Spec) {
	kept(s)
	d := s.Database
	d.Migrations.Approvals = rapid.IntRange(1, 3).Draw(rt, "approvals of migrations")
	switch rapid.SampledFrom([]string{"scripts", "scripts", "scripts", "job", "none"}).Draw(rt, "migrations") {
	case "job":
		d.Migrations = &deploy.MigrationSpec{Job: "migrate"}
	case "none":
		d.Migrations = nil
	}
	switch rapid.SampledFrom([]string{"on", "on", "on", "off", "skip"}).Draw(rt, "database") {
	case "off":
		off(s)
	case "skip":
		d.Backup.Skip = "made each hour"
	}
}

// anyMigration is what a look at the scripts and at the database finds.
func anyMigration(rt *rapid.T) *deploy.Migration {
	small, large := rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(rt, "small"), rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(rt, "large")
	return &deploy.Migration{Source: "migrations", Hash: rapid.SampledFrom([]string{"a", "a", "a", "b"}).Draw(rt, "scripts"), From: 13, To: 14,
		Risks: risks(small, large)}
}

// leftOut says whether a step has ended without having begun: the catalog, or somebody, wants nothing of it.
func leftOut(s deploy.Step) bool { return s.Status == deploy.Skipped && s.Begun.IsZero() }

// checkKept: nothing is changed before it is backed up, unless the catalog or an approver goes without, and what the
// catalog leaves out stays so. What has become of the schema is never forgotten.
func checkKept(rt *rapid.T, before, after deploy.Release) {
	if before.Schema.Changed() && !after.Schema.Changed() {
		rt.Fatalf("the schema %+v is forgotten: %+v", before.Schema, after.Schema)
	}
	d := after.Spec.Database
	if d == nil {
		return
	}
	made := stepNamed(after, backup)
	waiver, waived := after.Waived(deploy.WithoutBackup)
	switch {
	case d.Off != "", d.Backup.Skip != "":
		if !leftOut(made) || waived {
			rt.Fatalf("the catalog wants no backup: %+v, %+v", made, after.Waivers)
		}
	case after.Touched() && made.Status != deploy.Done && !waived:
		rt.Fatalf("it is changed, and not backed up: %+v", made)
	case waived && (waiver.By == "U0ALICE" || waiver.Reason == "" || made.Status != deploy.Skipped):
		rt.Fatalf("there is %+v, and the backup is %+v", waiver, made)
	}
	if s := stepNamed(after, migrate); d.Off != "" && s.Name != "" && !leftOut(s) {
		rt.Fatalf("the database is off: %+v", s)
	}
}
