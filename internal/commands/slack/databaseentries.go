package slack

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"slipway/internal/deploy"
)

// verbatim is a line of evidence that people compare or copy: what a script did to the schema, and what to type.
var verbatim = regexp.MustCompile(`^\s*([-+~−±] |\$ |(gcloud|psql|kubectl|aws|bot|/deploy|/rollback) )`)

// copyable is a line of a step's evidence, as code where it is to be read letter by letter.
func copyable(line string) string {
	if verbatim.MatchString(line) {
		return code(strings.TrimPrefix(strings.TrimSpace(line), "$ "))
	}
	return esc(line)
}

// What an entry about the database says at most. A command that is cut is worse than none.
const (
	mostLine     = 1000
	mostEvidence = mostSection - mostLine
)

// databaseEvidence is evidence whose lines are read one by one. What does not fit into one entry is counted.
func databaseEvidence(text string) string {
	lines, room := strings.Split(strings.TrimSpace(text), "\n"), mostEvidence
	for i, l := range lines {
		l = "> " + copyable(cut(strings.TrimRight(l, " \t\r"), mostLine))
		if room -= utf8.RuneCountInString(l) + 1; room < 0 && i > 0 {
			return strings.Join(append(lines[:i], "> and "+counts(len(lines)-i, "more line")), "\n")
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}

// databaseEntry is what came of a step about the database. ok is false for any other entry.
func databaseEntry(r *deploy.Release, e deploy.Entry, u deploy.Usual) (text string, ok bool) {
	s, known := stepOf(r, e.Step)
	if !known || !ofDatabase(s) {
		return "", false
	}
	sign, slow, said := "✓", "", e.Text
	switch e.Kind {
	case deploy.EntryOutcome:
		if s.Status == deploy.Skipped { // why not is what it says
			sign = "–"
		}
		s.Status, s.EndedAt, s.Begun = deploy.Done, e.At, e.At.Add(-time.Duration(e.Took)*time.Millisecond)
		if u.Slow(s, e.At) {
			slow = "slow, usually " + deploy.Took(u.Step(s))
		}
	case deploy.EntryFailure:
		sign = "✗"
		if s.Kind == deploy.KindMigrate {
			said = joinLines(said, appliedSoFar(r))
		}
	case deploy.EntryProgress:
		if s.Kind == deploy.KindMigrate && appliedOne(r, e.Text) {
			return "✓ " + esc(oneLine(e.Text)), true
		}
		return "", true
	default:
		return "", false
	}
	text = dotted(sign+" *"+label(r, s)+"*", took(time.Duration(e.Took)*time.Millisecond), slow)
	if strings.TrimSpace(said) == "" {
		return text, true
	}
	return text + "\n" + databaseEvidence(said), true
}

// appliedOne says whether a step tells that a script was applied, and not only which one it runs.
func appliedOne(r *deploy.Release, text string) bool {
	return r.Schema != nil && slices.ContainsFunc(r.Schema.Applied, func(a deploy.AppliedScript) bool {
		return a.Name != "" && strings.HasPrefix(text, a.Name+" applied ")
	})
}

// appliedSoFar is what a migration that went wrong has left behind: scripts that were committed, and what they changed.
func appliedSoFar(r *deploy.Release) string {
	if r.Schema == nil {
		return ""
	}
	var lines []string
	for _, a := range r.Schema.Applied {
		lines = append(append(lines, a.Name+" was applied before that, and stays"), a.Changes...)
	}
	return strings.Join(lines, "\n")
}
