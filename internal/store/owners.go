package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
)

// Claim implements deploy.Owners.
func (s *Store) Claim(ctx context.Context, id deploy.ReleaseID, owner string, lease time.Duration) (deploy.Claim, error) {
	op := "claim " + string(id)
	k, err := keysOf(op, id)
	if err != nil {
		return deploy.Claim{}, err
	}
	got, err := s.run(ctx, claimScript, []string{k.release(id), k.inbox(id), k.due(), k.epoch(), k.run(), k.gaps()},
		string(id), owner, lease.Milliseconds(), deploy.SchemaVersion)
	if err != nil {
		return deploy.Claim{}, classify(op, err)
	}
	if got.status() != "ok" {
		return deploy.Claim{}, refused(op, id, got)
	}
	r, err := fromScript(got, 4).release(id)
	if err != nil {
		return deploy.Claim{}, err
	}
	asked := deploy.Epoch(got.number(8))
	return deploy.Claim{Release: r, Epoch: deploy.Epoch(got.number(1)), Now: got.time(2), Signals: int(got.number(3)),
		Asked: asked, Gaps: gapsAfter(got, 9, asked)}, nil
}

// gapsAfter reads the gaps in a script's reply, at its i-th element, without those that people were asked about.
func gapsAfter(got reply, i int, asked deploy.Epoch) []deploy.Gap {
	if i >= len(got) {
		return nil
	}
	list, _ := got[i].([]any)
	var gaps []deploy.Gap
	for j := range list {
		var g deploy.Gap
		if _, err := fmt.Sscan(reply(list).text(j), &g.After, &g.Before); err == nil && g.Before > asked {
			gaps = append(gaps, g)
		}
	}
	return gaps
}

// refused says in words why a claim was not granted.
func refused(op string, id deploy.ReleaseID, got reply) error {
	conflict := func(format string, args ...any) error {
		return &deploy.Error{Code: deploy.Conflict, Op: op, Msg: fmt.Sprintf(format, args...)}
	}
	switch got.status() {
	case "not_found":
		return notFound(op, id)
	case "newer":
		return newer(op, got.number(1))
	case "leased":
		return conflict("%s is driven by %s until %s", id, got.text(1), got.time(2).Format(time.RFC3339Nano))
	case "not_due":
		return conflict("%s is not due before %s", id, got.time(1).Format(time.RFC3339Nano))
	case "idle":
		return conflict("there is nothing to do for %s", id)
	}
	return got.strange(op)
}

// Commit implements deploy.Owners. An end gives the lease up whatever c.Yield says. With c.Yield, a signal that
// still waits makes the release due at once. A durable commit that too few replicas confirmed is Unavailable: the
// primary has it, but it does not count, and what it was about to do outside must not begin.
func (s *Store) Commit(ctx context.Context, c deploy.Commit) (deploy.Committed, error) {
	r := c.Release
	op := fmt.Sprintf("commit revision %d of %s", r.Rev+1, r.ID)
	k, err := keysOf(op, r.ID)
	if err != nil {
		return deploy.Committed{}, err
	}
	if len(c.Entries) == 0 {
		return deploy.Committed{}, &deploy.Error{Code: deploy.Invalid, Op: op, Msg: "a commit needs a journal entry"}
	}
	doc, err := encodeRelease(r)
	if err != nil {
		return deploy.Committed{}, &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
	}
	entries, err := json.Marshal(c.Entries)
	if err != nil {
		return deploy.Committed{}, &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
	}
	lock, bar, err := leaves(r)
	if err != nil {
		return deploy.Committed{}, &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
	}
	run := s.run
	if c.Durable {
		run = s.runDurable
	}
	got, err := run(ctx, commitScript,
		[]string{k.release(r.ID), k.log(r.ID), k.inbox(r.ID), k.due(), k.active(), k.target(r.Target), k.index(r.Target),
			k.announcement(r.ID), k.announce(), k.epoch(), k.run(), k.gaps(), k.bars(r.Target)},
		string(r.ID), int64(c.Epoch), r.Rev, r.Rev+1, doc, deploy.SchemaVersion, entries, c.Consumed, again(c), end(r),
		r.Target.String(), keepEnded.Milliseconds(), string(k), r.Landed().Version, asking(c), lock, bar)
	// The epoch is in force and yet the journal has this revision: the release has gone back in time.
	if err != nil && strings.Contains(err.Error(), "The ID specified in XADD is equal or smaller") {
		return deploy.Committed{}, fenced(op)
	}
	if err != nil {
		return deploy.Committed{}, classify(op, err)
	}
	switch got.status() {
	case "ok":
		return deploy.Committed{Rev: r.Rev + 1, Now: got.time(1), Signals: int(got.number(2)), Epoch: deploy.Epoch(got.number(3))}, nil
	case "fenced":
		return deploy.Committed{}, fenced(op)
	case "unheard":
		return deploy.Committed{}, &deploy.Error{Code: deploy.Conflict, Op: op,
			Msg: fmt.Sprintf("%s cannot end yet: somebody has said something to it", r.ID)}
	case "target":
		return deploy.Committed{}, &deploy.Error{Code: deploy.Invalid, Op: op,
			Msg: fmt.Sprintf("%s is a release of %s, not of %s", r.ID, got.text(1), r.Target)}
	}
	return deploy.Committed{}, got.strange(op)
}

