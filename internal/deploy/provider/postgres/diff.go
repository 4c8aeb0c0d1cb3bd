package postgres

import (
	"fmt"
	"slices"
	"strings"
)

// mostChanges is how many lines say what a script changed.
const mostChanges = 40

// diff says what changed between two moments, in lines that are sorted: what is new, what is otherwise, what is gone. What
// belongs to a table that is new is counted in its line; what went with a table that is gone is not said.
func diff(before, after snapshot) []string {
	var lines []string
	for t, now := range after {
		was, known := before[t]
		switch {
		case !known && t.kind == aTable:
			lines = append(lines, "+ "+relation(now)+" "+t.of()+" ("+after.sum(t)+")")
		case !known && !before.has(t):
			continue
		case !known:
			lines = append(lines, "+ "+added(t, now))
		case was != now:
			if line := changed(t, was, now); line != "" {
				lines = append(lines, "~ "+line)
			}
		}
	}
	for t, was := range before {
		if _, still := after[t]; !still && (t.kind == aTable || after.has(t)) {
			lines = append(lines, "− "+removed(t, was))
		}
	}
	slices.Sort(lines)
	if more := len(lines) - mostChanges; more > 0 {
		lines = append(lines[:mostChanges], fmt.Sprintf("and %d more", more))
	}
	return lines
}

// has says whether the table of a thing is there.
func (s snapshot) has(t thing) bool {
	_, is := s[thing{kind: aTable, schema: t.schema, table: t.table}]
	return is
}

// sum counts what a new table came with; that it has a primary key goes without saying.
func (s snapshot) sum(table thing) string {
	columns, indexes, foreign, other := 0, 0, 0, 0
	for t, is := range s {
		if t.schema != table.schema || t.table != table.table {
			continue
		}
		switch {
		case t.kind == aColumn:
			columns++
		case t.kind == anIndex:
			indexes++
		case t.kind == aConstraint && is.a == "f":
			foreign++
		case t.kind == aConstraint && is.a != "p":
			other++
		}
	}
	parts := []string{count(columns, "column", "columns")}
	for _, p := range []struct {
		n         int
		one, many string
	}{{indexes, "index", "indexes"}, {foreign, "foreign key", "foreign keys"}, {other, "constraint", "constraints"}} {
		if p.n > 0 {
			parts = append(parts, count(p.n, p.one, p.many))
		}
	}
	return strings.Join(parts, ", ")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// of is the table of a thing, as people call it.
func (t thing) of() string {
	if t.schema == "public" {
		return t.table
	}
	return t.schema + "." + t.table
}

func relation(is traits) string {
	switch is.a {
	case "v":
		return "view"
	case "m":
		return "materialized view"
	case "f":
		return "foreign table"
	}
	return "table"
}

func added(t thing, is traits) string {
	switch t.kind {
	case aColumn:
		about := []string{short(is.a)}
		if is.b == "true" {
			about = append(about, "NOT NULL")
		}
		if is.c == "true" {
			about = append(about, "with a default")
		}
		return "column " + t.of() + "." + t.name + " (" + strings.Join(about, ", ") + ")"
	case aConstraint:
		return "constraint " + t.name + " on " + t.of() + " (" + constraint(is) + ")"
	}
	line := "index " + t.name + " on " + t.of()
	if is.a == "true" {
		line = "unique " + line
	}
	if is.b != "true" {
		line += " (not valid)"
	}
	return line
}

func removed(t thing, was traits) string {
	switch t.kind {
	case aTable:
		return relation(was) + " " + t.of()
	case aColumn:
		return "column " + t.of() + "." + t.name
	case aConstraint:
		return "constraint " + t.name + " on " + t.of()
	}
	return "index " + t.name + " on " + t.of()
}

// changed says how a thing is now; empty for what nobody sees.
func changed(t thing, was, now traits) string {
	var about []string
	add := func(is bool, what string) {
		if is {
			about = append(about, what)
		}
	}
	switch t.kind {
	case aTable:
		return relation(was) + " " + t.of() + ": now a " + relation(now)
	case aColumn:
		add(was.a != now.a, short(was.a)+" → "+short(now.a))
		add(was.b != now.b && now.b == "true", "NOT NULL")
		add(was.b != now.b && now.b != "true", "may be NULL")
		add(was.c != now.c && now.c == "true", "with a default")
		add(was.c != now.c && now.c != "true", "without a default")
		return "column " + t.of() + "." + t.name + ": " + strings.Join(about, ", ")
	case aConstraint:
		add(was.a != now.a, constraint(was)+" → "+constraint(now))
		add(was.a == now.a && was.c != now.c, "on other columns")
		add(was.a == now.a && was.b != now.b && now.b == "true", "valid")
		add(was.a == now.a && was.b != now.b && now.b != "true", "not valid")
		return "constraint " + t.name + " on " + t.of() + ": " + strings.Join(about, ", ")
	}
	add(was.a != now.a && now.a == "true", "unique")
	add(was.a != now.a && now.a != "true", "not unique")
	add(was.c != now.c, "on other columns")
	add(was.b != now.b && now.b == "true", "valid")
	add(was.b != now.b && now.b != "true", "not valid")
	return "index " + t.name + " on " + t.of() + ": " + strings.Join(about, ", ")
}

func constraint(is traits) string {
	name := map[string]string{"p": "primary key", "u": "unique", "f": "foreign key", "c": "check", "x": "exclusion"}[is.a]
	if is.b != "true" {
		name += ", not valid"
	}
	return name
}

var shorter = strings.NewReplacer("character varying", "varchar", "timestamp with time zone", "timestamptz", "timestamp without time zone", "timestamp",
	"time with time zone", "timetz", "time without time zone", "time")

// short is a type as people write it.
func short(kind string) string { return shorter.Replace(kind) }
