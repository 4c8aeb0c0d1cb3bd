package report

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// Markdown is the report of a release, ended or not, with an incident or without. Times are UTC. name says who somebody
// is; nil shows user ids as they are stored.
func Markdown(r deploy.Release, journal []deploy.Entry, name func(deploy.UserID) string) string {
	d := document{r: r, journal: journal, name: name}
	d.heading()
	d.impact()
	d.trigger()
	d.diagnosis()
	d.timeline()
	d.findings()
	d.looks()
	d.loads()
	d.lines()
	d.platform()
	d.database()
	d.changes()
	d.migrated()
	d.across()
	d.decisions()
	d.afterwards()
	d.missing()
	d.next()
	return strings.TrimRight(d.text.String(), "\n") + "\n"
}

// document is a report being written.
type document struct {
	r       deploy.Release
	journal []deploy.Entry
	name    func(deploy.UserID) string
	text    strings.Builder
}

// line adds a line. What comes from outside has been escaped by whoever calls it.
func (d *document) line(format string, args ...any) { fmt.Fprintf(&d.text, format+"\n", args...) }

func (d *document) section(title string) { d.line("\n## %s\n", title) }

// who is a person's name, escaped.
func (d *document) who(id deploy.UserID) string {
	if id == deploy.Slipway || id == "" {
		return "Slipway"
	}
	if d.name != nil {
		if name := d.name(id); name != "" {
			return inline(name)
		}
	}
	return inline(string(id))
}

func (d *document) heading() {
	r := d.r
	d.line("# %s\n", d.title())
	d.line("| | |\n|---|---|")
	row := func(name, value string) {
		if value != "" {
			d.line("| %s | %s |", name, value)
		}
	}
	row("Release", code(string(r.ID)))
	row("Target", inline(r.Target.String()))
	row("Version", version(r.Version, r.Facts.Image.Digest))
	if r.Kind == deploy.Rollback {
		row("Taken back", version(r.Left.Version, r.Left.Digest))
	} else {
		row("Before it", version(r.Facts.Baseline.Version, ""))
	}
	d.partRows(row)
	d.databaseRows(row)
	row("Requested by", d.who(r.Requester)+because(r.Reason))
	row("Created", clock(r.Created))
	if !r.Ended.IsZero() {
		row("Ended", clock(r.Ended)+", after "+deploy.Took(r.Ended.Sub(r.Created)))
	}
	word := stateWord(r.State)
	if r.Kind == deploy.Restore {
		word = restoreWord(r)
	}
	state := word + ", by " + d.who(r.By)
	if r.Why != "" {
		state += ": " + inline(r.Why)
	}
	row("State", state)
}

func (d *document) title() string {
	r := d.r
	id, target := inline(string(r.ID)), inline(r.Target.String())
	switch {
	case r.Incident != nil && r.Kind == deploy.Rollback:
		return fmt.Sprintf("Incident %s: %s taken back from %s", id, inline(cmp.Or(r.Left.Version, "a version")), target)
	case r.Incident != nil:
		return fmt.Sprintf("Incident %s: %s taken back from %s", id, inline(r.Version), target)
	case r.Kind == deploy.Restore && r.Restore != nil:
		return fmt.Sprintf("Restore %s: database of %s to %s, %s", id, target, inline(r.Restore.Says()), restoreWord(r))
	case r.Kind == deploy.Rollback:
		return fmt.Sprintf("Rollback %s: %s back to %s, %s", id, target, inline(r.Version), stateWord(r.State))
	}
	return fmt.Sprintf("Release %s: %s to %s, %s", id, inline(r.Version), target, stateWord(r.State))
}

var states = map[deploy.State]string{
	deploy.Running: "under way", deploy.Waiting: "waiting for people", deploy.Paused: "paused", deploy.RollingBack: "going back",
	deploy.Parked: "stopped until somebody decides", deploy.Succeeded: "succeeded", deploy.RolledBack: "taken back",
	deploy.Failed: "failed before users saw it", deploy.Abandoned: "let go by break-glass",
}

func version(name, digest string) string {
	switch {
	case name == "" && digest == "":
		return ""
	case digest == "":
		return inline(name)
	}
	return strings.TrimSpace(inline(name) + " " + code(digest))
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ", because: " + inline(reason)
}

// clock is a moment in full; clockOf leaves the date out where the reader knows it.
func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func clockOf(t time.Time) string { return t.UTC().Format("15:04:05") }
