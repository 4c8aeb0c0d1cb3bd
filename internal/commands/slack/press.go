package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/slack-go/slack"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// errNoPress says that an interaction is not the press of a button in a message.
var errNoPress = errors.New("not a press of a button")

// pressed is the little of a block_actions payload that a press needs. Slack sends the whole message along,
// which is not to be trusted and not worth decoding.
type pressed struct {
	Type string `json:"type"`
	Team struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID     string `json:"id"`
		TeamID string `json:"team_id"`
	} `json:"user"`
	Container struct {
		MessageTS string `json:"message_ts"`
	} `json:"container"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	TriggerID   string `json:"trigger_id"`
	ResponseURL string `json:"response_url"`
	Actions     []struct {
		ActionID string `json:"action_id"`
		Value    string `json:"value"`
		ActionTS string `json:"action_ts"`
	} `json:"actions"`
}

// place is where something was pressed, and the ways in which Slack lets it be answered.
type place struct {
	url     string // response_url
	channel string // id
	trigger string // opens one form within 3 s
}

// press reads a block_actions payload. The team is the person's own: someone of another organisation can press
// buttons in a shared channel. errNoPress if it is something else, another error if the button is not ours.
func press(payload json.RawMessage, envelope string) (p commands.Press, at place, err error) {
	var in pressed
	if err := json.Unmarshal(payload, &in); err != nil {
		return p, at, fmt.Errorf("read a press: %w", err)
	}
	if in.Type != string(sdk.InteractionTypeBlockActions) || len(in.Actions) == 0 {
		return p, at, errNoPress
	}
	act := in.Actions[0]
	at = place{url: in.ResponseURL, channel: in.Channel.ID, trigger: in.TriggerID}
	p.By, p.Team = deploy.UserID(in.User.ID), in.User.TeamID
	if p.Team == "" {
		p.Team = in.Team.ID
	}
	p.Event = deploy.EventID("press:" + envelope)
	if act.ActionTS != "" {
		p.Event = deploy.EventID(strings.Join([]string{"press", p.Team, in.Container.MessageTS, act.ActionTS, in.User.ID}, ":"))
	}
	p.Action = commands.Action(act.ActionID)
	var ok bool
	p.Release, p.Step, p.Plan, ok = parseValue(act.Value)
	if !ok || !slices.Contains(actions, p.Action) {
		return p, at, fmt.Errorf("read a press: button %q with value %q is not ours", act.ActionID, cut(act.Value, 60))
	}
	return p, at, nil
}

// actions are the buttons that are drawn; each action is its own action_id.
var actions = []commands.Action{commands.Promote, commands.Pause, commands.Resume, commands.RollBack, commands.Details,
	commands.Attest, commands.Waive, commands.Take, commands.Bug, commands.Fix, commands.Unlock, commands.Report, commands.Database}

// value is what a button carries: the release, and the step that was current when it was drawn. It is no proof
// of anything; what a press does is decided by what is stored.
func value(id deploy.ReleaseID, step deploy.StepName) string { return string(id) + "|" + string(step) }

// planValue is value with the hash of the plan that the message shows.
func planValue(id deploy.ReleaseID, step deploy.StepName, plan string) string {
	return value(id, step) + "|" + plan
}

func parseValue(v string) (id deploy.ReleaseID, step deploy.StepName, plan string, ok bool) {
	first, rest, ok := strings.Cut(v, "|")
	if _, _, named := deploy.ReleaseID(first).Split(); !ok || !named || len(v) > mostValue {
		return "", "", "", false
	}
	name, plan, _ := strings.Cut(rest, "|")
	return deploy.ReleaseID(first), deploy.StepName(name), plan, true
}
