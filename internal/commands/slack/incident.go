package slack

import (
	"fmt"

	sdk "github.com/slack-go/slack"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// reportable says whether a release that goes back, or went, is an incident: users were on what was taken away from
// them. What failed before that is told in the thread of the release alone.
func reportable(r *deploy.Release) bool {
	return r.Incident != nil && (r.Most() > 0 || r.Kind == deploy.Rollback)
}

// incidentMessage is what the channel is told of a rollback: how users fare now, what they saw, why, how it came about
// and what has been done since. It is edited as more is known and as people take things up. locked says whether the
// target is still locked by this release; imageFile is Slack's id of a chart that was uploaded, or "".
func incidentMessage(r deploy.Release, locked bool, imageFile string) message {
	if r.Incident == nil {
		return message{}
	}
	parts := []string{
		joinLines(incidentHead(&r), incidentNow(&r), triggerLine(&r), quotedLines(diagnosisLines(r.Incident.Diagnosis))),
		timelineLines(&r),
		againstStable(&r),
	}
	after := []string{evidenceLines(&r), approvalLines(&r), joinLines(lockLine(&r, locked), noteLines(&r))}
	blocks := sections(parts)
	if imageFile != "" {
		blocks = append(blocks, sdk.NewImageBlockSlackFile(&sdk.SlackFileObject{ID: imageFile}, cut(chartAlt(&r), mostAlt), "chart", nil))
	}
	blocks = append(blocks, sections(after)...)
	if buttons := incidentButtons(&r, locked); len(buttons) > 0 {
		blocks = append(blocks, row("incident", buttons...))
	}
	return message{
		text: joinLines(append(parts, after...)...), blocks: blocks,
		colour: incidentColour(&r, locked), footer: "Evidence taken at " + clock(r.Incident.At) + " · release " + esc(string(r.ID)),
	}
}

const mostAlt = 2000 // characters of an image's description that Slack takes

func sections(parts []string) (blocks []sdk.Block) {
	for _, p := range parts {
		if p != "" {
			blocks = append(blocks, section(p))
		}
	}
	return blocks
}

// incidentColour goes with what the lines say: nobody is on it, somebody is, it is over.
func incidentColour(r *deploy.Release, locked bool) string {
	_, taken := r.Noted(deploy.NoteTaken)
	switch {
	case !locked && r.State == deploy.RolledBack:
		return green
	case taken:
		return amber
	}
	return red
}

// incidentButtons are what is asked of people. Each goes once somebody has done it, and its line says who.
func incidentButtons(r *deploy.Release, locked bool) []sdk.BlockElement {
	var list []sdk.BlockElement
	for _, b := range []struct {
		note   deploy.NoteKind
		action commands.Action
		words  string
	}{
		{deploy.NoteTaken, commands.Take, "I take this"}, {deploy.NoteBug, commands.Bug, "Open a bug"},
		{"", commands.Database, "Database options"},
		{deploy.NoteFix, commands.Fix, "Schedule the fix"}, {deploy.NoteUnlocked, commands.Unlock, "Clear the lock"},
		{deploy.NoteReport, commands.Report, "Export report"},
	} {
		_, done := r.Noted(b.note)
		switch {
		case done:
		case b.action == commands.Database && (r.Spec.Database == nil || r.Spec.Database.Off != ""):
		case b.action == commands.Unlock && !locked:
		case b.action == commands.Unlock:
			confirm := sdk.NewConfirmationBlockObject(plainText("Clear the lock?", 100), plainText(unlockQuestion(r), 300),
				plainText("Clear the lock", 30), plainText("Leave it", 30))
			list = append(list, button(b.action, b.words, r, "").WithConfirm(confirm))
		case b.action == commands.Take:
			list = append(list, button(b.action, b.words, r, "").WithStyle(sdk.StylePrimary))
		default:
			list = append(list, button(b.action, b.words, r, ""))
		}
	}
	return list
}

// unlockQuestion says what the click will do. It is plain text.
func unlockQuestion(r *deploy.Release) string {
	text := fmt.Sprintf("New versions can be deployed to %s again.", r.Target)
	if bad := takenBack(r); bad != "" {
		text += fmt.Sprintf(" %s itself stays refused without --again.", cut(bad, mostName))
	}
	return text
}
