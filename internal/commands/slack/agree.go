package slack

import (
	"fmt"
	"strings"

	sdk "github.com/slack-go/slack"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// agreeHead is the first line of a question about what nobody does alone.
func agreeHead(r *deploy.Release, who string) string {
	text := fmt.Sprintf("*%s*, %s: roll back to %s, which may not work with the schema that is there?", esc(r.Target.Service), esc(r.Target.Environment), esc(returnsTo(r)))
	if restores(r) {
		text = fmt.Sprintf("*%s*, %s: restore %s in place of everything that is in %s?", esc(r.Target.Service), esc(r.Target.Environment), backupName(r), heldBy(r))
	}
	if who != "" {
		text = who + "  " + text
	}
	return text
}

// agreeMessage asks a second person: what happens on approval, and what breaks or is lost.
func agreeMessage(r deploy.Release, gate deploy.Step, who string) message {
	lines := []string{agreeHead(&r, who)}
	if restores(&r) {
		lines = append(lines, restoreTerms(&r)...)
	} else {
		lines = append(lines, acrossTerms(&r)...)
	}
	if r.Reason != "" {
		lines = append(lines, "*Reason*  "+esc(cut(oneLine(r.Reason), 2*mostNote)))
	}
	lines = append(lines, terms(&r, gate))
	return message{text: joinLines(lines...), blocks: append(packed(lines), agreeButtons(&r, gate)), aloud: true}
}

// acrossTerms say what stays of the schema, and what else can be done.
func acrossTerms(r *deploy.Release) []string {
	to := esc(returnsTo(r))
	lines := []string{"*On approval*  100 % goes to " + baseline(r) + ", at once and without further questions. The database stays as it is."}
	lines = append(lines, "*What "+to+" may not work with*")
	for _, x := range r.Across[:min(len(r.Across), mostOthers)] {
		lines = append(lines, crossingLine(x))
		if gone := takenAway(x.Changes); len(gone) > 0 {
			lines = append(lines, "> "+few(gone, mostChanges))
		}
	}
	if more := len(r.Across) - mostOthers; more > 0 {
		lines = append(lines, fmt.Sprintf("and %s more", counts(more, "release")))
	}
	return append(lines, "*Instead*  go forward with a mended version, or have the data as it was in a new instance: "+code(databaseCommand(r)))
}

// crossingLine is one change of the schema that stays.
func crossingLine(x deploy.Crossing) string {
	kind := "takes away or changes what was there"
	if x.Class == deploy.Unsure {
		kind = "what it does cannot be told from its statements"
	}
	schema := fmt.Sprintf("schema %d → %d", x.Before, x.After)
	if x.Before == x.After {
		schema = fmt.Sprintf("schema %d", x.Before)
	}
	line := fmt.Sprintf("• %s, %s: %s (%s: %s)", esc(cut(x.Version, mostName)), esc(string(x.Release)), schema, esc(string(x.Class)), kind)
	var names []string
	for _, n := range x.Names {
		names = append(names, code(cut(n, mostName)))
	}
	if len(names) > 0 {
		line += " " + few(names, mostOthers)
	}
	return line
}

// databaseCommand lists what the database can be brought back to.
func databaseCommand(r *deploy.Release) string {
	return commands.RestoreCommand{Service: r.Target.Service, Environment: r.Target.Environment}.String()
}

// restoreTerms say what a restore in place does, and what is lost with it.
func restoreTerms(r *deploy.Release) []string {
	what := backupName(r)
	switch {
	case r.Restore.Of != "" && !r.Restore.At.IsZero():
		what += " of " + moment(r.Restore.At) + ", made for " + esc(string(r.Restore.Of)) + ","
	case r.Restore.Of != "":
		what += ", made for " + esc(string(r.Restore.Of)) + ","
	case !r.Restore.At.IsZero():
		what += " of " + moment(r.Restore.At)
	}
	lines := []string{fmt.Sprintf("*On approval*  %s is backed up as it is now, then %s takes its place. The database does not answer meanwhile, and it cannot be stopped once begun.", heldBy(r), what)}
	if look, ok := stepOfKind(r, deploy.KindRestorable); ok && look.Note != "" {
		lines = append(lines, "*What is lost*\n"+evidence(cut(look.Note, mostEntry)))
	}
	if len(r.Restore.Also) > 0 {
		var also []string
		for _, t := range r.Restore.Also {
			also = append(also, esc(t.String()))
		}
		lines = append(lines, "*Overwritten, too*  the database of "+few(also, mostOthers)+", which is in the same instance")
	}
	return append(lines, "*Instead*  the same data in a new instance, beside this one: "+code(databaseCommand(r)))
}

// agreeQuestion says what the click will do. It is plain text.
func agreeQuestion(r *deploy.Release) string {
	if restores(r) {
		return fmt.Sprintf("Everything in %s is backed up once more and then replaced by backup %s. What was written since that backup is lost, the database does not answer meanwhile, and it cannot be stopped.",
			cut(r.Restore.Instance.Name, mostName), cut(r.Restore.Backup, 20))
	}
	return fmt.Sprintf("100 %% of %s goes to %s at once. The schema stays as it is, and %s may fail on it.", r.Target, cut(returnsTo(r), mostName), cut(returnsTo(r), mostName))
}

// agreeButtons are the answers.
func agreeButtons(r *deploy.Release, gate deploy.Step) sdk.Block {
	words := "Approve " + gate.Wants()
	confirm := sdk.NewConfirmationBlockObject(plainText(words+"?", 100), plainText(agreeQuestion(r), 300),
		plainText(words, 30), plainText("Leave it", 30)).WithStyle(sdk.StyleDanger)
	approve := button(commands.Promote, words, r, gate.Name).WithStyle(sdk.StyleDanger).WithConfirm(confirm)
	return row("gate", approve, stopButton(r, gate.Name))
}

// agreeStamp says in one line how it was decided. ok is false while it is not.
func agreeStamp(r *deploy.Release, gate deploy.Step) (stamp string, ok bool) {
	switch {
	case gate.Status == deploy.Done:
		return fmt.Sprintf("✓ %s approved by %s at %s", capital(strings.TrimPrefix(gate.Wants(), "the ")), approvers(gate), clock(lastApproval(gate))), true
	case r.State == deploy.Abandoned:
		return fmt.Sprintf("✗ Let go by %s at %s", mention(r.By), clock(r.Since)), true
	case goingBack(r) || r.State.Terminal() || gate.Status.Ended():
		return fmt.Sprintf("↩ Not approved: stopped by %s at %s, before anything was changed", mention(r.By), clock(latest(gate.EndedAt, r.Since))), true
	case r.State == deploy.Paused && r.By == deploy.Slipway:
		return fmt.Sprintf("■ Expired at %s, held before anything is changed", clock(r.Since)), true
	case r.State == deploy.Paused:
		return fmt.Sprintf("■ Held by %s at %s, before anything is changed", mention(r.By), clock(r.Since)), true
	case r.State == deploy.Parked:
		return fmt.Sprintf("■ Stopped by %s at %s", mention(r.By), clock(r.Since)), true
	}
	return "", false
}
