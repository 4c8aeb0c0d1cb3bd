package workspace

import (
	"encoding/json"

	"slipway/internal/sandbox/workspace/blockkit"
)

// maxStacked is how many modals Slack stacks on one another.
const maxStacked = 3

// view is one modal or Home tab.
type view struct {
	id       string
	hash     string
	user     string
	root     string
	previous string
	body     map[string]any // as the bot gave it, ids filled in
	state    map[string]map[string]any
	errors   map[string]string // by block_id, after a refused submission
}

func (v *view) wire() map[string]any {
	out, _ := copyJSON(v.body).(map[string]any)
	for _, key := range []string{"private_metadata", "callback_id", "external_id"} {
		if out[key] == nil {
			out[key] = ""
		}
	}
	out["id"], out["team_id"], out["app_id"], out["bot_id"] = v.id, TeamID, AppID, BotID
	out["app_installed_team_id"], out["hash"] = TeamID, v.hash
	out["root_view_id"], out["previous_view_id"] = v.root, nil
	if v.previous != "" {
		out["previous_view_id"] = v.previous
	}
	state := v.state
	if state == nil {
		state = map[string]map[string]any{}
	}
	out["state"] = map[string]any{"values": state}
	return out
}

// parseView takes the argument view and refuses what Slack refuses. Callers hold mu.
func (w *Workspace) parseView(a args, kind string) (map[string]any, error) {
	if !a.has("view") {
		return nil, &apiError{code: "invalid_arguments", messages: []string{"missing required field: view"}}
	}
	decoded, err := a.structure("view")
	v, ok := decoded.(map[string]any)
	if err != nil || !ok {
		return nil, &apiError{code: "invalid_arguments", messages: []string{"must provide an object [json-pointer:/view]"}}
	}
	return v, w.checkView(v, kind)
}

func (w *Workspace) checkView(v map[string]any, kind string) error {
	if v["type"] != kind {
		return &apiError{code: "invalid_arguments", messages: []string{"must be a valid enum value: " + kind + " [json-pointer:/view/type]"}}
	}
	if problems := blockkit.ValidateView(v); len(problems) > 0 {
		return invalid("invalid_arguments", problems)
	}
	if text, err := json.Marshal(v); err != nil || len(text) > blockkit.MaxViewBytes {
		return refuse("view_too_large")
	}
	blocks, _ := v["blocks"].([]any)
	blockkit.Complete(blocks, w.blockID)
	return nil
}

func (w *Workspace) newView(user string, body map[string]any) *view {
	v := &view{id: "V" + w.id(10), user: user, body: body}
	v.root = v.id
	w.rehash(v)
	return v
}

func (w *Workspace) rehash(v *view) { v.hash = w.nextTS() + "." + w.id(8) }

func (w *Workspace) openView(a args) (reply, error) {
	body, err := w.parseView(a, "modal")
	if err != nil {
		return nil, err
	}
	user, err := w.exchange(a.str("trigger_id"))
	if err != nil {
		return nil, err
	}
	v := w.newView(user, body)
	w.modals[user] = []*view{v}
	return reply{"view": v.wire()}, nil
}

func (w *Workspace) pushView(a args) (reply, error) {
	body, err := w.parseView(a, "modal")
	if err != nil {
		return nil, err
	}
	user, err := w.exchange(a.str("trigger_id"))
	if err != nil {
		return nil, err
	}
	v, err := w.stack(user, body)
	if err != nil {
		return nil, err
	}
	return reply{"view": v.wire()}, nil
}

// stack puts a modal on top of what a person has open.
func (w *Workspace) stack(user string, body map[string]any) (*view, error) {
	open := w.modals[user]
	switch {
	case len(open) == 0:
		return nil, refuse("no_open_view")
	case len(open) >= maxStacked:
		return nil, refuse("push_limit_reached")
	}
	v := w.newView(user, body)
	v.root, v.previous = open[0].id, open[len(open)-1].id
	w.modals[user] = append(open, v)
	return v, nil
}

func (w *Workspace) updateView(a args) (reply, error) {
	body, err := w.parseView(a, "modal")
	if err != nil {
		return nil, err
	}
	for _, open := range w.modals {
		for _, v := range open {
			external, _ := v.body["external_id"].(string)
			if v.id != a.str("view_id") && (external == "" || external != a.str("external_id")) {
				continue
			}
			if hash := a.str("hash"); hash != "" && hash != v.hash {
				return nil, refuse("hash_conflict")
			}
			v.body, v.errors = body, nil
			w.rehash(v)
			return reply{"view": v.wire()}, nil
		}
	}
	return nil, refuse("not_found")
}

func (w *Workspace) publishView(a args) (reply, error) {
	p := w.person(a.str("user_id"))
	if p == nil || p.ID != a.str("user_id") {
		return nil, refuse("user_not_found")
	}
	body, err := w.parseView(a, "home")
	if err != nil {
		return nil, err
	}
	v := w.homes[p.ID]
	if v == nil {
		v = w.newView(p.ID, body)
		w.homes[p.ID] = v
	} else if hash := a.str("hash"); hash != "" && hash != v.hash {
		return nil, refuse("hash_conflict")
	}
	v.body = body
	w.rehash(v)
	return reply{"view": v.wire()}, nil
}
