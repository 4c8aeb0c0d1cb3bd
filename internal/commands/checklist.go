package commands

import (
	"context"
	"time"

	"slipway/internal/deploy"
)

// checklist says how each item of a target's checklist stands. Everybody may see it.
func (h *Handler) checklist(ctx context.Context, c ChecklistCommand) (Text, error) {
	t := h.target(c.Service, c.Environment)
	spec, err := h.catalog.Resolve(t, "")
	if err != nil {
		return nil, err
	}
	if len(spec.Items) == 0 {
		return nil, refused(Text{}.Plainf("The catalog has no checklist for %s, so no release of it waits for one.", t).because(spec.Source))
	}
	said, err := h.store.Attested(ctx, t)
	if err != nil {
		return nil, err
	}
	r, under, err := h.active(ctx, t)
	if err != nil {
		return nil, err
	}
	list := standingOf(spec.Items, said, h.now())
	text := Text{}.Plain("The checklist of ").Strong(t.String()).Plain(", " + items(len(list)) + ": " + list.counts() + ".")
	group := ""
	for _, s := range list {
		if s.item.Group != group {
			group = s.item.Group
			text = text.Line().Strong(group)
		}
		text = text.Line().Add(s.line(h.now()))
	}
	if under && r.Readying() != nil {
		text = text.Line().Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain(". Press Attest in its thread.")
	}
	return text, nil
}

// itemStanding is how one item of a checklist stands while no machine has looked.
type itemStanding struct {
	item deploy.Item
	said deploy.Attestation // zero: nobody has attested it in the last 90 days
	good bool               // attested, and not expired
}

// checklistStanding is how all of them do.
type checklistStanding []itemStanding

func standingOf(list []deploy.Item, said map[string]deploy.Attestation, now time.Time) checklistStanding {
	all := make(checklistStanding, 0, len(list))
	for _, item := range list {
		s := itemStanding{item: item, said: said[item.Key]}
		s.good = item.Prove == nil && now.Before(s.said.Until)
		all = append(all, s)
	}
	return all
}

// sorted counts what machines prove and what people have attested, and names what is to be attested.
func (l checklistStanding) sorted() (proved, attested int, owed []itemStanding) {
	for _, s := range l {
		switch {
		case s.item.Prove != nil:
			proved++
		case s.good:
			attested++
		default:
			owed = append(owed, s)
		}
	}
	return proved, attested, owed
}

// line says how an item stands.
func (s itemStanding) line(now time.Time) Text {
	t := Text{}.Plain("○ " + s.item.Text + " · ")
	switch {
	case s.item.Prove != nil:
		return Text{}.Plain("· " + s.item.Text + " · proved by machine when a release begins")
	case s.good:
		return Text{}.Plain("✓ " + s.item.Text + " · attested by ").User(s.said.By).Plain(" " + ago(s.said.At, now) + ", until ").Clock(s.said.Until)
	case s.said.By != "":
		t = t.Plain("attested by ").User(s.said.By).Plain(", expired ").Clock(s.said.Until).Plain(" · ")
	}
	if s.item.Owner == "" {
		return t.Plain("to attest, by whoever may deploy or approve")
	}
	return t.Plain("to attest, by ").Group(s.item.Owner)
}
