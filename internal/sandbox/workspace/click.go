package workspace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/sandbox/workspace/blockkit"
)

// DefaultChannel is where people click when nothing else is said.
const DefaultChannel = "devops-oncall"

// ClickOptions narrow down what a person clicks.
type ClickOptions struct {
	Channel string `json:"channel,omitempty"` // name or id; default DefaultChannel
	Thread  string `json:"thread,omitempty"`  // ts of the parent: only in this thread; default: the channel, then its threads
	Choose  string `json:"choose,omitempty"`  // of a menu: the option, by text or value
	Deny    bool   `json:"deny,omitempty"`    // press the other button of the confirm dialog
}

// Clicked is what came of a click.
type Clicked struct {
	Channel  string            `json:"channel"`
	TS       string            `json:"ts"`      // of the message
	Button   string            `json:"button"`  // its label
	Confirm  *blockkit.Confirm `json:"confirm"` // the dialog that was clicked through
	Denied   bool              `json:"denied,omitempty"`
	Ack      string            `json:"ack,omitempty"` // Acked, OperationTimeout or DispatchFailed; empty when denied
	Elapsed  time.Duration     `json:"elapsed"`
	Envelope string            `json:"envelope,omitempty"` // id
	Warning  string            `json:"warning,omitempty"`  // what the person sees on the message when it failed
}

// ErrNoButton is returned when what a person wants to click is not there; its text lists what is.
var ErrNoButton = errors.New("no such button")

// placed is a control and where in its message it stands.
type placed struct {
	blockkit.Control
	attachment int // 1, 2, …; 0 in the message itself
}

func (m *message) controls() []placed {
	var all []placed
	for _, c := range blockkit.Controls(m.blocks) {
		all = append(all, placed{Control: c})
	}
	for i, v := range m.attachments {
		a, _ := v.(map[string]any)
		blocks, _ := a["blocks"].([]any)
		for _, c := range blockkit.Controls(blocks) {
			all = append(all, placed{c, i + 1})
		}
	}
	return all
}

// Click lets a person press a button, named by its text or action_id, on the newest message they see that
// has it, through its confirm dialog if there is one. It returns when the click was acknowledged or given up.
func (w *Workspace) Click(ctx context.Context, user, button string, opts *ClickOptions) (Clicked, error) {
	var o ClickOptions
	if opts != nil {
		o = *opts
	}
	if o.Channel == "" {
		o.Channel = DefaultChannel
	}
	w.mu.Lock()
	p, r, err := w.personIn(user, o.Channel)
	if err != nil {
		w.mu.Unlock()
		return Clicked{}, fmt.Errorf("click %q: %w", button, err)
	}
	m, c, err := r.button(p.ID, button, o.Thread)
	w.mu.Unlock()
	if err != nil {
		return Clicked{}, fmt.Errorf("click %q in #%s: %w", button, r.Name, err)
	}
	return w.press(ctx, p, r, m, c, o)
}

// ClickAt lets a person press a button of one message by action_id or text, also one that the message no
// longer has: the newest of its states that had it is what the person still sees.
func (w *Workspace) ClickAt(ctx context.Context, user, channel, ts, button string, opts *ClickOptions) (Clicked, error) {
	var o ClickOptions
	if opts != nil {
		o = *opts
	}
	w.mu.Lock()
	p, _, err := w.personIn(user, channel)
	if err != nil {
		w.mu.Unlock()
		return Clicked{}, fmt.Errorf("click %q: %w", button, err)
	}
	r, m, err := w.anyMessage(channel, ts)
	if err != nil {
		w.mu.Unlock()
		return Clicked{}, fmt.Errorf("click %q: %w", button, err)
	}
	var seen []string
	for n := len(m.olderOnes); n >= 0; n-- {
		old := m.at(n)
		if c, ok := pick(old.controls(), button); ok {
			w.mu.Unlock()
			return w.press(ctx, p, r, old, c, o)
		}
		seen = append(seen, labels(old.controls())...)
	}
	w.mu.Unlock()
	return Clicked{}, fmt.Errorf("click %q at %s: %w; it had %s", button, ts, ErrNoButton, listed(seen))
}

// button finds the newest visible message with the button: in the thread, or in the channel and then in its
// threads.
func (r *room) button(viewer, button, thread string) (*message, placed, error) {
	passes := []func(*message) bool{
		func(m *message) bool { return m.threadTS == "" || m.broadcast },
		func(m *message) bool { return m.threadTS != "" },
	}
	if thread != "" {
		passes = []func(*message) bool{func(m *message) bool { return m.threadTS == thread || m.ts == thread }}
	}
	var there []string
	for _, in := range passes {
		for _, m := range slices.Backward(r.messages) {
			if !m.visible(viewer) || !in(m) {
				continue
			}
			if c, ok := pick(m.controls(), button); ok {
				return m, c, nil
			}
			there = append(there, labels(m.controls())...)
		}
	}
	return nil, placed{}, fmt.Errorf("%w; there is %s", ErrNoButton, listed(there))
}

func pick(controls []placed, button string) (placed, bool) {
	for _, c := range controls {
		if c.ActionID == button || blockkit.Same(c.Label, button) {
			return c, true
		}
	}
	return placed{}, false
}

func labels(controls []placed) []string {
	var list []string
	for _, c := range controls {
		list = append(list, fmt.Sprintf("[ %s ]", c.Label))
	}
	return list
}

func listed(buttons []string) string {
	var unique []string
	for _, b := range buttons {
		if !slices.Contains(unique, b) {
			unique = append(unique, b)
		}
	}
	if len(unique) == 0 {
		return "no button at all"
	}
	return strings.Join(unique, " ")
}

// press sends the block_actions of one click on a message in the state in which the person sees it.
func (w *Workspace) press(ctx context.Context, p *Person, r *room, m *message, c placed, o ClickOptions) (Clicked, error) {
	done := Clicked{Channel: r.ID, TS: m.ts, Button: c.Label, Confirm: c.Confirm}
	if c.Confirm != nil && o.Deny {
		done.Denied = true
		return done, nil
	}
	w.mu.Lock()
	action, err := w.action(c.Control, o.Choose)
	if err != nil {
		w.mu.Unlock()
		return Clicked{}, err
	}
	payload := w.blockActions(p, r, m, c, action)
	w.mu.Unlock()
	e, err := w.deliver(ctx, "interactive", payload, false)
	if err != nil {
		return Clicked{}, fmt.Errorf("click %q: %w", c.Label, err)
	}
	done.Ack, done.Elapsed, done.Envelope = e.Outcome, e.Elapsed, e.ID
	if e.Outcome != Acked {
		done.Warning = fmt.Sprintf("%s: this app did not respond (%s)", c.Label, e.Outcome)
	}
	w.warn(r, m.ts, p.ID, done.Warning)
	return done, nil
}

// warn leaves a warning on a message for one person, or takes it away.
func (w *Workspace) warn(r *room, ts, user, warning string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range r.messages {
		if m.ts == ts {
			if m.warnings == nil {
				m.warnings = map[string]string{}
			}
			m.warnings[user] = warning
			w.touch()
		}
	}
}
