package commands

import (
	"context"
	"errors"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// waiveTyped lets an item pass of the release that is under way: what the form does.
func (h *Handler) waiveTyped(ctx context.Context, who speaker, c WaiveCommand) (Text, error) {
	t := h.target(c.Service, c.Environment)
	r, ok, err := h.active(ctx, t)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, h.nothingWaits(ctx, t)
	}
	if c.Item != deploy.WithoutBackup {
		if err := h.waitsForItems(r); err != nil {
			return nil, err
		}
		if _, open := r.Readiness.OpenAt(c.Item); !open {
			var keys []string
			for _, o := range r.Readiness.Open {
				keys = append(keys, o.Key)
			}
			return nil, refused(h.closed(r, []string{c.Item}).Plain(" Open are: " + listed(keys, mostListed) + ". Nothing was changed."))
		}
	}
	text, err := h.waive(ctx, who, r, Filled{Items: []string{c.Item}, Reason: c.Reason})
	var wrong misfilled
	if errors.As(err, &wrong) { // the parser has looked already
		return nil, refused(Text{}.Plain(wrong[fieldReason] + wrong[fieldItems]))
	}
	return text, err
}

// waive stores that one open item is let pass.
func (h *Handler) waive(ctx context.Context, who speaker, r deploy.Release, f Filled) (Text, error) {
	if err := h.mayWaive(ctx, who.by, r); err != nil {
		return nil, err
	}
	wrong := misfilled{}
	chosen := distinct(f.Items)
	if len(chosen) != 1 {
		wrong[fieldItems] = "Choose one item: each is waived for a reason of its own."
	}
	reason := wrong.reason(f.Reason, "A waiver needs a reason: it is shown to everybody and kept with the release.")
	if len(wrong) > 0 {
		return nil, wrong
	}
	if chosen[0] == deploy.WithoutBackup {
		return h.waiveBackup(ctx, who, r, reason)
	}
	if err := h.waitsForItems(r); err != nil {
		return nil, err
	}
	item, open := r.Readiness.OpenAt(chosen[0])
	if !open {
		return nil, refused(h.closed(r, chosen).Plain(" Nothing was changed."))
	}
	if err := h.signal(ctx, who, r, deploy.Signal{Kind: deploy.SignalWaive, Item: item.Key, Reason: reason}); err != nil {
		return nil, err
	}
	return Text{}.Plain("Your waiver of “" + itemName(item.Group, item.Text) + "” for ").Strong(string(r.ID)).Plain(" is stored.").
		Add(onward(r, len(r.Readiness.Open)-1)), nil
}

// reason reads one that was filled in; what is wrong with it is noted, needed if there is none.
func (m misfilled) reason(typed, needed string) string {
	reason := strings.Join(strings.Fields(clean(typed)), " ")
	if !strings.ContainsFunc(reason, says) {
		m[fieldReason] = needed
	} else if tooLong := lengthy(reason); tooLong != "" {
		m[fieldReason] = tooLong
	}
	return reason
}

// waiveBackup stores that a release goes on without a backup of the database.
func (h *Handler) waiveBackup(ctx context.Context, who speaker, r deploy.Release, reason string) (Text, error) {
	if w, waived := r.Waived(deploy.WithoutBackup); waived {
		return nil, refused(Text{}.Plain("That was waived before, by ").User(w.By).Plain(" " + ago(w.At, h.now()) + ": " + w.Reason + ". Nothing was changed."))
	}
	step := r.Backing()
	if step == nil {
		return nil, refused(h.noBackup(r))
	}
	if err := h.signal(ctx, who, r, deploy.Signal{Kind: deploy.SignalWaive, Item: deploy.WithoutBackup, Reason: reason}); err != nil {
		return nil, err
	}
	text := Text{}.Plain("Your waiver of the backup of the database for ").Strong(string(r.ID)).Plain(" is stored.")
	switch {
	case unbacked(r):
		return text.Plainf(" It goes on without one; follow it in %s.", r.Spec.Channel), nil
	case r.State == deploy.Paused:
		return text.Plain(" The release is held: it goes on without one once somebody presses Resume."), nil
	case step.Status == deploy.Started:
		return text.Plainf(" The backup that is being made is not waited for; follow it in %s.", r.Spec.Channel), nil
	}
	return text.Plain(" None is made when its turn comes."), nil
}

// noBackup says that there is no backup to go without.
func (h *Handler) noBackup(r deploy.Release) Text {
	text := Text{}.Plain("There is no backup to go without: ").Add(title(r)).Plain(" ").Add(standing(r, h.now()))
	at := slices.IndexFunc(r.Steps, func(s deploy.Step) bool { return s.Kind == deploy.KindBackup })
	switch {
	case r.Kind != deploy.Deploy || at < 0:
		text = text.Plain(", and makes none that can be left out")
	case r.Steps[at].Status == deploy.Done:
		text = text.Plain(", and its backup is made")
	case r.Steps[at].Status == deploy.Skipped:
		text = text.Plain(", and makes none")
	}
	return text.Plain(". Nothing was changed.")
}

// unbacked says whether a release is held because its backup failed.
func unbacked(r deploy.Release) bool {
	step, cur := r.Backing(), r.Current()
	return step != nil && cur != nil && cur.Name == step.Name && r.State == deploy.Paused && r.By == deploy.Slipway
}
