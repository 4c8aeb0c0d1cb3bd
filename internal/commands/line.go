package commands

import (
	"slices"
	"strings"
	"unicode"
)

// line is a command line taken apart, so that one part of it can be corrected and the whole be shown again.
type line struct {
	command string // "/deploy"
	sub     string // one of the subcommands, or nothing
	args    []string
	options []option
}

type option struct {
	name     string
	value    string
	hasValue bool
	open     bool // the value was not quoted: words that follow may belong to it
	after    int  // how many arguments came before it
}

// The functions below return a corrected copy.

func (l line) words(values ...string) line {
	l.args = slices.Clone(l.args)
	for _, v := range values {
		if v != "" {
			l.args = append(l.args, v)
		}
	}
	return l
}

func (l line) option(name, value string) line {
	l.options = append(slices.Clone(l.options), option{name: name, value: value, hasValue: true})
	return l
}

func (l line) with(i int, arg string) line {
	l.args = slices.Clone(l.args)
	if i == len(l.args) {
		l.args = append(l.args, arg)
	} else {
		l.args[i] = arg
	}
	return l
}

func (l line) without(name string) line {
	l.options = slices.DeleteFunc(slices.Clone(l.options), func(o option) bool { return o.name == name })
	return l
}

func (l line) cut(n int) line {
	l.args = l.args[:min(n, len(l.args))]
	return l
}

func (l line) get(name string) (option, bool) {
	for _, o := range l.options {
		if o.name == name {
			return o, true
		}
	}
	return option{}, false
}

// String shows the line as a person would type it.
func (l line) String() string {
	parts := []string{l.command}
	if l.sub != "" {
		parts = append(parts, l.sub)
	}
	for i, a := range l.args {
		if i == 0 && l.sub == "" && l.command == "/deploy" && isSubcommand(a) || i == 0 && isHelp(a) {
			parts = append(parts, quote(a))
			continue
		}
		parts = append(parts, quoteIfNeeded(a))
	}
	for _, o := range l.options {
		parts = append(parts, "--"+o.name)
		switch {
		case !o.hasValue:
		case o.name == "reason":
			parts = append(parts, quote(o.value))
		default:
			parts = append(parts, quoteIfNeeded(o.value))
		}
	}
	return strings.Join(parts, " ")
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func quoteIfNeeded(s string) string {
	safe := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-._/:@+,~#%", r)
	}
	if s == "" || s[0] == '-' || strings.ContainsFunc(s, func(r rune) bool { return !safe(r) }) {
		return quote(s)
	}
	return s
}

// joined is the line with the plain words that follow an unquoted --reason taken into it, as somebody means who
// types: --reason it is bad.
func (l line) joined() (line, bool) {
	for i, o := range l.options {
		if o.name == "reason" && o.open && o.after > 0 && o.after < len(l.args) {
			l.options = slices.Clone(l.options)
			l.options[i].value += " " + strings.Join(l.args[o.after:], " ")
			l.options[i].open = false
			return l.cut(o.after), true
		}
	}
	return l, false
}
