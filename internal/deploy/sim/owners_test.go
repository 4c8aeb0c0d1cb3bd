package sim_test

import (
	"context"
	"time"

	"slipway/internal/deploy"
)

// owners is the store as one process reaches it. What takes place in the store is shown to the judge at that moment.
type owners struct{ *process }

var _ deploy.Owners = (*owners)(nil)

const rarely = 400 // one call to the store in so many is slow

// ask carries one call.
func ask[T any](ctx context.Context, p *process, op string, id deploy.ReleaseID, do func(context.Context) (T, error)) (T, error) {
	var got T
	err := p.wire(ctx, rarely, []string{op, string(id)}, func() (err error) {
		p.w.judge.Lock()
		defer p.w.judge.Unlock()
		got, err = do(context.WithoutCancel(ctx))
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return got, nil
}

func (o *owners) Due(ctx context.Context, limit int) ([]deploy.ReleaseID, error) {
	return ask(ctx, o.process, "due", "", func(ctx context.Context) ([]deploy.ReleaseID, error) { return o.w.store.Due(ctx, limit) })
}

// Wakes gives hints, or none at all to a process that is hard of hearing.
func (o *owners) Wakes(ctx context.Context) (<-chan deploy.Wake, error) {
	if o.w.dice.roll(o.name, "deaf").one(4) {
		return make(chan deploy.Wake), nil
	}
	return o.w.store.Wakes(ctx)
}

func (o *owners) Claim(ctx context.Context, id deploy.ReleaseID, owner string, lease time.Duration) (deploy.Claim, error) {
	return ask(ctx, o.process, "claim", id, func(ctx context.Context) (deploy.Claim, error) {
		c, err := o.w.store.Claim(ctx, id, owner, lease)
		if err == nil {
			o.w.judge.claimed(o.name, c)
		}
		return c, err
	})
}

func (o *owners) Commit(ctx context.Context, c deploy.Commit) (deploy.Committed, error) {
	return ask(ctx, o.process, "commit", c.Release.ID, func(ctx context.Context) (deploy.Committed, error) {
		before, err := o.w.store.Get(ctx, c.Release.ID)
		if err != nil {
			return deploy.Committed{}, err
		}
		said := c
		switch o.w.fault {
		case ignoresEpochs:
			c.Epoch = o.w.judge.newest[c.Release.ID]
		case losesCommits:
			if o.w.dice.roll("lose", string(c.Release.ID)).one(20) {
				return deploy.Committed{Rev: c.Release.Rev + 1, Now: o.w.redisTime()}, nil
			}
		}
		done, err := o.w.store.Commit(ctx, c)
		if err == nil {
			o.w.judge.committed(o.name, before, said)
		}
		return done, err
	})
}

func (o *owners) Yield(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, d time.Duration) error {
	_, err := ask(ctx, o.process, "yield", id, func(ctx context.Context) (any, error) { return nil, o.w.store.Yield(ctx, id, e, d) })
	return err
}

func (o *owners) Beat(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, lease time.Duration) (int, error) {
	return ask(ctx, o.process, "beat", id, func(ctx context.Context) (int, error) { return o.w.store.Beat(ctx, id, e, lease) })
}

func (o *owners) Confirm(ctx context.Context, id deploy.ReleaseID, e deploy.Epoch, lease time.Duration) error {
	_, err := ask(ctx, o.process, "confirm", id, func(ctx context.Context) (any, error) { return nil, o.w.store.Confirm(ctx, id, e, lease) })
	return err
}

func (o *owners) Inbox(ctx context.Context, id deploy.ReleaseID) ([]deploy.Signal, error) {
	return ask(ctx, o.process, "inbox", id, func(ctx context.Context) ([]deploy.Signal, error) { return o.w.store.Inbox(ctx, id) })
}
