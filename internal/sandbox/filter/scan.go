package filter

import (
	"fmt"
	"strings"
)

type kind int

const (
	end kind = iota
	word
	quoted
	operator
	opening
	closing
	comma
)

type token struct {
	kind kind
	text string
	from int
}

// scan cuts a filter into tokens.
func scan(text string) ([]token, error) {
	var out []token
	for i := 0; i < len(text); {
		from := i
		switch c := text[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
			continue
		case c == '(' || c == ')' || c == ',':
			out = append(out, token{map[byte]kind{'(': opening, ')': closing, ',': comma}[c], string(c), from})
			i++
		case strings.IndexByte("=:<>!", c) >= 0:
			i++
			if i < len(text) && text[i] == '=' && c != '=' && c != ':' {
				i++
			}
			if text[from:i] == "!" {
				return nil, fmt.Errorf("! at character %d of the filter is no operator", from+1)
			}
			out = append(out, token{operator, text[from:i], from})
		case c == '"':
			value, next, err := unquote(text, i)
			if err != nil {
				return nil, err
			}
			out, i = append(out, token{quoted, value, from}), next
		default:
			next, err := wordEnd(text, i)
			if err != nil {
				return nil, err
			}
			out, i = append(out, token{word, text[from:next], from}), next
		}
	}
	return out, nil
}

// wordEnd is where a bare word ends. Parts of a field's name may be quoted: labels."my.key".
func wordEnd(text string, i int) (int, error) {
	for i < len(text) && strings.IndexByte(" \t\r\n(),=:<>!", text[i]) < 0 {
		if text[i] != '"' {
			i++
			continue
		}
		_, next, err := unquote(text, i)
		if err != nil {
			return 0, err
		}
		i = next
	}
	return i, nil
}

// unquote reads a quoted value that begins at i, and says where it ends.
func unquote(text string, i int) (value string, next int, err error) {
	var b strings.Builder
	for from := i + 1; from < len(text); from++ {
		switch text[from] {
		case '"':
			return b.String(), from + 1, nil
		case '\\':
			from++
			if from < len(text) {
				b.WriteByte(text[from])
			}
		default:
			b.WriteByte(text[from])
		}
	}
	return "", 0, fmt.Errorf("the quote at character %d of the filter is not closed", i+1)
}
