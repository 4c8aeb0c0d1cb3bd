package phase

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// settle makes sure that nothing of a migration goes on once users are back on the former version, and says which schema
// it finds there: that stays. It may die anywhere: the database is settled again with the same epoch.
func (p Ports) settle(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	begun := slices.ContainsFunc(r.Steps, func(s deploy.Step) bool { return s.Kind == deploy.KindMigrate && !s.Begun.IsZero() })
	if !begun {
		return deploy.Outcome{Facts: r.Facts, Note: untouched(r)}, nil
	}
	db, q, err := p.database(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	version, err := db.Settle(ctx, q, r.Epoch)
	if err != nil {
		return deploy.Outcome{}, byAnother(err)
	}
	var m deploy.Migration
	if r.Proposal != nil && r.Proposal.Migration != nil {
		m = *r.Proposal.Migration
	}
	schema := schemaOf(r, m)
	schema.After = version
	out := deploy.Outcome{Facts: r.Facts, Schema: &schema}
	rows, err := db.Applied(ctx, q)
	if err != nil {
		return out, err
	}
	schema.Applied = ofRelease(rows, r.ID)
	if len(schema.Applied) < len(m.Files) { // what was not applied does not count
		schema.Class = m.ClassOf(schema.Applied)
	}
	out.Note = settled(r, m, schema, halfMade(ctx, db, q, m, schema))
	return out, nil
}

// untouched is what a release that has not migrated says of the schema. One that goes back across changes of others leaves
// what they have made.
func untouched(r deploy.Release) string {
	if len(r.Across) == 0 {
		return "the schema was not touched"
	}
	class, after := deploy.Unchanged, int64(0)
	for _, x := range r.Across {
		class, after = class.Worse(x.Class), max(after, x.After)
	}
	return fmt.Sprintf("schema stays at %d (%s)", after, staysSays(class, r.Facts.Baseline.Version))
}

// settled is schema stays at 14 (expand: safe to roll back), or that it is as it was.
func settled(r deploy.Release, m deploy.Migration, schema deploy.Schema, half string) string {
	if !schema.Changed() && half == "" {
		return fmt.Sprintf("schema at %d, as before: nothing of the migration is left behind", schema.After)
	}
	if !schema.Changed() {
		return fmt.Sprintf("schema at %d, as before%s", schema.After, half)
	}
	text := fmt.Sprintf("schema stays at %d", schema.After)
	if len(schema.Applied) < len(m.Files) {
		text += fmt.Sprintf(", %d of %s applied", len(schema.Applied), counted(len(m.Files), "file"))
	}
	return text + " (" + staysSays(schema.Class, r.Facts.Baseline.Version) + ")" + half
}

// halfMade looks what the script that came next has left, if it was one that no transaction holds. What cannot be told is
// not said.
func halfMade(ctx context.Context, db deploy.Databases, q deploy.DatabaseQuery, m deploy.Migration, schema deploy.Schema) string {
	next := nextFile(m, schema)
	if next == len(m.Files) || !m.Files[next].Alone {
		return ""
	}
	report, err := db.Examine(ctx, q)
	bad := slices.DeleteFunc(report.Invalid, func(what string) bool { return !strings.HasPrefix(what, "index ") })
	if err != nil || len(bad) == 0 {
		return ""
	}
	return "; not valid: " + strings.Join(bad, ", ") + ", which " + m.Files[next].Name + " may have left half made: its next run goes on with it"
}

// staysSays is a class in words, for whoever is back on a version already.
func staysSays(c deploy.SchemaClass, version string) string {
	if version == "" {
		version = "the version before"
	}
	switch c {
	case deploy.Unchanged:
		return "no change of the schema: " + version + " works with it"
	case deploy.Expand:
		return "expand: " + version + " works with it"
	case deploy.Contract, deploy.Unsure:
	}
	return classSays(c, version)
}
