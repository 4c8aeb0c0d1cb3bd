package report

import (
	"cmp"

	"slipway/internal/deploy"
)

func (d *document) diagnosis() {
	if d.r.Incident == nil || d.r.Incident.Diagnosis == (deploy.Diagnosis{}) {
		return
	}
	x := d.r.Incident.Diagnosis
	d.section("Diagnosis")
	d.line("- Symptom: %s", inline(cmp.Or(x.Symptom, "none of the known ones")))
	d.line("- Probable cause: %s", inline(cmp.Or(x.Cause, "not known")))
	if x.Remedy != "" {
		d.line("- Remedy: %s", inline(x.Remedy))
	}
}

func (d *document) lines() {
	if d.r.Incident == nil || len(d.r.Incident.Lines) == 0 {
		return
	}
	d.section("Last error lines")
	for i, g := range d.r.Incident.Lines {
		if i > 0 {
			d.line("")
		}
		d.line("%s, last at %s:\n\n%s", plural(int64(g.Count), "time", "times"), clock(g.Last), block(g.Text))
	}
}

func (d *document) platform() {
	if d.r.Incident != nil {
		d.list("What the platform says", d.r.Incident.Platform)
		d.list("What was checked", d.r.Incident.Checks)
	}
}

func (d *document) changes() {
	if d.r.Incident != nil {
		d.list("What changed with this version", d.r.Incident.Changed)
	}
}

func (d *document) missing() {
	if d.r.Incident != nil {
		d.list("Evidence that is missing", d.r.Incident.Missing)
	}
}

func (d *document) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	d.section(title)
	for _, item := range items {
		d.line("- %s", inline(item))
	}
}
