package commands

import (
	"strings"
	"unicode"
)

// word is one argument as typed. A quoted word is always a value, never an option or a subcommand.
type word struct {
	text   string
	quoted bool

	option   bool   // text is then the name, without dashes
	dashes   string // an option's, as typed
	value    string // of --name=value
	hasValue bool
}

// closers lists the quotation marks that may open a word, and for each the marks that close it.
var closers = map[rune]string{
	'"': `"`, '“': "”“", '”': "”", '„': "“”", '«': "»", '»': "«»",
	'\'': "'", '‘': "’", '’': "’", '‚': "‘’",
}

// Clients replace quotation marks one by one and get them wrong, so that a word opened by one kind may end with
// another of its family.
const (
	doubleQuotes = `"“”„«»`
	singleQuotes = "'‘’‚"
)

// dashes other than the hyphen that clients put in its place.
const typographicDashes = "‐‑‒–—―−﹘﹣－"

// split cuts a cleaned text into words. closed is false if a quotation is not closed; the last word then
// reaches to the end of the text.
func split(text string) (words []word, closed bool) {
	rs := []rune(text)
	closed = true
	for i := 0; i < len(rs); {
		switch {
		case rs[i] == ' ':
			i++
		case closers[rs[i]] != "":
			var w word
			w.text, i, closed = quotation(rs, i)
			w.quoted = true
			words = append(words, w)
		default:
			var w word
			w, i, closed = bare(rs, i)
			words = append(words, w)
		}
	}
	return words, closed
}

// bare reads a word that does not begin with a quotation mark. Marks inside it (don't) are letters, except
// after the = of an option.
func bare(rs []rune, from int) (w word, next int, closed bool) {
	next = from
	for next < len(rs) && rs[next] != ' ' {
		if rs[next] == '=' && next+1 < len(rs) && closers[rs[next+1]] != "" {
			if w = asWord(string(rs[from:next])); w.option {
				w.hasValue, w.quoted = true, true
				w.value, next, closed = quotation(rs, next+1)
				return w, next, closed
			}
		}
		next++
	}
	return asWord(string(rs[from:next])), next, true
}

// asWord tells options from other words: a typographic dash, or two hyphens, or one, before a letter.
func asWord(s string) word {
	name := strings.TrimLeft(s, "-"+typographicDashes)
	dashes := s[:len(s)-len(name)]
	if dashes == "" || name == "" || !unicode.IsLetter([]rune(name)[0]) {
		return word{text: s}
	}
	name, value, has := strings.Cut(name, "=")
	return word{text: name, option: true, dashes: dashes, value: value, hasValue: has}
}

// single says whether the word was typed with one plain hyphen: -reason.
func (w word) single() bool { return w.dashes == "-" }

// typed is the word as it was typed, for words that turn out to be values.
func (w word) typed() string {
	if !w.option {
		return w.text
	}
	s := w.dashes + w.text
	if w.hasValue {
		s += "=" + w.value
	}
	return s
}

// quotation reads from the opening mark at from. A closing mark counts only before a space or the end, so that
// apostrophes and inches inside do not end it; a backslash makes the next mark or backslash a letter.
func quotation(rs []rune, from int) (content string, next int, closed bool) {
	family := doubleQuotes
	if strings.ContainsRune(singleQuotes, rs[from]) {
		family = singleQuotes
	}
	for _, closing := range []string{closers[rs[from]], family} {
		if content, next, ok := until(rs, from+1, closing); ok {
			return content, next, true
		}
	}
	content, next, _ = until(rs, from+1, "")
	return content, next, false
}

func until(rs []rune, from int, closing string) (content string, next int, ok bool) {
	var out []rune
	for i := from; i < len(rs); i++ {
		r := rs[i]
		switch {
		case r == '\\' && i+1 < len(rs) && strings.ContainsRune(`\`+doubleQuotes+singleQuotes, rs[i+1]):
			i++
			out = append(out, rs[i])
		case strings.ContainsRune(closing, r) && (i+1 == len(rs) || rs[i+1] == ' '):
			return strings.TrimSpace(string(out)), i + 1, true
		default:
			out = append(out, r)
		}
	}
	return strings.TrimSpace(string(out)), len(rs), false
}
