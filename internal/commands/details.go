package commands

import (
	"context"
	"strings"

	"slipway/internal/deploy"
)

// detailLines is how many entries of the journal are shown; the thread has them all.
const detailLines = 15

// details shows what was recorded last, and the names under which the platform knows what is released.
func (h *Handler) details(ctx context.Context, r deploy.Release) (Text, error) {
	entries, err := h.store.Journal(ctx, r.ID, max(r.Rev-detailLines, 0))
	if err != nil {
		return nil, err
	}
	entries = entries[max(len(entries)-detailLines, 0):]
	text := title(r).Plainf(" · %s ", r.Target).Add(standing(r, h.now())).Plain(".")
	text = text.revision("Before", r.Facts.Baseline).revision("New", r.Facts.Candidate)
	if r.Facts.Image.Digest != "" {
		text = text.Line().Plain("Image: ").Code(r.Facts.Image.Ref())
	}
	text = text.parts(r).wayBack(r)
	text = text.readiness(r).agreed(r).data(r)
	for _, e := range entries {
		text = text.Line().Clock(e.At).Plain(" ").Add(entry(e))
	}
	return text, nil
}

func (t Text) revision(what string, rev deploy.Revision) Text {
	if rev.Name == "" {
		return t
	}
	t = t.Line().Plain(what + ": ").Code(string(rev.Name))
	if rev.Version != "" {
		t = t.Plain(" (" + rev.Version + ")")
	}
	if rev.Tag != "" {
		t = t.Plain(" tagged ").Code(rev.Tag)
	}
	return t
}

// readiness says how far the checklist has come, and names what is open.
func (t Text) readiness(r deploy.Release) Text {
	if r.Readiness == nil {
		return t
	}
	t = t.Line().Plainf("Checklist: %d of %d", r.Readiness.Good(), r.Readiness.Total)
	for _, w := range r.Waivers {
		t = t.Line().Plain("Waived: " + w.Text + ", by ").User(w.By).reason(w.Reason)
	}
	for _, o := range r.Readiness.Open {
		t = t.Line().Plain("Open: " + itemName(o.Group, o.Text)).reason(o.Why)
		if o.Owner != "" {
			t = t.Plain(", owed by ").Group(o.Owner)
		}
	}
	return t
}

// agreed says which plan the release goes by.
func (t Text) agreed(r deploy.Release) Text {
	if r.Proposal == nil {
		return t
	}
	t = t.Line().Plain("Plan: ").Code(r.Proposal.Short()).Plain(", " + settings(len(r.Proposal.Changes)) + " changed")
	if m := r.Proposal.Migration; m != nil {
		t = t.Plain(", " + scripts(*m))
	}
	return t
}

// entry tells one entry of the journal in a line.
func entry(e deploy.Entry) Text {
	step := e.Step.Says()
	what, why := step+" "+kinds[e.Kind], e.Text
	switch e.Kind {
	case deploy.EntryAsked, deploy.EntryApproved: // their text says it all: "approved 50 %"
		what, why = step+" "+e.Text, ""
	case deploy.EntryVoided:
		what, why = step, e.Text
	case deploy.EntryAttested: // its text is what the person does: "attests 3 items: …"
		return Text{}.Plain(step + ": ").User(e.By).Plain(" " + e.Text)
	case deploy.EntryState:
		what = "is " + states[e.State]
	default:
	}
	t := Text{}.Plain(strings.TrimSpace(what))
	if e.By != "" && e.By != deploy.Slipway {
		t = t.Plain(" by ").User(e.By)
	}
	return t.reason(why)
}

var states = map[deploy.State]string{
	deploy.Running: "running", deploy.Waiting: "waiting", deploy.Paused: "held", deploy.RollingBack: "rolling back",
	deploy.Parked: "stopped", deploy.Succeeded: "done", deploy.RolledBack: "rolled back", deploy.Failed: "failed",
	deploy.Abandoned: "let go",
}

var kinds = map[deploy.EntryKind]string{
	deploy.EntryCreated: "created", deploy.EntryIntent: "begins", deploy.EntryProgress: "goes on",
	deploy.EntryTrouble: "has trouble", deploy.EntryOutcome: "done", deploy.EntryFailure: "failed",
	deploy.EntrySignal: "was told", deploy.EntryAsked: "asks", deploy.EntryApproved: "approved", deploy.EntryState: "is",
	deploy.EntryWaived: "has an item waived",
}
