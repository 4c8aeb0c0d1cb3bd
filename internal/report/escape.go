package report

import (
	"net/url"
	"strings"
	"unicode"
)

// inline makes the words of others one line of plain text, which Markdown shows as it is: nothing in it is markup, a
// cell of a table, a mention of somebody or of an issue. An address in it can still be followed.
func inline(s string) string {
	words := strings.Fields(strings.Map(visible, s))
	text := []rune(strings.Join(words, " "))
	var b strings.Builder
	for i, r := range text {
		switch {
		case strings.ContainsRune("\\`*[]<>|~$", r), r == '_' && !inWord(text, i), r == '&' && i+1 < len(text) && text[i+1] != ' ':
			b.WriteByte('\\')
		case i == 0 && strings.ContainsRune("#+-=", r): // the beginning of a heading, a list, a rule
			b.WriteByte('\\')
		case (r == '.' || r == ')') && digits(text[:i]) && (i+1 == len(text) || text[i+1] == ' '): // of a numbered list
			b.WriteByte('\\')
		default:
		}
		b.WriteRune(r)
		if (r == '@' || r == '#') && i+1 < len(text) && text[i+1] != ' ' {
			b.WriteRune(apart)
		}
	}
	return b.String()
}

// apart is a space without width: it keeps @name and #1 from becoming a mention, which no backslash does.
const apart = '\u200b'

// visible makes spaces of control characters, and drops what cannot be seen and could change the order of the rest.
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r), unicode.IsControl(r):
		return ' '
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// inWord: Markdown leaves an underscore alone that has a letter or a digit on either side.
func inWord(text []rune, i int) bool {
	in := func(i int) bool {
		return i >= 0 && i < len(text) && (unicode.IsLetter(text[i]) || unicode.IsDigit(text[i]))
	}
	return in(i-1) && in(i+1)
}

func digits(text []rune) bool {
	for _, r := range text {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(text) > 0
}

// code shows a name letter by letter.
func code(s string) string {
	s = strings.Join(strings.Fields(strings.Map(visible, s)), " ")
	if strings.ContainsAny(s, "`|") {
		return inline(s)
	}
	return "`" + s + "`"
}

// block shows lines as they are, between fences that none of them can close.
func block(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(strings.Map(func(r rune) rune {
			if r == '\t' {
				return r
			}
			return visible(r)
		}, l), " ")
	}
	text := strings.Trim(strings.Join(lines, "\n"), "\n")
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "text\n" + text + "\n" + fence
}

// link shows an address that can be followed, or what is none as text.
func link(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(s, "<> \n\r\t`|") {
		return inline(s)
	}
	return "<" + u.String() + ">"
}
