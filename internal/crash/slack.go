package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

// toldWithin bounds the wait until Slack has been told everything. The lease of an announcer that died is 15 s.
const toldWithin = 60 * time.Second

// checkSlack waits until nothing is left to be told and compares what was told with the journals.
func (w *world) checkSlack(ctx context.Context, t *toll) error {
	say("waiting for the announcements …")
	err := until(ctx, toldWithin, "Slack has been told everything", func() (bool, error) {
		for p := range 16 {
			if n, err := w.raw.ZCard(ctx, fmt.Sprintf("sw:{%d}:announce", p)).Result(); n > 0 || err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("%w\n%s", err, w.lastWords())
	}
	posts := map[deploy.ReleaseID][]string{} // keys of the messages of each release
	shown := map[deploy.ReleaseID][]string{} // the messages themselves, for people
	channels := slices.Clone(onAmazon)
	for i := range services {
		channels = append(channels, serviceName(i))
	}
	for _, channel := range channels {
		if err := w.collect(channel, posts, shown); err != nil {
			return err
		}
	}
	for _, id := range w.told {
		journal, err := w.store.Journal(ctx, id, 0)
		if err != nil {
			return err
		}
		r, err := w.store.Get(ctx, id)
		if err != nil {
			return err
		}
		wanted := messagesOf(r, journal)
		questions(journal, posts[id])
		for _, key := range surplus(posts[id], wanted) {
			t.twice("Slack shows %q of %s too often; in all:\n  %s", key, id, strings.Join(shown[id], "\n  "))
		}
		for _, key := range surplus(wanted, posts[id]) {
			t.missing("Slack does not show %q of %s; in all:\n  %s", key, id, strings.Join(shown[id], "\n  "))
		}
	}
	return nil
}

// collect reads a channel and its threads.
func (w *world) collect(channel string, posts, shown map[deploy.ReleaseID][]string) error {
	parents, err := w.Workspace.Channel(channel)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, parent := range parents.Posts {
		thread, err := w.Workspace.Thread(channel, parent.TS)
		if err != nil {
			return err
		}
		for _, p := range thread.Posts {
			id, key := keyOf(p)
			if id == "" || seen[p.TS] {
				continue
			}
			seen[p.TS] = true
			posts[id] = append(posts[id], key)
			payload, _ := p.Metadata["event_payload"].(map[string]any)
			shown[id] = append(shown[id], fmt.Sprintf("%s %v: %.100q", p.TS, payload["key"], p.Text))
		}
	}
	return nil
}

// questions gives entries that tell of a gate the name of its question: a gate that was passed before people could be
// asked is told of, and not asked about.
func questions(journal []deploy.Entry, keys []string) {
	for _, e := range journal {
		for i := range keys {
			if e.Kind == deploy.EntryAsked && keys[i] == fmt.Sprintf("entry %d %d", e.Rev, e.Index) {
				keys[i] = "ask " + string(e.Step)
			}
		}
	}
}

// keyOf is what a message of the bot is about, without what may differ between two of the same: the revision at which
// a question or a parent was posted.
func keyOf(p workspace.Post) (deploy.ReleaseID, string) {
	payload, _ := p.Metadata["event_payload"].(map[string]any)
	id, _ := payload["release"].(string)
	key, _ := payload["key"].(string)
	key, _, _ = strings.Cut(key, "@")
	key, _, _ = strings.Cut(key, "#") // and the plan that is asked for
	return deploy.ReleaseID(id), key
}

// messagesOf is what a release has to look like in Slack: the parent, a question for each gate, an entry for each
// transition, and the incident if users were taken back.
func messagesOf(r deploy.Release, journal []deploy.Entry) []string {
	all := []string{"parent"}
	if r.Incident != nil && (r.Most() > 0 || r.Kind == deploy.Rollback) {
		all = append(all, "incident")
	}
	for _, e := range journal {
		switch e.Kind {
		case deploy.EntryAsked:
			all = append(all, "ask "+string(e.Step))
		case deploy.EntryOutcome:
			if !askedNobody(r, e) {
				all = append(all, fmt.Sprintf("entry %d %d", e.Rev, e.Index))
			}
		case deploy.EntryCreated, deploy.EntryFailure, deploy.EntryTrouble, deploy.EntryApproved, deploy.EntrySignal,
			deploy.EntryVerdict, deploy.EntryAttested, deploy.EntryWaived, deploy.EntryVoided, deploy.EntryNote:
			all = append(all, fmt.Sprintf("entry %d %d", e.Rev, e.Index))
		case deploy.EntryState:
			if e.State != deploy.Waiting {
				all = append(all, fmt.Sprintf("entry %d %d", e.Rev, e.Index))
			}
		case deploy.EntryProgress: // no news but that a script is applied and the next is run
			if r.Schema != nil && slices.ContainsFunc(r.Schema.Applied, func(a deploy.AppliedScript) bool { return strings.HasPrefix(e.Text, a.Name+" applied ") }) {
				all = append(all, fmt.Sprintf("entry %d %d", e.Rev, e.Index))
			}
		case deploy.EntryIntent: // no news
		}
	}
	return all
}

// askedNobody says whether a gate was passed because nothing in the plan was risky, which the plan itself shows.
func askedNobody(r deploy.Release, e deploy.Entry) bool {
	return slices.ContainsFunc(r.Steps, func(s deploy.Step) bool {
		return s.Name == e.Step && s.Ask == deploy.AskRisky && len(s.Approvals) == 0
	})
}
