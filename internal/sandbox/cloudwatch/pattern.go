package cloudwatch

import (
	"slices"
	"strings"
)

// readPattern reads a filter pattern of terms: all that stand there have to be in a line, none of those with a minus, and,
// where there are only terms with a question mark, one of these. A term that has other characters than letters, digits and
// underscores stands in double quotes.
func readPattern(pattern string) (func(text string) bool, error) {
	var every, some, none []string
	rest := strings.TrimSpace(pattern)
	if strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "[") || strings.HasPrefix(rest, "%") {
		return nil, refuse("InvalidParameterException", "Invalid filter pattern: the practice CloudWatch Logs knows only terms.")
	}
	for rest != "" {
		into := &every
		switch rest[0] {
		case '?':
			into, rest = &some, rest[1:]
		case '-':
			into, rest = &none, rest[1:]
		}
		term, after, ok := readTerm(rest)
		if !ok {
			return nil, refuse("InvalidParameterException", "Invalid filter pattern.")
		}
		*into, rest = append(*into, term), strings.TrimSpace(after)
	}
	return func(text string) bool {
		in := func(term string) bool { return strings.Contains(text, term) }
		if slices.ContainsFunc(none, in) {
			return false
		}
		for _, term := range every {
			if !in(term) {
				return false
			}
		}
		// Beside other terms, those with a question mark are ignored.
		return len(some) == 0 || len(every)+len(none) > 0 || slices.ContainsFunc(some, in)
	}, nil
}

// readTerm takes a term off the front.
func readTerm(s string) (term, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] == '\\' && i+1 < len(s):
				i++
				b.WriteByte(s[i])
			case s[i] == '"':
				return b.String(), s[i+1:], b.Len() > 0
			default:
				b.WriteByte(s[i])
			}
		}
		return "", "", false
	}
	term, rest, _ = strings.Cut(s, " ")
	for _, r := range term {
		if r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return "", "", false
		}
	}
	return term, rest, term != ""
}
