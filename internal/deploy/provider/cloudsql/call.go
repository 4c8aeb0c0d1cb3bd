package cloudsql

import (
	"context"

	"cloud.google.com/go/sql/apiv1/sqlpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// read makes a call that changes nothing. It is repeated while Cloud SQL is unavailable. The error is as the client gave
// it; explain makes it one of ours.
func read[T any](ctx context.Context, s *Instances, call func(context.Context, *clients) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return google.Read(ctx, s.connection, func(ctx context.Context, r *google.REST) (T, error) {
		c, err := within(ctx, r)
		if err != nil {
			var none T
			return none, err
		}
		return call(ctx, c)
	})
}

// send makes a call that changes something, once: whether a lost one took place is for the next look to find out.
//
// The last thing before it is a look at the caller's time. A replica that was stopped (its machine was paused, or the
// process) and goes on has lost its lease meanwhile, and somebody else may have asked for the same: it must not send. That
// its context has ended may not have been noticed yet, because timers fire late after a pause; so its deadline is compared
// with the clock, too.
func (s *Instances) send(ctx context.Context, call func(context.Context, *clients) (*sqlpb.Operation, error)) (deploy.Operation, error) {
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	r, err := s.connection.Get(bounded)
	if err != nil {
		return "", err
	}
	c, err := within(bounded, r)
	if err != nil {
		return "", err
	}
	if err := s.late(ctx); err != nil {
		return "", err
	}
	op, err := call(bounded, c)
	if err != nil {
		return "", err
	}
	return deploy.Operation(op.GetName()), nil
}

func (s *Instances) late(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && !s.now().Before(deadline) {
		return &deploy.Error{
			Code: deploy.Unavailable, Msg: "nothing was sent to Cloud SQL: the time for it had passed", Err: context.DeadlineExceeded,
		}
	}
	return nil
}
