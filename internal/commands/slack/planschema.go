package slack

import (
	"fmt"

	"slipway/internal/deploy"
)

// What a plan shows at most of a migration; the scripts themselves have all of it.
const (
	mostScripts = 20
	mostRisks   = 15
)

// counts writes a number with its word: 1 file, 2 files.
func counts(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return thousands(int64(n)) + " " + word + "s"
}

// worksWith is a class of change in words. before names what ran before it, escaped.
func worksWith(c deploy.SchemaClass, before string) string {
	switch c {
	case deploy.Expand:
		return "expand: " + before + " works with it"
	case deploy.Contract:
		return "contract: " + before + " may not work with it"
	case deploy.Unsure:
		return "unknown: whether " + before + " works with it cannot be told from the statements"
	case deploy.Unchanged:
	}
	return before + " works with it"
}

// safeBack says the same in the few words that a line of the parent has.
func safeBack(c deploy.SchemaClass) string {
	switch c {
	case deploy.Contract:
		return "contract: the version before may not work with it"
	case deploy.Unsure:
		return "unknown: whether it is safe to roll back cannot be told"
	case deploy.Expand:
		return "expand: safe to roll back"
	case deploy.Unchanged:
	}
	return "safe to roll back"
}

// databaseLines say what a plan does to the database, and what of that is risky. Where there is none they say nothing.
func databaseLines(r *deploy.Release) []string {
	d, m := r.Spec.Database, r.Proposal.Migration
	switch {
	case d == nil && m == nil:
		return nil
	case d != nil && d.Off != "":
		return []string{"*Database*  left alone: " + esc(cut(oneLine(d.Off), mostNote))}
	case m == nil:
		return []string{"*Database*  its schema stays as it is", backupLine(d)}
	case m.Job != "":
		return []string{"*Database*  migrated by the job " + code(cut(m.Job, mostName)) + "; what it does is not known", backupLine(d)}
	case len(m.Files) == 0:
		return []string{fmt.Sprintf("*Database*  schema stays at %d: nothing in %s is new", m.From, esc(cut(m.Source, mostNote))), backupLine(d)}
	}
	lines := []string{fmt.Sprintf("*Database*  schema %d → %d, %s from %s (%s)", m.From, m.To, counts(len(m.Files), "file"), esc(cut(m.Source, mostNote)), worksWith(m.Class, esc(returnsTo(r))))}
	for _, f := range m.Files[:min(len(m.Files), mostScripts)] {
		line := "• " + code(cut(f.Name, mostNote)) + "  " + counts(f.Statements, "statement")
		if f.Alone {
			line += ", outside of a transaction"
		}
		lines = append(lines, line)
	}
	if more := len(m.Files) - mostScripts; more > 0 {
		lines = append(lines, fmt.Sprintf("and %s more", counts(more, "file")))
	}
	return append(append(lines, riskLines(m)...), backupLine(d))
}

// backupLine says whether there will be something to come back to.
func backupLine(d *deploy.DatabaseSpec) string {
	switch {
	case d == nil:
		return ""
	case d.Backup.Skip != "":
		return "*Backup*  none: " + esc(cut(oneLine(d.Backup.Skip), mostNote))
	}
	return "*Backup*  of the database first"
}

// riskLines are the statements that need people, each with why, and a safer way.
func riskLines(m *deploy.Migration) (lines []string) {
	if len(m.Risks) == 0 {
		return nil
	}
	lines = append(lines, "*Risky*  "+riskCount(m))
	for _, k := range m.Risks[:min(len(m.Risks), mostRisks)] {
		at := code(fmt.Sprintf("%s:%d", cut(k.File, mostName), k.Line)) + "  " + code(cut(oneLine(k.Text), mostNote))
		about := ""
		if k.Table != "" {
			about = "on " + esc(cut(k.Table, mostName))
			if k.Bytes > 0 {
				about += ", " + deploy.Size(k.Bytes)
			}
			if k.Large {
				about += ", *a large table*"
			}
			about += ": "
		}
		lines = append(lines, joinLines("▲ "+at, "> "+about+esc(cut(oneLine(k.Why), mostNote))))
		if k.Safer != "" {
			lines = append(lines, "> Safer: "+esc(cut(oneLine(k.Safer), mostNote)))
		}
	}
	if more := len(m.Risks) - mostRisks; more > 0 {
		lines = append(lines, fmt.Sprintf("and %s more", counts(more, "risky statement")))
	}
	return lines
}

// riskCount is how many statements are risky, and how many of those on large tables.
func riskCount(m *deploy.Migration) string {
	large := 0
	for _, k := range m.Risks {
		if k.Large {
			large++
		}
	}
	text := counts(len(m.Risks), "statement")
	if large > 0 {
		text += fmt.Sprintf(", %d on large tables", large)
	}
	return text
}

// databaseNote is a migration in a few words.
func databaseNote(m *deploy.Migration) string {
	switch {
	case m == nil:
		return ""
	case m.Job != "":
		return ", migrated by a job"
	case len(m.Files) == 0:
		return ""
	case len(m.Risks) > 0:
		return fmt.Sprintf(", schema %d → %d with %s", m.From, m.To, counts(len(m.Risks), "risky statement"))
	}
	return fmt.Sprintf(", schema %d → %d", m.From, m.To)
}
