package sqlread

import (
	"strings"
	"unicode/utf8"
)

// kind is of what a token is.
type kind int

const (
	space kind = iota
	comment
	text // with quotes, or between dollars
	word // a keyword, a name, a number
	sign // one character of anything else
)

// token says what begins at a place of a text, and where it ends: after that place, whatever is there. It cuts as PostgreSQL
// does, as far as it matters to where texts and comments end.
func token(sql string, at int) (kind, int) {
	rest := sql[at:]
	switch c := rest[0]; {
	case strings.IndexByte(" \t\n\r\f\v", c) >= 0:
		return space, at + len(rest) - len(strings.TrimLeft(rest, " \t\n\r\f\v"))
	case strings.HasPrefix(rest, "--"):
		if end := strings.IndexAny(rest, "\n\r"); end >= 0 {
			return comment, at + end
		}
		return comment, len(sql)
	case strings.HasPrefix(rest, "/*"):
		return comment, at + blockEnd(rest)
	case c == '\'':
		return text, at + quoteEnd(rest, 1, '\'', false)
	case c == '"':
		return word, at + quoteEnd(rest, 1, '"', false)
	case (c == 'e' || c == 'E') && strings.HasPrefix(rest[1:], "'"):
		return text, at + quoteEnd(rest, 2, '\'', true)
	case c == '$':
		if end := dollarEnd(rest); end > 0 {
			return text, at + end
		}
		return sign, at + 1
	case inWord(c):
		end := 1
		for end < len(rest) && (inWord(rest[end]) || rest[end] == '$') {
			end++
		}
		return word, at + end
	}
	_, size := utf8.DecodeRuneInString(rest)
	return sign, at + size
}

func inWord(c byte) bool {
	return c == '_' || c >= 0x80 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// blockEnd is the length of a comment, in which there may be others.
func blockEnd(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

// quoteEnd is the length of what is in quotes, which are doubled, or after a backslash, where they are meant themselves.
func quoteEnd(s string, from int, quote byte, backslash bool) int {
	for i := from; i < len(s); i++ {
		switch {
		case backslash && s[i] == '\\':
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return i + 1
		}
	}
	return len(s)
}

// dollarEnd is the length of a text between $tag$ and $tag$; 0 if it is none.
func dollarEnd(s string) int {
	end := 1
	for end < len(s) && inWord(s[end]) {
		end++
	}
	if end >= len(s) || s[end] != '$' || end > 1 && '0' <= s[1] && s[1] <= '9' {
		return 0
	}
	tag := s[:end+1]
	if closing := strings.Index(s[len(tag):], tag); closing >= 0 {
		return len(tag) + closing + len(tag)
	}
	return len(s)
}