// again is after how many ms the release is due, empty if the lease goes on.
func again(c deploy.Commit) string {
	if !c.Yield {
		return ""
	}
	return millis(c.After)
}

func asking(c deploy.Commit) string {
	if c.Asked {
		return "asked"
	}
	return ""
}

// end tells the script whether the release has ended, and whether what it wanted is live now.
func end(r deploy.Release) string {
	switch {
	case !r.State.Terminal():
		return ""
	case r.Arrived():
		return "live"
	}
	return "ended"
}

// millis rounds up, so that nothing is due before its time.
func millis(d time.Duration) string {
	return strconv.FormatInt(int64((max(d, 0)+time.Millisecond-1)/time.Millisecond), 10)
}

// Yield implements deploy.Owners.
func (s *Store) Yield(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, d time.Duration) error {
	op := "yield " + string(id)
	k, err := keysOf(op, id)
	if err != nil {
		return err
	}
	got, err := s.run(ctx, yieldScript, []string{k.release(id), k.inbox(id), k.due()}, string(id), int64(e), millis(d))
	return verdict(op, got, err)
}

// verdict is for scripts that answer ok or fenced.
func verdict(op string, got reply, err error) error {
	switch {
	case err != nil:
		return classify(op, err)
	case got.status() == "ok":
		return nil
	case got.status() == "fenced":
		return fenced(op)
	}
	return got.strange(op)
}

// Beat implements deploy.Owners. A lease that has run out but was not taken is prolonged, too.
func (s *Store) Beat(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, lease time.Duration) (int, error) {
	op := "beat for " + string(id)
	k, err := keysOf(op, id)
	if err != nil {
		return 0, err
	}
	got, err := s.run(ctx, beatScript, []string{k.release(id), k.inbox(id), k.due()}, string(id), int64(e), lease.Milliseconds())
	return int(got.number(1)), verdict(op, got, err)
}

// Confirm implements deploy.Owners: replicas follow in order, so one that has this beat has all that was before.
func (s *Store) Confirm(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, lease time.Duration) error {
	op := "confirm " + string(id)
	k, err := keysOf(op, id)
	if err != nil {
		return err
	}
	got, err := s.runDurable(ctx, beatScript, []string{k.release(id), k.inbox(id), k.due()}, string(id), int64(e), lease.Milliseconds())
	return verdict(op, got, err)
}

// Inbox implements deploy.Owners. A signal that cannot be read has no kind.
func (s *Store) Inbox(ctx context.Context, id deploy.ReleaseID) ([]deploy.Signal, error) {
	op := "read the inbox of " + string(id)
	k, err := keysOf(op, id)
	if err != nil {
		return nil, err
	}
	messages, err := s.rdb.XRange(ctx, k.inbox(id), "-", "+").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, classify(op, err)
	}
	signals := make([]deploy.Signal, len(messages))
	for i, m := range messages {
		text, _ := m.Values["signal"].(string)
		if err := json.Unmarshal([]byte(text), &signals[i]); err != nil {
			signals[i] = deploy.Signal{} // heard as one that this version does not know; a roll back may be behind it
		}
		signals[i].ID = m.ID
	}
	return signals, nil
}
