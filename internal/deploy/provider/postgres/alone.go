package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"slipway/internal/deploy"
)

// alone makes or drops an index concurrently, which no transaction can hold: its row is committed first, as running, and
// done is what is seen to be done. Whoever finds it running, and has the lock, knows that nobody works on it, and goes on
// by looking: an index that is valid is done, one that is not is dropped and made again.
//
// lock_timeout is off meanwhile: such a statement waits for every transaction that is older, and holds nobody up while it
// does. statement_timeout applies.
func (m *migration) alone(ctx context.Context, ix index) (deploy.AppliedScript, error) {
	none := deploy.AppliedScript{}
	if err := m.open(ctx); err != nil {
		return none, err
	}
	if done, err := m.standing(); done != nil || err != nil {
		return value(done), err
	}
	resumed := m.was != nil && m.was.Sum == m.q.Script.Sum
	if err := m.mark(ctx); err != nil {
		return none, err
	}
	if err := m.unhurried(ctx); err != nil {
		return none, err
	}
	was, err := m.find(ctx, ix)
	if err != nil {
		return none, err
	}
	if err := m.carryOut(ctx, ix, was, resumed); err != nil {
		return none, err
	}
	now, err := m.find(ctx, ix)
	if err != nil {
		return none, err
	}
	changes := []string{"− index " + ix.index[len(ix.index)-1]}
	switch {
	case ix.drop && now != nil, !ix.drop && (now == nil || !now.valid):
		return none, m.clean(ctx, ix, was, m.error(deploy.Invalid, m.q.Script.Name+" was run, and its index is not as it should be", "look at the index"))
	case !ix.drop && was != nil && was.valid && !resumed:
		changes = nil // it was there: IF NOT EXISTS
	case !ix.drop:
		changes = []string{now.line("+")}
	case was != nil:
		changes = []string{was.line("−")}
	case !resumed:
		changes = nil // it was not there: IF EXISTS
	}
	return m.finish(ctx, ix, changes)
}

// mark commits that the script is being run.
func (m *migration) mark(ctx context.Context) error {
	s := m.q.Script
	b := &pgx.Batch{}
	if m.was != nil {
		b.Queue("DELETE FROM "+m.h.quoted()+" WHERE version = $1 AND state = 'running'", s.Version)
	}
	b.Queue("INSERT INTO "+m.h.quoted()+" (version, name, sha256, applied_at, release, state) VALUES ($1, $2, $3, clock_timestamp(), $4, 'running')",
		s.Version, s.Name, s.Sum, string(m.q.Release))
	b.Queue("COMMIT")
	m.was = &entry{running: true}
	return m.explain(ctx, m.SendBatch(ctx, b).Close())
}

// unhurried sets the limits of the session for statements that run concurrently with others.
func (m *migration) unhurried(ctx context.Context) error {
	list := []string{set("", "lock_timeout", 0)}
	if _, statement := limits(m.spec); statement > 0 {
		list = append(list, set("", "statement_timeout", statement))
	}
	return m.explain(ctx, m.do(ctx, list...))
}

// carryOut runs the statement, unless a run before has got that far.
func (m *migration) carryOut(ctx context.Context, ix index, was *found, resumed bool) error {
	if resumed && (ix.drop && was == nil || !ix.drop && was != nil && was.valid) {
		return nil
	}
	if resumed && !ix.drop && was != nil {
		if err := m.drop(ctx, was); err != nil {
			return m.explainAt(ctx, err, "drop the index "+was.name+", which was left half made")
		}
		was = nil
	}
	if err := m.run(ctx, m.q.Script.SQL); err != nil {
		return m.clean(ctx, ix, was, err)
	}
	return nil
}

func (m *migration) drop(ctx context.Context, f *found) error {
	return m.do(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+pgx.Identifier{f.schema, f.name}.Sanitize())
}

// clean takes away what a statement that failed has left, and its row; was is the index before. What cannot be taken
// away keeps its row, so that the next try goes on from there, and is said. With the caller or the connection gone
// everything stays for the next try.
func (m *migration) clean(ctx context.Context, ix index, was *found, cause error) error {
	if ctx.Err() != nil || m.IsClosed() {
		return cause
	}
	left, err := m.find(ctx, ix)
	if err != nil {
		return cause
	}
	half := left != nil && !left.valid && (ix.drop || was == nil)
	switch {
	case half && ix.drop:
		return also(cause, "the index "+left.name+" is half dropped: the next try goes on from there")
	case half && m.drop(ctx, left) != nil:
		return also(cause, "the index "+left.name+" is half made and could not be dropped: the next try drops it")
	case half:
		cause = also(cause, "the half made index "+left.name+" was dropped again")
	}
	m.unmark(ctx)
	return cause
}

// unmark takes the row away. If it stays that does no harm: the next try finds that nothing was done.
func (m *migration) unmark(ctx context.Context) {
	_, _ = m.Exec(ctx, "DELETE FROM "+m.h.quoted()+" WHERE version = $1 AND state = 'running'", m.q.Script.Version)
}

func also(cause error, what string) error {
	var e *deploy.Error
	if !errors.As(cause, &e) {
		return cause
	}
	c := *e
	c.Msg += "; " + what
	return &c
}

// finish makes the checks, and turns the row from running into done. If a check is not true an index that was made is
// dropped again; one that was dropped is gone.
func (m *migration) finish(ctx context.Context, ix index, changes []string) (deploy.AppliedScript, error) {
	none := deploy.AppliedScript{}
	if err := m.do(ctx, append([]string{beginning}, m.local()...)...); err != nil {
		return none, m.explain(ctx, err)
	}
	if err := m.raise(ctx, m.h, m.q.Epoch); err != nil {
		return none, err
	}
	undone := m.q.Script.Name + " was undone"
	if ix.drop {
		undone = "the index that " + m.q.Script.Name + " drops is gone"
	} else if changes == nil {
		undone = m.q.Script.Name + " found its index made"
	}
	err := m.check(ctx, undone)
	if err == nil {
		return m.commit(ctx, changes)
	}
	if ix.drop || deploy.CodeOf(err) != deploy.Invalid || ctx.Err() != nil || m.IsClosed() {
		return none, err
	}
	if e := m.do(ctx, "ROLLBACK"); e != nil {
		return none, err
	}
	if made, e := m.find(ctx, ix); e == nil && made != nil && changes != nil {
		if m.drop(ctx, made) != nil {
			return none, also(err, "but the index "+made.name+" could not be dropped")
		}
	}
	m.unmark(ctx)
	return none, err
}
