package deploy

import (
	"fmt"
	"slices"
	"strings"
)

// Migration is what a release would do to the schema, as people are shown it before anything is changed. It is part of
// the Proposal, so that an approval is for exactly these scripts.
type Migration struct {
	Source string          `json:"source"`
	Hash   string          `json:"hash,omitempty"`  // of the ScriptSet
	Job    string          `json:"job,omitempty"`   // a job does it; nothing more is known
	From   int64           `json:"from"`            // version of the schema now
	To     int64           `json:"to"`              // and then
	Files  []MigrationFile `json:"files,omitempty"` // that are not applied yet, in order
	Risks  []MigrationRisk `json:"risks,omitempty"`
	Class  SchemaClass     `json:"class,omitempty"`
}

// MigrationFile is a script that would be applied.
type MigrationFile struct {
	Version    int64       `json:"version"`
	Name       string      `json:"name"`
	Sum        string      `json:"sum"`
	Statements int         `json:"statements"`
	Alone      bool        `json:"alone,omitempty"` // outside of a transaction
	Class      SchemaClass `json:"class,omitempty"`
}

// MigrationRisk is a statement that needs people.
type MigrationRisk struct {
	Risk
	File  string `json:"file"`
	Line  int    `json:"line"`
	Text  string `json:"text"`
	Large bool   `json:"large,omitempty"` // the table is a large one
	Bytes int64  `json:"bytes,omitempty"` // of the table; not sealed, since it grows
}

// PlanMigration says what of a set is to be applied. statements are those of each script by name, applied what the
// database has written down, sizes its tables. Invalid, with all reasons at once, if a script that was applied has another
// content now, one that was not applied comes before one that was, or a statement can be run neither in a transaction nor
// alone.
func PlanMigration(spec MigrationSpec, set ScriptSet, statements map[string][]Statement, applied []AppliedScript, sizes map[string]int64) (Migration, error) {
	m := Migration{Source: set.Source, Hash: set.Hash}
	done := map[int64]AppliedScript{}
	for _, a := range applied {
		done[a.Version], m.From = a, max(m.From, a.Version)
	}
	m.To = m.From
	var wrong []string
	made := map[string]bool{}
	for _, s := range set.Scripts {
		if was, is := done[s.Version]; is {
			if was.Sum != "" && was.Sum != s.Sum {
				wrong = append(wrong, fmt.Sprintf("%s was applied%s with another content: a script that was applied is never changed", s.Name, byRelease(was.Release)))
			}
			continue
		}
		if s.Version < m.From {
			wrong = append(wrong, fmt.Sprintf("%s was not applied and comes before %d, which was: give it a number above that", s.Name, m.From))
			continue
		}
		file, risks, class, bad := planScript(spec, s, statements[s.Name], sizes, made)
		wrong = append(wrong, bad...)
		m.Files, m.Risks, m.Class, m.To = append(m.Files, file), append(m.Risks, risks...), m.Class.Worse(class), s.Version
	}
	if len(wrong) > 0 {
		return Migration{}, &Error{Code: Invalid, Op: "plan the migration from " + set.Source, Msg: strings.Join(wrong, "; "),
			Hint: "mend the files of " + set.Source + ", then deploy again"}
	}
	return m, nil
}

func planScript(spec MigrationSpec, s Script, statements []Statement, sizes map[string]int64, made map[string]bool) (file MigrationFile, risks []MigrationRisk, class SchemaClass, wrong []string) {
	file = MigrationFile{Version: s.Version, Name: s.Name, Sum: s.Sum, Statements: len(statements)}
	for _, st := range statements {
		class = class.Worse(st.Class)
		if _, there := sizeOf(st.Makes, sizes); st.Makes != "" && !there { // else it is IF NOT EXISTS
			made[st.Makes] = true
		}
		file.Alone = file.Alone || st.Alone
		if st.Alone && (!st.Handed || len(statements) > 1) {
			wrong = append(wrong, fmt.Sprintf("%s line %d cannot run in a transaction: %s", s.Name, st.Line, aloneHint(st)))
		}
		for _, k := range st.Risks {
			if made[k.Table] && k.Table != "" { // nobody uses it yet
				continue
			}
			bytes, _ := sizeOf(k.Table, sizes)
			risks = append(risks, MigrationRisk{Risk: k, File: s.Name, Line: st.Line, Text: st.Text, Bytes: bytes, Large: spec.Large > 0 && bytes >= spec.Large})
		}
	}
	file.Class = class
	return file, risks, class, wrong
}

// sizeOf is how large a table is. A name that the script has without a schema is read as one of public, and leads elsewhere
// if the search_path of the login does: then it is the largest of all tables of that name.
func sizeOf(table string, sizes map[string]int64) (bytes int64, there bool) {
	if bytes, there = sizes[table]; there {
		return bytes, true
	}
	name, public := strings.CutPrefix(table, "public.")
	for other, size := range sizes {
		if public && strings.HasSuffix(other, "."+name) {
			bytes, there = max(bytes, size), true
		}
	}
	return bytes, there
}

func aloneHint(st Statement) string {
	if st.Handed {
		return "put it into a file of its own"
	}
	return "Slipway could not tell after a crash how far it came; run it by hand, or in a job"
}

func byRelease(id ReleaseID) string {
	if id == "" {
		return ""
	}
	return " by " + string(id)
}

// Needs is how many distinct people other than the requester have to agree to what is risky about a plan: none if nothing is.
func (p *Proposal) Needs(spec Spec) int {
	if p == nil || p.Migration == nil || len(p.Migration.Risks) == 0 {
		return 0
	}
	need := max(spec.Policy.Approvals, 1)
	if d := spec.Database; d != nil && d.Migrations != nil && slices.ContainsFunc(p.Migration.Risks, func(r MigrationRisk) bool { return r.Large }) {
		need = max(need, d.Migrations.Approvals)
	}
	return need
}

// ClassOf is the class of those of its scripts that were applied.
func (m *Migration) ClassOf(applied []AppliedScript) SchemaClass {
	class := Unchanged
	for _, file := range m.Files {
		if slices.ContainsFunc(applied, func(a AppliedScript) bool { return a.Version == file.Version }) {
			class = class.Worse(file.Class)
		}
	}
	return class
}

// sealed is the migration as an approval is bound to it: without what changes by itself.
func (m *Migration) sealed() *Migration {
	if m == nil {
		return nil
	}
	c := *m
	c.Risks = slices.Clone(m.Risks)
	for i := range c.Risks {
		c.Risks[i].Bytes = 0
	}
	return &c
}

// since says in what m differs from what was proposed before, in words. Either may be nil.
func (m *Migration) since(before *Migration) []string {
	switch {
	case m == nil && before == nil:
		return nil
	case m == nil:
		return []string{"the schema is not changed any more"}
	case before == nil:
		return []string{"the schema is to be changed"}
	}
	var list []string
	if m.From != before.From {
		list = append(list, fmt.Sprintf("the schema is at %d, it was at %d", m.From, before.From))
	}
	if m.Hash != before.Hash {
		list = append(list, "the scripts of "+m.Source+" are others")
	}
	if len(m.Risks) != len(before.Risks) || m.large() != before.large() {
		list = append(list, fmt.Sprintf("risky statements: %d (%d on large tables), there were %d (%d)", len(m.Risks), m.large(), len(before.Risks), before.large()))
	}
	return list
}

// large counts the risks on large tables.
func (m *Migration) large() int {
	n := 0
	for _, r := range m.Risks {
		if r.Large {
			n++
		}
	}
	return n
}
