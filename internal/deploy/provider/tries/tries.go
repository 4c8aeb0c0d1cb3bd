package tries

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// ErrTime is the cause of a try's context once the time of the check is up, unlike that of a caller who has given up.
var ErrTime = errors.New("the time of the check was up")

// Plan is how tries are made. The zero value is ready for use.
type Plan struct {
	// Clock measures and waits; by default the computer's.
	Clock deploy.Clock
	// Pause is between two tries; default 2 s.
	Pause time.Duration
}

// final is an error that another try would not change.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// Final marks what another try would not change, such as a wrong password. nil stays nil.
func Final(err error) error {
	if err == nil {
		return nil
	}
	return final{err}
}

// Run makes tries of a check until one comes to no error, to a Final one, or there are no more; at least one. All of them
// with the pauses between are over after Check.Within. note says in a few words what was found.
//
// The error is that of the last try with its code, Msg and Hint, and says how often it was tried. When ctx ends it is
// Unavailable and has its reason in the chain, whatever once has made of it.
func (p Plan) Run(ctx context.Context, c *deploy.Check, once func(context.Context) (note string, err error)) (deploy.CheckReport, error) {
	doing := fmt.Sprintf("check %q", c.Name)
	if c.Within <= 0 {
		return deploy.CheckReport{}, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "the check has no time", Hint: "correct the check in the catalog"}
	}
	clock, pause, most := p.Clock, p.Pause, max(c.Tries, 1)
	if clock == nil {
		clock = deploy.SystemClock{}
	}
	if pause <= 0 {
		pause = 2 * time.Second
	}
	begun := clock.Now()
	for try := 1; ; try++ {
		left := c.Within - clock.Now().Sub(begun)
		note, err := within(ctx, left, once)
		if err == nil {
			return deploy.CheckReport{Tries: try, Took: clock.Now().Sub(begun), Note: note}, nil
		}
		if ctx.Err() != nil {
			return deploy.CheckReport{}, &deploy.Error{Code: deploy.Unavailable, Op: doing, Msg: "the check was broken off", Err: errors.Join(ctx.Err(), err)}
		}
		if errors.As(err, &final{}) || most == 1 {
			return deploy.CheckReport{}, told(doing, err, "")
		}
		left = c.Within - clock.Now().Sub(begun)
		switch {
		case try == most:
			return deploy.CheckReport{}, told(doing, err, fmt.Sprintf(" (%d times)", try))
		case left <= pause:
			return deploy.CheckReport{}, told(doing, err, fmt.Sprintf(" (try %d of %d; no time for another)", try, most))
		}
		wait(ctx, clock, pause)
	}
}

func within(ctx context.Context, left time.Duration, once func(context.Context) (string, error)) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, left, ErrTime)
	defer cancel()
	return once(ctx)
}

func told(doing string, err error, often string) error {
	return &deploy.Error{Code: deploy.CodeOf(err), Op: doing, Msg: deploy.Message(err) + often, Hint: deploy.Hint(err), Err: err}
}

// wait spends d, or less if ctx ends.
func wait(ctx context.Context, clock deploy.Clock, d time.Duration) {
	over, stop := clock.NewTimer(d)
	defer stop()
	select {
	case <-over:
	case <-ctx.Done():
	}
}
