package phase

import (
	"regexp"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// databaseClues are looked for in what Slipway itself says of a database, see reported.
var databaseClues = []clue{
	{regexp.MustCompile(`^nearly all connections are in use`), "the database is short of connections", fewerConnection},
	{regexp.MustCompile(`connections? waits? for a lock$`), "connections wait for a lock in the database",
		"look in pg_stat_activity for what holds it; a script or a long transaction of this version may"},
}

var doesNotMigrate = clue{nil, "the schema could not be brought to what this version needs",
	"read what the database says; mend the script, or wait for a quieter hour if a lock could not be had, then release again"}

// indexClue is of those for which a service is slow, and not wrong.
var indexClue = clue{regexp.MustCompile(`^not valid: index`), "an index of the database is not valid, and so not used", "drop it concurrently and make it again"}

// slowest is the first line about a statement that is slow, as reported writes it.
func slowest(lines []string) (line string, ok bool) {
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, slowLine) })
	if i < 0 {
		return "", false
	}
	return strings.TrimPrefix(lines[i], slowLine), true
}

// bySchema says of a code that does not fit its schema which schema that is, and what this release did to it: what is
// missing may have been taken away, or not have come yet.
func bySchema(r deploy.Release, in deploy.Incident, c clue, d deploy.Diagnosis) deploy.Diagnosis {
	if c.cause != unfit || r.Schema == nil {
		return d
	}
	i := slices.IndexFunc(in.Database, func(line string) bool { return strings.HasPrefix(line, "schema at ") })
	if i < 0 {
		return d
	}
	d.Cause += "; " + in.Database[i]
	switch {
	case len(r.Schema.Applied) > 0 && (r.Schema.Class == deploy.Contract || r.Schema.Class == deploy.Unsure):
		d.Remedy = "compare what is missing with what " + names(r.Schema.Applied) + " took away; bring it back with another migration, then release again"
	case len(r.Schema.Applied) == 0:
		d.Remedy = "check whether this version needs a migration that its source does not have, then release again"
	}
	return d
}
