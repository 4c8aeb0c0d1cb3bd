package main

import (
	"context"
	"fmt"
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
	lock    deploy.ReleaseID // that locks the target
	bars    int
	data    string // what is in the database
	backups int    // that were asked for
}

func (w *world) scenes(ctx context.Context, tellers []*teller) ([]scene, error) {
	var all []scene
	for _, s := range tellers {
		x := scene{service: s.service, id: deploy.NewReleaseID(s.service, s.number), etag: w.CloudRun.Service(fullName(s.service)).GetEtag(),
			changes: len(w.effectsOn(ctx, s.service, time.Time{}))}
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
		closure, err := w.store.Closure(ctx, targetOf(s.service))
		if err != nil {
			return nil, err
		}
		if closure.Lock != nil {
			x.lock = closure.Lock.Release
		}
		x.bars = len(closure.Bars)
		if l := w.ledgers[s.service]; l != nil {
			traces, err := l.traces(ctx)
			if err != nil {
				return nil, err
			}
			x.data, x.backups = fmt.Sprint(traces), len(w.backupCalls(s.service, 0))
		}
		x.rev, x.entries, x.newest = r.Rev, len(journal), history[0].ID
		all = append(all, x)
	}
	return all, nil
}

// strays counts the acknowledgements that came when Slack had long told people that nobody answered. One of a word
// that was stored before the pause is harmless: the word was accepted, and only its answer is late. One of a word
// that was stored after it shows in the scene.
func (w *world) strays() int {
	n := 0
	for _, e := range w.Workspace.Envelopes() {
		n += e.StrayAcks
	}
	return n
}
