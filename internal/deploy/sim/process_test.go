package sim_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"slipway/internal/deploy"
)

var errGone = errors.New("this process is dead")

// process is one replica as its computer runs it: it can freeze, and it can die. It notices neither; what it does
// outside just does not take place until it goes on, or ever.
type process struct {
	w    *world
	name string
	stop context.CancelFunc // asks it to stop, as SIGTERM does
	done chan struct{}      // closed when the engine has returned

	mu     sync.Mutex
	dead   bool
	frozen time.Time // until
	skew   time.Duration
}

// gate returns when the process runs. Every call passes it before it leaves, and its answer when it comes back. What
// stood still goes on in an order that the seed decides.
func (p *process) gate(about []string) error {
	for {
		p.mu.Lock()
		dead, wait := p.dead, time.Until(p.frozen)
		p.mu.Unlock()
		switch {
		case dead:
			<-p.w.over
			return errGone
		case wait <= 0:
			return nil
		}
		time.Sleep(wait + p.w.dice.roll(append([]string{p.name, "goes on"}, about...)...).between(1, time.Millisecond))
	}
}

func (p *process) die() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
}

func (p *process) freeze(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = time.Now().Add(d)
}

func (p *process) jump(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.skew += d
}

// Now is the computer's own clock, which may be wrong and may be set.
func (p *process) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Add(p.skew).Round(0)
}

// NewTimer is not touched when the clock is set.
func (p *process) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}

// wire carries a call of the process to a server and its answer back. Once sent, the call arrives whatever becomes of
// who sent it; what gets lost, gets lost on the way there (then serve is not called) or on the way back.
func (p *process) wire(ctx context.Context, slow int, about []string, serve func() error) error {
	if err := p.gate(about); err != nil {
		return unanswered(err)
	}
	if ctx.Err() != nil {
		return unanswered(context.Cause(ctx))
	}
	roll := p.w.dice.roll(append([]string{p.name}, about...)...)
	there, back := roll.between(50*time.Microsecond, 20*time.Millisecond), roll.between(50*time.Microsecond, 20*time.Millisecond)
	if !p.w.calm() && roll.one(slow) {
		there = roll.between(time.Second, 40*time.Second)
	}
	lostThere, lostBack := !p.w.calm() && roll.one(60), !p.w.calm() && roll.one(60)
	answer := make(chan error, 1)
	go func() {
		time.Sleep(there)
		var err error
		if lostThere {
			err = unanswered(errors.New("connection reset"))
		} else {
			err = serve()
		}
		time.Sleep(back)
		answer <- err
	}()
	var err error
	select {
	case err = <-answer:
	case <-ctx.Done():
		err = unanswered(context.Cause(ctx))
	}
	if gone := p.gate(about); gone != nil {
		return unanswered(gone)
	}
	if lostBack {
		return unanswered(errors.New("connection reset"))
	}
	return err
}

func unanswered(err error) error {
	return &deploy.Error{Code: deploy.Unavailable, Msg: "no answer", Err: err}
}
