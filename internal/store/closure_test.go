package store_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

var taking = deploy.Note{Kind: deploy.NoteTaken, By: "U0BOB"}

func TestANoteDoesNotKeepAReleaseForLongerNorALockForLess(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	s, ctx := fx.Store.(*store.Store), t.Context()
	id := finish(t, s, deploy.RolledBack)
	fx.Advance(50 * day)
	if _, fresh, err := s.Note(ctx, id, taking, "E1"); err != nil || !fresh {
		t.Fatalf("after 50 days: fresh %t, %v", fresh, err)
	}
	fx.Advance(39 * day)
	if r, err := s.Get(ctx, id); err != nil || len(r.Notes) != 1 {
		t.Errorf("after 89 days: %+v, %v", r.Notes, err)
	}
	fx.Advance(2 * day)
	if _, _, err := s.Note(ctx, id, taking, ""); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("after 91 days: %v", err)
	}
	for _, key := range m.Keys() {
		if strings.Contains(key, "rel:"+string(id)) {
			t.Errorf("%s is left", key)
		}
	}
	c, err := s.Closure(ctx, app)
	if err != nil || c.Lock == nil || c.Lock.Release != id || len(c.Bars) != 1 {
		t.Errorf("what stands in the way after 91 days: %+v, %v", c, err)
	}
	if cleared, err := s.Unlock(ctx, app, id, ""); err != nil || !cleared {
		t.Errorf("cleared %t, %v", cleared, err)
	}
}

func TestANoteOnWhatIsLiveLetsItStay(t *testing.T) {
	t.Parallel()
	fx, _ := mini(t)
	s, ctx := fx.Store.(*store.Store), t.Context()
	id := finish(t, s, deploy.Succeeded)
	if _, fresh, err := s.Note(ctx, id, taking, "E1"); err != nil || !fresh {
		t.Fatalf("fresh %t, %v", fresh, err)
	}
	fx.Advance(200 * day)
	if r, err := s.Live(ctx, app); err != nil || r.ID != id || len(r.Notes) != 1 {
		t.Errorf("live is %+v, %v", r, err)
	}
}

func TestANoteLeavesADocumentOfANewerBotAlone(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	s := fx.Store.(*store.Store)
	id := finish(t, s, deploy.RolledBack)
	m.HSet(relKey(id), "sv", strconv.Itoa(deploy.SchemaVersion+1))
	before := m.Dump()
	if _, _, err := s.Note(t.Context(), id, taking, "E1"); deploy.CodeOf(err) != deploy.Conflict || deploy.Hint(err) == "" {
		t.Errorf("got %v, hint %q", err, deploy.Hint(err))
	}
	if after := m.Dump(); after != before {
		t.Errorf("something was written:\n%s\n%s", before, after)
	}
}

func TestANoteLiftsADocumentOfAnOlderBot(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	s := fx.Store.(*store.Store)
	id := finish(t, s, deploy.RolledBack)
	m.HSet(relKey(id), "sv", "1", "doc", read(t, "release.v1.json"))
	r, fresh, err := s.Note(t.Context(), id, taking, "E1")
	if err != nil || !fresh || r.Requester != "U0ALICE" {
		t.Fatalf("fresh %t, %v: %+v", fresh, err, r)
	}
	if sv := m.HGet(relKey(id), "sv"); sv != strconv.Itoa(deploy.SchemaVersion) {
		t.Errorf("it is stored in version %s", sv)
	}
}

func TestAnEndThatIsCommittedAgainDoublesNoBar(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	s, ctx := fx.Store.(*store.Store), t.Context()
	c := next(claim(t, s, create(t, s, app, "E1").ID))
	c.Release.State, c.Release.Why = deploy.RolledBack, "looks wrong"
	for range 2 {
		if _, err := s.Commit(ctx, c); err != nil {
			t.Fatal(err)
		}
		// The release goes back to before its end, with its journal; the target does not.
		m.HSet(relKey(c.Release.ID), "rev", "1", "epoch", strconv.FormatInt(int64(c.Epoch), 10))
		m.Del(relKey(c.Release.ID) + ":log")
	}
	if got, err := s.Closure(ctx, app); err != nil || got.Lock == nil || len(got.Bars) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestEventsOfLocksAndNotesAreRememberedForSevenDays(t *testing.T) {
	t.Parallel()
	fx, _ := mini(t)
	s, ctx := fx.Store.(*store.Store), t.Context()
	first := finish(t, s, deploy.RolledBack)
	if cleared, err := s.Unlock(ctx, app, first, "E1"); err != nil || !cleared {
		t.Fatalf("cleared %t, %v", cleared, err)
	}
	if _, fresh, err := s.Note(ctx, first, taking, "E2"); err != nil || !fresh {
		t.Fatalf("fresh %t, %v", fresh, err)
	}
	r := storetest.Release(app)
	r.Kind = deploy.Rollback
	back, err := s.Create(ctx, r, "")
	if err != nil {
		t.Fatal(err)
	}
	c := next(claim(t, s, back.Release.ID))
	c.Release.State = deploy.RolledBack
	if _, err := s.Commit(ctx, c); err != nil {
		t.Fatal(err)
	}
	again := func() (deploy.Code, bool) {
		_, unlock := s.Unlock(ctx, app, first, "E1")
		_, fresh, err := s.Note(ctx, first, deploy.Note{Kind: deploy.NoteFix}, "E2")
		if err != nil {
			t.Fatal(err)
		}
		return deploy.CodeOf(unlock), fresh
	}
	fx.Advance(7*day - time.Minute)
	if code, fresh := again(); code != "" || fresh {
		t.Errorf("within seven days: unlock %q, note fresh %t", code, fresh)
	}
	fx.Advance(2 * time.Minute)
	if code, fresh := again(); code != deploy.Conflict || !fresh {
		t.Errorf("after seven days: unlock %q, note fresh %t", code, fresh)
	}
}
