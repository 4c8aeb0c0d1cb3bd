package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/sandbox/workspace/blockkit"
)

// A Form is an open modal, or a Home tab, as its reader sees it.
type Form struct {
	ViewID string             `json:"view_id"`
	Title  string             `json:"title"`
	Lines  []string           `json:"lines"`
	Inputs []blockkit.Control `json:"inputs"`
	Errors map[string]string  `json:"errors,omitempty"` // by block_id
	Submit string             `json:"submit,omitempty"` // the label of the button
}

// Text shows the form as a person would see it on a plain screen.
func (f Form) Text() string {
	lines := append([]string{"form: " + f.Title}, f.Lines...)
	for _, c := range f.Inputs {
		if said := f.Errors[c.BlockID]; said != "" {
			lines = append(lines, "⚠ "+c.Label+": "+said)
		}
	}
	if f.Submit != "" {
		lines = append(lines, "[ "+f.Submit+" ]")
	}
	return strings.Join(lines, "\n") + "\n"
}

// ErrNoModal is returned when a person has no modal open.
var ErrNoModal = errors.New("no modal is open")

// Modal shows the modal that a person has on top, if any.
func (w *Workspace) Modal(user string) (Form, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v := w.top(user); v != nil {
		return w.form(v), true
	}
	return Form{}, false
}

// HomeTab shows the Home tab that the bot published for a person, if any.
func (w *Workspace) HomeTab(user string) (Form, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.person(user)
	if p == nil || w.homes[p.ID] == nil {
		return Form{}, false
	}
	return w.form(w.homes[p.ID]), true
}

func (w *Workspace) top(user string) *view {
	p := w.person(user)
	if p == nil || len(w.modals[p.ID]) == 0 {
		return nil
	}
	return w.modals[p.ID][len(w.modals[p.ID])-1]
}

func (v *view) blocks() []any {
	blocks, _ := v.body["blocks"].([]any)
	return blocks
}

func (w *Workspace) form(v *view) Form {
	label := func(key string) string {
		t, _ := v.body[key].(map[string]any)
		s, _ := t["text"].(string)
		return s
	}
	return Form{
		ViewID: v.id, Title: label("title"), Submit: label("submit"), Errors: v.errors,
		Lines: body(w.names(), "", v.blocks()), Inputs: blockkit.Controls(v.blocks()),
	}
}

// Submitted is what came of sending a modal.
type Submitted struct {
	Ack      string            `json:"ack"`
	Action   string            `json:"action,omitempty"` // clear, update, push or errors; empty: the modal closed
	Errors   map[string]string `json:"errors,omitempty"` // by block_id
	Envelope string            `json:"envelope"`
	Text     string            `json:"text,omitempty"` // what the person is told when it failed
}

