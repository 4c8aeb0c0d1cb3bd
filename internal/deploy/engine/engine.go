// Package engine carries releases out: it claims one that is due, lets package deploy decide, stores the intent,
// acts through a runner, stores the outcome, and gives the release up again when it has to wait.
//
// It knows no provider, no Slack and no Redis. It never acts before the intent is stored, and never writes
// under an epoch that is not its own. Whatever line the process dies on, the stored release says how far it
// came, and the next owner's runners look before they act.
//
// Start reading at Engine.Run, then session.drive.
package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/deploy"
)

// Options of an Engine; the zero value means the defaults.
type Options struct {
	Owner    string        // names this replica in the store; must differ between replicas
	Lease    time.Duration // how long a crashed owner blocks its release; default 15 s
	Beat     time.Duration // how often a lease is prolonged; default a third of Lease
	Poll     time.Duration // how often the due list is read at least; default 1 s
	Linger   time.Duration // waits up to this are spent in memory, longer ones in the store; default 2 s
	Call     time.Duration // bounds one run of a runner, unless it is InOneCall; runners bound their own calls more tightly; default 1 min
	Grace    time.Duration // how long a call in progress may go on after a stop; default 20 s
	Parallel int           // releases taken from the due list at once; a hint is always followed; default 64
	Clock    deploy.Clock
	Log      zerolog.Logger
	Observe  func(deploy.Release, deploy.Entry) // hears every entry once it is stored; must not block
	Boundary func(deploy.StepKind, Point)       // hears of every point that a step passes, so that a test can end the process there; default none
}

func (o *Options) withDefaults() Options {
	var v Options
	if o != nil {
		v = *o
	}
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&v.Lease, 15*time.Second)
	set(&v.Beat, v.Lease/3)
	set(&v.Poll, time.Second)
	set(&v.Linger, 2*time.Second)
	set(&v.Call, time.Minute)
	set(&v.Grace, 20*time.Second)
	if v.Parallel <= 0 {
		v.Parallel = 64
	}
	if v.Observe == nil {
		v.Observe = func(deploy.Release, deploy.Entry) {}
	}
	if v.Clock == nil {
		v.Clock = deploy.SystemClock{}
	}
	return v
}

// Engine drives releases. Make one per process with New.
type Engine struct {
	store   deploy.Owners
	runners map[deploy.StepKind]deploy.Runner
	opts    Options

	mu       sync.Mutex
	sessions map[deploy.ReleaseID]*session
	again    map[deploy.ReleaseID]bool // sessions cut short by trouble with the store: claimed again at the next look
	seen     map[deploy.ReleaseID]seen // how far this replica has seen each release; some 100 bytes for each
	newer    map[deploy.ReleaseID]bool // stored by a newer version, which the log has said
	stopping bool
	left     bool          // the last look may have left releases for want of room
	freed    int           // sessions that have ended well since
	roomy    chan struct{} // holds one when there is room for what was left
	wg       sync.WaitGroup
}

// New makes an engine that carries out the kinds of steps in runners. A release with a step of any other kind is
// parked when it comes to it.
func New(store deploy.Owners, runners map[deploy.StepKind]deploy.Runner, opts *Options) *Engine {
	return &Engine{store: store, runners: runners, opts: opts.withDefaults(), sessions: map[deploy.ReleaseID]*session{}, again: map[deploy.ReleaseID]bool{}, seen: map[deploy.ReleaseID]seen{},
		newer: map[deploy.ReleaseID]bool{}, roomy: make(chan struct{}, 1)}
}

// Run drives releases until ctx ends, which is not an error. Then calls in progress may finish for Options.Grace,
// leases are given up so that another replica goes on at once, and Run returns. Trouble with the store, from the
// first moment on, is logged and outlived.
func (e *Engine) Run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	wakes := e.listen(ctx)
	e.poll(work)
	// The timer goes on whatever hints come: what has no hint, such as the end of a bake, is found by looking only.
	tick, stopTick := e.opts.Clock.NewTimer(e.opts.Poll)
	defer func() { stopTick() }()
	for {
		select {
		case <-ctx.Done():
			e.stop(stopWork)
			return nil
		case w, ok := <-wakes:
			if !ok {
				wakes = nil
				continue
			}
			if !w.Announcement {
				e.take(work, w.Release)
			}
		case <-e.roomy:
			e.poll(work)
		case <-tick:
			if wakes == nil {
				wakes = e.listen(ctx)
			}
			e.poll(work)
			tick, stopTick = e.opts.Clock.NewTimer(e.opts.Poll)
		}
	}
}

