package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"slipway/internal/deploy"
)

// migration is one script on its way.
type migration struct {
	*session

	q      *deploy.ApplyRequest
	h      *history
	key    int64
	was    *entry   // the row of this version
	tx     int64    // the transaction
	before snapshot // the schema, when it began
	begun  time.Time
}

// Apply carries one script out. Nothing is left of it unless it is written down. It waits for another migration of the
// same table as long as for any lock (lock_timeout; 5 s if that is 0), and then is a Conflict.
func (d *Databases) Apply(ctx context.Context, q deploy.ApplyRequest) (deploy.AppliedScript, error) {
	s, err := d.begin(ctx, &q.DatabaseQuery, "apply "+q.Script.Name+" to")
	if err != nil {
		return deploy.AppliedScript{}, err
	}
	defer s.close(ctx)
	m := &migration{session: s, q: &q}
	var ix index
	if q.Script.Alone {
		ix, err = m.readIndex()
	} else {
		err = m.admit(&q.Script)
	}
	if err != nil {
		return deploy.AppliedScript{}, err
	}
	s.noticed(ctx)
	if m.h, err = s.look(ctx); err != nil {
		return deploy.AppliedScript{}, err
	}
	m.key = m.h.key(m.h.database)
	within, _ := limits(s.spec)
	if within == 0 {
		within = lockWithin
	}
	if err := s.lock(ctx, m.key, within, nil); err != nil {
		return deploy.AppliedScript{}, err
	}
	if err := s.ensure(ctx, m.h); err != nil {
		return deploy.AppliedScript{}, err
	}
	m.h = m.h.complete()
	if q.Script.Alone {
		return m.alone(ctx, ix)
	}
	return m.together(ctx)
}

// together runs a script, its checks and its row in one transaction.
func (m *migration) together(ctx context.Context) (deploy.AppliedScript, error) {
	if err := m.open(ctx); err != nil {
		return deploy.AppliedScript{}, err
	}
	if done, err := m.standing(); done != nil || err != nil {
		return value(done), err
	}
	if err := m.run(ctx, m.q.Script.SQL); err != nil {
		return deploy.AppliedScript{}, err
	}
	after, err := m.restore(ctx)
	if err != nil {
		return deploy.AppliedScript{}, err
	}
	if err := m.check(ctx, m.q.Script.Name+" was undone"); err != nil {
		return deploy.AppliedScript{}, err
	}
	return m.commit(ctx, diff(m.before, after))
}

func value(a *deploy.AppliedScript) deploy.AppliedScript {
	if a == nil {
		return deploy.AppliedScript{}
	}
	return *a
}

// beginning is how every transaction begins, whatever the defaults of the login are.
const beginning = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

// open begins the transaction, leaves the epoch in it, and reads how things are. All of that is one round trip. Fenced if
// a later epoch was there.
func (m *migration) open(ctx context.Context) error {
	b := &pgx.Batch{}
	b.Queue(beginning)
	for _, limit := range m.local() {
		b.Queue(limit)
	}
	plain := b.Len()
	b.Queue(m.h.raising(), int64(m.q.Epoch))
	b.Queue("SELECT "+m.h.picked()+" FROM "+m.h.quoted()+" WHERE version = $1 LIMIT 1", m.q.Script.Version)
	b.Queue("SELECT coalesce(max(version) FILTER (WHERE version > $1), 0)::bigint, coalesce(max(version) FILTER (WHERE version < $1), 0)::bigint, txid_current()::bigint FROM "+
		m.h.quoted()+" WHERE "+m.h.isDone(), m.q.Script.Version)
	b.Queue(lookAtSchema, m.h.schema, m.h.table, m.h.table+fenceSuffix)
	r := m.SendBatch(ctx, b)
	defer r.Close()
	for range plain {
		if _, err := r.Exec(); err != nil {
			return m.explain(ctx, err)
		}
	}
	tag, err := r.Exec()
	switch {
	case err != nil:
		return m.explain(ctx, err)
	case tag.RowsAffected() == 0:
		return m.late()
	}
	rows, err := r.Query()
	if err != nil {
		return m.explain(ctx, err)
	}
	was, err := pgx.CollectOneRow(rows, scanEntry)
	switch {
	case err == nil:
		m.was = &was
	case !errors.Is(err, pgx.ErrNoRows):
		return m.explain(ctx, err)
	}
	var later, earlier int64
	if err := r.QueryRow().Scan(&later, &earlier, &m.tx); err != nil {
		return m.explain(ctx, err)
	}
	if err := m.follows(earlier, later); err != nil {
		return err
	}
	if m.before, err = readSchema(r.Query()); err != nil {
		return m.explain(ctx, err)
	}
	m.begun = m.d.clock.Now()
	return m.explain(ctx, r.Close())
}

