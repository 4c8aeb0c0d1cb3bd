package commands

import (
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// Names is what the parser must know of the catalog, to tell an environment from a version and to suggest what
// was meant.
type Names interface {
	Services() []string
	Environments(service string) []string
}

// maxText is the most bytes of a command: twice what Slack's message box takes, and little work for the parser.
const maxText = 8000

// Parse understands the text of a command. Every error is a *deploy.Error whose Msg says what is wrong and whose
// Hint is the corrected command, ready to paste: NotFound if a word is not known, Invalid otherwise. It never
// panics, whatever the text.
func Parse(command, text string, known Names) (Command, error) {
	if len(text) > maxText {
		return nil, mistake(deploy.Invalid, HelpCommand{}.String(), "The command is too long: %d bytes, there is room for %d.", len(text), maxText)
	}
	words, closed := split(clean(unescape(text)))
	p := parser{known: known}
	l, rest, err := begin(command, words)
	if err != nil {
		return nil, err
	}
	if l.sub == "help" {
		return HelpCommand{}, nil
	}
	if l, err = arrange(l, rest); err != nil {
		return nil, err
	}
	if !closed {
		return nil, mistake(deploy.Invalid, l.String(), "A quotation mark is opened and never closed.")
	}
	c, err := p.understand(l)
	if err == nil {
		return c, nil
	}
	if j, ok := l.joined(); ok {
		if meant, joinedErr := p.understand(j); joinedErr == nil {
			return nil, mistake(deploy.Invalid, meant.String(), "A reason of several words needs quotation marks.")
		}
	}
	return nil, err
}

// mistake is an error of the person who typed. Both texts are whole sentences for them.
func mistake(code deploy.Code, corrected, format string, args ...any) error {
	return &deploy.Error{Code: code, Op: "read the command", Msg: fmt.Sprintf(format, args...), Hint: corrected}
}

var subcommands = []string{"status", "history", "checklist", "waive", "unlock", "help"}

func isSubcommand(s string) bool { return slices.Contains(subcommands, strings.ToLower(s)) }
func isHelp(s string) bool       { return strings.EqualFold(s, "help") }

// begin takes the subcommand off. A quoted word is never one, so that a service may be called "status".
func begin(command string, words []word) (line, []word, error) {
	l := line{command: strings.ToLower(command)}
	if l.command != "/deploy" && l.command != "/promote" && l.command != "/rollback" {
		return l, nil, mistake(deploy.NotFound, HelpCommand{}.String(), "I don't know the command %q.", command)
	}
	if len(words) == 0 || slices.ContainsFunc(words, word.asksForHelp) {
		l.sub = "help"
		return l, nil, nil
	}
	first := words[0]
	switch {
	case first.quoted || first.option:
	case isHelp(first.text):
		l.sub = "help"
		return l, nil, nil
	case l.command == "/deploy" && isSubcommand(first.text):
		l.sub = strings.ToLower(first.text)
		return l, words[1:], nil
	}
	return l, words, nil
}

func (w word) asksForHelp() bool {
	return w.option && !w.hasValue && (w.text == "help" || w.text == "h")
}

// parser understands a line whose options are known.
type parser struct{ known Names }

func (p parser) understand(l line) (Command, error) {
	switch {
	case l.sub == "status":
		return p.status(l)
	case l.sub == "history":
		return p.history(l)
	case l.sub == "checklist":
		return p.checklist(l)
	case l.sub == "waive":
		return p.waive(l)
	case l.sub == "unlock":
		return p.unlock(l)
	case l.command == "/promote":
		return p.promote(l)
	case l.command == "/rollback" && l.aboutDatabase():
		return p.restore(l)
	case l.command == "/rollback":
		return p.rollback(l)
	default:
		return p.deploy(l)
	}
}
