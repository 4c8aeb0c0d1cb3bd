package phase

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// examine looks for what is wrong with the database now that all users are on the new version. What may pass is looked
// at again until the step's time is up. An index that is not valid counts only if this release made it: what was so
// before is no reason to go back. A constraint that is not valid may be meant so, and is only said. It changes nothing,
// and may die anywhere.
func (p Ports) examine(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	d := r.Spec.Database
	if d != nil && !logsIn(d) {
		return deploy.Outcome{Facts: r.Facts, Note: "not examined: the catalog names neither a login nor a user of the database"}, nil
	}
	db, q, err := p.database(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	report, err := db.Examine(ctx, q)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if bad := invalidOf(report, r.Schema); len(bad) > 0 {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "examine the database", Msg: "not valid, and made by this release: " + strings.Join(bad, ", "),
			Hint: "drop it concurrently and make it again"}
	}
	over := overLimits(d.Limits, deploy.DatabaseState{Size: report.Size, Connections: report.Connections, MaxConnections: report.MaxConnections,
		Replicas: report.Replicas, Lag: report.Lag})
	if len(over) > 0 {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.NotYet, Op: "examine the database", Msg: "the database " + d.Name + ": " + strings.Join(over, "; ")}
	}
	return deploy.Outcome{Facts: r.Facts, Note: examined(report)}, nil
}

// invalidOf are the indexes that are not valid and that the release's own scripts have made.
func invalidOf(report deploy.DatabaseReport, schema *deploy.Schema) []string {
	if schema == nil {
		return nil
	}
	var list []string
	for _, what := range report.Invalid {
		name, isIndex := strings.CutPrefix(what, "index ")
		name, _, _ = strings.Cut(name, " on ")
		made := slices.ContainsFunc(schema.Applied, func(a deploy.AppliedScript) bool {
			return slices.ContainsFunc(a.Changes, func(c string) bool { return madeIndex(c, name) })
		})
		if isIndex && made {
			list = append(list, what)
		}
	}
	return list
}

// madeIndex says whether a change of the schema is that an index came, which is in the schema of its table.
func madeIndex(change, name string) bool {
	rest, is := strings.CutPrefix(change, "+ index ")
	if !is {
		return false
	}
	made, table, _ := strings.Cut(rest, " on ")
	if schema, _, in := strings.Cut(table, "."); in {
		made = schema + "." + made
	}
	return strings.TrimPrefix(made, "public.") == strings.TrimPrefix(name, "public.")
}

// examined is a report in words, the least first that is read in a hurry.
func examined(d deploy.DatabaseReport) string {
	text := deploy.Size(d.Size) + " in " + counted(d.TableCount, "table")
	if len(d.Tables) > 0 {
		text += fmt.Sprintf(" (largest: %s %s)", d.Tables[0].Name, deploy.Size(d.Tables[0].Bytes))
	}
	text += ", " + counted(d.ForeignKeys, "foreign key") + ", " + connections(d.Connections, d.MaxConnections) + lagOf(d.Replicas, d.Lag)
	if d.Blocked > 0 {
		text += ", " + waiting(d.Blocked)
	}
	if len(d.Invalid) == 0 {
		text += ", no invalid index"
	} else {
		text += ", not valid: " + strings.Join(d.Invalid, ", ")
	}
	if !d.Statements {
		return text + "; which statements are slow is not known without pg_stat_statements"
	}
	if len(d.Slow) > 0 {
		text += "; slowest: " + slowly(d.Slow[0])
	}
	return text
}

// waiting is 2 connections wait for a lock.
func waiting(n int) string {
	if n == 1 {
		return "1 connection waits for a lock"
	}
	return fmt.Sprintf("%d connections wait for a lock", n)
}

// shownOfQuery is how much of a statement is shown.
const shownOfQuery = 80

// slowly is SELECT … mean 12 ms (4,118 calls). PostgreSQL keeps statements without their values; of one that has a text
// in quotes all the same, as commands about roles have, only the first word is shown.
func slowly(q deploy.SlowQuery) string {
	text := strings.Join(strings.Fields(q.Text), " ")
	if strings.ContainsAny(text, "'") || strings.Contains(text, "$$") {
		text, _, _ = strings.Cut(text, " ")
		text += " …"
	}
	if len(text) > shownOfQuery {
		text = strings.ToValidUTF8(text[:shownOfQuery], "") + "…"
	}
	return fmt.Sprintf("%s, mean %s (%s)", text, deploy.Millis(q.Mean), counted(int(q.Calls), "call"))
}