// follows looks whether the script is the next one, if it was not applied before.
func (m *migration) follows(earlier, later int64) error {
	switch {
	case m.was != nil && !m.was.running:
	case earlier < m.q.After:
		return m.error(deploy.Invalid, fmt.Sprintf("the schema is at %d, and was at %d: what was applied before %s is gone", earlier, m.q.After, m.q.Script.Name),
			"look whether the database was restored, or has lost what it had confirmed, then deploy again")
	case later > 0:
		return m.error(deploy.Invalid, fmt.Sprintf("%s was not applied and comes before %d, which was", m.q.Script.Name, later), "give it a number above that")
	}
	return nil
}

// standing is the script as it was applied before, if it was; Invalid if that was something else.
func (m *migration) standing() (*deploy.AppliedScript, error) {
	switch {
	case m.was == nil || m.was.running:
		return nil, nil
	case m.was.Sum == "" || m.was.Sum == m.q.Script.Sum:
		return &m.was.AppliedScript, nil
	}
	by := ""
	if m.was.Release != "" {
		by = " by " + string(m.was.Release)
	}
	return nil, m.error(deploy.Invalid, m.q.Script.Name+" was applied"+by+" with another content: a script that was applied is never changed",
		"put the script back as it was, and write what is to be changed into a new one")
}

// commit writes down what was done, and lets go of the lock. If the connection is lost here it may have been committed:
// it is Unavailable, and who asks again finds out.
func (m *migration) commit(ctx context.Context, changes []string) (deploy.AppliedScript, error) {
	s := m.q.Script
	a := deploy.AppliedScript{Version: s.Version, Name: s.Name, Sum: s.Sum, Release: m.q.Release, Changes: changes,
		Took: m.d.clock.Now().Sub(m.begun).Truncate(time.Millisecond)}
	b := &pgx.Batch{}
	if m.was != nil {
		b.Queue("DELETE FROM "+m.h.quoted()+" WHERE version = $1 AND state = 'running'", s.Version)
	}
	plain := b.Len()
	b.Queue("INSERT INTO "+m.h.quoted()+" (version, name, sha256, applied_at, release, took_ms, changes, state) VALUES ($1, $2, $3, clock_timestamp(), $4, $5, $6, 'done')"+
		" RETURNING (extract(epoch FROM applied_at) * 1000000)::bigint", s.Version, s.Name, s.Sum, string(a.Release), a.Took.Milliseconds(), changes)
	b.Queue("COMMIT")
	b.Queue("SELECT pg_advisory_unlock($1)", m.key)
	r := m.SendBatch(ctx, b)
	defer r.Close()
	for range plain {
		if _, err := r.Exec(); err != nil {
			return deploy.AppliedScript{}, m.explain(ctx, err)
		}
	}
	var at int64
	if err := r.QueryRow().Scan(&at); err != nil {
		return deploy.AppliedScript{}, m.explain(ctx, err)
	}
	a.At = time.UnixMicro(at).UTC()
	tag, err := r.Exec()
	switch {
	case err != nil:
		return deploy.AppliedScript{}, m.explain(ctx, err)
	case tag.String() != "COMMIT":
		return deploy.AppliedScript{}, m.error(deploy.Invalid, "the transaction of "+s.Name+" was undone", "")
	}
	return a, nil // what happens to the lock from here on does not matter: it goes with the session
}
