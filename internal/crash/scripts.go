package main

import (
	"fmt"
	"strings"
)

// form is what a script does.
type form int

const (
	grows   form = iota // makes a table, or adds a column
	indexes             // makes an index concurrently, which no transaction can hold
	risks               // makes an index that keeps writers away, so that people are asked
	refused             // makes the check of the catalog false, so that it is undone and the release goes back
)

// beginning is what a database has before the first script: where scripts say that they were carried out. Nothing keeps a
// script from saying so twice.
const beginning = "CREATE TABLE ledger (version bigint NOT NULL, refused boolean NOT NULL DEFAULT false); CREATE TABLE things (id bigint)"

// script is a file of migrations.
type script struct {
	version int
	form    form
}

func (s script) name() string { return fmt.Sprintf("%03d_ledger.sql", s.version) }

// says tells whether it writes into the ledger; an index is its own trace.
func (s script) says() bool { return s.form != indexes }

func (s script) index() string { return fmt.Sprintf("ledger_%d_idx", s.version) }

func (s script) sql() string {
	said := fmt.Sprintf("INSERT INTO ledger (version) VALUES (%d);\n", s.version)
	switch s.form {
	case indexes:
		return "CREATE INDEX CONCURRENTLY " + s.index() + " ON ledger (version);\n"
	case risks:
		return "CREATE INDEX " + s.index() + " ON ledger (version);\n" + said
	case refused:
		return "CREATE TABLE never_" + fmt.Sprint(s.version) + " (id bigint);\n" + strings.Replace(said, "(version) VALUES (", "(refused, version) VALUES (true, ", 1)
	case grows:
	}
	if s.version%2 == 0 {
		return fmt.Sprintf("ALTER TABLE things ADD COLUMN column_%d text;\n", s.version) + said
	}
	return fmt.Sprintf("CREATE TABLE table_%d (id bigint PRIMARY KEY);\n", s.version) + said
}
