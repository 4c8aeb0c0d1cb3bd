// Package placeholder fills ${NAME} into the paths, headers and bodies of checks, each value escaped for the place it
// stands in, so that it can be nothing but a value there.
//
// A name is letters, digits and underscores, or secret: and the name of a secret. $${ is ${ itself; any other $ is a
// $. The catalog reads texts to find mistakes and unknown names when it is loaded; the HTTP checks fill them. Nothing
// is read from anywhere, and no value is ever part of an error.
//
// Start reading at Parse, then Text.Fill.
package placeholder

import (
	"fmt"
	"regexp"
	"strings"

	"slipway/internal/deploy"
)

// secretPrefix marks a name that stands for a secret.
const secretPrefix = "secret:"

// names are what may stand between the braces. A secret's name is as Secret Manager has it.
var names = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*|secret:[A-Za-z0-9_-]{1,255})$`)

// Text is a text with placeholders in it. The zero value is an empty text.
type Text struct{ pieces []piece }

// piece is a stretch of text, or a placeholder.
type piece struct{ text, name string }

// Parse reads a text. Invalid if a placeholder in it has no end or no name.
func Parse(s string) (Text, error) {
	var t Text
	var b strings.Builder
	for {
		at := strings.Index(s, "${")
		if at < 0 {
			b.WriteString(s)
			break
		}
		if at > 0 && s[at-1] == '$' {
			b.WriteString(s[:at-1] + "${")
			s = s[at+2:]
			continue
		}
		b.WriteString(s[:at])
		name, rest, closed := strings.Cut(s[at+2:], "}")
		switch {
		case !closed:
			return Text{}, wrong("a placeholder has no end: " + shorten(s[at:]))
		case !names.MatchString(name):
			return Text{}, wrong(fmt.Sprintf("${%s} is no placeholder", shorten(name)))
		}
		if b.Len() > 0 {
			t.pieces = append(t.pieces, piece{text: b.String()})
			b.Reset()
		}
		t.pieces = append(t.pieces, piece{name: name})
		s = rest
	}
	if b.Len() > 0 {
		t.pieces = append(t.pieces, piece{text: b.String()})
	}
	return t, nil
}

// Names are those of the placeholders, in their order; one that stands there twice is named twice.
func (t Text) Names() []string {
	var all []string
	for _, p := range t.pieces {
		if p.name != "" {
			all = append(all, p.name)
		}
	}
	return all
}

// Secret is the name of the secret that a placeholder stands for; ok is false for any other placeholder.
func Secret(name string) (secret string, ok bool) { return strings.CutPrefix(name, secretPrefix) }

// Fill is the text with the values put in, as kind wants them. Invalid, with the placeholder named, if there is no
// value under a name, or if its value cannot stand where it is asked for.
func (t Text) Fill(kind Kind, value func(name string) (string, bool)) (string, error) {
	var b strings.Builder
	at := &place{kind: kind}
	for _, p := range t.pieces {
		if p.name == "" {
			b.WriteString(p.text)
			at.pass(p.text)
			continue
		}
		v, known := value(p.name)
		if !known {
			return "", wrong("there is no value for ${" + p.name + "}")
		}
		escaped, why := at.escape(v)
		if why != "" {
			return "", wrong("the value of ${" + p.name + "} " + why)
		}
		b.WriteString(escaped)
	}
	return b.String(), nil
}

func wrong(msg string) error {
	return &deploy.Error{
		Code: deploy.Invalid, Op: "fill in placeholders", Msg: msg,
		Hint: "write ${NAME} or ${secret:NAME} for a value, and $${ for ${ itself",
	}
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}
