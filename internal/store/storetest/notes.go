package storetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// note adds a note and fails the test unless fresh is as wanted.
func (b *bench) note(id deploy.ReleaseID, n deploy.Note, event deploy.EventID, want bool) deploy.Release {
	b.Helper()
	r, fresh, err := b.Note(b.ctx, id, n, event)
	b.ok(err)
	if fresh != want {
		b.Fatalf("note %s under %q: fresh is %t", n.Kind, event, fresh)
	}
	stored, err := b.Get(b.ctx, id)
	b.ok(err)
	if diff := cmp.Diff(stored, r); diff != "" {
		b.Fatalf("the answer is not what is stored: %s", diff)
	}
	return r
}

var noteFacts = []fact{
	{"a note is stored with the time of the store, as a revision of its own and in the journal", func(b *bench) {
		for i, state := range []deploy.State{deploy.RolledBack, deploy.Failed, deploy.Succeeded, deploy.Abandoned} {
			r := b.create(deploy.Target{Service: fmt.Sprint("service", i), Environment: "production"}, "")
			b.end(r.ID, state)
			before, err := b.Get(b.ctx, r.ID)
			b.ok(err)
			b.advance(short)
			got := b.note(r.ID, deploy.Note{Kind: deploy.NoteFix, By: "U0BOB", Text: "on Monday", At: time.Unix(1, 0)},
				deploy.EventID(fmt.Sprint("E", i)), true)
			if len(got.Notes) != 1 || got.Notes[0].At.Before(r.Created.Add(short)) || got.Notes[0].At.After(r.Created.Add(long)) {
				b.Fatalf("%s, created at %s: notes %+v", state, r.Created, got.Notes)
			}
			n := deploy.Note{Kind: deploy.NoteFix, By: "U0BOB", Text: "on Monday", At: got.Notes[0].At}
			want := before
			want.Rev, want.Notes = before.Rev+1, []deploy.Note{n}
			if diff := cmp.Diff(want, got); diff != "" {
				b.Errorf("%s: %s", state, diff)
			}
			journal, err := b.Journal(b.ctx, r.ID, before.Rev)
			b.ok(err)
			entry := n.Entry()
			entry.Rev = before.Rev + 1
			if diff := cmp.Diff([]deploy.Entry{entry}, journal); diff != "" {
				b.Errorf("%s: %s", state, diff)
			}
		}
		active, err := b.Active(b.ctx)
		b.ok(err)
		if len(active)+len(b.due()) != 0 {
			b.Errorf("a note brought back %v, due %v", ids(active), b.due())
		}
	}},
	{"the first note of a kind counts, and one that is done takes its place once", func(b *bench) {
		r := b.takeBack(Release(production), "U0BOB", "")
		asked := b.note(r.ID, deploy.Note{Kind: deploy.NoteBug, By: "U0BOB", Text: "asked"}, "E1", true).Notes[0]
		b.note(r.ID, deploy.Note{Kind: deploy.NoteBug, By: "U0CAROL"}, "E2", false)
		b.note(r.ID, deploy.Note{Kind: deploy.NoteTaken, By: "U0CAROL"}, "", true)
		got := b.note(r.ID, deploy.Note{Kind: deploy.NoteBug, By: deploy.Slipway, Link: "https://bugs/7", Done: true}, "", true)
		want := deploy.Note{Kind: deploy.NoteBug, By: "U0BOB", At: asked.At, Link: "https://bugs/7", Done: true}
		if diff := cmp.Diff(want, got.Notes[0]); diff != "" || len(got.Notes) != 2 {
			b.Errorf("notes %+v: %s", got.Notes, diff)
		}
		got = b.note(r.ID, deploy.Note{Kind: deploy.NoteBug, By: deploy.Slipway, Link: "https://bugs/8", Done: true}, "", false)
		if got.Notes[0].Link != "https://bugs/7" || got.Rev != r.Rev+3 {
			b.Errorf("got revision %d, notes %+v", got.Rev, got.Notes)
		}
		journal, err := b.Journal(b.ctx, r.ID, r.Rev)
		b.ok(err)
		var kinds []string
		for _, e := range journal {
			kinds = append(kinds, fmt.Sprint(e.Rev-r.Rev, " ", e.Kind, " ", e.Text))
		}
		if diff := cmp.Diff([]string{"1 note bug: asked", "2 note taken", "3 note bug https://bugs/7"}, kinds); diff != "" {
			b.Error(diff)
		}
	}},
	{"a note on what has not ended is a conflict, on what is not there not found", func(b *bench) {
		n := deploy.Note{Kind: deploy.NoteTaken, By: "U0BOB"}
		for _, id := range []deploy.ReleaseID{"coditect-app-9", "nonsense", ""} {
			_, _, err := b.Note(b.ctx, id, n, "E0")
			b.refused(err, deploy.NotFound)
		}
		r := b.create(production, "E1")
		for _, state := range []deploy.State{deploy.Running, deploy.RollingBack, deploy.Parked} {
			b.commit(b.claim(r.ID, "a", long), func(c *deploy.Commit) { c.Release.State, c.Yield = state, true })
			_, _, err := b.Note(b.ctx, r.ID, n, "E2")
			b.refused(err, deploy.Conflict)
		}
		got, err := b.Get(b.ctx, r.ID)
		b.ok(err)
		if len(got.Notes) != 0 || got.Rev != 4 {
			b.Errorf("got revision %d, notes %+v", got.Rev, got.Notes)
		}
		b.end(r.ID, deploy.RolledBack)
		b.note(r.ID, n, "E2", true) // the event of a refusal is not used up
	}},
	{"the same event counts once, whatever it says and whatever it was used for", func(b *bench) {
		r := b.create(production, "E1")
		b.signal(r.ID, deploy.SignalPause, "E2")
		b.end(r.ID, deploy.RolledBack)
		b.note(r.ID, deploy.Note{Kind: deploy.NoteTaken, By: "U0BOB"}, "E3", true)
		for _, event := range []deploy.EventID{"E1", "E2", "E3"} {
			if got := b.note(r.ID, deploy.Note{Kind: deploy.NoteFix, By: "U0BOB"}, event, false); len(got.Notes) != 1 {
				b.Errorf("%s: notes %+v", event, got.Notes)
			}
		}
		b.note(r.ID, deploy.Note{Kind: deploy.NoteFix, By: "U0BOB"}, "E4", true)
	}},
	{"a note makes the announcement due, and one that changes nothing does not", func(b *bench) {
		r := b.takeBack(Release(production), "U0BOB", "")
		b.settle(r.ID, "a")
		n := deploy.Note{Kind: deploy.NoteTaken, By: "U0BOB"}
		b.note(r.ID, n, "E1", true)
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.announce()); diff != "" {
			b.Fatal(diff)
		}
		b.settle(r.ID, "a")
		b.note(r.ID, n, "E1", false)
		b.note(r.ID, n, "E2", false)
		if due := b.announce(); len(due) != 0 {
			b.Errorf("due: %v", due)
		}
		n.Kind = deploy.NoteFix
		c := b.claimAnnouncementAfter(r.ID, deploy.Note{Kind: deploy.NoteBug, By: "U0BOB"})
		b.note(r.ID, n, "", true)
		if due := b.announce(); len(due) != 0 {
			b.Errorf("due under the lease: %v", due)
		}
		b.ok(b.SaveAnnouncement(b.ctx, r.ID, shown, c.Epoch, true, -1))
		if diff := cmp.Diff([]deploy.ReleaseID{r.ID}, b.announce()); diff != "" {
			b.Errorf("it changed while it was claimed: %s", diff)
		}
		if diff := cmp.Diff(shown, b.claimAnnouncement(r.ID, "b", long).Announcement); diff != "" {
			b.Error(diff)
		}
	}},
	{"notes at once all land, each on a revision of its own", func(b *bench) {
		r := b.takeBack(Release(production), "U0BOB", "")
		const n = 12
		fresh := together(b, n, func(i int) bool {
			_, fresh, err := b.Note(b.ctx, r.ID, deploy.Note{Kind: deploy.NoteKind(fmt.Sprint("kind ", i)), By: "U0BOB"}, deploy.EventID(fmt.Sprint("E", i)))
			if err != nil {
				b.Error(err)
			}
			return fresh
		})
		got, err := b.Get(b.ctx, r.ID)
		b.ok(err)
		journal, err := b.Journal(b.ctx, r.ID, r.Rev)
		b.ok(err)
		if fresh != n || len(got.Notes) != n || got.Rev != r.Rev+n || len(journal) != n {
			b.Fatalf("%d are fresh, %d notes, revision %d after %d, %d entries", fresh, len(got.Notes), got.Rev, r.Rev, len(journal))
		}
		var noted, told []string
		for i, note := range got.Notes {
			noted, told = append(noted, string(note.Kind)), append(told, journal[i].Text)
		}
		slices.Sort(noted)
		slices.Sort(told)
		if diff := cmp.Diff(noted, told); diff != "" || len(slices.Compact(noted)) != n {
			b.Errorf("notes %v: %s", noted, diff)
		}
	}},
	{"of many at once of one kind one counts", func(b *bench) {
		r := b.takeBack(Release(production), "U0BOB", "")
		fresh := together(b, 12, func(i int) bool {
			got, fresh, err := b.Note(b.ctx, r.ID, deploy.Note{Kind: deploy.NoteTaken, By: deploy.UserID(fmt.Sprint("U", i))}, "")
			if err != nil || len(got.Notes) != 1 {
				b.Errorf("got %+v, %v", got.Notes, err)
			}
			return fresh
		})
		if fresh != 1 {
			b.Errorf("%d are fresh", fresh)
		}
	}},
}

// claimAnnouncementAfter adds a note and claims the announcement that it made due.
func (b *bench) claimAnnouncementAfter(id deploy.ReleaseID, n deploy.Note) deploy.AnnouncementClaim {
	b.Helper()
	b.note(id, n, "", true)
	return b.claimAnnouncement(id, "a", long)
}
