package phase

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

// mostFiles is how many scripts are listed by name, and how many risks.
const mostFiles = 20

// migration works out what a release would do to the schema: which scripts are not applied yet, and what in them is
// risky. nil if it leaves it as it is. It changes nothing.
func (p Ports) migration(ctx context.Context, r deploy.Release) (*deploy.Migration, error) {
	if !r.Spec.Database.Migrates() {
		return nil, nil //nolint:nilnil // no migration is an answer: Proposal.Migration has it so
	}
	spec := *r.Spec.Database.Migrations
	if spec.Job != "" {
		return &deploy.Migration{Job: spec.Job, Class: deploy.Unsure}, nil
	}
	db, q, err := p.database(r)
	if err != nil {
		return nil, err
	}
	if p.Scripts == nil || p.SQL == nil {
		return nil, &deploy.Error{Code: deploy.Invalid, Op: "plan the migration", Msg: "this Slipway applies no migrations"}
	}
	var set deploy.ScriptSet
	var applied []deploy.AppliedScript
	var state deploy.DatabaseState
	errs := make([]error, 3)
	var all together
	all.begin(func() { set, errs[0] = p.Scripts.Fetch(ctx, spec.Source) })
	all.begin(func() { applied, errs[1] = db.Applied(ctx, q) })
	all.begin(func() { state, errs[2] = db.Measure(ctx, q) })
	all.wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	statements, err := p.read(ctx, set, applied)
	if err != nil {
		return nil, err
	}
	m, err := deploy.PlanMigration(spec, set, statements, applied, state.Tables)
	if err != nil {
		return nil, err
	}
	return &m, nil
}

// read takes the scripts apart that are not applied yet. One that cannot be read is named, and so are all others.
func (p Ports) read(ctx context.Context, set deploy.ScriptSet, applied []deploy.AppliedScript) (map[string][]deploy.Statement, error) {
	there := map[int64]bool{}
	for _, a := range applied {
		there[a.Version] = true
	}
	statements := map[string][]deploy.Statement{}
	var wrong []string
	for _, script := range set.Scripts {
		if there[script.Version] {
			continue
		}
		list, err := p.SQL.Read(ctx, script.SQL)
		switch {
		case deploy.CodeOf(err) == deploy.Invalid:
			wrong = append(wrong, script.Name+": "+deploy.Message(err))
		case err != nil && ctx.Err() != nil:
			return nil, &deploy.Error{Code: deploy.Unavailable, Op: "read " + script.Name, Msg: "there was no time to read " + script.Name, Err: errors.Join(err, ctx.Err())}
		case err != nil:
			return nil, err
		}
		statements[script.Name] = list
	}
	if len(wrong) > 0 {
		return nil, &deploy.Error{Code: deploy.Invalid, Op: "read the migrations of " + set.Source, Msg: strings.Join(wrong, "; "),
			Hint: "mend the files of " + set.Source + ", then deploy again"}
	}
	return statements, nil
}

// migrationNote is what becomes of the schema in words: a line with the whole, one for each file, and one for each
// statement that is risky.
func migrationNote(m *deploy.Migration, version string) string {
	switch {
	case m == nil:
		return ""
	case m.Job != "":
		return "\nschema: job " + m.Job + " migrates (" + classSays(deploy.Unsure, version) + ")"
	case len(m.Files) == 0:
		return fmt.Sprintf("\nschema stays at %d: nothing to apply", m.From)
	}
	text := fmt.Sprintf("\nschema %d → %d, %s (%s)", m.From, m.To, counted(len(m.Files), "file"), classSays(m.Class, version))
	for i, f := range m.Files {
		if i == mostFiles {
			text += fmt.Sprintf("\nand %d more", len(m.Files)-i)
			break
		}
		text += "\n" + f.Name + ", " + counted(f.Statements, "statement")
		if f.Alone {
			text += ", outside of a transaction"
		}
	}
	var risky []string
	for _, k := range m.Risks {
		risky = append(risky, riskSays(k))
	}
	return text + listed(risky, mostFiles)
}

// riskSays is risky: 014_x.sql line 3, public.users (2.1 GB, large): why. Safer: how.
func riskSays(k deploy.MigrationRisk) string {
	text := fmt.Sprintf("risky: %s line %d", k.File, k.Line)
	if k.Table != "" {
		text += ", " + k.Table
		switch {
		case k.Large:
			text += " (" + deploy.Size(k.Bytes) + ", large)"
		case k.Bytes > 0:
			text += " (" + deploy.Size(k.Bytes) + ")"
		}
	}
	text += ": " + k.Why
	if k.Safer != "" {
		text += "; safer: " + k.Safer
	}
	return text
}
