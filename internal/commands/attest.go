package commands

import (
	"context"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// mostListed is how many characters a list of items may take: it is shown in one line of the thread.
const mostListed = 400

// attest stores that items are so, and tells the release. The two are stored one after the other: if the second is lost
// the release finds the first at its next look.
func (h *Handler) attest(ctx context.Context, who speaker, r deploy.Release, keys []string) (Text, error) {
	chosen, gone, err := h.attestable(ctx, who.by, r, keys)
	if err != nil {
		return nil, err
	}
	if len(chosen) == 0 {
		return nil, refused(h.closed(r, gone).Plain(" Nothing was changed."))
	}
	lasts := map[string]time.Duration{}
	for _, o := range chosen {
		item, _ := itemOf(r, o.Key)
		lasts[o.Key] = item.Lasts
	}
	event := who.event
	if event != "" { // an event of its own; none stays none
		event += "/attest"
	}
	if _, err := h.store.Attest(ctx, r.Target, who.by, lasts, event); err != nil {
		if deploy.CodeOf(err) == deploy.Unavailable {
			return nil, &unconfirmed{target: r.Target, err: err}
		}
		return nil, err
	}
	said := items(len(chosen)) + ": " + listed(openNames(chosen), mostListed)
	text := Text{}.Plainf("Your word on %s of %s is stored: %s", items(len(chosen)), r.Target, listed(openNames(chosen), mostListed)).
		Plain(". It counts for " + counting(lasts) + ".")
	text = text.Add(h.tell(ctx, who, r, deploy.Signal{Kind: deploy.SignalAttested, Reason: "attests " + said}, len(chosen)))
	if len(gone) > 0 {
		text = text.Plain(" ").Add(h.closed(r, gone))
	}
	return text, nil
}

// tell lets the release look at its checklist at once. What was attested is stored by then, and is not denied whatever
// becomes of this.
func (h *Handler) tell(ctx context.Context, who speaker, r deploy.Release, s deploy.Signal, attested int) Text {
	s.By = who.by
	_, err := h.store.Signal(ctx, r.ID, s, who.event)
	if err == nil {
		return onward(r, len(r.Readiness.Open)-attested)
	}
	h.opts.Report(ctx, err)
	if code := deploy.CodeOf(err); code == deploy.Conflict || code == deploy.NotFound {
		return Text{}.Plainf(" %s has ended meanwhile, so it is for the next release.", r.ID)
	}
	return Text{}.Plainf(" Redis did not confirm that %s was told at once; it finds it at its next look, within 15 s.", r.ID)
}

// attestable sorts what was chosen into what can be attested and what is not open any more. misfilled if a person must
// choose otherwise: nothing is chosen, or something that cannot be attested, or not by them.
func (h *Handler) attestable(ctx context.Context, by deploy.UserID, r deploy.Release, keys []string) (chosen []deploy.OpenItem, gone []string, err error) {
	mine := h.attester(ctx, by, r)
	wanted := distinct(keys)
	if len(wanted) == 0 {
		return nil, nil, misfilled{fieldItems: "Choose what you attest: at least one item."}
	}
	var wrong []string
	for _, key := range wanted {
		o, open := r.Readiness.OpenAt(key)
		if !open {
			gone = append(gone, key)
			continue
		}
		if _, known := itemOf(r, key); !o.Attest || !known {
			wrong = append(wrong, itemName(o.Group, o.Text)+" cannot be attested: it has to become so, or an approver waives it.")
			continue
		}
		switch ok, err := mine(o.Owner); {
		case err != nil:
			return nil, nil, err
		case !ok:
			wrong = append(wrong, itemName(o.Group, o.Text)+" is not yours to attest"+h.owing(ctx, o.Owner)+".")
		default:
			chosen = append(chosen, o)
		}
	}
	if len(wrong) > 0 {
		return nil, nil, misfilled{fieldItems: strings.Join(wrong, " ")}
	}
	return chosen, gone, nil
}

// attester remembers for one answer of which owners a person is.
func (h *Handler) attester(ctx context.Context, by deploy.UserID, r deploy.Release) func(deploy.Principal) (bool, error) {
	type answer struct {
		ok  bool
		err error
	}
	known := map[deploy.Principal]answer{}
	return func(owner deploy.Principal) (bool, error) {
		a, asked := known[owner]
		if !asked {
			a.ok, a.err = h.mayAttest(ctx, by, r, owner)
			known[owner] = a
		}
		return a.ok, a.err
	}
}

// owing is whose an item is, in plain text.
func (h *Handler) owing(ctx context.Context, owner deploy.Principal) string {
	if owner == "" {
		return ", but of whoever may deploy or approve"
	}
	return ", but " + h.written(ctx, owner) + " owes it"
}

// counting is for how long attestations count.
func counting(lasts map[string]time.Duration) string {
	var first time.Duration
	for _, d := range lasts {
		if first != 0 && d != first {
			return "as long as the catalog says for each"
		}
		first = d
	}
	return days(first)
}

// notYours says who owes what a person cannot attest.
func notYours(r deploy.Release, others []deploy.OpenItem) Text {
	t := Text{}.Plainf("Nothing of what is open for %s is yours to attest: ", r.ID)
	for i, o := range others {
		if i == mostOwed {
			t = t.Plainf("; and %d more", len(others)-i)
			break
		}
		if i > 0 {
			t = t.Plain("; ")
		}
		if o.Owner == "" {
			t = t.Plain(itemName(o.Group, o.Text) + " (whoever may deploy or approve)")
			continue
		}
		t = t.Plain(itemName(o.Group, o.Text) + " (").Group(o.Owner).Plain(")")
	}
	return t.Plain(". Nothing was changed.")
}

// openNames names open items with their groups.
func openNames(open []deploy.OpenItem) []string {
	names := make([]string, 0, len(open))
	for _, o := range open {
		names = append(names, itemName(o.Group, o.Text))
	}
	return names
}
