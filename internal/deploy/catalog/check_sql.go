package catalog

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// dollar opens and closes a text as PostgreSQL has it between $$ or $tag$.
var dollar = regexp.MustCompile(`^\$([A-Za-z_][A-Za-z0-9_]*)?\$`)

func (s *source) checkSQLChecks(path string, checks []SQLCheck) {
	s.must(len(checks) <= mostSQLChecks, path, fmt.Sprintf("there are %d checks, at most %d are allowed", len(checks), mostSQLChecks), "")
	first := map[string]int{}
	for i, c := range checks {
		at := func(key string) string { return under(item(path, i), key) }
		for _, key := range []string{"name", "sql"} {
			if !s.has(at(key)) {
				s.problem(at(key), "the check has no "+key, "")
			}
		}
		s.checkCalled(at("name"), c.Name)
		switch n := statements(c.SQL); {
		case n == 0:
			s.must(false, at("sql"), "sql is empty", "write a query that gives true, such as SELECT count(*) = 0 FROM users WHERE email IS NULL")
		case n > 1:
			s.must(false, at("sql"), fmt.Sprintf("sql has %d statements", n), "a check is one query; write another check")
		}
		if other, twice := first[c.Name]; twice && c.Name != "" {
			s.problem(at("name"), "check "+strconv.Quote(c.Name)+" stands here twice", "the other is on line "+strconv.Itoa(s.places[under(item(path, other), "name")].value.line))
			continue
		}
		first[c.Name] = i
	}
}

// statements counts roughly: stretches between semicolons that stand in no text, name or comment, and have something in
// them. Whether it is SQL, the database says.
func statements(sql string) (n int) {
	some := false
	for sql != "" {
		rest, is := pass(sql)
		switch {
		case strings.HasPrefix(sql, ";"):
			some = false
		case is && !some:
			n, some = n+1, true
		}
		sql = rest
	}
	return n
}

// pass goes over one thing; is says whether it is part of a statement, as space and comments are not.
func pass(sql string) (rest string, is bool) {
	until := func(skip int, end string) string {
		_, after, _ := strings.Cut(sql[skip:], end)
		return after
	}
	tag := dollar.FindString(sql)
	switch {
	case strings.HasPrefix(sql, "--"):
		return until(2, "\n"), false
	case strings.HasPrefix(sql, "/*"):
		return until(2, "*/"), false
	case strings.HasPrefix(sql, "'"), strings.HasPrefix(sql, `"`): // a doubled one opens the next
		return until(1, sql[:1]), true
	case tag != "":
		return until(len(tag), tag), true
	}
	return sql[1:], !strings.ContainsAny(sql[:1], " \t\r\n\f\v;")
}
