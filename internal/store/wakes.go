package store

import (
	"context"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"slipway/internal/deploy"
)

// subscribeWithin bounds the first subscription, like any other call: a Redis that takes connections and then says
// nothing must not hold up whoever can do without hints.
const subscribeWithin = 2 * time.Second

// wakesKept is how many hints a slow reader may be behind before hints are dropped. The due list has them all.
const wakesKept = 256

// Wakes implements deploy.Owners. It subscribes again by itself after a lost connection; what was published in
// between is lost. Unavailable if the first subscription is not confirmed.
func (s *Store) Wakes(ctx context.Context) (<-chan deploy.Wake, error) {
	sub := s.rdb.Subscribe(ctx, wakeChannel)
	if _, err := sub.ReceiveTimeout(ctx, subscribeWithin); err != nil {
		_ = sub.Close()
		return nil, classify("listen for wakes", err)
	}
	out := make(chan deploy.Wake, wakesKept)
	go forward(ctx, sub, out)
	return out, nil
}

func forward(ctx context.Context, sub *redis.PubSub, out chan<- deploy.Wake) {
	defer close(out)
	defer sub.Close()
	in := sub.Channel(redis.WithChannelSize(wakesKept))
	for {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-in:
			if !ok {
				return
			}
			for _, w := range parseWake(m.Payload) {
				select {
				case out <- w:
				default:
				}
			}
		}
	}
}

// parseWake reads "ra coditect-app-42": r for the release, a for its announcement.
func parseWake(payload string) []deploy.Wake {
	what, id, _ := strings.Cut(payload, " ")
	if id == "" {
		return nil
	}
	var wakes []deploy.Wake
	if strings.Contains(what, "r") {
		wakes = append(wakes, deploy.Wake{Release: deploy.ReleaseID(id)})
	}
	if strings.Contains(what, "a") {
		wakes = append(wakes, deploy.Wake{Release: deploy.ReleaseID(id), Announcement: true})
	}
	return wakes
}
