package trial

import (
	"fmt"
	"strconv"
	"strings"

	"slipway/internal/deploy/judge"
)

// Table is results in Markdown: one table of how the judge's bakes ended, and one of how often the plain threshold took
// back, which promotes the others. All in percent, a row for each version and a column for each volume, in the order of
// the results.
func Table(results []Result) string {
	var b strings.Builder
	rows(&b, "taken back / held / promoted", results, func(r *Result) string {
		return r.says(r.Judge.RolledBack) + " / " + r.says(r.Judge.Held) + " / " + r.says(r.Judge.Promoted)
	})
	b.WriteString("\n")
	rows(&b, "plain threshold: taken back", results, func(r *Result) string { return r.says(r.Plain.RolledBack) })
	return b.String()
}

func rows(b *strings.Builder, title string, results []Result, cell func(*Result) string) {
	b.WriteString("| " + title + " |")
	for _, n := range volumes() {
		fmt.Fprintf(b, " %s requests |", judge.Count(int64(n)))
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(volumes())+1))
	name := ""
	for i := range results {
		r := &results[i]
		if r.Name != name {
			name = r.Name
			fmt.Fprintf(b, "\n| %s: %s |", map[bool]string{true: "bad", false: "healthy"}[r.Bad], name)
		}
		b.WriteString(" " + cell(r) + " |")
	}
	b.WriteString("\n")
}

func (r *Result) says(n int) string { return strconv.FormatFloat(r.share(n), 'f', -1, 64) }
