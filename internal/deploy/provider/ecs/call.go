package ecs

import "context"

// read makes a call that changes nothing. It is repeated while AWS is unavailable, within the read time-out. The error
// is as the client gave it; explain makes it one of ours.
func read[T any](ctx context.Context, p *Platform, regionName string, call func(context.Context, *clients) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, p.opts.ReadTimeout)
	defer cancel()
	r, err := p.in(ctx, regionName)
	if err != nil {
		var none T
		return none, err
	}
	return call(ctx, r.read)
}

// write makes a call that changes something. It is sent once, unless it was refused for going too fast; see writing.
func write[T any](ctx context.Context, p *Platform, regionName string, call func(context.Context, *clients) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, p.opts.WriteTimeout)
	defer cancel()
	r, err := p.in(ctx, regionName)
	if err != nil {
		var none T
		return none, err
	}
	return call(ctx, r.write)
}
