package sqlread

import (
	"strings"
	"unicode/utf8"
)

// maxText is how many characters of a statement are shown.
const maxText = 120

// span is where the own text of a statement is: after the comments and the space before it.
func span(sql string, raw rawStmt) (begin, end int) {
	begin = min(max(raw.At, 0), len(sql))
	end = len(sql)
	if raw.Len > 0 {
		end = min(begin+raw.Len, len(sql))
	}
	for begin < end {
		kind, next := token(sql, begin)
		if kind != space && kind != comment && sql[begin] != ';' {
			break
		}
		begin = min(next, end)
	}
	return begin, end
}

// oneLine is the beginning of a statement without comments, in one line. Texts in it are left out if they may be secret.
func oneLine(sql string, secret bool) string {
	var b strings.Builder
	gap := false
	for at := 0; at < len(sql) && b.Len() < 4*maxText+8; {
		kind, next := token(sql, at)
		switch kind {
		case space, comment:
			gap = true
		case text, word, sign:
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			if kind == text && secret {
				b.WriteString("'…'")
			} else {
				b.WriteString(strings.Join(strings.Fields(sql[at:min(next, at+4*maxText)]), " "))
			}
		}
		at = next
	}
	return cut(strings.ToValidUTF8(strings.TrimSuffix(b.String(), ";"), ""), maxText)
}

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// byteOf is where the character with a number begins; the parser counts characters in errors, and bytes in statements.
func byteOf(sql string, character int) int {
	for i := range sql {
		if character <= 0 {
			return i
		}
		character--
	}
	return len(sql)
}

func lineOf(sql string, at int) int { return 1 + strings.Count(sql[:min(at, len(sql))], "\n") }

// lineCounter finds lines one after another without counting from the beginning each time.
type lineCounter struct {
	text string
	seen int
	line int
}

func (l *lineCounter) at(at int) int {
	if at < l.seen {
		return lineOf(l.text, at)
	}
	l.line += strings.Count(l.text[l.seen:at], "\n")
	l.seen = at
	return l.line
}
