package slack

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

const (
	wishAgain   = 30 * time.Second // when a wish that nobody answered is tried again
	wishedFor   = time.Hour        // after that it is given up
	namesWithin = 2 * time.Second  // for all names in a report; then ids have to do
)

// wishes carries out what people asked for after a rollback: a bug report, the report in the thread. What came of it
// is kept with the release, which has to have ended for that.
func (t *round) wishes(ctx context.Context) error {
	if !t.release.State.Terminal() {
		return nil
	}
	for _, n := range t.release.Notes {
		if n.Done || !n.Kind.Asks() {
			continue
		}
		if !t.inTime() {
			return nil
		}
		if err := t.renew(ctx); err != nil {
			return err
		}
		done, settled := t.fulfil(ctx, n)
		if !settled {
			t.comeBack(wishAgain)
			continue
		}
		done.Kind, done.By, done.Done = n.Kind, deploy.Slipway, true
		if err := t.fulfilled(ctx, done); err != nil {
			return err
		}
		t.comeBack(soon)
	}
	return nil
}

func (t *round) fulfilled(ctx context.Context, done deploy.Note) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, _, err := t.a.store.Note(ctx, t.release.ID, done, deploy.EventID(fmt.Sprintf("%s:%s", done.Kind, t.release.ID)))
	return err
}

// fulfil says what came of a wish, within the time of one call. It is not settled if it should be tried again: what is
// opened under the same key twice is opened once, and a file that may be there is looked for.
func (t *round) fulfil(ctx context.Context, n deploy.Note) (done deploy.Note, settled bool) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if t.a.opts.Report == nil {
		return deploy.Note{Text: "this Slipway writes no reports"}, true
	}
	if n.Kind == deploy.NoteBug && t.a.opts.Bugs == nil {
		return deploy.Note{Text: "no place for bug reports is configured"}, true
	}
	text, err := t.report(ctx)
	if err == nil {
		if n.Kind == deploy.NoteReport {
			done, err = t.export(ctx, n, text)
		} else {
			done.Link, err = t.open(ctx, n, text)
		}
	}
	switch {
	case err == nil:
		return done, true
	case deploy.Retryable(err) && t.now().Sub(n.At) < wishedFor:
		t.warn(err, "what was asked for cannot be had yet: "+string(n.Kind))
		return done, false
	}
	t.warn(err, "what was asked for cannot be had: "+string(n.Kind))
	if n.Kind == deploy.NoteReport {
		return deploy.Note{Text: fmt.Sprintf("Slack does not take the file (%s); `bot report %s` prints it", deploy.Message(err), t.release.ID)}, true
	}
	return deploy.Note{Text: joined(deploy.Message(err), deploy.Hint(err))}, true
}

func joined(msg, hint string) string {
	if hint == "" {
		return msg
	}
	return msg + "; " + hint
}

func (t *round) report(ctx context.Context) (text string, err error) {
	journal, err := t.a.store.Journal(ctx, t.release.ID, 0)
	if err != nil {
		return "", err
	}
	named, cancel := context.WithTimeout(ctx, namesWithin)
	defer cancel()
	err = t.guarded("write a report", func() error {
		text = t.a.opts.Report(t.release, journal, func(id deploy.UserID) string { return t.name(named, id) })
		return nil
	})
	return text, err
}

func (t *round) open(ctx context.Context, n deploy.Note, report string) (link string, err error) {
	named, cancel := context.WithTimeout(ctx, namesWithin)
	defer cancel()
	bug := deploy.Bug{
		Release: t.release.ID, Key: "slipway/" + string(t.release.ID), Body: report, By: t.name(named, n.By),
		Title: fmt.Sprintf("%s %s was rolled back: %s", t.release.Target, suspect(&t.release), cut(oneLine(t.release.Why), 120)),
	}
	err = t.guarded("open a bug report", func() (err error) {
		link, err = t.a.opts.Bugs.Open(ctx, bug)
		return err
	})
	return link, err
}

func (t *round) export(ctx context.Context, n deploy.Note, text string) (done deploy.Note, err error) {
	file, thread := string(t.release.ID)+".md", t.incidentThread()
	done.Text = "in the thread as " + file
	if t.note.Files[reportFile] != "" {
		if there, err := t.shared(ctx, thread, file, n.At); there || err != nil {
			return done, err
		}
	}
	id, err := t.a.client.upload(ctx, t.note.Channel, thread, file, "Report of "+string(t.release.ID), "", []byte(text))
	if deploy.CodeOf(err) == deploy.NotFound && thread != t.note.Parent { // somebody deleted the message of the incident
		id, err = t.a.client.upload(ctx, t.note.Channel, t.note.Parent, file, "Report of "+string(t.release.ID), "", []byte(text))
	}
	if id != "" {
		t.noteFile(reportFile, id)
	}
	return done, err
}

// shared says whether a file is in a thread: one whose upload has lost its last answer may be.
func (t *round) shared(ctx context.Context, thread, file string, since time.Time) (there bool, err error) {
	var replies []sdk.Message
	err = t.a.client.callNow(ctx, methodReplies, func(ctx context.Context) (err error) {
		replies, _, _, err = t.a.client.api.GetConversationRepliesContext(ctx, &sdk.GetConversationRepliesParameters{
			ChannelID: t.note.Channel, Timestamp: thread, Limit: 200,
			Oldest: fmt.Sprintf("%d.000000", since.Add(-clockSkew).Unix())})
		return err
	})
	for _, m := range replies {
		for _, f := range m.Files {
			there = there || f.Name == file
		}
	}
	return there, err
}

// name is who somebody is, for a report that is read outside Slack.
func (t *round) name(ctx context.Context, id deploy.UserID) string {
	if id == deploy.Slipway || id == "" {
		return "Slipway"
	}
	p, err := t.a.directory.Person(ctx, id)
	if err != nil || p.Name == "" {
		return string(id)
	}
	return p.Name
}
