package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/deploy"
)

// errInterrupted cancels a call because a roll back was said.
var errInterrupted = errors.New("interrupted by a roll back")

const (
	// inboxAgain is how soon an inbox that could not be read is read again while a step is in progress.
	inboxAgain = 250 * time.Millisecond
	// letGo is how long a cancelled call may take to return before the release goes on without it. What it might
	// still do outside is refused there by etag and name.
	letGo = 250 * time.Millisecond
)

type result struct {
	out deploy.Outcome
	err error
}

// act runs a step whose intent is stored, or makes a look, and says what it came to. An urgent signal cancels it.
func (s *session) act(ctx context.Context, name deploy.StepName) ([]deploy.Entry, error) {
	step := s.step(name)
	if step.Kind != deploy.KindWatch { // which changes nothing outside
		if err := s.confirm(ctx); err != nil {
			return nil, err
		}
	}
	call, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	call, stopClock := context.WithTimeout(call, s.bound(step))
	defer stopClock()

	results := make(chan result, 1)
	release := s.release.Clone()
	release.Epoch, release.Gaps = s.mark, s.unsure()
	s.e.pass(step.Kind, InCall)
	go func() { results <- s.e.run(call, release, step, s.log) }() // owned by await, which may leave it behind
	res, interrupted := s.await(ctx, call, results, cancel)
	s.e.pass(step.Kind, AfterCall)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if interrupted && res.err != nil {
		return nil, nil
	}
	if same, err := s.freshen(ctx); err != nil || !same {
		return nil, err
	}
	after, entries := deploy.Conclude(s.release, name, res.out, res.err, s.now())
	s.release, s.asking = after, errors.Is(res.err, deploy.ErrWentBack)
	return entries, nil
}

// bound is how long one run of a step may take.
func (s *session) bound(step deploy.Step) time.Duration {
	if !step.Kind.InOneCall() {
		return s.e.opts.Call
	}
	return max(step.Within-s.now().Sub(step.Begun), s.e.opts.Call)
}

// step is what is to be run: the current step, or a look, which is of no plan and begins now.
func (s *session) step(name deploy.StepName) deploy.Step {
	if name == deploy.WatchName {
		return deploy.Step{Name: name, Kind: deploy.KindWatch, Status: deploy.Started, Begun: s.now()}
	}
	return *s.release.Current()
}

// confirm makes sure of what an act rests on. That the lease outlives the moment: after a long pause of this process
// it is asked for. That the intent counts: one that was found at the claim may be where no replica has it. Going
// back does not wait for that, see commit.
func (s *session) confirm(ctx context.Context) error {
	if !s.confirmed && s.release.Interruptible() {
		err := s.e.store.Confirm(ctx, s.id, s.epoch, s.e.opts.Lease)
		s.confirmed = err == nil
		return err
	}
	if s.believable() {
		return nil
	}
	_, err := s.e.store.Beat(ctx, s.id, s.epoch, s.e.opts.Lease)
	return err
}

// await waits for the result of a call. An urgent signal cancels the call, and so do the end of its time and of the
// session.
func (s *session) await(ctx, call context.Context, results <-chan result, cancel context.CancelCauseFunc) (res result, interrupted bool) {
	var lookAgain <-chan time.Time
	stop := func() {}
	defer func() { stop() }()
	for {
		select {
		case res = <-results:
			return res, false
		case <-call.Done():
			return s.late(results), errors.Is(context.Cause(call), errInterrupted)
		case <-s.nudged:
		case <-lookAgain:
		}
		s.signals = max(s.signals, 1)
		stop()
		lookAgain, stop = nil, func() {}
		switch urgent, err := s.urgent(ctx); {
		case err != nil:
			s.log.Warn().Err(err).Msg("the inbox cannot be read")
			lookAgain, stop = s.e.opts.Clock.NewTimer(inboxAgain)
		case urgent:
			cancel(errInterrupted)
		}
	}
}

// late gives a call that was cancelled a moment to return, and goes on without it if it does not.
func (s *session) late(results <-chan result) result {
	timer, stop := s.e.opts.Clock.NewTimer(letGo)
	defer stop()
	select {
	case res := <-results:
		return res
	case <-timer:
		s.log.Warn().Msg("a cancelled call does not return; going on without it")
		return result{err: &deploy.Error{Code: deploy.Unavailable, Op: "wait for a call", Msg: "a call did not return when its time was up"}}
	}
}

// urgent says whether a signal waits that may not wait for the step in progress.
func (s *session) urgent(ctx context.Context) (bool, error) {
	inbox, err := s.e.store.Inbox(ctx, s.id)
	if err != nil {
		return false, err
	}
	return s.release.Interruptible() && slices.ContainsFunc(inbox, func(x deploy.Signal) bool { return x.Kind.Urgent() }), nil
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
		return result{out: deploy.Outcome{Facts: r.Of(step.Part).Facts, Park: fmt.Sprintf(
			"step %s is of kind %s, which this version of Slipway cannot carry out; start a newer one and resume", step.Name, step.Kind)}}
	}
	out, err := runner.Run(ctx, r.Of(step.Part), step)
	return result{out, err}
}
