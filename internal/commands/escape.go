package commands

import (
	"strings"
	"unicode"
)

// unescape turns the text of a slash command into what its author saw on the screen: Slack sends mentions,
// channels and links as <…> and the three characters & < > as entities.
func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		rest := text[i:]
		if content, ok := bracketed(rest); ok {
			b.WriteString(shown(content))
			i += len(content) + 2
			continue
		}
		if char, length := entity(rest); length > 0 {
			b.WriteByte(char)
			i += length
			continue
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// bracketed finds the content of one of Slack's <…> at the start of s.
func bracketed(s string) (content string, ok bool) {
	if s[0] != '<' {
		return "", false
	}
	end := strings.IndexAny(s[1:], "<>")
	if end <= 0 || s[1+end] != '>' {
		return "", false
	}
	content = s[1 : 1+end]
	return content, strings.ContainsRune("@#!", rune(content[0])) || strings.Contains(content, ":")
}

func entity(s string) (char byte, length int) {
	switch {
	case strings.HasPrefix(s, "&amp;"):
		return '&', len("&amp;")
	case strings.HasPrefix(s, "&lt;"):
		return '<', len("&lt;")
	case strings.HasPrefix(s, "&gt;"):
		return '>', len("&gt;")
	}
	return 0, 0
}

// shown is what Slack shows for the content of its <…>: a label if it has one.
func shown(content string) string {
	id, label, labelled := strings.Cut(content, "|")
	labelled = labelled && label != ""
	sign := ""
	switch {
	case strings.HasPrefix(id, "!subteam^"):
		sign, id = "@", strings.TrimPrefix(id, "!subteam^")
	case strings.HasPrefix(id, "@"), strings.HasPrefix(id, "#"):
		sign, id = id[:1], id[1:]
	case strings.HasPrefix(id, "!"):
		id, _, _ = strings.Cut(id[1:], "^")
		if labelled {
			return plainEntities(label)
		}
		return "@" + id
	default:
		id = strings.TrimPrefix(id, "mailto:")
	}
	if labelled {
		id = strings.TrimPrefix(label, sign)
	}
	return sign + plainEntities(id)
}

func plainEntities(s string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(s)
}

// clean makes every kind of space and control character a space, and drops characters that cannot be seen and
// do nothing but break comparisons (zero-width spaces, marks of direction).
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case r == '\u200d': // joins emoji
			return r
		case unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}
