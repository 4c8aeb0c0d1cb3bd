package cloudrun

import (
	"context"

	"slipway/internal/deploy/provider/google"
)

// read makes a call that changes nothing. It is repeated while Cloud Run is unavailable, within the read
// time-out. The error is as the client gave it; explain makes it one of ours.
func read[T any](ctx context.Context, p *Platform, call func(context.Context, *clients) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, p.readTimeout)
	defer cancel()
	return google.Read(ctx, p.connection, call)
}

// write makes a call that changes something, once: whether a lost one took place is for the next read to find
// out.
func write[T any](ctx context.Context, p *Platform, call func(context.Context, *clients) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, p.writeTimeout)
	defer cancel()
	c, err := p.connection.Get(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return call(ctx, c)
}
