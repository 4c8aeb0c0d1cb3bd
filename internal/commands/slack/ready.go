package slack

import (
	"fmt"
	"slices"
	"strings"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// What a question about open items shows at most; the form has the others, and each look makes room for more.
const (
	mostOpen   = 25
	mostOwners = 6 // in the line of the parent message
)

// checklistNote is how far the checklist has come: 41/45 checklist, 1 waived.
func checklistNote(r *deploy.Release) string {
	note := fmt.Sprintf("%d/%d checklist", r.Readiness.Good(), r.Readiness.Total)
	if n := r.Readiness.Waived; n > 0 {
		note += fmt.Sprintf(", %d waived", n)
	}
	return note
}

// owed is what one owner owes; without an owner, what anybody may attest, or what nobody can.
type owed struct {
	owner  deploy.Principal
	attest bool
	items  []deploy.OpenItem
}

// debts are the open items by owner, in the order in which they come.
func debts(ready *deploy.Readiness) (list []owed) {
	if ready == nil {
		return nil
	}
	for _, o := range ready.Open {
		i := slices.IndexFunc(list, func(d owed) bool { return d.owner == o.Owner && (o.Owner != "" || d.attest == o.Attest) })
		if i < 0 {
			i, list = len(list), append(list, owed{owner: o.Owner, attest: o.Attest})
		}
		list[i].items = append(list[i].items, o)
	}
	return list
}

// who names the one who owes. A handle is plain text here: the question notifies once, at its beginning.
func (d owed) who() string {
	switch {
	case d.owner != "":
		return principal(string(d.owner))
	case d.attest:
		return "anyone who may deploy"
	}
	return "to be mended"
}

func (d owed) title() string {
	if d.owner == "" && !d.attest {
		return "*To be mended, or waived by an approver:*"
	}
	return "*Open, owed by " + d.who() + ":*"
}

// waitingForItems is the state of a release that waits for its checklist.
func waitingForItems(r *deploy.Release) string {
	ready := r.Readiness
	if ready == nil {
		return "waiting for its checklist"
	}
	words := fmt.Sprintf("waiting for %d of %d checklist items", len(ready.Open), ready.Total)
	var owners []string
	for i, d := range debts(ready) {
		if i == mostOwners {
			owners = append(owners, "and others")
			break
		}
		owners = append(owners, fmt.Sprintf("%s %d", d.who(), len(d.items)))
	}
	if len(owners) > 0 {
		words += ": " + strings.Join(owners, ", ")
	}
	return words
}

// nextItems is what comes of open items.
func nextItems(step deploy.Step) string {
	text := "Next: Slipway looks again by itself, and goes on once nothing is open."
	if step.Within > 0 && !step.Begun.IsZero() {
		text += " If something is still open at " + clock(step.Begun.Add(step.Within)) + ", it ends before anything is changed."
	}
	return text
}

// readyMessage is what asks people for what is open. who is the mention of those who owe it, written once.
func readyMessage(r deploy.Release, step deploy.Step, who string) message {
	lines := []string{readyHead(&r, who)}
	shown := 0
	var unseen []owed
	for _, d := range debts(r.Readiness) {
		fit := min(len(d.items), mostOpen-shown)
		if fit > 0 {
			lines = append(lines, d.title())
		}
		for _, o := range d.items[:fit] {
			lines = append(lines, openLine(o))
		}
		if shown += fit; fit < len(d.items) {
			unseen = append(unseen, owed{owner: d.owner, attest: d.attest, items: d.items[fit:]})
		}
	}
	if len(unseen) > 0 {
		lines = append(lines, unseenLine(unseen))
	}
	lines = append(lines, readyTerms(&r, step))
	return message{text: strings.Join(lines, "\n"), blocks: append(packed(lines), readyButtons(&r, step)), aloud: true}
}

// unseenLine counts what there was no room for, by owner: whoever is mentioned finds that there is something of theirs.
func unseenLine(unseen []owed) string {
	more := 0
	var owners []string
	for _, d := range unseen {
		more += len(d.items)
		owners = append(owners, fmt.Sprintf("%s %d", d.who(), len(d.items)))
	}
	if len(owners) > mostOwners {
		owners = append(owners[:mostOwners], "and others")
	}
	return fmt.Sprintf("and %d more, which the forms show: %s", more, strings.Join(owners, ", "))
}

func readyHead(r *deploy.Release, who string) string {
	waits := "waits before anything is changed"
	if len(r.Readiness.Open) == 0 {
		waits = "waited before anything was changed"
	}
	text := fmt.Sprintf("*%s %s* %s: %d of %d items are so", esc(r.Target.Service), esc(r.Version), waits, r.Readiness.Good(), r.Readiness.Total)
	if n := r.Readiness.Waived; n > 0 {
		text += fmt.Sprintf(", %d of them waived", n)
	}
	text += ", for " + esc(r.Target.Environment) + "."
	if who != "" {
		return who + "  " + text
	}
	return text
}

func openLine(o deploy.OpenItem) string {
	line := "• " + esc(cut(oneLine(o.Text), mostNote))
	if o.Group != "" {
		line += " (" + esc(cut(oneLine(o.Group), mostName)) + ")"
	}
	if o.Why != "" {
		line += ": " + esc(cut(oneLine(o.Why), mostNote))
	}
	return line
}

func readyTerms(r *deploy.Release, step deploy.Step) string {
	text := "Slipway looks again by itself. An approver may waive an item, with a reason"
	if !r.Spec.Policy.RequesterMayApprove {
		text += "; not " + mention(r.Requester)
	}
	text += "."
	if step.Within > 0 && !step.Begun.IsZero() {
		text += " Expires " + clock(step.Begun.Add(step.Within)) + ", then it ends before anything is changed."
	}
	return text
}

// packed puts lines into as few sections as hold them.
func packed(lines []string) (blocks []sdk.Block) {
	text := ""
	for _, l := range lines {
		l = cutMarkup(l, mostSection)
		if text != "" && len([]rune(text))+1+len([]rune(l)) > mostSection {
			blocks, text = append(blocks, section(text)), ""
		}
		text = joinLines(text, l)
	}
	if text != "" {
		blocks = append(blocks, section(text))
	}
	return blocks
}

// readyStamp says in one line what became of the open items. ok is false while they are open.
func readyStamp(r *deploy.Release, step deploy.Step) (stamp string, ok bool) {
	switch {
	case step.Status == deploy.Done:
		stamp = fmt.Sprintf("✓ Complete at %s", clock(step.EndedAt))
		var lines []string
		for _, w := range r.Waivers {
			if w.Item == deploy.WithoutBackup {
				continue // which came later, and is told by itself
			}
			lines = append(lines, "Waived: "+waiverLine(w))
		}
		return joinLines(stamp, strings.Join(lines[:min(len(lines), mostOthers)], "\n")), true
	case step.Status == deploy.Broken:
		return fmt.Sprintf("✗ Ended at %s before anything was changed: %s", clock(step.EndedAt), esc(cut(oneLine(step.Note), 2*mostNote))), true
	case goingBack(r) || r.State.Terminal() || step.Status.Ended():
		return fmt.Sprintf("↩ Stopped by %s at %s, before anything was changed", mention(r.By), clock(latest(step.EndedAt, r.Since))), true
	case r.State == deploy.Paused:
		return fmt.Sprintf("■ Held by %s at %s, before anything is changed", mention(r.By), clock(r.Since)), true
	case r.State == deploy.Parked:
		return fmt.Sprintf("■ Stopped by %s at %s", mention(r.By), clock(r.Since)), true
	}
	return "", false
}

// waiverLine is who let what pass, and why.
func waiverLine(w deploy.Waiver) string {
	return fmt.Sprintf("▲ %s by %s at %s, because: %s", esc(cut(oneLine(w.Text), mostNote)), mention(w.By), clock(w.At), esc(cut(oneLine(w.Reason), mostNote)))
}

// attested is what somebody says about items, as the thread tells it. The entry says what they do: attests 3 items: …
func attested(e deploy.Entry) string {
	does, list, named := strings.Cut(e.Text, ": ")
	if !strings.HasPrefix(does, "attests ") {
		does, list, named = "attests", e.Text, e.Text != ""
	}
	text := "✓ " + mention(e.By) + " " + esc(does)
	if named {
		text += "\n" + evidence(list)
	}
	return text
}

// waived sets a waiver off from what is so: whoever reads the thread later looks for it.
func waived(e deploy.Entry) string {
	return "▲ *Waived* by " + mention(e.By) + "\n" + evidence(e.Text)
}
