package slack

import (
	"context"
	"strconv"
	"time"

	"slipway/internal/deploy"
)

// What was uploaded, and what has to be, in Announcement.Files.
const (
	chartDue      = "chart due"      // revision of the verdict whose chart is to be uploaded
	chartOf       = "chart of"       // revision of the verdict whose chart was uploaded last
	incidentChart = "incident chart" // id of the file in the thread of the incident
	imageRefused  = "image refused"  // how often Slack did not show that file in the message of the incident
	reportFile    = "report"         // id of the file that was asked for, as long as the note does not say so
	loadChart     = "load:"          // with the name of its step: id of the file
	givenUp       = "-"              // it could not be had, and is not tried again
)

// Slack makes an image of a file only some time after it has said that the file is there, and refuses a message that
// shows it before.
const (
	imageSoon  = 2 * time.Second
	imageAgain = 10 * time.Second
	imageTries = 4
)

// incident posts what happened, in the channel, and keeps it true: who took it, what came of it. A message that
// somebody deleted stays away; Announcement.Incident is givenUp then.
func (t *round) incident(ctx context.Context) error {
	if !reportable(&t.release) || t.note.Incident == givenUp {
		return nil
	}
	closure, err := t.a.store.Closure(ctx, t.release.Target)
	if err != nil {
		return err
	}
	locked := closure.Lock != nil && closure.Lock.Release == t.release.ID
	plain := incidentMessage(t.release, locked, "")
	if t.note.Incident == "" {
		return t.postIncident(ctx, plain)
	}
	image := t.incidentImage()
	if image == "" {
		_ = t.editIncident(ctx, plain)
		return nil
	}
	if blocksRefused(t.editIncident(ctx, incidentMessage(t.release, locked, image))) {
		t.withoutImage()
		_ = t.editIncident(ctx, plain)
	}
	return nil
}

func (t *round) postIncident(ctx context.Context, m message) error {
	if !t.may(methodPost, t.note.Channel, urgent) {
		return errStop
	}
	ts, err := t.post(ctx, postKey{kind: keyIncident}, m)
	if err != nil {
		return ofIncident(err)
	}
	t.note.Incident, t.shown.after = ts, m.fingerprint()
	return nil
}

// editIncident shows m if something else is shown. The error is for who wants to show something else instead; it is
// noted already, if it is not about the image.
func (t *round) editIncident(ctx context.Context, m message) error {
	if m.fingerprint() == t.shown.after || !t.may(methodUpdate, "", urgent) {
		return nil
	}
	err := t.edit(ctx, t.note.Incident, m)
	switch code := refusal(err); {
	case err == nil, code == "edit_window_closed":
		t.shown.after = m.fingerprint()
	case code == "message_not_found", code == "cant_update_message":
		t.a.log.Warn().Str("release", string(t.release.ID)).Msg("the message of an incident is gone")
		t.note.Incident = givenUp
	case blocksRefused(err) && m.pictured():
	default:
		t.stale = ofIncident(err)
	}
	return err
}

// withoutImage leaves the picture in the thread, for now or, after some tries, for good.
func (t *round) withoutImage() {
	n, _ := strconv.Atoi(t.note.Files[imageRefused])
	t.noteFile(imageRefused, strconv.Itoa(n+1))
	if n+1 < imageTries {
		t.comeBack(imageAgain)
		return
	}
	t.noteFile(incidentChart, givenUp)
}

func (t *round) incidentImage() string {
	if id := t.note.Files[incidentChart]; id != givenUp {
		return id
	}
	return ""
}

// incidentThread is where what belongs to the incident goes: below its message, else below that of the release.
func (t *round) incidentThread() string {
	if t.note.Incident == "" || t.note.Incident == givenUp {
		return t.note.Parent
	}
	return t.note.Incident
}

func (t *round) noteFile(name, id string) {
	if t.note.Files == nil {
		t.note.Files = map[string]string{}
	}
	t.note.Files[name] = id
}

func blocksRefused(err error) bool {
	code := refusal(err)
	return code == "invalid_blocks" || code == "invalid_blocks_format"
}

// ofIncident is err; blocks that were refused are not taken for the plan block, which an incident has not.
func ofIncident(err error) error {
	if blocksRefused(err) {
		return &deploy.Error{Code: deploy.Invalid, Op: "show an incident", Msg: deploy.Message(err)}
	}
	return err
}
