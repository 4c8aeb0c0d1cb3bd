package main

import (
	"context"
	"time"

	"slipway/internal/deploy"
)

// driven is a release as it was when its owner was looked at.
type driven struct {
	id    deploy.ReleaseID
	owner string
	rev   string
}

// drivenBy lists the releases whose lease a replica has.
func (w *world) drivenBy(ctx context.Context, r *replica) ([]driven, error) {
	var all []driven
	for _, id := range w.running() {
		rev, owner, _, err := w.lease(ctx, id)
		if err != nil {
			return nil, err
		}
		if r.owns(owner) {
			all = append(all, driven{id, owner, rev})
		}
	}
	return all, nil
}

func (w *world) lease(ctx context.Context, id deploy.ReleaseID) (rev, owner, epoch string, err error) {
	key, err := w.key(ctx, id)
	if err != nil {
		return "", "", "", err
	}
	h, err := w.raw.HMGet(ctx, key, "rev", "owner", "epoch").Result()
	if err != nil {
		return "", "", "", err
	}
	text := func(i int) string { s, _ := h[i].(string); return s }
	return text(0), text(1), text(2), nil
}

// adopted waits until another replica drives a release, and says when. It is false if the release came to rest
// instead, so that nobody has to.
func (w *world) adopted(ctx context.Context, d driven) (yes bool, at time.Time, err error) {
	err = until(ctx, recoverWithin, "another replica goes on with "+string(d.id), func() (bool, error) {
		rev, owner, _, err := w.lease(ctx, d.id)
		at = time.Now()
		if yes = owner != "" && owner != d.owner; yes || err != nil {
			return yes, err
		}
		return owner == "" && rev != d.rev, nil
	})
	return yes, at, w.explain(ctx, d.id, err)
}
