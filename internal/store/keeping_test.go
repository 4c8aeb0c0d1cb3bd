package store_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/store"
	"slipway/internal/store/storetest"
)

const day = 24 * time.Hour

var app = deploy.Target{Service: "coditect-app", Environment: "production"}

func create(t *testing.T, s *store.Store, target deploy.Target, event deploy.EventID) deploy.Release {
	t.Helper()
	c, err := s.Create(t.Context(), storetest.Release(target), event)
	if err != nil {
		t.Fatal(err)
	}
	return c.Release
}

func claim(t *testing.T, s *store.Store, id deploy.ReleaseID) deploy.Claim {
	t.Helper()
	c, err := s.Claim(t.Context(), id, "a", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// next is a commit that only adds to the journal.
func next(c deploy.Claim) deploy.Commit {
	return deploy.Commit{Release: c.Release, Epoch: c.Epoch, Entries: []deploy.Entry{{Kind: deploy.EntryProgress}}}
}

func finish(t *testing.T, s *store.Store, state deploy.State) deploy.ReleaseID {
	t.Helper()
	r := create(t, s, app, "")
	c := next(claim(t, s, r.ID))
	c.Release.State, c.Release.Version = state, "v1.2.3" // so that what comes next is new to the target
	if _, err := s.Commit(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func TestWhatHasEndedIsKeptForNinetyDaysAndWhatIsLiveForAsLongAsItIs(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	s := fx.Store.(*store.Store)
	former := finish(t, s, deploy.Succeeded)
	failed := finish(t, s, deploy.Failed)
	for _, list := range []string{"due", "active"} {
		if key := strings.Replace(relKey(failed), "rel:"+string(failed), list, 1); m.Exists(key) {
			t.Errorf("%s still lists what has ended", list)
		}
	}
	fx.Advance(89 * day)
	if _, err := s.Get(t.Context(), failed); err != nil {
		t.Errorf("after 89 days: %v", err)
	}
	fx.Advance(2 * day)
	if _, err := s.Get(t.Context(), failed); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("after 91 days: %v", err)
	}
	for _, key := range m.Keys() {
		if strings.Contains(key, "rel:"+string(failed)) {
			t.Errorf("%s is left", key)
		}
	}
	if got, err := s.Live(t.Context(), app); err != nil || got.ID != former {
		t.Errorf("live after 91 days: %s, %v", got.ID, err)
	}
	if _, err := s.Journal(t.Context(), former, 0); err != nil {
		t.Errorf("journal of what is live: %v", err)
	}

	now := finish(t, s, deploy.Succeeded)
	index := "sw:{" + strconv.Itoa(int(store.CRC16("coditect-app")%16)) + "}:index:coditect-app/production"
	if listed, err := m.ZMembers(index); err != nil || strings.Join(listed, " ") != string(former)+" "+string(now) {
		t.Errorf("the index lists %v, %v", listed, err)
	}
	fx.Advance(91 * day)
	if _, err := s.Get(t.Context(), former); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("91 days after it was replaced: %v", err)
	}
	if got, err := s.Live(t.Context(), app); err != nil || got.ID != now {
		t.Errorf("live is %s, %v", got.ID, err)
	}
}

func TestAttestationsAreForgottenNinetyDaysAfterTheyExpired(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	s := fx.Store.(*store.Store)
	attest := func(item string, lasts time.Duration) {
		t.Helper()
		if fresh, err := s.Attest(t.Context(), app, "U0BOB", map[string]time.Duration{item: lasts}, ""); err != nil || !fresh {
			t.Fatalf("fresh %t, %v", fresh, err)
		}
	}
	key := "sw:{" + strconv.Itoa(int(store.CRC16(app.Service)%16)) + "}:att:" + app.String()
	there := func() string {
		t.Helper()
		if !m.Exists(key) {
			return ""
		}
		items, err := m.HKeys(key)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(items, " ")
	}
	attest("data/backup", 30*day)
	attest("security/cors", day)
	fx.Advance(91*day + time.Second)
	attest("security/https", day)
	if items := there(); items != "data/backup security/https" {
		t.Errorf("when the next is attested, there are %q", items)
	}
	fx.Advance(90 * day)
	if items := there(); items != "data/backup security/https" {
		t.Errorf("89 days after the last has expired, there are %q", items)
	}
	fx.Advance(2 * day)
	if items := there(); items != "" {
		t.Errorf("91 days after the last has expired, there are %q", items)
	}
}

func TestEventsAreRememberedForSevenDays(t *testing.T) {
	t.Parallel()
	fx, _ := mini(t)
	ctx := t.Context()
	r := create(t, fx.Store.(*store.Store), app, "E1")
	pause := func() bool {
		fresh, err := fx.Store.Signal(ctx, r.ID, deploy.Signal{Kind: deploy.SignalPause}, "E2")
		if err != nil {
			t.Fatal(err)
		}
		return fresh
	}
	pause()
	fx.Advance(7*day - time.Minute)
	if c, err := fx.Store.Create(ctx, storetest.Release(app), "E1"); err != nil || c.Fresh || pause() {
		t.Errorf("within seven days: %+v, %v", c, err)
	}
	fx.Advance(2 * time.Minute)
	if _, err := fx.Store.Create(ctx, storetest.Release(app), "E1"); deploy.CodeOf(err) != deploy.Held || !pause() {
		t.Errorf("after seven days: %v", err)
	}
}

func TestAllKeysOfAServiceShareOneHashTag(t *testing.T) {
	t.Parallel()
	if got := store.CRC16("123456789"); got != 0x31C3 { // the check value of CRC-16/XMODEM
		t.Errorf("crc16 is %#x", got)
	}
	fx, m := mini(t)
	s := fx.Store.(*store.Store)
	finish(t, s, deploy.Succeeded)
	taken := finish(t, s, deploy.RolledBack)
	if _, _, err := s.Note(t.Context(), taken, taking, "E3"); err != nil {
		t.Fatal(err)
	}
	if cleared, err := s.Unlock(t.Context(), app, taken, "E4"); err != nil || !cleared {
		t.Fatalf("cleared %t, %v", cleared, err)
	}
	if fresh, err := s.Attest(t.Context(), app, "U0BOB", map[string]time.Duration{"security/cors": day}, "E5"); err != nil || !fresh {
		t.Fatalf("attested %t, %v", fresh, err)
	}
	r := create(t, s, app, "E1")
	if _, err := s.Signal(t.Context(), r.ID, deploy.Signal{Kind: deploy.SignalPause}, "E2"); err != nil {
		t.Fatal(err)
	}
	tag := "sw:{" + strconv.Itoa(int(store.CRC16(app.Service)%16)) + "}:"
	keys := 0
	for _, key := range m.Keys() {
		if strings.HasSuffix(key, ":ping") {
			continue
		}
		keys++
		if !strings.HasPrefix(key, tag) {
			t.Errorf("%s is outside of %s", key, tag)
		}
	}
	if keys < 20 {
		t.Errorf("only %d keys: %v", keys, m.Keys())
	}
}

func relKey(id deploy.ReleaseID) string {
	service, _, _ := id.Split()
	return "sw:{" + strconv.Itoa(int(store.CRC16(service)%16)) + "}:rel:" + string(id)
}

func TestADocumentOfANewerBotIsLeftAlone(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	s, ctx := fx.Store.(*store.Store), t.Context()
	newer := create(t, s, app, "E1")
	ours := create(t, s, deploy.Target{Service: "billing", Environment: "production"}, "E2")
	m.HSet(relKey(newer.ID), "sv", strconv.Itoa(deploy.SchemaVersion+1))
	m.HSet(relKey(newer.ID)+":ann", "sv", strconv.Itoa(store.AnnouncementVersion+1))

	before := m.Dump()
	_, err := s.Claim(ctx, newer.ID, "a", time.Hour)
	if deploy.CodeOf(err) != deploy.Conflict || deploy.Hint(err) == "" {
		t.Errorf("claim: %v, hint %q", err, deploy.Hint(err))
	}
	if _, err := s.ClaimAnnouncement(ctx, newer.ID, "a", time.Hour); deploy.CodeOf(err) != deploy.Conflict {
		t.Errorf("claim announcement: %v", err)
	}
	if after := m.Dump(); after != before {
		t.Errorf("something was written:\n%s\n%s", before, after)
	}
	if _, err := s.Get(ctx, newer.ID); deploy.CodeOf(err) != deploy.Conflict {
		t.Errorf("get: %v", err)
	}
	active, err := s.Active(ctx)
	if deploy.CodeOf(err) != deploy.Conflict || len(active) != 1 || active[0].ID != ours.ID {
		t.Errorf("active: %v, %v", active, err)
	}
	claim(t, s, ours.ID)
}

func TestADocumentThatCannotBeReadSaysSo(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	s := fx.Store.(*store.Store)
	r := create(t, s, app, "E1")
	m.HSet(relKey(r.ID), "doc", `{"kind":`)
	if _, err := s.Get(t.Context(), r.ID); deploy.CodeOf(err) != deploy.Internal || !strings.Contains(deploy.Message(err), string(r.ID)) {
		t.Errorf("got %v", err)
	}
}

func TestAReleaseThatWentBackInTimeCannotWriteARevisionAgain(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) (*store.Store, func(key, field, value string)){
		"miniredis": func(t *testing.T) (*store.Store, func(key, field, value string)) {
			fx, m := mini(t)
			return fx.Store.(*store.Store), func(k, f, v string) { m.HSet(k, f, v) }
		},
		"redis": func(t *testing.T) (*store.Store, func(key, field, value string)) {
			server := storetest.StartRedis(t)
			return opened(t, server.URL(0), nil), func(k, f, v string) { do(t, server, "hset", k, f, v) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, set := open(t)
			c := claim(t, s, create(t, s, app, "E1").ID)
			if _, err := s.Commit(t.Context(), next(c)); err != nil {
				t.Fatal(err)
			}
			set(relKey(c.Release.ID), "rev", "1")
			again := next(c)
			again.Release.Why = "written twice"
			if _, err := s.Commit(t.Context(), again); deploy.CodeOf(err) != deploy.Fenced {
				t.Errorf("got %v", err)
			}
			if got, err := s.Get(t.Context(), c.Release.ID); err != nil || got.Why != "" {
				t.Errorf("it has %q, %v", got.Why, err)
			}
		})
	}
}

func TestANumberWhoseJournalExistsIsNotGivenAgain(t *testing.T) {
	t.Parallel()
	fx, m := mini(t)
	s := fx.Store.(*store.Store)
	first := finish(t, s, deploy.Failed)
	m.Del(strings.Replace(relKey(first), "rel:"+string(first), "num:"+app.Service, 1))
	if _, err := s.Create(t.Context(), storetest.Release(app), ""); err == nil {
		t.Error("an older release was written over")
	}
	if got, err := s.Get(t.Context(), first); err != nil || got.State != deploy.Failed {
		t.Errorf("the older release is %s, %v", got.State, err)
	}
	if again := create(t, s, app, ""); again.Number != 2 {
		t.Errorf("then number %d", again.Number)
	}
}

func TestPingNeedsARedisThatCanBeWritten(t *testing.T) {
	t.Parallel()
	primary := storetest.StartRedis(t)
	s := opened(t, primary.URL(0), nil)
	do(t, primary, "replicaof", "127.0.0.1", "1")
	if err := s.Ping(t.Context()); deploy.CodeOf(err) != deploy.Unavailable || deploy.Hint(err) == "" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Ping(ctx); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("given up: got %v", err)
	}
}
