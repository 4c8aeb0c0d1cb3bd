package workspace

import (
	"fmt"

	"slipway/internal/sandbox/workspace/blockkit"
)

// The payloads below have the keys of Slack's, in their order.

type userRef struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	TeamID   string `json:"team_id"`
}

type teamRef struct {
	ID     string `json:"id"`
	Domain string `json:"domain"`
}

type channelRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type blockActionsPayload struct {
	Type                string         `json:"type"`
	User                userRef        `json:"user"`
	APIAppID            string         `json:"api_app_id"`
	Token               string         `json:"token"`
	Container           map[string]any `json:"container"`
	TriggerID           string         `json:"trigger_id"`
	Team                teamRef        `json:"team"`
	Enterprise          *struct{}      `json:"enterprise"`
	IsEnterpriseInstall bool           `json:"is_enterprise_install"`
	Channel             *channelRef    `json:"channel,omitempty"`
	Message             map[string]any `json:"message,omitempty"`
	View                map[string]any `json:"view,omitempty"`
	State               map[string]any `json:"state,omitempty"`
	ResponseURL         string         `json:"response_url,omitempty"`
	Actions             []any          `json:"actions"`
}

type viewPayload struct {
	Type                string         `json:"type"`
	Team                teamRef        `json:"team"`
	User                userRef        `json:"user"`
	APIAppID            string         `json:"api_app_id"`
	Token               string         `json:"token"`
	TriggerID           string         `json:"trigger_id,omitempty"`
	View                map[string]any `json:"view"`
	ResponseURLs        []any          `json:"response_urls,omitempty"`
	IsCleared           *bool          `json:"is_cleared,omitempty"` // of view_closed
	IsEnterpriseInstall bool           `json:"is_enterprise_install"`
	Enterprise          *struct{}      `json:"enterprise"`
}

func (p *Person) ref() userRef {
	return userRef{ID: p.ID, Username: p.Name, Name: p.Name, TeamID: p.TeamID}
}

func practiceTeam() teamRef { return teamRef{ID: TeamID, Domain: TeamDomain} }

// blockActions tells of a press on a message. An ephemeral message is not sent along: Slack does not keep it.
// Callers hold mu.
func (w *Workspace) blockActions(p *Person, r *room, m *message, c placed, action map[string]any) blockActionsPayload {
	container := map[string]any{"type": "message", "message_ts": m.ts, "channel_id": r.ID, "is_ephemeral": m.onlyFor != ""}
	if m.threadTS != "" {
		container["thread_ts"] = m.threadTS
	}
	if c.attachment > 0 {
		container["type"], container["attachment_id"], container["is_app_unfurl"] = "message_attachment", c.attachment, false
	}
	var target *message
	for _, known := range r.messages {
		if known.ts == m.ts {
			target = known
		}
	}
	link, _ := w.newResponseURL("actions", r, p.ID, target)
	payload := blockActionsPayload{
		Type: "block_actions", User: p.ref(), APIAppID: AppID, Token: verificationToken, Container: container,
		TriggerID: w.newTrigger(p.ID), Team: practiceTeam(), Channel: &channelRef{r.ID, r.Name},
		State: map[string]any{"values": stateOf(m, c, action)}, ResponseURL: link, Actions: []any{action},
	}
	if m.onlyFor == "" {
		payload.Message = m.wire(r, false)
	}
	return payload
}

// stateOf is the state of a message's menus: nothing chosen but by this very action.
func stateOf(m *message, pressed placed, action map[string]any) map[string]map[string]any {
	values := map[string]map[string]any{}
	for _, c := range m.controls() {
		if c.Type == "button" || c.Type == "overflow" {
			continue
		}
		if values[c.BlockID] == nil {
			values[c.BlockID] = map[string]any{}
		}
		value := map[string]any{"type": c.Type, "selected_option": c.Element["initial_option"]}
		if c.ActionID == pressed.ActionID && c.BlockID == pressed.BlockID {
			value["selected_option"] = action["selected_option"]
		}
		values[c.BlockID][c.ActionID] = value
	}
	return values
}

// action is the entry in actions for a pressed control. Callers hold mu.
func (w *Workspace) action(c blockkit.Control, choose string) (map[string]any, error) {
	a := map[string]any{"action_id": c.ActionID, "block_id": c.BlockID, "type": c.Type, "action_ts": w.nextTS()}
	switch c.Type {
	case "button":
		a["text"] = copyJSON(c.Element["text"])
		if c.Value != "" {
			a["value"] = c.Value
		}
		if c.Style != "" {
			a["style"] = c.Style
		}
	case "overflow", "static_select", "radio_buttons":
		option, ok := c.Option(choose)
		if !ok {
			return nil, fmt.Errorf("choose %q of %s: no such option", choose, c.Label)
		}
		a["selected_option"] = copyJSON(option)
		if c.Type == "static_select" {
			a["placeholder"] = copyJSON(c.Element["placeholder"])
		}
	default:
		return nil, fmt.Errorf("press %s: the practice workspace cannot press a %s", c.Label, c.Type)
	}
	return a, nil
}
