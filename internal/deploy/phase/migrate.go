package phase

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// nextScript is the pause between two scripts: the time in which what came of the first is stored.
const nextScript = time.Millisecond

// migrate carries the scripts of the plan out, one in each run. Which one is next follows from what is stored, and is
// stored before it is sent: the first run only looks and names it. If a run dies before the database has committed,
// nothing of the script is there, or of one that is run alone its mark is; if after, applying it again finds it
// applied, and gives what it changed. Either way it is once.
func (p Ports) migrate(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	m, err := planned(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	schema := schemaOf(r, m)
	if len(m.Files) == 0 {
		schema.Done = true
		return deploy.Outcome{Facts: r.Facts, Schema: &schema, Note: fmt.Sprintf("nothing to apply, schema %d", schema.After)}, nil
	}
	db, q, err := p.database(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	scripts, err := p.approved(ctx, r, m)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if s.Looks == 0 {
		return begin(ctx, db, q, r, m, schema)
	}
	next := nextFile(m, schema)
	if next == len(m.Files) {
		return applied(r, m, schema, ""), nil
	}
	file := m.Files[next]
	script := scripts[file.Version]
	script.Alone = file.Alone
	done, err := db.Apply(ctx, deploy.ApplyRequest{DatabaseQuery: q, Release: r.ID, Epoch: r.Epoch, After: schema.After, Script: script,
		Checks: checksOf(*r.Spec.Database.Migrations, file.Version, next == len(m.Files)-1)})
	if err != nil {
		return deploy.Outcome{}, byAnother(err)
	}
	schema.After = max(schema.After, file.Version)
	what := fmt.Sprintf("%s was applied before%s", file.Name, by(done.Release))
	if done.Release == r.ID {
		schema.Applied = append(schema.Applied, done)
		what = fmt.Sprintf("%s applied in %s", file.Name, deploy.Took(done.Took))
	}
	return applied(r, m, schema, what), nil
}

// approved fetches the scripts, and makes sure that they are those that were agreed to.
func (p Ports) approved(ctx context.Context, r deploy.Release, m deploy.Migration) (map[int64]deploy.Script, error) {
	if p.Scripts == nil {
		return nil, &deploy.Error{Code: deploy.Invalid, Op: "fetch the migrations", Msg: "this Slipway fetches no migrations"}
	}
	set, err := p.Scripts.Fetch(ctx, r.Spec.Database.Migrations.Source)
	if err != nil {
		return nil, err
	}
	if set.Hash != m.Hash {
		return nil, &deploy.Error{Code: deploy.Invalid, Op: "fetch the migrations", Msg: "the scripts of " + m.Source + " have changed since they were approved",
			Hint: "deploy again: what they are now is shown and approved then"}
	}
	scripts := map[int64]deploy.Script{}
	for _, script := range set.Scripts {
		scripts[script.Version] = script
	}
	return scripts, nil
}

// begin looks which scripts of the plan are applied already, whoever did that, and names the first that is not.
func begin(ctx context.Context, db deploy.Databases, q deploy.DatabaseQuery, r deploy.Release, m deploy.Migration, schema deploy.Schema) (deploy.Outcome, error) {
	rows, err := db.Applied(ctx, q)
	if err != nil {
		return deploy.Outcome{}, err
	}
	schema.Applied = ofRelease(rows, r.ID)
	there := map[int64]deploy.AppliedScript{}
	for _, row := range rows {
		there[row.Version] = row
		schema.After = max(schema.After, row.Version)
	}
	for _, file := range m.Files {
		row, is := there[file.Version]
		switch {
		case file.Version > schema.After:
		case !is:
			return deploy.Outcome{Facts: r.Facts, Schema: &schema}, &deploy.Error{Code: deploy.Invalid, Op: "begin the migration",
				Msg: fmt.Sprintf("the schema is at %d, and %s was never applied", schema.After, file.Name), Hint: "look at what else changes this database, then deploy again"}
		case row.Sum != "" && row.Sum != file.Sum:
			return deploy.Outcome{Facts: r.Facts, Schema: &schema}, &deploy.Error{Code: deploy.Invalid, Op: "begin the migration",
				Msg: fmt.Sprintf("%s was applied%s meanwhile, with another content", file.Name, by(row.Release)), Hint: "look at what else changes this database, then deploy again"}
		}
	}
	return applied(r, m, schema, ""), nil
}

// applied says how far it has come: what was done, and what is next. There is no other place that ends the step.
func applied(r deploy.Release, m deploy.Migration, schema deploy.Schema, what string) deploy.Outcome {
	out := deploy.Outcome{Facts: r.Facts, Schema: &schema, Note: what}
	next := nextFile(m, schema)
	if next < len(m.Files) {
		out.Again = nextScript
		if what != "" {
			out.Note += "; "
		}
		out.Note += fmt.Sprintf("running %s (%d of %d)", m.Files[next].Name, next+1, len(m.Files))
		if m.Files[next].Alone {
			out.Note += ", outside of a transaction"
		}
		return out
	}
	schema.Done = true
	out.Note = fmt.Sprintf("%s, schema %d → %d (%s)", counted(len(schema.Applied), "file"), schema.Before, schema.After, classSays(m.Class, r.Facts.Baseline.Version))
	var lines []string
	for _, a := range schema.Applied {
		lines = append(append(lines, a.Name+", "+deploy.Took(a.Took)), a.Changes...)
	}
	out.Note += listed(lines, mostLines)
	return out
}

// mostLines is how many lines of a note say what was done; all of it stands with the release.
const mostLines = 100

// listed are lines below a note, at most so many of them.
func listed(lines []string, most int) string {
	if more := len(lines) - most; more > 0 {
		lines = append(slices.Clone(lines[:most]), "and "+deploy.Thousands(int64(more))+" more lines")
	}
	if len(lines) == 0 {
		return ""
	}
	return "\n" + strings.Join(lines, "\n")
}

// schemaOf is what is known of the schema so far.
func schemaOf(r deploy.Release, m deploy.Migration) deploy.Schema {
	if r.Schema == nil {
		return deploy.Schema{Before: m.From, After: m.From, Class: m.Class, Hash: m.Hash}
	}
	schema := *r.Schema
	schema.Applied = slices.Clone(schema.Applied)
	return schema
}

// nextFile is the index of the first that is above the version of the schema: the files rise.
func nextFile(m deploy.Migration, schema deploy.Schema) int {
	for i, file := range m.Files {
		if file.Version > schema.After {
			return i
		}
	}
	return len(m.Files)
}

// checksOf are those that are made with a script: its own, and with the last one those of the whole.
func checksOf(spec deploy.MigrationSpec, version int64, last bool) []deploy.SQLCheck {
	var list []deploy.SQLCheck
	for _, c := range spec.Checks {
		if c.After == version || c.After == 0 && last {
			list = append(list, c)
		}
	}
	return list
}

// ofRelease are the scripts that a release has applied, oldest first.
func ofRelease(rows []deploy.AppliedScript, id deploy.ReleaseID) []deploy.AppliedScript {
	var list []deploy.AppliedScript
	for _, row := range rows {
		if row.Release == id {
			list = append(list, row)
		}
	}
	return list
}

func by(id deploy.ReleaseID) string {
	if id == "" {
		return ""
	}
	return " by " + string(id)
}

// names are the names of scripts: 014_a.sql, 015_b.sql.
func names(list []deploy.AppliedScript) string {
	var all []string
	for _, a := range list {
		all = append(all, a.Name)
	}
	return strings.Join(all, ", ")
}
