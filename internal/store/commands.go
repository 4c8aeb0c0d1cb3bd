package store

import (
	"context"
	"encoding/json"
	"fmt"

	"slipway/internal/deploy"
)

// Create implements deploy.Commands: it stores a release with its hold and first journal entry in one round trip.
// A repetition under the same event, also after a lost answer, returns what the first call created.
func (s *Store) Create(ctx context.Context, r deploy.Release, event deploy.EventID) (deploy.Created, error) {
	op := "create a release of " + r.Target.String()
	if err := creatable(r); err != nil {
		return deploy.Created{}, &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
	}
	doc, err := encodeRelease(r)
	if err != nil {
		return deploy.Created{}, &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
	}
	entries, err := json.Marshal([]deploy.Entry{{
		Kind: deploy.EntryCreated, By: r.Requester, State: r.State, At: r.Created,
		Text: fmt.Sprintf("%s %s to %s", r.Kind, r.Version, r.Target),
	}})
	if err != nil {
		return deploy.Created{}, &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
	}
	k := keysFor(r.Target.Service)
	got, err := s.run(ctx, createScript,
		[]string{k.target(r.Target), k.num(r.Target.Service), k.due(), k.active(), k.index(r.Target), k.seen(event), k.announce(),
			k.bars(r.Target)},
		string(k), r.Target.Service, r.Target.String(), string(event), doc, deploy.SchemaVersion, entries,
		announcementVersion, keepEvent.Milliseconds(), string(r.Kind), r.Version, insists(r))
	if err != nil {
		return deploy.Created{}, classify(op, err)
	}
	return created(op, r, got)
}

// creatable refuses what would be stored and then never found or never driven.
func creatable(r deploy.Release) error {
	switch {
	case r.Target.Service == "" || r.Target.Environment == "":
		return fmt.Errorf("the release has no target")
	case r.ID != "" || r.Rev != 0:
		return fmt.Errorf("the release is stored already as %s", r.ID)
	case r.State == "" || r.State.Terminal():
		return fmt.Errorf("a release cannot begin in state %q", r.State)
	}
	return nil
}

// insists tells the script whether also what was taken back before may be deployed.
func insists(r deploy.Release) string {
	if r.Again {
		return "again"
	}
	return ""
}

func created(op string, r deploy.Release, got reply) (deploy.Created, error) {
	switch got.status() {
	case "ok":
		r.Number, r.Rev = int(got.number(1)), 1
		r.ID = deploy.NewReleaseID(r.Target.Service, r.Number)
		stamp(&r, got.time(2))
		return deploy.Created{Release: r, Fresh: true}, nil
	case "seen":
		earlier, err := fromScript(got, 2).release(deploy.ReleaseID(got.text(1)))
		return deploy.Created{Release: earlier}, err
	case "held":
		holder := deploy.ReleaseID(got.text(1))
		return deploy.Created{}, &deploy.Error{
			Code: deploy.Held, Op: op, Msg: fmt.Sprintf("%s is being released by %s", r.Target, holder),
			Hint: "wait until it has ended, or roll it back",
			Err:  &deploy.HeldError{Target: r.Target, Holder: holder},
		}
	case "live":
		live := deploy.ReleaseID(got.text(1))
		return deploy.Created{}, &deploy.Error{
			Code: deploy.Invalid, Op: op, Msg: fmt.Sprintf("%s runs %s already, since %s", r.Target, r.Version, live),
			Err: &deploy.LiveError{Target: r.Target, Version: r.Version, Live: live},
		}
	case "locked", "barred":
		return deploy.Created{}, closed(op, r, got)
	case "lost":
		return deploy.Created{}, notFound(op, deploy.ReleaseID(got.text(1)))
	}
	return deploy.Created{}, got.strange(op)
}

// Signal implements deploy.Commands. A repetition under the same event changes nothing, also after a lost answer
// and also after the release has ended.
func (s *Store) Signal(ctx context.Context, id deploy.ReleaseID, sig deploy.Signal, event deploy.EventID) (bool, error) {
	op := fmt.Sprintf("signal %s to %s", sig.Kind, id)
	k, err := keysOf(op, id)
	if err != nil {
		return false, err
	}
	text, err := json.Marshal(sig)
	if err != nil {
		return false, &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
	}
	got, err := s.run(ctx, signalScript,
		[]string{k.release(id), k.inbox(id), k.due(), k.seen(event), k.announcement(id), k.announce()},
		string(id), text, string(event), keepEvent.Milliseconds())
	if err != nil {
		return false, classify(op, err)
	}
	switch got.status() {
	case "ok":
		return true, nil
	case "seen":
		return false, nil
	case "not_found":
		return false, notFound(op, id)
	case "ended":
		return false, &deploy.Error{Code: deploy.Conflict, Op: op, Msg: fmt.Sprintf("%s has ended", id)}
	}
	return false, got.strange(op)
}
