package slack

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// What was uploaded, and what has to be, in Announcement.Files.
const (
	chartDue      = "chart due"      // revision of the verdict whose chart is to be uploaded
	chartOf       = "chart of"       // revision of the verdict whose chart was uploaded last
	incidentChart = "incident chart" // id of the file in the thread of the incident
	givenUp       = "-"              // it could not be had, and is not tried again
)

// A chart of fewer looks shows nothing.
const leastPoints = 3

// bugAgain is when a bug report that nobody took is tried again.
const bugAgain = 30 * time.Second

// incident posts what happened, in the channel, and keeps it true: who took it, what came of it.
func (t *round) incident(ctx context.Context) error {
	if !reportable(&t.release) {
		return nil
	}
	closure, err := t.a.store.Closure(ctx, t.release.Target)
	if err != nil {
		return err
	}
	locked := closure.Lock != nil && closure.Lock.Release == t.release.ID
	m := incidentMessage(t.release, locked, t.incidentImage())
	if t.note.Incident == "" {
		if !t.may(methodPost, t.note.Channel, urgent) {
			return errStop
		}
		ts, err := t.post(ctx, postKey{kind: keyIncident}, m)
		if err != nil {
			return err
		}
		t.note.Incident, t.shown.after = ts, m.fingerprint()
		return nil
	}
	if m.fingerprint() == t.shown.after || !t.may(methodUpdate, "", urgent) {
		return nil
	}
	err = t.edit(ctx, t.note.Incident, m)
	switch code := refusal(err); {
	case err == nil, code == "message_not_found", code == "cant_update_message", code == "edit_window_closed":
		t.shown.after = m.fingerprint()
	case t.incidentImage() != "" && (code == "invalid_blocks" || code == "invalid_blocks_format"):
		t.noteFile(incidentChart, givenUp) // the picture stays in the thread
		t.comeBack(time.Millisecond)
	default:
		t.stale = err
	}
	return nil
}

func (t *round) incidentImage() string {
	if id := t.note.Files[incidentChart]; id != givenUp {
		return id
	}
	return ""
}

func (t *round) noteFile(name, id string) {
	if t.note.Files == nil {
		t.note.Files = map[string]string{}
	}
	t.note.Files[name] = id
}

// pictures uploads the chart of the newest verdict, and that of an incident. Text says the same, so a picture that
// Slack does not take is given up, and nothing waits for it.
func (t *round) pictures(ctx context.Context) error {
	if t.a.opts.Draw == nil || t.note.Parent == "" {
		return nil
	}
	if rev := t.note.Files[chartDue]; rev != "" && rev != t.note.Files[chartOf] && t.worthDrawing() {
		if t.picture(ctx, t.note.Parent, "verdict-"+rev) != "" {
			t.noteFile(chartOf, rev)
		}
	}
	if t.note.Incident != "" && t.note.Files[incidentChart] == "" && t.release.State.Terminal() && drawable(&t.release) {
		if id := t.picture(ctx, t.note.Incident, "incident"); id != "" {
			t.noteFile(incidentChart, id)
			t.comeBack(time.Millisecond) // the message of the incident shows it now
		}
	}
	return nil
}

// drawable says whether there is anything to draw of an incident; while it is being counted there is more to come.
func drawable(r *deploy.Release) bool {
	return r.Incident != nil && len(r.Incident.Points)+len(r.Watch.Points) > 0
}

// worthDrawing waits for a few looks while more of them come.
func (t *round) worthDrawing() bool {
	return len(t.release.Watch.Points) >= leastPoints || !watched(&t.release)
}

// picture draws the release and puts it into a thread. It gives the id of the file, or givenUp; "" if there is no call
// left for it now.
func (t *round) picture(ctx context.Context, thread, name string) string {
	if !t.may(methodComplete, "", tickLeaves) {
		return ""
	}
	png, alt, err := t.a.opts.Draw(t.release)
	if err != nil || len(png) == 0 {
		t.warn(err, "a chart cannot be drawn")
		return givenUp
	}
	file := fmt.Sprintf("%s-%s.png", t.release.ID, name)
	id, err := t.a.client.upload(ctx, t.note.Channel, thread, file, alt, alt, png)
	if err != nil {
		t.warn(err, "a chart cannot be uploaded")
		return givenUp
	}
	return id
}

func (t *round) warn(err error, what string) {
	if err != nil {
		t.a.log.Warn().Err(err).Str("release", string(t.release.ID)).Msg(what)
	}
}

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
		done, settled := t.fulfil(ctx, n)
		if !settled {
			t.comeBack(bugAgain)
			continue
		}
		done.Kind, done.By, done.Done = n.Kind, deploy.Slipway, true
		if _, _, err := t.a.store.Note(ctx, t.release.ID, done, deploy.EventID(fmt.Sprintf("%s:%s", n.Kind, t.release.ID))); err != nil {
			return err
		}
		t.comeBack(time.Millisecond)
	}
	return nil
}

// fulfil says what came of a wish. It is not settled if it should be tried again: what is opened under the same key
// twice is opened once, and a report that is uploaded twice is seen twice and read once.
func (t *round) fulfil(ctx context.Context, n deploy.Note) (done deploy.Note, settled bool) {
	journal, err := t.a.store.Journal(ctx, t.release.ID, 0)
	if err != nil {
		t.warn(err, "the journal cannot be read for a report")
		return done, false
	}
	name := func(id deploy.UserID) string { return t.name(ctx, id) }
	if t.a.opts.Report == nil {
		return deploy.Note{Text: "this Slipway writes no reports"}, true
	}
	text := t.a.opts.Report(t.release, journal, name)
	if n.Kind == deploy.NoteReport {
		return t.export(ctx, text)
	}
	if t.a.opts.Bugs == nil {
		return deploy.Note{Text: "no place for bug reports is configured"}, true
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	link, err := t.a.opts.Bugs.Open(ctx, deploy.Bug{Release: t.release.ID, Key: "slipway/" + string(t.release.ID),
		Title: fmt.Sprintf("%s %s was rolled back: %s", t.release.Target, lost(&t.release), cut(oneLine(t.release.Why), 120)), Body: text, By: name(n.By)})
	switch {
	case err == nil:
		return deploy.Note{Link: link}, true
	case deploy.Retryable(err) && t.now().Sub(n.At) < time.Hour:
		t.warn(err, "a bug report cannot be opened yet")
		return done, false
	}
	t.warn(err, "a bug report cannot be opened")
	text = deploy.Message(err)
	if hint := deploy.Hint(err); hint != "" {
		text += "; " + hint
	}
	return deploy.Note{Text: text}, true
}

// lost is the version that users were taken away from.
func lost(r *deploy.Release) string {
	if r.Kind == deploy.Rollback {
		return r.Left.Version
	}
	return r.Version
}

func (t *round) export(ctx context.Context, text string) (done deploy.Note, settled bool) {
	thread := t.note.Incident
	if thread == "" {
		thread = t.note.Parent
	}
	file := string(t.release.ID) + ".md"
	if _, err := t.a.client.upload(ctx, t.note.Channel, thread, file, "Report of "+string(t.release.ID), "", []byte(text)); err != nil {
		t.warn(err, "a report cannot be uploaded")
		if deploy.CodeOf(err) == deploy.Unavailable {
			return done, false
		}
		return deploy.Note{Text: fmt.Sprintf("Slack does not take the file (%s); `bot report %s` prints it", deploy.Message(err), t.release.ID)}, true
	}
	return deploy.Note{Text: "in the thread as " + file}, true
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
