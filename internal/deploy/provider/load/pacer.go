package load

import (
	"math"
	"runtime"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"slipway/internal/deploy"
)

var _ vegeta.Pacer = (*pacer)(nil)

const (
	// lateRate is how much of what a rate has missed is made up for, and lateBusy how much of what senders that wait
	// for answers have: those are to be paced, not to catch up.
	lateRate = time.Second
	lateBusy = 50 * time.Millisecond
	// mostRemembered bounds the requests that are remembered to keep below Most. Above it, they are counted over less
	// than a second, and below one a second over more.
	mostRemembered = 1 << 14
)

// pacer says when the next request is sent: evenly, and in no second more than there may be. The library would sleep,
// which nothing can end, so that waiting is done in here. It is asked by one goroutine.
type pacer struct {
	clock    deploy.Clock
	done     <-chan struct{} // ends the waiting, and the load
	begun    time.Time
	lasts    time.Duration
	interval time.Duration
	late     time.Duration

	due    time.Duration // when the request before was due, after begun
	passed uint64        // requests that were let go
	// sent is when the last of them were sent, in turn: within window there are never more of them than it has room.
	sent   []time.Duration
	window time.Duration
}

// newPacer begins at once: the first request is due now.
func newPacer(c deploy.Clock, done <-chan struct{}, rate, most float64, late, lasts time.Duration) *pacer {
	room := max(1, math.Floor(min(most, mostRemembered)))
	window := apart(room, most)
	if most >= 1 && most <= mostRemembered {
		window = time.Second // of 2.5 a second two are sent: three would be too many
	}
	return &pacer{
		clock: c, done: done, begun: c.Now(), lasts: lasts, late: late,
		interval: apart(1, min(rate, most)), sent: make([]time.Duration, int(room)), window: window,
	}
}

// apart is how long n requests take at a rate. A rate that is next to nothing is one in many years.
func apart(n, rate float64) time.Duration {
	return time.Duration(min(n/rate*float64(time.Second), 1<<62))
}

// Pace waits until the next request may be sent; stop is when there is none. It is called again for the same request
// when nobody was free to send it.
func (p *pacer) Pace(_ time.Duration, hits uint64) (wait time.Duration, stop bool) {
	if hits < p.passed {
		runtime.Gosched() // a new sender has been begun for it: without this, many would be before it is there
		return 0, p.ended()
	}
	now, room := p.now(), uint64(len(p.sent))
	at := time.Duration(0)
	if hits > 0 {
		p.sent[(hits-1)%room] = now // that it is asked for the next means that somebody has just taken the last
		p.due = max(p.due+p.interval, now-p.late)
		at = p.due
	}
	if hits >= room {
		at = max(at, p.sent[hits%room]+p.window)
	}
	if at >= p.lasts {
		p.wait(p.lasts - now)
		return 0, true
	}
	p.wait(at - now)
	p.passed = hits + 1
	return 0, p.ended()
}

// Rate is for the library's charts, which nobody draws.
func (p *pacer) Rate(time.Duration) float64 {
	return float64(time.Second) / float64(max(p.interval, 1))
}

func (p *pacer) now() time.Duration { return p.clock.Now().Sub(p.begun) }

func (p *pacer) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	over, stop := p.clock.NewTimer(d)
	defer stop()
	select {
	case <-over:
	case <-p.done:
	}
}

func (p *pacer) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}
