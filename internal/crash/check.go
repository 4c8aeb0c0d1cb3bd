package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// expected is what has to be true of a release that has ended.
type expected struct {
	id      deploy.ReleaseID
	service string
	since   time.Time
	state   deploy.State
	effects []string
	live    deploy.RevisionName // has all traffic
	version string              // which is this one
	work    deploy.RevisionName // is what ECS has of the service, or of its part

	migrated bool // all scripts are applied
}

// checkRelease compares: the end, the effects, the traffic, the journal, and what should be gone from the store.
func (w *world) checkRelease(ctx context.Context, t *toll, x expected) error {
	r, err := w.store.Get(ctx, x.id)
	if err != nil {
		return err
	}
	if r.State != x.state {
		t.missing("%s is %s, not %s: %s\n%v", x.id, r.State, x.state, r.Why, w.explain(ctx, x.id, errors.New("wrong end")))
	}
	done := w.effectsOn(ctx, x.service, x.since)
	for _, e := range surplus(done, x.effects) {
		t.twice("%s: %s; in all:\n  %s", x.id, e, strings.Join(done, "\n  "))
	}
	for _, e := range surplus(x.effects, done) {
		t.missing("%s: never %s; in all:\n  %s", x.id, e, strings.Join(done, "\n  "))
	}
	w.checkTraffic(t, x)
	if x.work != "" {
		if err := w.checkAmazon(ctx, t, x); err != nil {
			return err
		}
	}
	if err := w.checkJournal(ctx, t, x.id, r.Rev); err != nil {
		return err
	}
	if l := w.ledgers[x.service]; l != nil {
		if err := l.checkData(ctx, t, r, x.migrated); err != nil {
			return err
		}
	}
	return w.checkGone(ctx, t, x)
}

func (w *world) checkTraffic(t *toll, x expected) {
	for _, l := range w.CloudRun.Service(fullName(x.service)).GetTrafficStatuses() {
		name := l.GetRevision()[strings.LastIndexByte(l.GetRevision(), '/')+1:]
		if l.GetPercent() > 0 && (l.GetPercent() != 100 || name != string(x.live)) {
			t.missing("%s ended, and %s has %d %%, not %s 100 %%", x.id, name, l.GetPercent(), x.live)
		}
	}
}

// checkJournal looks past the store: ids are revisions, from the first to the last.
func (w *world) checkJournal(ctx context.Context, t *toll, id deploy.ReleaseID, rev int64) error {
	key, err := w.key(ctx, id)
	if err != nil {
		return err
	}
	messages, err := w.raw.XRange(ctx, key+":log", "-", "+").Result()
	if err != nil {
		return err
	}
	for i, m := range messages {
		if want := fmt.Sprintf("%d-0", i+1); m.ID != want {
			t.missing("journal of %s: %s where %s should be", id, m.ID, want)
			return nil
		}
	}
	if int64(len(messages)) != rev {
		t.missing("journal of %s has %d revisions, the release %d", id, len(messages), rev)
	}
	return nil
}

// checkGone looks for what a release that has ended must not leave.
func (w *world) checkGone(ctx context.Context, t *toll, x expected) error {
	key, err := w.key(ctx, x.id)
	if err != nil {
		return err
	}
	partition, _, _ := strings.Cut(key, "rel:")
	h, err := w.raw.HMGet(ctx, key, "owner", "epoch").Result()
	if err != nil {
		return err
	}
	if fmt.Sprint(h[0]) != "" || fmt.Sprint(h[1]) != "0" {
		t.remains("%s has ended and is leased by %v under %v", x.id, h[0], h[1])
	}
	for _, list := range []string{"due", "active"} {
		if n := w.raw.ZScore(ctx, partition+list, string(x.id)); n.Err() == nil {
			t.remains("%s has ended and is on the list %s", x.id, list)
		}
	}
	if hold := w.raw.HGet(ctx, partition+"target:"+targetOf(x.service).String(), "hold").Val(); hold == string(x.id) {
		t.remains("%s has ended and holds %s", x.id, x.service)
	}
	return nil
}

// checkLeftovers looks for what nothing at all must leave when everything has ended.
func (w *world) checkLeftovers(ctx context.Context, t *toll) error {
	keys, err := w.raw.Keys(ctx, "sw:*").Result()
	if err != nil {
		return err
	}
	for _, k := range keys {
		switch {
		case strings.HasSuffix(k, "}:due"), strings.HasSuffix(k, "}:active"), strings.HasSuffix(k, "}:announce"):
			for _, id := range w.raw.ZRange(ctx, k, 0, -1).Val() {
				t.remains("%s in %s", id, k)
			}
		case strings.HasSuffix(k, ":in"):
			if n := w.raw.XLen(ctx, k).Val(); n > 0 {
				t.missing("%d signals in %s were never heard", n, k)
			}
		case strings.Contains(k, ":target:"):
			if hold := w.raw.HGet(ctx, k, "hold").Val(); hold != "" {
				t.remains("%s holds %s", hold, k)
			}
			if lock := w.raw.HGet(ctx, k, "lock").Val(); lock != "" {
				t.remains("%s is locked: %s", k, lock)
			}
		case strings.Contains(k, ":bars:"):
			if err := w.checkBars(ctx, t, k); err != nil {
				return err
			}
		}
	}
	return nil
}

// key is where the store has a release. Only which partition it is in has to be found.
func (w *world) key(ctx context.Context, id deploy.ReleaseID) (string, error) {
	for p := range 16 {
		key := "sw:{" + strconv.Itoa(p) + "}:rel:" + string(id)
		if n, err := w.raw.Exists(ctx, key).Result(); err != nil || n == 1 {
			return key, err
		}
	}
	return "", fmt.Errorf("redis does not have %s", id)
}

// explain adds to an error what is known of a release.
func (w *world) explain(ctx context.Context, id deploy.ReleaseID, err error) error {
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	text := ""
	if r, getErr := w.store.Get(ctx, id); getErr == nil {
		text = fmt.Sprintf("%s is %s at revision %d (%s)\n", id, r.State, r.Rev, r.Why)
	}
	if key, keyErr := w.key(ctx, id); keyErr == nil {
		text += fmt.Sprintf("lease: %v\n", w.raw.HMGet(ctx, key, "owner", "epoch", "lu").Val())
	}
	entries, _ := w.store.Journal(ctx, id, 0)
	for _, e := range entries {
		text += fmt.Sprintf("  %3d %s %s %s %s %s\n", e.Rev, e.At.Format("15:04:05.000"), e.Kind, e.Step, e.State, e.Text)
	}
	service, _, _ := id.Split()
	for _, c := range w.CloudRun.Calls() {
		if c.Service == service && c.Method == "UpdateService" {
			text += fmt.Sprintf("  %s %s\n", c.At.Format("15:04:05.000"), c)
		}
	}
	for _, d := range w.witness.since(amazonOf(service), time.Time{}) {
		text += fmt.Sprintf("  %s %s %s %s done %t changed %t\n", d.at.Format("15:04:05.000"), d.service, d.operation, d.about, d.done, d.changed)
	}
	return fmt.Errorf("%w\n%s%s", err, text, w.lastWords())
}

func fullName(service string) string {
	return "projects/my-gcp-project/locations/us-central1/services/" + service
}
