package google

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// readTries is how often a call is made before Unavailable is believed.
const readTries = 3

// Read makes a call that changes nothing. It is repeated, until ctx ends, while the API is unavailable or the error is
// one of again. The error is as the client gave it; Explain makes it one of ours.
func Read[C io.Closer, T any](ctx context.Context, conn *Connection[C], call func(context.Context, C) (T, error), again ...error) (T, error) {
	var none T
	c, err := conn.Get(ctx)
	if err != nil {
		return none, err
	}
	for try := 1; ; try++ {
		got, err := call(ctx, c)
		if err == nil {
			return got, nil
		}
		passing := away(err) || slices.ContainsFunc(again, func(e error) bool { return errors.Is(err, e) })
		if !passing || try == readTries || !Pause(ctx, try) {
			return none, err
		}
	}
}

// away says whether the API is unavailable. That no token could be fetched for gRPC is not repeated, whatever it means.
func away(err error) bool {
	return status.Code(err) != codes.Unauthenticated && Status(err).Code() == codes.Unavailable
}

// Pause waits between two tries: 100 ms, then twice as long each time, give or take half. It reports false when ctx
// ended first.
func Pause(ctx context.Context, try int) bool {
	base := 100 * time.Millisecond << (try - 1)
	t := time.NewTimer(base/2 + rand.N(base))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
