package slack

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// A chart of fewer looks shows nothing.
const leastPoints = 3

// pictures uploads the chart of the newest verdict, that of an incident, and one of each load check. Text says the same,
// so a picture that Slack does not take is given up, and nothing waits for it.
func (t *round) pictures(ctx context.Context) error {
	if err := t.loadCharts(ctx); err != nil || t.a.opts.Draw == nil {
		return err
	}
	if rev := t.note.Files[chartDue]; rev != "" && rev != t.note.Files[chartOf] && t.worthDrawing() {
		id, err := t.picture(ctx, t.note.Parent, "verdict-"+rev, t.chart)
		if err != nil {
			return err
		}
		if id != "" {
			t.noteFile(chartOf, rev)
		}
	}
	if posted := t.note.Incident != "" && t.note.Incident != givenUp; !posted || t.note.Files[incidentChart] != "" ||
		!t.release.State.Terminal() || !drawable(&t.release) {
		return nil
	}
	id, err := t.picture(ctx, t.note.Incident, "incident", t.chart)
	if id != "" {
		t.noteFile(incidentChart, id)
		t.comeBack(imageSoon) // the message of the incident shows it then
	}
	return err
}

// drawable says whether there is anything to draw of an incident; while it is being counted there is more to come.
func drawable(r *deploy.Release) bool {
	return r.Incident != nil && len(r.Incident.Points)+len(r.Watch.Points) > 0
}

// worthDrawing waits for a few looks while more of them come.
func (t *round) worthDrawing() bool {
	return len(t.release.Watch.Points) >= leastPoints || !watched(&t.release)
}

// chart is the canary against what ran before.
func (t *round) chart() (png []byte, alt string, err error) { return t.a.opts.Draw(t.release) }

// picture has something drawn and puts it into a thread. It gives the id of the file, or givenUp; "" if there is no call
// left for it now, or if it gave way: it holds no message up, and so ends as soon as the release changes.
func (t *round) picture(ctx context.Context, thread, name string, draw func() ([]byte, string, error)) (id string, err error) {
	if !t.may(methodComplete, "", tickLeaves) {
		return "", nil
	}
	var png []byte
	var alt string
	err = t.guarded("draw a chart", func() (err error) {
		png, alt, err = draw()
		return err
	})
	if err != nil || len(png) == 0 {
		t.warn(err, "a chart cannot be drawn")
		return givenUp, nil
	}
	if err := t.renew(ctx); err != nil {
		return "", err
	}
	aside, done := t.a.aside(ctx, t.release.ID)
	defer done()
	file := fmt.Sprintf("%s-%s.png", t.release.ID, name)
	id, err = t.a.client.upload(aside, t.note.Channel, thread, file, alt, alt, png)
	switch {
	case id != "": // also if the last answer was lost
		return id, nil
	case aside.Err() != nil:
		t.comeBack(soon)
		return "", nil
	}
	t.warn(err, "a chart cannot be uploaded")
	return givenUp, nil
}
