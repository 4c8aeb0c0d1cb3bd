package report

import (
	"fmt"

	"slipway/internal/deploy"
)

// partRows are the other services that the release is about, each with what it was brought to and what it had before.
func (d *document) partRows(row func(name, value string)) {
	for _, p := range d.r.Spec.Also {
		f := d.r.Parts[p.Name]
		text := version(d.r.Version, f.Image.Digest)
		if was := f.Baseline; was.Name != "" && d.r.Kind != deploy.Rollback {
			text += ", before it " + version(was.Version, "") + " " + code(string(was.Name))
		} else if was.Name != "" {
			text += ", revision " + code(string(was.Name))
		}
		row("Together with it", inline(p.Name)+": "+text)
	}
}

// rolls says whether what the incident, or else the release, is about is replaced task by task: then there is no share of
// traffic to speak of.
func (d *document) rolls() bool {
	part := ""
	if d.r.Incident != nil {
		part = d.r.Incident.Part
	}
	return d.r.Of(part).Spec.Strategy.Kind == deploy.Rolling
}

// reached is how far the version came, where users are concerned.
func (d *document) reached(share int) string {
	of := ""
	if in := d.r.Incident; in != nil && in.Part != "" {
		of = " of " + inline(in.Part)
	}
	if !d.rolls() {
		return fmt.Sprintf("It had at most %d %% of the traffic%s.", share, of)
	}
	for _, s := range d.r.Steps {
		if s.Kind != deploy.KindShift || d.r.Incident != nil && s.Part != d.r.Incident.Part {
			continue
		}
		if s.Status == deploy.Done {
			return "It ran on all tasks" + of + "."
		}
		if s.Note != "" {
			return "Its rollout" + of + " was under way, task by task; when last seen: " + inline(s.Note) + "."
		}
	}
	return "Its rollout" + of + " was under way, task by task: to all tasks at most."
}
