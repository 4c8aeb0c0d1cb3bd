package rehearsal

import (
	"errors"
	"fmt"
	"strings"
)

// parseForm reads LABEL: VALUE; LABEL: VALUE. A value that has a semicolon in it stands in double quotes.
func parseForm(text string) (map[string]string, error) {
	values := map[string]string{}
	for _, field := range fields(text) {
		label, value, ok := strings.Cut(field, ":")
		label, value = strings.TrimSpace(label), unquoted(strings.TrimSpace(value))
		switch {
		case !ok || label == "" || value == "":
			return nil, fmt.Errorf("%q is not understood; write LABEL: VALUE; LABEL: VALUE", strings.TrimSpace(field))
		case values[label] != "":
			return nil, fmt.Errorf("%s is filled in twice; several boxes of a group are named with commas between them", label)
		}
		values[label] = value
	}
	if len(values) == 0 {
		return nil, errors.New("fill in what? For example: bob> fill in Item: CORS policies configured; Reason: internal service")
	}
	return values, nil
}

// fields cuts text at semicolons that are not inside double quotes. Empty ones are left out.
func fields(text string) (list []string) {
	quoted, from := false, 0
	add := func(s string) {
		if strings.TrimSpace(s) != "" {
			list = append(list, s)
		}
	}
	for i, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ';' && !quoted:
			add(text[from:i])
			from = i + 1
		}
	}
	add(text[from:])
	return list
}

func unquoted(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}
