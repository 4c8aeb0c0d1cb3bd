package engine

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/deploy"
)

// errNotOurs ends a session whose release another owner has, or that is not due: nothing is wrong.
var errNotOurs = errors.New("not ours to drive")

// sleepUntilTold is the look of a release that waits for people alone. Their signal makes it due at once; the
// look is only there so that no release is ever without one.
const sleepUntilTold = time.Hour

// session drives one release under one lease.
type session struct {
	e   *Engine
	id  deploy.ReleaseID
	log zerolog.Logger

	nudged chan struct{} // signals may wait in the inbox
	leave  chan struct{} // closed: hand over at the next boundary

	cut         context.CancelCauseFunc // ends the session where it is
	stopBeating func()                  // may be called twice

	release   deploy.Release
	epoch     deploy.Epoch
	mark      deploy.Epoch // of the newest write: the claim, or a commit under it
	gaps      []deploy.Gap
	lost      int64     // the revision that was seen before of a release that has gone back; 0 if it has not
	asking    bool      // the next commit parks the release because of what the store has forgotten
	confirmed bool      // what is stored of the release counts
	signals   int       // known to wait
	redisTime time.Time // at the moment of local
	local     time.Time
}

func newSession(e *Engine, id deploy.ReleaseID) *session {
	return &session{
		e: e, id: id, log: e.opts.Log.With().Str("release", string(id)).Logger(),
		nudged: make(chan struct{}, 1), leave: make(chan struct{}),
	}
}

func (s *session) nudge() {
	select {
	case s.nudged <- struct{}{}:
	default:
	}
}

func (s *session) handOver() { close(s.leave) }

func (s *session) leaving() bool {
	select {
	case <-s.leave:
		return true
	default:
		return false
	}
}

// drive claims the release and takes it as far as it goes. On any error it stops where it is: the lease lapses,
// or this replica claims again at its next look, and the stored release says how far it came.
func (s *session) drive(ctx context.Context) error {
	ctx, s.cut = context.WithCancelCause(ctx)
	defer s.cut(nil)
	if err := s.claim(ctx); err != nil {
		return err
	}
	defer func() { s.stopBeating() }()
	s.log = s.log.With().Str("service", s.release.Target.Service).Str("environment", s.release.Target.Environment).
		Int64("epoch", int64(s.epoch)).Logger()

	var entries []deploy.Entry
	for {
		next, done, err := s.turn(ctx, entries)
		if err != nil || done {
			return err
		}
		entries = next
	}
}

// turn is one round: hear signals, decide, store, act. What came of the last act is not stored yet: it goes with
// what is decided now, so that an outcome and the next intent take one commit.
func (s *session) turn(ctx context.Context, came []deploy.Entry) (next []deploy.Entry, done bool, err error) {
	if len(came) == 0 { // else act has just done so
		if _, err := s.freshen(ctx); err != nil {
			return nil, false, err
		}
	} else if s.waitsNext() {
		return nil, false, s.commit(ctx, deploy.Action{Do: deploy.Wait}, came, "", 0, false)
	}
	before := s.release
	heard, consumed, err := s.hear(ctx)
	if err != nil {
		return nil, false, err
	}
	doubts := s.doubt()
	decided, more, action := deploy.Decide(s.release, s.now())
	entries := slices.Concat(came, heard, doubts, more)
	s.release = decided

	rest, leave := s.rest(action)
	if len(entries) > 0 {
		err := s.commit(ctx, action, entries, consumed, rest, leave)
		if action.Do == deploy.End && deploy.CodeOf(err) == deploy.Conflict {
			s.release, s.signals = before, 1 // somebody has said something meanwhile: it may be no end at all
			return came, false, nil
		}
		if err != nil {
			return nil, false, err
		}
	} else if leave {
		return nil, true, s.e.store.Yield(ctx, s.id, s.epoch, rest)
	}
	switch {
	case leave || action.Do == deploy.End:
		return nil, true, nil
	case s.signals > 0:
		return nil, false, nil
	case action.Do == deploy.Wait:
		s.linger(ctx, rest)
		return nil, false, context.Cause(ctx)
	}
	next, err = s.act(ctx, action.Step)
	return next, false, err
}

// rest says how long an action waits, and whether the lease is given up for that time. What would be spent in memory
// here is spent in the successor's at a hand-over: it is woken at once, where a due time would have to be found.
func (s *session) rest(a deploy.Action) (d time.Duration, leave bool) {
	switch {
	case a.Do == deploy.End:
		return 0, false
	case a.Do == deploy.Act, a.Do == deploy.See:
		return 0, s.leaving()
	case a.Until.IsZero():
		return sleepUntilTold, true
	}
	d = max(a.Until.Sub(s.now()), 0)
	switch {
	case d > s.e.opts.Linger:
		return d, true
	case s.leaving():
		return 0, true
	}
	return d, false
}

// hear applies the signals that wait.
func (s *session) hear(ctx context.Context) (entries []deploy.Entry, consumed string, err error) {
	select {
	case <-s.nudged:
		s.signals = max(s.signals, 1)
	default:
	}
	if s.signals == 0 {
		return nil, "", nil
	}
	inbox, err := s.e.store.Inbox(ctx, s.id)
	if err != nil {
		return nil, "", err
	}
	for _, signal := range inbox {
		after, said := deploy.Apply(s.release, signal, s.now())
		s.release, consumed = after, signal.ID
		entries = append(entries, said...)
	}
	s.signals = 0
	return entries, consumed, nil
}

// commit stores the release with its entries. Intents and ends wait for a replica if there is one; the intents of
// going back do not: to send traffic back twice does no harm, and to wait with it does.
func (s *session) commit(ctx context.Context, a deploy.Action, entries []deploy.Entry, consumed string, rest time.Duration, leave bool) error {
	s.passAll(entries, BeforeIntent, BeforeOutcome)
	durable := a.Do == deploy.End || a.Do == deploy.Act && s.release.Interruptible()
	done, err := s.e.store.Commit(ctx, deploy.Commit{
		Release: s.release, Epoch: s.epoch, Entries: entries, Consumed: consumed,
		Yield: leave, After: rest,
		Durable: durable, Asked: s.asks(),
	})
	if err != nil {
		return err
	}
	s.release.Rev, s.signals, s.confirmed = done.Rev, done.Signals, s.confirmed || durable
	s.sync(done.Now)
	s.stored(done)
	s.passAll(entries, AfterIntent, AfterOutcome)
	for _, e := range entries {
		s.e.opts.Observe(s.release, e)
		level := zerolog.InfoLevel
		if e.Step == deploy.WatchName && e.Kind == deploy.EntryProgress { // a look that brought no news
			level = zerolog.DebugLevel
		}
		s.log.WithLevel(level).Str("phase", string(e.Phase)).Str("step", string(e.Step)).Str("entry", string(e.Kind)).
			Str("state", string(e.State)).Str("by", string(e.By)).Int64("took_ms", e.Took).Msg(e.Text)
	}
	return nil
}

// linger waits in memory: for d, for a nudge, for a hand-over or for the end of the lease.
func (s *session) linger(ctx context.Context, d time.Duration) {
	timer, stop := s.e.opts.Clock.NewTimer(d)
	defer stop()
	select {
	case <-timer:
	case <-s.nudged:
		s.signals = max(s.signals, 1)
	case <-s.leave:
	case <-ctx.Done():
	}
}
