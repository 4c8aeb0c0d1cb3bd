package commands

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"slipway/internal/deploy"
)

// maxReason is the most characters of a reason: it is shown in one line of the live message.
const maxReason = 500

// placeholderReason completes a corrected command. It is worth more than a rollback that did not happen.
const placeholderReason = "what went wrong"

// placeholderForce does so where somebody goes against the verdict.
const placeholderForce = "why it is safe"

// placeholderWaive does so where an item is let pass.
const placeholderWaive = "why it may pass"

// rule is an option that a command takes.
type rule struct {
	name  string
	value bool // takes one
}

var (
	deployRules  = []rule{{"strategy", true}, {"reason", true}, {"again", false}, {"plan", false}}
	promoteRules = []rule{{"force", false}, {"reason", true}}
	reasonRules  = []rule{{"reason", true}}

	rollbackRules = []rule{{"reason", true}, {"anyway", false}, {"database", false}, {"backup", true}, {"at", true}, {"in-place", false}, {"confirm", true}}
)

func rulesOf(l line) []rule {
	switch {
	case l.command == "/deploy" && l.sub == "":
		return deployRules
	case l.command == "/promote":
		return promoteRules
	case l.command == "/rollback":
		return rollbackRules
	case l.sub == "unlock", l.sub == "waive":
		return reasonRules
	}
	return nil
}

// arrange sorts words into arguments and options. It goes on after a mistake, so that the corrected command is
// whole; the first mistake is the one that is told.
func arrange(l line, words []word) (line, error) {
	rules := rulesOf(l)
	var code deploy.Code
	var wrong string
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !w.option {
			l.args = append(l.args, w.text)
			continue
		}
		r, found, c, problem := recognise(l, w, rules)
		if found {
			o := option{name: r.name, hasValue: r.value, after: len(l.args)}
			switch {
			case r.value && w.hasValue:
				o.value, o.open = w.value, !w.quoted
			case r.value && i+1 < len(words) && (!words[i+1].option || words[i+1].single()):
				i++
				o.value, o.open = words[i].typed(), !words[i].quoted
			}
			if _, twice := l.get(r.name); !twice {
				l.options = append(l.options, o)
			} else if problem == "" {
				c, problem = deploy.Invalid, fmt.Sprintf("--%s is given twice.", r.name)
			}
		}
		if wrong == "" {
			code, wrong = c, problem
		}
	}
	if wrong != "" {
		return l, mistake(code, l.String(), "%s", wrong)
	}
	return l, nil
}

// recognise finds the option that was meant, if any was, and says what is wrong with how it was typed.
func recognise(l line, w word, rules []rule) (r rule, found bool, code deploy.Code, wrong string) {
	var known []string
	for _, r := range rules {
		known = append(known, r.name)
		if r.name == w.text {
			return r, true, deploy.Invalid, misspelt(r, w)
		}
	}
	meant, near := nearest(w.text, known)
	for _, r := range rules {
		if near && r.name == meant {
			return r, true, deploy.NotFound, fmt.Sprintf("I don't know the option --%s.", w.text)
		}
	}
	what := strings.TrimSpace(l.command + " " + l.sub)
	if len(known) == 0 {
		return r, false, deploy.Invalid, fmt.Sprintf("%s takes no options, so not --%s either.", what, w.text)
	}
	return r, false, deploy.Invalid, fmt.Sprintf("%s has no option --%s. It has --%s.", what, w.text, strings.Join(known, ", --"))
}

func misspelt(r rule, w word) string {
	switch {
	case !r.value && w.hasValue:
		return fmt.Sprintf("--%s stands alone, without a value.", r.name)
	case w.single():
		return fmt.Sprintf("An option begins with two dashes: --%s.", r.name)
	}
	return ""
}

// reason reads --reason, which must say something: dots and dashes do not.
func (l line) reason() (string, error) {
	o, has := l.get("reason")
	if !has {
		return "", nil
	}
	if !strings.ContainsFunc(o.value, says) {
		return "", mistake(deploy.Invalid, l.without("reason").option("reason", placeholderReason).String(), "--reason needs a text.")
	}
	if tooLong := lengthy(o.value); tooLong != "" {
		short := strings.TrimSpace(string([]rune(o.value)[:maxReason]))
		return "", mistake(deploy.Invalid, l.without("reason").option("reason", short).String(), "%s", tooLong)
	}
	return o.value, nil
}

// lengthy says that a reason is too long; empty if it is not.
func lengthy(reason string) string {
	if n := utf8.RuneCountInString(reason); n > maxReason {
		return fmt.Sprintf("The reason has %d characters; there is room for %d.", n, maxReason)
	}
	return ""
}

func says(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.So, r)
}

// strategy reads --strategy.
func (l line) strategy() (deploy.StrategyKind, error) {
	o, has := l.get("strategy")
	if !has {
		return "", nil
	}
	kinds := []string{string(deploy.Canary), string(deploy.BlueGreen)}
	for _, k := range kinds {
		if o.value == k {
			return deploy.StrategyKind(k), nil
		}
	}
	if meant, near := nearest(o.value, kinds); near {
		return "", mistake(deploy.NotFound, l.without("strategy").option("strategy", meant).String(),
			"I don't know the strategy %q.", o.value)
	}
	return "", mistake(deploy.Invalid, l.without("strategy").String(),
		"The strategy %q is neither canary nor blue-green. Without --strategy the catalog's is taken.", o.value)
}
