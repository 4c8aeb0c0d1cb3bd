package commands

import (
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

const (
	mostRisks = 10 // that are listed
	mostFiles = 20 // so that what follows them is read, too
)

// schemaOf says what a release did to the schema: schema 13 → 14 (expand).
func schemaOf(r deploy.Release) string {
	class := string(r.Schema.Class)
	if class == "" {
		class = "nothing was to change"
	}
	return fmt.Sprintf("schema %d → %d (%s)", r.Schema.Before, r.Schema.After, class)
}

// data says what a release did to the database, and what of it stays.
func (t Text) data(r deploy.Release) Text {
	if b := r.Backup; b != nil {
		t = t.Line().Plain("Backup: ").Code(b.ID)
		if b.Size > 0 {
			t = t.Plain(", " + volume(b.Size))
		}
	}
	if r.Schema.Changed() {
		t = t.Line().Plain("Schema: " + strings.TrimPrefix(schemaOf(r), "schema "))
		var names []string
		for _, a := range r.Schema.Applied {
			names = append(names, a.Name)
		}
		if len(names) > 0 {
			t = t.Plain(", " + few(names))
		}
	}
	if len(r.Across) > 0 {
		t = t.Line().Add(stays(r.Across, r.Version))
	}
	if p := r.Restore; p != nil {
		t = t.Line().Plainf("Restore: from %s to %s, as of %s", p.Instance.Name, p.Says(), p.At.UTC().Format(exactly))
		if p.Backup != "" {
			t = t.Plain(", backup ").Code(p.Backup)
		}
	}
	return t
}

// scripts says what a migration would do: 2 scripts, schema 13 → 15 (contract), 1 risky statement.
func scripts(m deploy.Migration) string {
	if m.Job != "" {
		return "the job " + m.Job + " migrates"
	}
	n := len(m.Files)
	if n == 0 {
		return fmt.Sprintf("no scripts to apply, the schema stays at %d", m.To)
	}
	text := fmt.Sprintf("%d scripts", n)
	if n == 1 {
		text = "1 script"
	}
	text += fmt.Sprintf(", schema %d → %d", m.From, m.To)
	if m.Class != "" {
		text += fmt.Sprintf(" (%s)", m.Class)
	}
	if len(m.Risks) > 0 {
		text += ", " + risky(len(m.Risks))
	}
	return text
}

func risky(n int) string {
	if n == 1 {
		return "1 risky statement"
	}
	return fmt.Sprintf("%d risky statements", n)
}

// migration lists what a release would do to the schema.
func (t Text) migration(m *deploy.Migration) Text {
	if m == nil {
		return t
	}
	t = t.Line().Plain("Migration: " + scripts(*m) + ".")
	for i, f := range m.Files {
		if i == mostFiles {
			t = t.Line().Plainf("and %d more", len(m.Files)-i)
			break
		}
		t = t.Line().Code(f.Name)
		if f.Alone {
			t = t.Plain(", outside of a transaction")
		}
	}
	for i, k := range m.Risks {
		if i == mostRisks {
			return t.Line().Plainf("and %d more risky statements", len(m.Risks)-i)
		}
		t = t.Line().Plainf("Risky, %s line %d: ", k.File, k.Line).Code(k.Text).reason(strings.TrimSuffix(k.Why, "."))
		if k.Large {
			t = t.Plainf(" (%s has %s)", k.Table, volume(k.Bytes))
		}
		if k.Safer != "" {
			t = t.Plain(". Safer: " + strings.TrimSuffix(k.Safer, "."))
		}
		t = t.Plain(".")
	}
	return t
}
