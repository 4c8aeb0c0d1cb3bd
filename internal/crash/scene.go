package main

import (
	"context"
	"slices"
	"time"

	"slipway/internal/deploy"
)

// scene is what a replica that goes on could change.
type scene struct {
	service string
	id      deploy.ReleaseID
	rev     int64
	entries int
	etag    string
	changes int
	newest  deploy.ReleaseID
}

func (w *world) scenes(ctx context.Context, tellers []*teller) ([]scene, error) {
	var all []scene
	for _, s := range tellers {
		x := scene{service: s.service, id: deploy.NewReleaseID(s.service, s.number), etag: w.CloudRun.Service(fullName(s.service)).GetEtag(),
			changes: len(w.effectsOn(s.service, time.Time{}))}
		r, err := w.store.Get(ctx, x.id)
		if err != nil {
			return nil, err
		}
		journal, err := w.store.Journal(ctx, x.id, 0)
		if err != nil {
			return nil, err
		}
		history, err := w.store.History(ctx, targetOf(s.service), 1)
		if err != nil {
			return nil, err
		}
		x.rev, x.entries, x.newest = r.Rev, len(journal), history[0].ID
		all = append(all, x)
	}
	return all, nil
}

// strays are the commands that the bot acknowledged when Slack had long told people that they failed.
func (w *world) strays() []string {
	var all []string
	for _, e := range w.Workspace.Envelopes() {
		for range e.StrayAcks {
			all = append(all, string(e.Payload))
		}
	}
	slices.Sort(all)
	return all
}
