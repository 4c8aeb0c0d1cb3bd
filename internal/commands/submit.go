package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"slipway/internal/deploy"
)

// Filled is a modal that was submitted.
type Filled struct {
	By      deploy.UserID
	Team    string
	Event   deploy.EventID // hearing of the same event twice counts once
	Action  Action
	Release deploy.ReleaseID
	Items   []string // keys
	Reason  string
	Values  map[string]string // what was typed into Form.Fields, by key
}

// The fields of a form that can be filled in wrongly.
const (
	fieldItems  = "items"
	fieldReason = "reason"
)

// misfilled says why fields cannot be taken, by field.
type misfilled map[string]string

// Error lists the fields.
func (m misfilled) Error() string { return fmt.Sprintf("filled in wrongly: %v", map[string]string(m)) }

// Submit carries out what a person filled in. It trusts nothing of the form: everything is looked at again. wrong names
// fields that cannot be taken (items, reason, or the key of a FormField) with why, to be shown in the modal; then nothing was done. Without wrong
// the form is done with, and the Reply says what came of it.
func (h *Handler) Submit(ctx context.Context, f Filled) (r Reply, wrong map[string]string) {
	ctx, cancel := context.WithTimeout(ctx, h.opts.Within)
	defer cancel()
	text, err := h.submit(ctx, f)
	var fields misfilled
	if errors.As(err, &fields) {
		return Reply{}, fields
	}
	return h.answer(ctx, text, err, ""), nil
}

func (h *Handler) submit(ctx context.Context, f Filled) (Text, error) {
	if err := h.admit(ctx, f.By, f.Team); err != nil {
		return nil, err
	}
	r, err := h.release(ctx, f.Release)
	if err != nil {
		return nil, err
	}
	who := speaker{by: f.By, event: f.Event}
	switch f.Action {
	case Database:
		return h.restoreChosen(ctx, who, r, f)
	case Attest:
		if err := h.waitsForItems(r); err != nil {
			return nil, err
		}
		return h.attest(ctx, who, r, f.Items)
	case Waive:
		if !slices.Contains(f.Items, deploy.WithoutBackup) {
			if err := h.waitsForItems(r); err != nil {
				return nil, err
			}
		} else if r.State.Terminal() {
			return nil, refused(h.over(r))
		}
		return h.waive(ctx, who, r, f)
	default:
		return nil, refused(unknownButton(r))
	}
}

// onward says what the release does once it has heard.
func onward(r deploy.Release, open int) Text {
	switch {
	case r.State == deploy.Paused:
		return Text{}.Plain(" The release is held: it counts once somebody presses Resume.")
	case open == 0:
		return Text{}.Plainf(" Nothing else is open, so it goes on; follow it in %s.", r.Spec.Channel)
	case open == 1:
		return Text{}.Plain(" 1 item is still open.")
	}
	return Text{}.Plainf(" %d items are still open.", open)
}

// closed says of items that were chosen that they are not open any more, and why as far as that is known.
func (h *Handler) closed(r deploy.Release, keys []string) Text {
	t := Text{}.Plain("Not open any more: ")
	for i, key := range keys {
		if i > 0 {
			t = t.Plain("; ")
		}
		name := key
		if item, ok := itemOf(r, key); ok {
			name = itemName(item.Group, item.Text)
		}
		t = t.Plain(name)
		if w, waived := r.Waived(key); waived {
			t = t.Plain(" (waived by ").User(w.By).Plain(" " + ago(w.At, h.now()) + ": " + w.Reason + ")")
		}
	}
	return t.Plain(".")
}

// distinct drops repetitions.
func distinct(keys []string) []string {
	keys = slices.Clone(keys)
	slices.Sort(keys)
	return slices.Compact(keys)
}
