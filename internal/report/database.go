package report

import (
	"fmt"

	"slipway/internal/deploy"
)

// databaseRows are what was done to the database, in a line each.
func (d *document) databaseRows(row func(name, value string)) {
	r := d.r
	if r.Kind == deploy.Restore && r.Restore != nil {
		row("Restore", restored(*r.Restore))
	}
	if b := r.Backup; b != nil {
		row("Backup", backup(*b))
	}
	for _, w := range r.Waivers {
		if w.Item == deploy.WithoutBackup {
			row("Backup", fmt.Sprintf("none, waived by %s%s", d.who(w.By), because(w.Reason)))
		}
	}
	if r.Schema != nil {
		row("Schema", d.schema())
	}
}

func restored(p deploy.RestorePlan) string {
	text := "to " + inline(p.Says())
	if p.Backup != "" {
		text += ", from backup " + code(p.Backup)
	}
	if !p.At.IsZero() {
		text += ", as it was at " + clock(p.At)
	}
	return text
}

func backup(b deploy.BackupRun) string {
	text := code(b.ID)
	if b.Size > 0 {
		text += ", " + deploy.Size(b.Size)
	}
	if !b.Ended.IsZero() {
		text += ", made at " + clock(b.Ended)
	}
	return text
}

// classes say what a change of the schema means for the version before.
var classes = map[deploy.SchemaClass]string{
	deploy.Unchanged: "the version before works with it", deploy.Expand: "expand: the version before works with it",
	deploy.Contract: "contract: the version before may not work with it", deploy.Unsure: "unknown: whether the version before works with it cannot be told",
}

func (d *document) schema() string {
	c := d.r.Schema
	if !c.Changed() {
		return fmt.Sprintf("%d, not changed", c.Before)
	}
	text := fmt.Sprintf("%d → %d (%s)", c.Before, c.After, classes[c.Class])
	switch d.r.State {
	case deploy.RollingBack, deploy.RolledBack, deploy.Failed:
		text += "; it stays"
	case deploy.Running, deploy.Waiting, deploy.Paused, deploy.Parked, deploy.Succeeded, deploy.Abandoned:
	}
	return text
}

// migrated is each script that was applied, with what it changed.
func (d *document) migrated() {
	c := d.r.Schema
	if !c.Changed() || len(c.Applied) == 0 {
		return
	}
	d.section("What was done to the schema")
	for _, a := range c.Applied {
		took := ""
		if a.Took > 0 {
			took = ", " + deploy.Took(a.Took)
		}
		d.line("- %s%s", code(a.Name), took)
		for _, change := range a.Changes {
			d.line("  - %s", code(change))
		}
	}
}

// across is what a rollback leaves of the schema.
func (d *document) across() {
	if len(d.r.Across) == 0 {
		return
	}
	d.section("What stays of the schema")
	for _, x := range d.r.Across {
		d.line("- %s, %s: schema %d → %d (%s)", inline(x.Version), code(string(x.Release)), x.Before, x.After, inline(string(x.Class)))
		for _, change := range x.Changes {
			d.line("  - %s", code(change))
		}
	}
}

// database is how the database did when the evidence was taken.
func (d *document) database() {
	if d.r.Incident != nil {
		d.list("What the database says", d.r.Incident.Database)
	}
}

// restoreWord is the state of a restore: what is said of others speaks of users and versions.
func restoreWord(r deploy.Release) string {
	if r.State != deploy.Failed {
		return stateWord(r.State)
	}
	for _, s := range r.Steps {
		if s.Kind == deploy.KindClone && !s.Begun.IsZero() { // what was asked for is made, whoever waits for it
			return "failed; the database is as it was, the new instance may be there"
		}
	}
	return "failed before anything was changed"
}
