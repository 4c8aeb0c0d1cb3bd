package slack

import (
	"fmt"
	"slices"

	sdk "github.com/slack-go/slack"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// row is one line of buttons.
func row(id string, buttons ...sdk.BlockElement) sdk.Block { return sdk.NewActionBlock(id, buttons...) }

func button(a commands.Action, words string, r *deploy.Release, step deploy.StepName) *sdk.ButtonBlockElement {
	return sdk.NewButtonBlockElement(string(a), value(r.ID, step), plainText(words, mostButton))
}

// rollBackButton asks once more, for it is the one click that users notice.
func rollBackButton(r *deploy.Release, step deploy.StepName) sdk.BlockElement {
	return goBackButton("Roll back", r, step)
}

// stopButton is the same in front of people who have to decide before anything is changed.
func stopButton(r *deploy.Release, step deploy.StepName) sdk.BlockElement {
	return goBackButton("Stop", r, step)
}

func goBackButton(words string, r *deploy.Release, step deploy.StepName) sdk.BlockElement {
	confirm := sdk.NewConfirmationBlockObject(plainText(words+"?", 100), plainText(rollBackQuestion(r), 300),
		plainText(words, 30), plainText("Leave it", 30)).WithStyle(sdk.StyleDanger)
	return button(commands.RollBack, words, r, step).WithStyle(sdk.StyleDanger).WithConfirm(confirm)
}

// rollBackQuestion says what the click will do. It is plain text.
func rollBackQuestion(r *deploy.Release) string {
	if restores(r) {
		return stopQuestion(r)
	}
	if !touched(r) {
		return fmt.Sprintf("%s stops. Nothing has been changed yet.", r.ID)
	}
	if unseen(r) && !staged(r) {
		return fmt.Sprintf("%s ends. %s keeps 100 %% of %s: traffic was never moved. What is being applied to the database is cancelled; what was applied stays.", r.ID, cut(returnsTo(r), mostName), r.Target)
	}
	if unseen(r) && rolls(r) {
		return fmt.Sprintf("%s ends. %s keeps running at %s, nothing of the new revision was started.", r.ID, returnsTo(r), r.Target)
	}
	if unseen(r) {
		return fmt.Sprintf("%s ends. %s keeps 100 %% of %s, the new revision gets no traffic.", r.ID, returnsTo(r), r.Target)
	}
	if r.Watch.Way.Gone {
		return fmt.Sprintf("%s does not exist any more: traffic cannot go back to it. %s stops where it is and asks for somebody who sends traffic elsewhere by hand.",
			cut(returnsTo(r), mostName), r.ID)
	}
	has := fmt.Sprintf("has %d %% now", r.Facts.Share)
	if r.State == deploy.Parked {
		has = fmt.Sprintf("had %d %% when last seen", r.Facts.Share)
	}
	if rolls(r) {
		return fmt.Sprintf("%s %s. All tasks of %s return to %s, without further questions.", r.Version, rolledWords(r), r.Target, returnsTo(r)) + foreseenSentence(r)
	}
	return fmt.Sprintf("%s %s. 100 %% of %s goes to %s, at once and without further questions.", r.Version, has, r.Target, returnsTo(r)) + foreseenSentence(r)
}

// parentButtons are what can be done with a release as it stands: nothing but look once it has ended or goes back.
func parentButtons(r *deploy.Release) sdk.Block {
	var step deploy.StepName
	if cur := r.Current(); cur != nil {
		step = cur.Name
	}
	var list []sdk.BlockElement
	switch r.State {
	case deploy.Running, deploy.Waiting:
		if r.Kind == deploy.Rollback { // people are asked before it goes back
			list = append(list, stopButton(r, step))
			break
		}
		list = append(list, button(commands.Pause, "Hold", r, step), rollBackButton(r, step))
	case deploy.Paused:
		list = append(list, button(commands.Resume, "Resume", r, step))
		switch {
		case withoutBackup(r):
			list = append(list, button(commands.Waive, "Waive…", r, step), stopButton(r, step))
		case r.Kind == deploy.Rollback:
			list = append(list, stopButton(r, step))
		default:
			list = append(list, rollBackButton(r, step))
		}
	case deploy.Parked:
		list = append(list, button(commands.Resume, "Try again", r, step))
		if !goingBack(r) {
			list = append(list, rollBackButton(r, step))
		}
	case deploy.RollingBack, deploy.Succeeded, deploy.RolledBack, deploy.Failed, deploy.Abandoned:
	}
	switch {
	case restores(r):
		list = restoreButtons(r, step)
	case leftSchema(r):
		list = append(list, button(commands.Database, "Database options", r, ""))
	}
	return row("release", append(list, button(commands.Details, "Details", r, step))...)
}

// gateButtons are the answers to a gate's question. Against the verdict nobody promotes with a click.
func gateButtons(r *deploy.Release, gate deploy.Step) sdk.Block {
	hold, words := "Hold", fmt.Sprintf("Promote to %d %%", gate.Percent)
	if rolls(r) {
		words = "Roll out"
	} else if r.Facts.Share > 0 {
		hold = fmt.Sprintf("Hold at %d %%", r.Facts.Share)
	}
	list := []sdk.BlockElement{button(commands.Pause, hold, r, gate.Name), rollBackButton(r, gate.Name)}
	if !refusesPromotion(r) {
		promote := button(commands.Promote, words, r, gate.Name).WithStyle(sdk.StylePrimary)
		list = append([]sdk.BlockElement{promote}, list...)
	}
	return row("gate", list...)
}

// planButtons are the answers to the question of the plan. The approval is of the plan that is shown, and of no other.
func planButtons(r *deploy.Release, gate deploy.Step) sdk.Block {
	approve := button(commands.Promote, "Approve the plan", r, gate.Name).WithStyle(sdk.StylePrimary)
	if r.Proposal != nil {
		approve.Value = planValue(r.ID, gate.Name, r.Proposal.Hash)
	}
	return row("gate", approve, button(commands.Pause, "Hold", r, gate.Name), stopButton(r, gate.Name))
}

// readyButtons are what can be done about open items.
func readyButtons(r *deploy.Release, step deploy.Step) sdk.Block {
	var list []sdk.BlockElement
	if slices.ContainsFunc(r.Readiness.Open, func(o deploy.OpenItem) bool { return o.Attest }) {
		list = append(list, button(commands.Attest, "Attest…", r, step.Name).WithStyle(sdk.StylePrimary))
	}
	return row("ready", append(list, button(commands.Waive, "Waive…", r, step.Name), stopButton(r, step.Name))...)
}
