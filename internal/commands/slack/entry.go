package slack

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// entryMessage is one transition as the thread tells it, with its evidence. ok is false for entries that are no
// news: what is about to be tried, and what the parent message or a question shows already.
// u is how long steps took before, nil if nobody knows.
func entryMessage(r deploy.Release, e deploy.Entry, u deploy.Usual) (m message, ok bool) {
	if s, known := stepOf(&r, e.Step); known && s.Kind == deploy.KindPropose && e.Kind == deploy.EntryOutcome && r.Proposal != nil {
		return planCard(r, e, u), true
	}
	if text, ours := databaseEntry(&r, e, u); ours {
		return message{text: cutMarkup(text, mostSection)}, text != ""
	}
	text := entryText(&r, e, u)
	return message{text: cutMarkup(text, mostEntry)}, text != ""
}

func entryText(r *deploy.Release, e deploy.Entry, u deploy.Usual) string {
	switch e.Kind {
	case deploy.EntryCreated:
		return created(r, e)
	case deploy.EntryOutcome:
		return outcome(r, e, u)
	case deploy.EntryFailure:
		return ended("✗", r, e, "")
	case deploy.EntryTrouble:
		return "*" + entryLabel(r, e) + "* meets trouble\n" + evidence(e.Text)
	case deploy.EntryAsked:
		return "Slipway " + esc(oneLine(e.Text))
	case deploy.EntryApproved:
		return approved(r, e)
	case deploy.EntrySignal:
		return mention(e.By) + ": " + esc(strings.ReplaceAll(oneLine(e.Text), "_", " "))
	case deploy.EntryState:
		return entered(r, e)
	case deploy.EntryVerdict:
		return judgedAnew(e)
	case deploy.EntryNote:
		return noted(r, e)
	case deploy.EntryAttested:
		return attested(e)
	case deploy.EntryWaived:
		return waived(e)
	case deploy.EntryVoided:
		return voided(e)
	case deploy.EntryIntent, deploy.EntryProgress:
	}
	return ""
}

func created(r *deploy.Release, e deploy.Entry) string {
	by := e.By
	if by == "" {
		by = r.Requester
	}
	what := fmt.Sprintf("for %s to %s", esc(r.Version), esc(r.Target.Environment))
	if restores(r) {
		what = restoreAsked(r)
	} else if r.Kind == deploy.Rollback {
		what = "for a rollback of " + esc(r.Target.Environment) + " to " + esc(returnsTo(r))
	} else if shares := shiftShares(r); len(shares) > 0 && !rolls(r) {
		what += ", by way of " + percents(shares)
	}
	if names := partNames(r); names != "" {
		what += ", together with " + names
	}
	text := mention(by) + " asked " + what
	if r.Reason != "" {
		text += "\nReason: " + esc(cut(oneLine(r.Reason), mostEntry/2))
	}
	return text
}

func shiftShares(r *deploy.Release) []int {
	var shares []int
	for _, s := range r.Steps {
		if s.Kind == deploy.KindShift && s.Part == "" {
			shares = append(shares, s.Percent)
		}
	}
	return shares
}

// outcome is a step that ended well, with a diagnosis where one was made, and a word if it was slow.
func outcome(r *deploy.Release, e deploy.Entry, u deploy.Usual) string {
	s, known := stepOf(r, e.Step)
	if known && s.Kind == deploy.KindIncident && r.Incident != nil && r.Incident.Diagnosis.Symptom != "" {
		e.Text = ""
		text := ended("✓", r, e, "") + "\n" + quotedLines(diagnosisLines(r.Incident.Diagnosis))
		if !reportable(r) { // or the channel is shown it
			text = joinLines(text, evidenceLines(r))
		}
		return text
	}
	if known && s.Ask == deploy.AskRisky && len(s.Approvals) == 0 {
		return "" // nothing in the plan needed an approval, which the plan itself shows
	}
	s.Status, s.EndedAt, s.Begun = deploy.Done, e.At, e.At.Add(-time.Duration(e.Took)*time.Millisecond)
	slow := ""
	if known && u.Slow(s, e.At) {
		slow = "slow, usually " + deploy.Took(u.Step(s))
	}
	return ended("✓", r, e, slow)
}

func ended(sign string, r *deploy.Release, e deploy.Entry, slow string) string {
	text := dotted(sign+" *"+entryLabel(r, e)+"*", took(time.Duration(e.Took)*time.Millisecond), slow)
	if e.Text != "" {
		text += "\n" + evidence(e.Text)
	}
	return text
}

// approved sets an approval against the verdict off from others: whoever reads the thread later looks for it.
func approved(r *deploy.Release, e deploy.Entry) string {
	gate, _ := stepOf(r, e.Step)
	for _, a := range gate.Approvals {
		if a.Forced && a.By == e.By && a.At.Equal(e.At) {
			return "▲ *Against the verdict*\n" + mention(e.By) + " " + esc(cut(oneLine(e.Text), mostEntry/2))
		}
	}
	return "✓ " + mention(e.By) + " " + esc(oneLine(e.Text))
}

func entryLabel(r *deploy.Release, e deploy.Entry) string {
	if s, ok := stepOf(r, e.Step); ok {
		return label(r, s)
	}
	return esc(string(e.Step))
}

// evidence is set off from our own words, line by line.
func evidence(text string) string {
	lines := strings.Split(strings.TrimSpace(cut(text, mostEntry)), "\n")
	for i, l := range lines {
		lines[i] = "> " + esc(l)
	}
	return strings.Join(lines, "\n")
}

// entered says that a release changed its state. Waiting is said by the question itself.
func entered(r *deploy.Release, e deploy.Entry) string {
	switch {
	case e.State == deploy.Parked:
		return stopped(r, e)
	case e.State == deploy.Running && e.By == deploy.Slipway && e.Text == "":
		return "" // nothing is open any more, as the step says that ends with it
	}
	words := map[deploy.State]string{
		deploy.Running: "▸ Going on", deploy.Paused: "■ Held", deploy.RollingBack: "↩ Rolling back",
		deploy.Succeeded: "✓ Done", deploy.RolledBack: "✓ Rolled back", deploy.Failed: "✗ Failed",
		deploy.Abandoned: "✗ Let go by break-glass",
	}[e.State]
	if words == "" {
		return ""
	}
	text := "*" + words + "*"
	if e.By != "" && e.By != deploy.Slipway {
		text += " by " + mention(e.By)
	}
	if e.Text != "" {
		text += "\n" + evidence(e.Text)
	}
	return text
}

// stopped is read in the channel too, by people who have seen nothing else of the release.
func stopped(r *deploy.Release, e deploy.Entry) string {
	what := esc(r.Target.Service) + " " + esc(r.Version) + ", " + esc(r.Target.Environment)
	press := "Try again or Roll back"
	if restores(r) {
		what, press = esc(r.Target.Service)+" database, "+esc(r.Target.Environment)+", restore to "+esc(r.Restore.Says()), "Try again or Stop"
		if touched(r) {
			press = "Try again"
		}
	}
	if goingBack(r) {
		what += ", on the way back to " + esc(returnsTo(r))
		press = "Try again"
	}
	return fmt.Sprintf("*■ Stopped:* %s. Slipway cannot go on safely by itself.\n%s\nNext: nothing by itself. Somebody has to look, then press %s in the message of the release.",
		what, evidence(e.Text), press)
}
