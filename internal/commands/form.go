package commands

import (
	"context"
	"strings"

	"slipway/internal/deploy"
)

// Form is what a person is asked in a modal before an action is carried out.
type Form struct {
	Action  Action // Attest, Waive or Database
	Release deploy.ReleaseID
	Title   string // at most 24 characters, which is Slack's limit
	Intro   Text
	Items   []FormItem // Attest: any may be chosen; Waive and Database: exactly one
	Fields  []FormField
	Reason  bool   // a reason is asked for, and needed
	Submit  string // at most 24 characters
}

// FormItem is one item that can be chosen. Note says what was found, and who owes it.
type FormItem struct{ Key, Group, Text, Note string }

// Form answers the press of a button that opens a modal. If ok is false there is nothing to ask, and the Reply says why.
// It stores nothing.
func (h *Handler) Form(ctx context.Context, p Press) (f Form, r Reply, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, h.opts.Within)
	defer cancel()
	f, err := h.form(ctx, p)
	if err != nil {
		return Form{}, h.answer(ctx, nil, err, ""), false
	}
	return f, Reply{}, true
}

func (h *Handler) form(ctx context.Context, p Press) (Form, error) {
	if err := h.admit(ctx, p.By, p.Team); err != nil {
		return Form{}, err
	}
	r, err := h.release(ctx, p.Release)
	if err != nil {
		return Form{}, err
	}
	switch {
	case p.Action == Database:
		return h.databaseForm(ctx, p.By, r)
	case p.Action == Waive && unbacked(r):
		return h.backupForm(ctx, p.By, r)
	}
	if err := h.waitsForItems(r); err != nil {
		return Form{}, err
	}
	switch p.Action {
	case Attest:
		return h.attestForm(ctx, p.By, r)
	case Waive:
		return h.waiveForm(ctx, p.By, r)
	default:
		return Form{}, refused(unknownButton(r))
	}
}

// waitsForItems refuses if nothing of the release is open.
func (h *Handler) waitsForItems(r deploy.Release) error {
	switch {
	case r.State.Terminal():
		return refused(h.over(r))
	case r.Readying() == nil, len(r.Readiness.Open) == 0:
		return refused(Text{}.Plain("Nothing is open any more: ").Add(title(r)).Plain(" ").Add(standing(r, h.now())).Plain(". Nothing was changed."))
	}
	return nil
}

// attestForm asks a person for those open items that are theirs to attest.
func (h *Handler) attestForm(ctx context.Context, by deploy.UserID, r deploy.Release) (Form, error) {
	f := Form{Action: Attest, Release: r.ID, Title: "Attest checklist items", Submit: "Attest"}
	mine := h.attester(ctx, by, r)
	var others, unknown []deploy.OpenItem
	var broken error
	for _, o := range r.Readiness.Open {
		if !o.Attest {
			continue
		}
		switch ok, err := mine(o.Owner); {
		case err != nil:
			unknown, broken = append(unknown, o), err
		case !ok:
			others = append(others, o)
		default:
			f.Items = append(f.Items, h.formItem(ctx, r, o))
		}
	}
	switch {
	case len(f.Items) > 0:
	case broken != nil:
		return Form{}, broken
	case len(others) > 0:
		return Form{}, refused(notYours(r, others))
	default:
		return Form{}, refused(Text{}.Plainf("Nothing of this can be attested: what is open for %s has to become so, or an approver waives it. Open: %s.",
			r.ID, listed(openNames(r.Readiness.Open), mostListed)))
	}
	f.Intro = title(r).Plainf(" waits for %s. What you attest is recorded with your name and counts for every release to %s until it expires.", stillOpen(r), r.Target)
	if len(others) > 0 {
		f.Intro = f.Intro.Plainf(" Not shown: %s that others owe (", items(len(others))).principals(owners(others)).Plain(").")
	}
	if len(unknown) > 0 {
		f.Intro = f.Intro.Plain(" Not shown either, since I cannot find out who is in ").principals(owners(unknown)).Plain(": " + items(len(unknown)) + ".")
	}
	return f, nil
}

// waiveForm asks an approver which item is to be let pass, and why.
func (h *Handler) waiveForm(ctx context.Context, by deploy.UserID, r deploy.Release) (Form, error) {
	if err := h.mayWaive(ctx, by, r); err != nil {
		return Form{}, err
	}
	f := Form{Action: Waive, Release: r.ID, Title: "Waive one item", Submit: "Waive", Reason: true}
	f.Intro = title(r).Plainf(" waits for %s. A waiver lets one of them pass for this release only; it is recorded and shown with your name and the reason.", stillOpen(r))
	for _, o := range r.Readiness.Open {
		f.Items = append(f.Items, h.formItem(ctx, r, o))
	}
	return f, nil
}

// backupForm asks an approver whether a release whose backup failed is to go on without one, and why.
func (h *Handler) backupForm(ctx context.Context, by deploy.UserID, r deploy.Release) (Form, error) {
	if err := h.mayWaive(ctx, by, r); err != nil {
		return Form{}, err
	}
	f := Form{Action: Waive, Release: r.ID, Title: "Go without a backup", Submit: "Go without", Reason: true}
	f.Intro = title(r).Plain(" is held, since its backup failed. A waiver lets it go on without one, for this release only; it is recorded and shown with your name and the reason. " +
		"What the release then takes away from the database comes back from an older backup or a moment only.")
	f.Items = []FormItem{{Key: deploy.WithoutBackup, Group: "Database", Text: "A backup of the database", Note: r.Why}}
	return f, nil
}

// formItem shows an open item in plain text, which is all that a modal takes beside a choice.
func (h *Handler) formItem(ctx context.Context, r deploy.Release, o deploy.OpenItem) FormItem {
	var note []string
	if o.Why != "" {
		note = append(note, o.Why)
	}
	if o.Owner != "" {
		note = append(note, "owed by "+h.written(ctx, o.Owner))
	}
	if item, ok := itemOf(r, o.Key); ok && o.Attest {
		note = append(note, "counts for "+days(item.Lasts))
	}
	return FormItem{Key: o.Key, Group: o.Group, Text: o.Text, Note: strings.Join(note, " · ")}
}

// written is a principal where nobody can be mentioned. A name is for reading only; without one the id has to do.
func (h *Handler) written(ctx context.Context, p deploy.Principal) string {
	if isGroup(p) {
		return string(p)
	}
	if person, err := h.dir.Person(ctx, deploy.UserID(p)); err == nil && person.Name != "" {
		return person.Name
	}
	return string(p)
}

// itemOf finds an item of the release's checklist.
func itemOf(r deploy.Release, key string) (deploy.Item, bool) {
	for _, i := range r.Spec.Items {
		if i.Key == key {
			return i, true
		}
	}
	return deploy.Item{}, false
}
