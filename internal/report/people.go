package report

import (
	"slipway/internal/deploy"
)

// decisions is who let the release go on.
func (d *document) decisions() {
	d.section("Who decided")
	d.line("- %s asked for it at %s%s.", d.who(d.r.Requester), clock(d.r.Created), because(d.r.Reason))
	for _, s := range d.r.Steps {
		for _, a := range s.Approvals {
			d.line("- %s approved %s at %s%s.", d.who(a.By), wanted(d.r, s, a), clock(a.At), against(a))
		}
		if s.Kind == deploy.KindGate && s.Status == deploy.Done && len(s.Approvals) == 0 && !s.AboutPlan() {
			d.line("- %d %% went ahead by itself at %s.", s.Percent, clock(s.EndedAt))
		}
	}
	for _, w := range d.r.Waivers {
		d.line("- %s **waived** “%s” at %s%s.", d.who(w.By), inline(w.Text), clock(w.At), because(w.Reason))
	}
	if d.r.Incident != nil || d.r.State == deploy.RolledBack || d.r.State == deploy.RollingBack {
		d.line("- %s took it back.", d.who(d.decider()))
	}
}

// wanted is what was approved: a share, or the plan with its hash.
func wanted(r deploy.Release, s deploy.Step, a deploy.Approval) string {
	if a.Plan == "" {
		return r.Wants(&s)
	}
	return r.Wants(&s) + " " + code(deploy.Proposal{Hash: a.Plan}.Short())
}

func against(a deploy.Approval) string {
	if !a.Forced {
		return ""
	}
	if a.Reason == "" {
		return ", **against the verdict**"
	}
	return ", **against the verdict**, because: " + inline(a.Reason)
}

// afterwards is what people did once it was taken back.
func (d *document) afterwards() {
	if len(d.r.Notes) == 0 {
		return
	}
	d.section("What was done since")
	for _, n := range d.r.Notes {
		text := d.who(n.By) + " " + did(n)
		if n.Text != "" {
			text += ": " + inline(n.Text)
		}
		if n.Link != "" {
			text += " " + link(n.Link)
		}
		d.line("- %s %s", clock(n.At), text)
	}
}

func did(n deploy.Note) string {
	switch n.Kind {
	case deploy.NoteTaken:
		return "looks after it"
	case deploy.NoteBug:
		switch {
		case opened(n):
			return "opened a bug report"
		case n.Done:
			return "asked for a bug report"
		}
		return "asked for a bug report, which is not open yet"
	case deploy.NoteFix:
		return "plans the fix"
	case deploy.NoteUnlocked:
		return "cleared the lock"
	case deploy.NoteReport:
		return "asked for this report"
	}
	return "noted " + inline(string(n.Kind))
}

// opened says whether a bug report is open: there is an address, or it was carried out where none is given. Otherwise
// the text says why not.
func opened(n deploy.Note) bool { return n.Link != "" || n.Done && n.Text == "" }

// next is the guide's list of what follows a rollback, ticked where it is known to be done.
func (d *document) next() {
	if d.r.Kind == deploy.Restore { // which took nothing back from users
		return
	}
	switch d.r.State {
	case deploy.RolledBack, deploy.RollingBack, deploy.Failed, deploy.Abandoned:
	case deploy.Running, deploy.Waiting, deploy.Paused, deploy.Parked, deploy.Succeeded:
		return
	}
	d.section("Next")
	done := func(k deploy.NoteKind) bool { _, ok := d.r.Noted(k); return ok }
	bug, _ := d.r.Noted(deploy.NoteBug)
	for _, x := range []struct {
		done bool
		what string
	}{
		{false, "Tell those concerned: send them this report."},
		{false, "Find the root cause: start from the verdict, the error lines and what changed."},
		{opened(bug), "Open a bug report."},
		{done(deploy.NoteFix), "Schedule the fix."},
		{false, "Bring the runbooks up to date with what was learnt."},
	} {
		box := " "
		if x.done {
			box = "x"
		}
		d.line("- [%s] %s", box, x.what)
	}
	if d.r.State == deploy.RolledBack {
		if done(deploy.NoteUnlocked) {
			d.line("- [x] Clear the lock of %s.", inline(d.r.Target.String()))
		} else {
			d.line("- [ ] Clear the lock of %s once the bad version cannot go out again.", inline(d.r.Target.String()))
		}
	}
}
