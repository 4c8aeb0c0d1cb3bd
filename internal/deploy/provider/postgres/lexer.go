package postgres

import (
	"strings"
	"unicode/utf8"
)

// token is a piece of SQL.
type token struct {
	kind kind
	text string // of a word in lower case, of a name without its quotes
	line int
}

type kind int

const (
	word   kind = iota
	name        // in double quotes
	str         // a literal
	symbol      // one character
)

// lexer takes SQL apart as PostgreSQL does with its usual settings: what is inside of strings and comments is none of
// it. It is not a parser, and does not have to be: it looks for what may not stand in a script, and reads the two kinds
// of statement that are run alone.
type lexer struct {
	sql  string
	at   int
	line int
}

// statement is one of a script, without its semicolon.
type statement []token

// split takes a script apart. Semicolons in parentheses, and in the body of a function between BEGIN ATOMIC and END, end
// no statement.
func split(sql string) []statement {
	l := &lexer{sql: sql, line: 1}
	var all []statement
	var now statement
	depth, atomic := 0, 0
	for {
		t, ok := l.next()
		if !ok {
			break
		}
		switch {
		case t.kind == symbol && t.text == "(":
			depth++
		case t.kind == symbol && t.text == ")":
			depth--
		case t.kind == word && t.text == "atomic" && len(now) > 0 && now[len(now)-1].is("begin") && now[0].is("create"):
			atomic = 1
		case atomic > 0 && t.is("case"):
			atomic++
		case atomic > 0 && t.is("end"):
			atomic--
		case t.kind == symbol && t.text == ";" && depth <= 0 && atomic == 0:
			if len(now) > 0 {
				all = append(all, now)
			}
			now, depth = nil, 0
			continue
		}
		now = append(now, t)
	}
	if len(now) > 0 {
		all = append(all, now)
	}
	return all
}

func (t token) is(w string) bool { return t.kind == word && t.text == w }

// next is the next token.
func (l *lexer) next() (token, bool) {
	l.blank()
	if l.at >= len(l.sql) {
		return token{}, false
	}
	line, rest := l.line, l.sql[l.at:]
	c := rest[0]
	switch {
	case c == '\'':
		return token{str, l.take(quoted(rest, '\'', false)), line}, true
	case c == '"':
		text := strings.TrimSuffix(l.take(quoted(rest, '"', false))[1:], `"`)
		return token{name, strings.ReplaceAll(text, `""`, `"`), line}, true
	case c == '$':
		if n := dollars(rest); n > 0 {
			return token{str, l.take(n), line}, true
		}
	case begins(c):
		n := 1
		for n < len(rest) && (begins(rest[n]) || rest[n] >= '0' && rest[n] <= '9' || rest[n] == '$') {
			n++
		}
		if n < len(rest) && rest[n] == '\'' && n == 1 && (c == 'e' || c == 'E') {
			return token{str, l.take(1 + quoted(rest[1:], '\'', true)), line}, true
		}
		return token{word, lower(l.take(n)), line}, true
	}
	_, n := utf8.DecodeRuneInString(rest)
	return token{symbol, l.take(n), line}, true
}

// begins says whether a word may begin with it; all that is not ASCII may.
func begins(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

// lower folds as PostgreSQL folds names in UTF-8: ASCII only.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// take goes on by n bytes.
func (l *lexer) take(n int) string {
	text := l.sql[l.at : l.at+n]
	l.at += n
	l.line += strings.Count(text, "\n")
	return text
}

// blank passes over spaces and comments, which may stand in one another.
func (l *lexer) blank() {
	for l.at < len(l.sql) {
		rest := l.sql[l.at:]
		switch {
		case strings.HasPrefix(rest, "--"):
			if n := strings.IndexAny(rest, "\r\n"); n >= 0 {
				l.take(n)
			} else {
				l.take(len(rest))
			}
		case strings.HasPrefix(rest, "/*"):
			l.take(comment(rest))
		case strings.IndexByte(" \t\n\r\f\v", rest[0]) >= 0, strings.HasPrefix(rest, "\ufeff"):
			_, n := utf8.DecodeRuneInString(rest)
			l.take(n)
		default:
			return
		}
	}
}

// comment is how long one is.
func comment(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch s[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// quoted is how long something in quotes is; a doubled quote, or with slashes one behind a backslash, does not end it.
func quoted(s string, quote byte, slashes bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case slashes && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// dollars is how long a string between $tag$ and $tag$ is; 0 if it is none.
func dollars(s string) int {
	n := 1
	for n < len(s) && (begins(s[n]) || n > 1 && s[n] >= '0' && s[n] <= '9') {
		n++
	}
	if n >= len(s) || s[n] != '$' {
		return 0
	}
	tag := s[:n+1]
	end := strings.Index(s[n+1:], tag)
	if end < 0 {
		return len(s)
	}
	return n + 1 + end + len(tag)
}