// Submit fills in the modal that a person has on top and sends it. Values are by label, block_id or action_id;
// inputs that are not named keep what they began with. It refuses, as Slack's clients do, a required input
// that is empty.
func (w *Workspace) Submit(ctx context.Context, user string, values map[string]string) (Submitted, error) {
	w.mu.Lock()
	v := w.top(user)
	if v == nil {
		w.mu.Unlock()
		return Submitted{}, fmt.Errorf("submit for %s: %w", user, ErrNoModal)
	}
	if err := v.fill(values); err != nil {
		w.mu.Unlock()
		return Submitted{}, fmt.Errorf("submit %s: %w", w.form(v).Title, err)
	}
	p := w.person(v.user)
	payload := viewPayload{
		Type: "view_submission", Team: practiceTeam(), User: p.ref(), APIAppID: AppID, Token: verificationToken,
		TriggerID: w.newTrigger(p.ID), View: v.wire(), ResponseURLs: []any{},
	}
	w.mu.Unlock()
	e, err := w.deliver(ctx, "interactive", payload, true)
	if err != nil {
		return Submitted{}, fmt.Errorf("submit: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.touch()
	sent := Submitted{Ack: e.Outcome, Envelope: e.ID}
	if e.Outcome != Acked {
		sent.Text = "We had some trouble connecting. Try again?"
		return sent, nil
	}
	if err := w.answerSubmission(v, e.Response, &sent); err != nil {
		sent.Text = "We had some trouble connecting. Try again? (" + err.Error() + ")"
	}
	return sent, nil
}

// answerSubmission does what the bot's answer to a view_submission says. Callers hold mu.
func (w *Workspace) answerSubmission(v *view, response json.RawMessage, sent *Submitted) error {
	var answer struct {
		Action string            `json:"response_action"`
		View   map[string]any    `json:"view"`
		Errors map[string]string `json:"errors"`
	}
	if len(response) > 0 && json.Unmarshal(response, &answer) != nil {
		return refuse("invalid_response")
	}
	sent.Action = answer.Action
	switch answer.Action {
	case "":
		w.modals[v.user] = slices.DeleteFunc(w.modals[v.user], func(o *view) bool { return o == v })
	case "clear":
		delete(w.modals, v.user)
	case "errors":
		v.errors, sent.Errors = answer.Errors, answer.Errors
		for blockID := range answer.Errors {
			if !slices.ContainsFunc(blockkit.Controls(v.blocks()), func(c blockkit.Control) bool { return c.BlockID == blockID }) {
				return fmt.Errorf("errors name the block %q that the view does not have", blockID)
			}
		}
	case "update", "push":
		if err := w.checkView(answer.View, "modal"); err != nil {
			return err
		}
		if answer.Action == "push" {
			_, err := w.stack(v.user, answer.View)
			return err
		}
		v.body, v.errors, v.state = answer.View, nil, nil
		w.rehash(v)
	default:
		return fmt.Errorf("unknown response_action %q", answer.Action)
	}
	return nil
}

// fill sets the state of the view's inputs.
func (v *view) fill(values map[string]string) error {
	v.state = map[string]map[string]any{}
	used := map[string]bool{}
	var names []string
	for _, c := range blockkit.Controls(v.blocks()) {
		names = append(names, c.Label)
		said, given := "", false
		for key, value := range values {
			if key == c.BlockID || key == c.ActionID || blockkit.Same(key, c.Label) {
				said, given, used[key] = value, true, true
			}
		}
		state, empty, err := inputState(c, said, given)
		switch {
		case err != nil:
			return err
		case state == nil:
			continue
		case empty && !c.Optional:
			return fmt.Errorf("%q must be filled in", c.Label)
		}
		if v.state[c.BlockID] == nil {
			v.state[c.BlockID] = map[string]any{}
		}
		v.state[c.BlockID][c.ActionID] = state
	}
	for key := range values {
		if !used[key] {
			return fmt.Errorf("there is no input %q, only %s", key, strings.Join(names, ", "))
		}
	}
	return nil
}

// inputState is the entry of one input in state.values; nil for controls that have none.
func inputState(c blockkit.Control, said string, given bool) (state map[string]any, empty bool, err error) {
	state = map[string]any{"type": c.Type}
	switch {
	case c.Type == "button" || c.Type == "overflow":
		return nil, false, nil
	case strings.HasSuffix(c.Type, "_input"):
		if !given {
			said, _ = c.Element["initial_value"].(string)
		}
		state["value"] = nil
		if said != "" {
			state["value"] = said
		}
		return state, said == "", nil
	case c.Type == "users_select":
		if !given {
			said, _ = c.Element["initial_user"].(string)
		}
		state["selected_user"] = said
		return state, said == "", nil
	case c.Type == "static_select" || c.Type == "radio_buttons":
		state["selected_option"] = c.Element["initial_option"]
		if given {
			option, ok := c.Option(said)
			if !ok {
				return nil, false, fmt.Errorf("%s has no option %q", c.Label, said)
			}
			state["selected_option"] = option
		}
		return state, state["selected_option"] == nil, nil
	case c.Type == "checkboxes":
		chosen, err := ticked(c, said)
		state["selected_options"] = chosen
		return state, len(chosen) == 0, err
	}
	return nil, false, fmt.Errorf("the practice workspace cannot fill in a %s", c.Type)
}

// ticked are the boxes that a person names, by value or text, with commas between them; * is all.
func ticked(c blockkit.Control, said string) ([]any, error) {
	chosen := []any{}
	if said == "*" {
		for _, option := range c.Options() {
			chosen = append(chosen, option)
		}
		return chosen, nil
	}
	if option, ok := c.Option(said); ok { // whose text has commas
		return append(chosen, option), nil
	}
	for one := range strings.SplitSeq(said, ",") {
		one = strings.TrimSpace(one)
		option, ok := c.Option(one)
		switch {
		case ok:
			chosen = append(chosen, option)
		case one != "":
			return nil, fmt.Errorf("%s has no box %q", c.Label, one)
		}
	}
	return chosen, nil
}

// CloseModal lets a person close the modal on top without sending it; the bot is told if it asked to be.
func (w *Workspace) CloseModal(ctx context.Context, user string) error {
	w.mu.Lock()
	v := w.top(user)
	if v == nil {
		w.mu.Unlock()
		return fmt.Errorf("close for %s: %w", user, ErrNoModal)
	}
	w.modals[v.user] = slices.DeleteFunc(w.modals[v.user], func(o *view) bool { return o == v })
	w.touch()
	cleared := false
	payload := viewPayload{
		Type: "view_closed", Team: practiceTeam(), User: w.person(v.user).ref(), APIAppID: AppID,
		Token: verificationToken, View: v.wire(), IsCleared: &cleared,
	}
	tell, _ := v.body["notify_on_close"].(bool)
	w.mu.Unlock()
	if !tell {
		return nil
	}
	if _, err := w.deliver(ctx, "interactive", payload, false); err != nil {
		return fmt.Errorf("close modal: %w", err)
	}
	return nil
}
