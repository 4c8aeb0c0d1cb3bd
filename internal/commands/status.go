package commands

import (
	"context"

	"slipway/internal/deploy"
)

// status says how things stand: what is under way everywhere, or what each environment of a service runs and
// what happens to it.
func (h *Handler) status(ctx context.Context, c StatusCommand) (Text, error) {
	releases, err := h.store.Active(ctx)
	gap, err := h.gap(ctx, len(releases), err)
	if err != nil {
		return nil, err
	}
	if c.Service == "" {
		return h.everywhere(releases).Add(gap), nil
	}
	envs := h.catalog.Environments(c.Service)
	if c.Environment != "" {
		envs = []string{c.Environment}
	}
	var text Text
	for _, env := range envs {
		one, err := h.one(ctx, deploy.Target{Service: c.Service, Environment: env}, releases)
		if err != nil {
			return nil, err
		}
		text = text.Line().Add(one)
	}
	return text.Add(gap), nil
}

// gap says that a list is not complete. The store answers with what it can read: one document that it cannot read
// (written by a newer replica, for instance) must not hide the others. With nothing found at all it is an error.
func (h *Handler) gap(ctx context.Context, found int, err error) (Text, error) {
	if err == nil || found == 0 {
		return nil, err
	}
	h.opts.Report(ctx, err)
	return Text{{Kind: Break}}.Plain("There is more that I cannot read; the log of Slipway says what."), nil
}

func (h *Handler) everywhere(releases []deploy.Release) Text {
	if len(releases) == 0 {
		text := Text{}.Plain("Nothing is under way.")
		for _, s := range h.catalog.Services() {
			return text.Plain(" What a service runs: ").Code(StatusCommand{Service: s}.String())
		}
		return text
	}
	var text Text
	for _, r := range releases {
		text = text.Line().Plainf("%s: ", r.Target).Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain(".")
	}
	return text
}

// one says what a target runs, and which release is under way.
func (h *Handler) one(ctx context.Context, t deploy.Target, releases []deploy.Release) (Text, error) {
	live, ok, err := h.live(ctx, t)
	if err != nil {
		return nil, err
	}
	text := Text{}.Strong(t.String())
	if ok {
		text = text.Plainf(" runs %s since ", called(live.Landed())).Clock(live.Ended).Plain(together(live)).Plainf(" (%s, ", live.ID).User(live.Requester).Plain(").")
	} else {
		text = text.Plain(": Slipway has not brought any version to 100 % yet.")
	}
	closure, err := h.store.Closure(ctx, t)
	if err != nil {
		return nil, err
	}
	if closure.Lock != nil {
		text = text.Line().Plain("It is locked since ").Clock(closure.Lock.Since).Plainf(" (%s was taken back by ", closure.Lock.Release).User(closure.Lock.By).
			reason(closure.Lock.Reason).Plain("); to open it: ").Code(UnlockCommand{Service: t.Service, Environment: t.Environment}.String()).Plain(".")
	}
	for _, r := range releases {
		if r.Target == t {
			return text.Plain(" ").Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain("."), nil
		}
	}
	return text.Plain(" Nothing is under way."), nil
}
