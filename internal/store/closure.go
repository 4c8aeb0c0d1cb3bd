package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
)

// leaves is what the end of r puts at its target, for the script: empty if nothing. A bar that names neither content
// nor version would match nothing.
func leaves(r deploy.Release) (lock, bar string, err error) {
	l, b, ok := r.Leaves()
	if !ok {
		return "", "", nil
	}
	var text []byte
	if l != (deploy.Lock{}) {
		if text, err = json.Marshal(l); err != nil {
			return "", "", err
		}
	}
	if b.Digest == "" && b.Version == "" {
		return string(text), "", err
	}
	more, err := json.Marshal(b)
	return string(text), string(more), err
}

// Closure implements deploy.Reader.
func (s *Store) Closure(ctx context.Context, t deploy.Target) (deploy.Closure, error) {
	op := "find what stands in the way of " + t.String()
	k := keysFor(t.Service)
	var lock *redis.StringCmd
	var bars *redis.StringSliceCmd
	_, err := s.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		lock = p.HGet(ctx, k.target(t), "lock")
		bars = p.LRange(ctx, k.bars(t), 0, -1)
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return deploy.Closure{}, classify(op, err)
	}
	var c deploy.Closure
	if lock.Val() != "" {
		c.Lock = &deploy.Lock{}
		if err := json.Unmarshal([]byte(lock.Val()), c.Lock); err != nil {
			return deploy.Closure{}, &deploy.Error{Code: deploy.Internal, Op: op, Err: err}
		}
	}
	for _, text := range bars.Val() {
		var b deploy.Bar
		if err := json.Unmarshal([]byte(text), &b); err != nil {
			return deploy.Closure{}, &deploy.Error{Code: deploy.Internal, Op: op, Err: err}
		}
		c.Bars = append(c.Bars, b)
	}
	return c, nil
}

// closed says what stands in the way of r, as create.lua found it.
func closed(op string, r deploy.Release, got reply) error {
	if got.status() == "locked" {
		e := &deploy.LockedError{Target: r.Target}
		if err := json.Unmarshal([]byte(got.text(1)), &e.Lock); err != nil {
			return &deploy.Error{Code: deploy.Internal, Op: op, Err: err}
		}
		return &deploy.Error{Code: deploy.Held, Op: op, Msg: fmt.Sprintf("%s is locked since %s", r.Target, e.Lock.Release),
			Hint: "look at what was taken back, then clear the lock", Err: e}
	}
	e := &deploy.BarredError{Target: r.Target}
	if err := json.Unmarshal([]byte(got.text(1)), &e.Bar); err != nil {
		return &deploy.Error{Code: deploy.Internal, Op: op, Err: err}
	}
	return &deploy.Error{Code: deploy.Invalid, Op: op,
		Msg:  fmt.Sprintf("%s was taken back from %s by %s", r.Version, r.Target, e.Bar.Release),
		Hint: "deploy another version, or this one with --again", Err: e}
}

// Unlock implements deploy.Commands.
func (s *Store) Unlock(ctx context.Context, t deploy.Target, left deploy.ReleaseID, event deploy.EventID) (bool, error) {
	op := "unlock " + t.String()
	k := keysFor(t.Service)
	got, err := s.run(ctx, unlockScript, []string{k.target(t), k.seen(event)}, string(left), string(event), keepEvent.Milliseconds())
	if err != nil {
		return false, classify(op, err)
	}
	switch got.status() {
	case "ok":
		return true, nil
	case "seen", "none":
		return false, nil
	case "other":
		var l deploy.Lock
		if err := json.Unmarshal([]byte(got.text(1)), &l); err != nil {
			return false, &deploy.Error{Code: deploy.Internal, Op: op, Err: err}
		}
		return false, &deploy.Error{Code: deploy.Conflict, Op: op, Msg: fmt.Sprintf("%s is locked since %s, not since %s", t, l.Release, left)}
	}
	return false, got.strange(op)
}
