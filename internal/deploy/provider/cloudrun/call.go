package cloudrun

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// readTries is how often a read is made before Unavailable is believed.
const readTries = 3

// read makes a call that changes nothing. It is repeated while Cloud Run is unavailable, within the read
// time-out. The error is as the client gave it; explain makes it one of ours.
func read[T any](ctx context.Context, p *Platform, call func(context.Context, *clients) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, p.readTimeout)
	defer cancel()
	var none T
	c, err := p.connection.get(ctx)
	if err != nil {
		return none, err
	}
	for try := 1; ; try++ {
		got, err := call(ctx, c)
		if err == nil {
			return got, nil
		}
		if status.Code(err) != codes.Unavailable || try == readTries || !pause(ctx, try) {
			return none, err
		}
	}
}

// write makes a call that changes something, once: whether a lost one took place is for the next read to find
// out.
func write[T any](ctx context.Context, p *Platform, call func(context.Context, *clients) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, p.writeTimeout)
	defer cancel()
	c, err := p.connection.get(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return call(ctx, c)
}

// pause waits between two tries: 100 ms, then twice as long each time, give or take half. It reports false when
// ctx ended first.
func pause(ctx context.Context, try int) bool {
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