// listen subscribes to hints; nil while the store is away: the due list is polled in any case.
func (e *Engine) listen(ctx context.Context) <-chan deploy.Wake {
	wakes, err := e.store.Wakes(ctx)
	if err != nil {
		e.opts.Log.Warn().Err(err).Msg("no wakes from the store; polling")
		return nil
	}
	return wakes
}

// poll takes of the releases that are due as many as there is room for, and those whose session was cut short. These
// come last and take no room from others: what cannot be driven here, such as what a newer version has stored, stays
// due for ever.
func (e *Engine) poll(ctx context.Context) {
	short := e.cutShort()
	limit := e.opts.Parallel + len(short)
	due, err := e.store.Due(ctx, limit)
	if err != nil {
		e.opts.Log.Warn().Err(err).Msg("the due list cannot be read")
	}
	left := len(due) >= limit
	for _, id := range due {
		if slices.Contains(short, id) {
			continue
		}
		if !e.room() {
			left = true
			break
		}
		e.take(ctx, id)
	}
	for _, id := range short {
		e.take(ctx, id)
	}
	e.leave(left)
}

// leave notes whether a look has left releases.
func (e *Engine) leave(left bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.left = left
	e.invite()
}

// invite asks for another look before its time once there is room for some of what the last one left: many that fall
// due together must not wait for a tick each time. Sessions that ended in trouble make no room: what cannot be driven
// would be looked at without end. e.mu is held.
func (e *Engine) invite() {
	if !e.left || e.freed < max(e.opts.Parallel/8, 1) || len(e.sessions) >= e.opts.Parallel {
		return
	}
	select {
	case e.roomy <- struct{}{}:
	default:
	}
}

func (e *Engine) room() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.sessions) < e.opts.Parallel
}

// take starts a session for a release, or nudges the one that drives it already. It does not look for room: a roll
// back must not wait until other releases have made some.
func (e *Engine) take(ctx context.Context, id deploy.ReleaseID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, ok := e.sessions[id]; ok {
		s.nudge()
		return
	}
	if e.stopping {
		return
	}
	s := newSession(e, id)
	e.sessions[id] = s
	e.wg.Go(func() {
		err := s.drive(ctx)
		s.report(err)
		if e.ended(s, err) {
			e.take(ctx, id)
		}
	})
}

// ended forgets a session. more is true if it was nudged after it had stopped listening.
func (e *Engine) ended(s *session, err error) (more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.sessions, s.id)
	if err != nil && !errors.Is(err, errNotOurs) && deploy.CodeOf(err) != deploy.Fenced {
		e.again[s.id] = true
		return false
	}
	if err == nil {
		e.freed++
		e.invite()
	}
	return len(s.nudged) > 0 && err == nil
}

// cutShort hands out the sessions to be claimed again, and begins a look.
func (e *Engine) cutShort() []deploy.ReleaseID {
	e.mu.Lock()
	defer e.mu.Unlock()
	ids := slices.Collect(maps.Keys(e.again))
	clear(e.again)
	e.left, e.freed = false, 0
	return ids
}

// stop lets sessions come to rest: each gives its lease up after the call in progress, or is cut off after the
// grace time, when its lease has to lapse.
func (e *Engine) stop(cut context.CancelFunc) {
	e.mu.Lock()
	e.stopping = true
	for _, s := range e.sessions {
		s.handOver()
	}
	e.mu.Unlock()
	rested := make(chan struct{})
	go func() {
		e.wg.Wait()
		close(rested)
	}()
	timer, stopTimer := e.opts.Clock.NewTimer(e.opts.Grace)
	defer stopTimer()
	select {
	case <-rested:
	case <-timer:
		cut()
		<-rested
	}
}

// report logs how a session ended when that is worth a line.
func (s *session) report(err error) {
	switch {
	case err == nil, errors.Is(err, errNotOurs):
	case errors.Is(err, deploy.ErrNewer):
		if s.e.notedNewer(s.id) {
			s.log.Warn().Err(err).Msg("the release is left to a newer version of Slipway")
		}
	case deploy.CodeOf(err) == deploy.Fenced:
		s.log.Info().Err(err).Msg("another replica drives this release now")
	default:
		s.log.Warn().Err(err).Msg("the release is left for the next look")
	}
}

// notedNewer notes a release that a newer version has stored; false if that was known.
func (e *Engine) notedNewer(id deploy.ReleaseID) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.newer[id]
	e.newer[id] = true
	return !known
}
