package load

import (
	"context"
	"errors"
	"net/http"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"slipway/internal/deploy"
)

// errOver ends requests that are unanswered when nobody waits for them any more.
var errOver = errors.New("the load was ended")

// fire sends requests and counts what comes of them.
func (l *Loader) fire(ctx context.Context, q *deploy.LoadRequest, a *aim) (deploy.LoadStretch, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(errOver)
	// One is begun with, and another one whenever all are busy: an open loop.
	workers, most, rate, late := uint64(1), uint64(mostAtOnce), q.Check.Rate, lateRate
	if n := q.Check.Concurrency; n > 0 {
		workers, most, rate, late = uint64(n), uint64(n), q.Check.Most, lateBusy
	}
	s := &sender{aim: a}
	send, end := l.way(ctx, s, q.Public)
	defer end()
	attacker := vegeta.NewAttacker(
		vegeta.Workers(workers), vegeta.MaxWorkers(most), vegeta.MaxBody(0), // no body is kept; it is read all the same
		vegeta.Client(&http.Client{Transport: send, CheckRedirect: never}),
	)
	p := newPacer(l.clock, ctx.Done(), rate, q.Check.Most, late, q.For)
	results := attacker.Attack(s.next, p, 0, "")
	t := tally{}
	look, stop := l.clock.NewTimer(lookEvery)
	defer func() { stop() }()
	for over := ctx.Done(); ; {
		select {
		case r, more := <-results:
			if !more {
				return t.stretch(p.now()), t.verdict(a.base.Host, s.final.Load())
			}
			if t.add(r); s.final.Load() != nil && t.answered == 0 {
				cancel(errOver)
			}
		case <-look:
			if q.Stop != nil && q.Stop(t.stretch(p.now())) {
				cancel(errOver)
			}
			look, stop = l.clock.NewTimer(lookEvery)
		case <-over:
			over = nil
			attacker.Stop()
		}
	}
}

// way is how requests are sent. end has to be called when the last has been.
func (l *Loader) way(ctx context.Context, s *sender, public bool) (send roundTrip, end func()) {
	if l.behindProxy(s.aim.base) {
		t := l.private
		if public {
			t = l.public
		}
		return s.proxied(context.WithValue(ctx, destination{}, s.aim), t), func() {}
	}
	at := place{url: s.aim.base.Scheme + "://" + s.aim.base.Host, public: public}
	w := &wires{connect: l.reach(s.aim), idle: l.recall(at), busy: map[*wire]bool{}}
	stop := context.AfterFunc(ctx, w.end)
	return s.direct(ctx, w), func() {
		stop()
		l.keep(at, w.idle)
	}
}

func never(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// which is a header that says which target a request is for. It is not sent, and neither is the library's own.
const (
	which   = "Slipway-Target"
	counted = "X-Vegeta-Seq"
)

// next gives the library a target, each in turn.
func (s *sender) next(t *vegeta.Target) error {
	n := (s.turn.Add(1) - 1) % uint64(len(s.aim.targets))
	*t = s.aim.targets[n].Target // it copies the headers
	return nil
}
