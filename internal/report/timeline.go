package report

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	// mostLines of a timeline; of a longer journal the middle is left out.
	mostLines = 200
	firstOnes = 50
)

func (d *document) timeline() {
	d.section("Timeline (UTC)")
	var told []deploy.Entry
	for _, e := range d.journal {
		if tells(e.Kind) {
			told = append(told, e)
		}
	}
	if len(told) == 0 {
		d.line("The journal has nothing to tell.")
		return
	}
	d.line("| At | Who | What |\n|---|---|---|")
	left, day := len(told)-mostLines, ""
	for i, e := range told {
		if left > 0 && i >= firstOnes && i < firstOnes+left {
			if i == firstOnes {
				d.line("| | | %s left out; `bot release journal %s` has all |", plural(int64(left), "entry", "entries"), inline(string(d.r.ID)))
			}
			continue
		}
		at := clockOf(e.At)
		if today := e.At.UTC().Format(time.DateOnly); today != day {
			at, day = today+" "+at, today
		}
		d.line("| %s | %s | %s |", at, d.who(e.By), what(e))
	}
}

// tells says whether people want to know of an entry: not that something was begun or is going on, which the entry of
// its end says as well.
func tells(k deploy.EntryKind) bool {
	switch k {
	case deploy.EntryIntent, deploy.EntryProgress:
		return false
	case deploy.EntryCreated, deploy.EntryTrouble, deploy.EntryOutcome, deploy.EntryFailure, deploy.EntryAsked, deploy.EntryApproved,
		deploy.EntrySignal, deploy.EntryState, deploy.EntryVerdict, deploy.EntryNote, deploy.EntryAttested, deploy.EntryWaived, deploy.EntryVoided:
		return true
	}
	return true
}

// what is an entry in words.
func what(e deploy.Entry) string {
	text := inline(e.Text)
	about := func(said string) string {
		if e.Step != "" {
			said = stepName(e.Step) + " " + said
		}
		return strings.TrimSuffix(said+": "+text, ": ")
	}
	switch e.Kind {
	case deploy.EntryCreated:
		if text == "" {
			return "asked for it"
		}
		return "asked for: " + text
	case deploy.EntryOutcome:
		if e.Took > 0 {
			return about(fmt.Sprintf("done in %s", deploy.Took(time.Duration(e.Took)*time.Millisecond)))
		}
		return about("done")
	case deploy.EntryFailure:
		return about("**failed**")
	case deploy.EntryTrouble:
		return about("has trouble")
	case deploy.EntryState:
		return strings.TrimSuffix("**"+stateWord(e.State)+"**: "+text, ": ")
	case deploy.EntryVerdict:
		return "verdict " + text
	case deploy.EntryAttested:
		return strings.TrimSuffix("attested: "+strings.TrimPrefix(text, "attests "), ": ")
	case deploy.EntryWaived:
		return strings.TrimSuffix("**waived**: "+text, ": ")
	case deploy.EntryVoided:
		said, why, _ := strings.Cut(text, ": ")
		return strings.TrimSuffix("**"+said+"**: "+why, ": ")
	case deploy.EntryAsked, deploy.EntryApproved, deploy.EntrySignal, deploy.EntryNote, deploy.EntryIntent, deploy.EntryProgress:
	}
	return text
}

// stepName is a step, and the part of the release that it is about.
func stepName(name deploy.StepName) string {
	step, part, ok := strings.Cut(string(name), "@")
	if !ok {
		return code(step)
	}
	return inline(part) + ": " + code(step)
}

func stateWord(s deploy.State) string {
	if word, known := states[s]; known {
		return word
	}
	return inline(string(s))
}
