package commands_test

import (
	"testing"
	"time"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

const (
	https  = "security/https"
	cors   = "security/cors"
	keys   = "security/keys"
	backup = "data/backup"
	badly  = "image/vulnerabilities"
)

// guide is a small checklist: one item is proved, the others are owed by a group, a person, and whoever may.
func guide() []deploy.Item {
	return []deploy.Item{
		{Key: https, Group: "Security", Text: "HTTPS enforced", Prove: &deploy.Proof{Kind: deploy.ProveHTTPS}},
		{Key: cors, Group: "Security", Text: "CORS policies configured", Owner: "@platform", Lasts: 720 * time.Hour},
		{Key: keys, Group: "Security", Text: "Keys rotated", Owner: "UDAVE", Lasts: 24 * time.Hour},
		{Key: backup, Group: "Data", Text: "Backup restored once", Lasts: 720 * time.Hour},
	}
}

// owed is a world in which coditect-app-1 waits for three items of that checklist, and for what its image does not keep.
func owed(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.catalog.items = guide()
	p := w.people.people["UDAVE"]
	p.Name = "Dave"
	w.people.people["UDAVE"] = p
	w.found = []deploy.OpenItem{{Key: badly, Group: "Image", Text: "Vulnerabilities", Why: "2 critical, at most 0"}}
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	if r := w.drive("coditect-app-1"); r.State != deploy.Waiting || len(r.Readiness.Open) != 4 {
		t.Fatalf("the release is %s, %v", r.State, r.Readiness)
	}
	return w
}

// asks presses a button that opens a form.
func (w *world) asks(by deploy.UserID, a commands.Action) (commands.Form, string) {
	w.t.Helper()
	f, reply, ok := w.handler.Form(w.t.Context(), commands.Press{Event: w.event(), By: by, Team: team, Release: "coditect-app-1", Action: a})
	if ok == (len(reply.Text) > 0) || ok == (f.Title == "") {
		w.t.Errorf("ok is %v with the form %v and the reply %q", ok, f, reply.Text)
	}
	return f, reply.Text.String()
}

// fills submits a form.
func (w *world) fills(by deploy.UserID, a commands.Action, reason string, items ...string) (string, map[string]string) {
	w.t.Helper()
	return w.fillsIn(w.event(), by, a, reason, items...)
}

func (w *world) fillsIn(e deploy.EventID, by deploy.UserID, a commands.Action, reason string, items ...string) (string, map[string]string) {
	w.t.Helper()
	reply, wrong := w.handler.Submit(w.t.Context(), commands.Filled{
		By: by, Team: team, Event: e, Action: a, Release: "coditect-app-1", Items: items, Reason: reason,
	})
	if len(reply.Text) > 0 && len(wrong) > 0 {
		w.t.Errorf("both a reply (%s) and wrong fields (%v)", reply.Text, wrong)
	}
	return reply.Text.String(), wrong
}

// said is what is attested about production, without times.
func (w *world) said() map[string]deploy.UserID {
	w.t.Helper()
	all, err := w.store.Attested(w.t.Context(), production)
	if err != nil {
		w.t.Fatalf("attested: %v", err)
	}
	said := map[string]deploy.UserID{}
	for key, a := range all {
		said[key] = a.By
	}
	return said
}

// unheard checks that nothing was attested and nothing said to the release.
func (w *world) unheard() {
	w.t.Helper()
	if got := w.said(); len(got) != 0 {
		w.t.Errorf("attested: %v", got)
	}
	if got := w.inbox("coditect-app-1"); len(got) != 0 {
		w.t.Errorf("stored: %v", got)
	}
}
