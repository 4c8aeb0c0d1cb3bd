package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/deploy"
)

// errInterrupted cancels a call because a roll back was said.
var errInterrupted = errors.New("interrupted by a roll back")

const (
	// callWithin bounds one run of a runner; runners bound their own calls more tightly.
	callWithin = time.Minute
	// letGo is how long a cancelled call may take to return before the release goes on without it. What it might
	// still do outside is refused there by etag and name.
	letGo = 250 * time.Millisecond
)

type result struct {
	out deploy.Outcome
	err error
}

// act runs a step whose intent is stored and says what it came to. An urgent signal cancels it.
func (s *session) act(ctx context.Context, name deploy.StepName) ([]deploy.Entry, error) {
	if err := s.confirmLease(ctx); err != nil {
		return nil, err
	}
	call, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	call, stopClock := context.WithTimeout(call, callWithin)
	defer stopClock()

	results := make(chan result, 1)
	release, step := s.release.Clone(), *s.release.Current()
	s.e.wg.Go(func() { results <- s.e.run(call, release, step, s.log) })
	res, interrupted := s.await(ctx, results, cancel)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if interrupted && res.err != nil {
		return nil, nil
	}
	after, entries := deploy.Conclude(s.release, name, res.out, res.err, s.now())
	s.release = after
	return entries, nil
}

// confirmLease makes sure that the lease, as far as known, outlives the moment: after a long pause of this
// process it is asked for before anything is done outside.
func (s *session) confirmLease(ctx context.Context) error {
	if s.e.opts.Clock.Now().Sub(s.local) < s.e.opts.Lease/2 {
		return nil
	}
	_, err := s.e.store.Beat(ctx, s.id, s.epoch, s.e.opts.Lease)
	return err
}

// await waits for the result of a call, or for an urgent signal, which cancels it.
func (s *session) await(ctx context.Context, results <-chan result, cancel context.CancelCauseFunc) (res result, interrupted bool) {
	for {
		select {
		case res = <-results:
			return res, false
		case <-s.nudged:
			s.signals = max(s.signals, 1)
			if !s.urgent(ctx) {
				continue
			}
			cancel(errInterrupted)
			timer, stop := s.e.opts.Clock.NewTimer(letGo)
			defer stop()
			select {
			case res = <-results:
			case <-timer:
				s.log.Warn().Msg("a cancelled call does not return; going on without it")
				res.err = errInterrupted
			}
			return res, true
		}
	}
}

// urgent says whether a signal waits that may not wait for the step in progress. If the inbox cannot be read the
// step goes on; it is read again before the next one.
func (s *session) urgent(ctx context.Context) bool {
	inbox, err := s.e.store.Inbox(ctx, s.id)
	if err != nil {
		s.log.Warn().Err(err).Msg("the inbox cannot be read")
		return false
	}
	for _, signal := range inbox {
		if signal.Kind.Urgent() && s.release.Interruptible() {
			return true
		}
	}
	return false
}

// run calls the runner of a step. A panic becomes an internal error, which parks the release.
func (e *Engine) run(ctx context.Context, r deploy.Release, step deploy.Step, log zerolog.Logger) (res result) {
	defer func() {
		if p := recover(); p != nil {
			log.Error().Str("step", string(step.Name)).Str("stack", string(debug.Stack())).Msgf("panic: %v", p)
			res = result{err: &deploy.Error{Code: deploy.Internal, Op: string(step.Name),
				Msg: "Slipway ran into a defect of its own; its log has the stack"}}
		}
	}()
	runner, ok := e.runners[step.Kind]
	if !ok {
		return result{out: deploy.Outcome{Facts: r.Facts, Park: fmt.Sprintf(
			"step %s is of kind %s, which this version of Slipway cannot carry out; start a newer one and resume", step.Name, step.Kind)}}
	}
	out, err := runner.Run(ctx, r, step)
	return result{out, err}
}
