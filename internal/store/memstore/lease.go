package memstore

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"slipway/internal/deploy"
)

// lease is who drives something, and when somebody must look at it. Under a lease that is its end.
type lease struct {
	epoch  deploy.Epoch // 0: nobody has it
	owner  string
	until  time.Time
	length time.Duration // as asked for last
	listed bool
	due    time.Time
}

// good says whether somebody has the lease at now. One that would last longer than it was given for is not good:
// the clock has gone back.
func (l *lease) good(now time.Time) bool {
	return l.epoch != 0 && l.until.After(now) && !l.until.After(now.Add(l.length))
}

// refuse is why owner may not have the lease at now, or nil.
func (l *lease) refuse(op, owner string, now time.Time) error {
	conflict := func(format string, args ...any) error {
		return &deploy.Error{Code: deploy.Conflict, Op: op, Msg: fmt.Sprintf(format, args...)}
	}
	switch {
	case l.good(now) && l.owner != owner:
		return conflict("it is driven by %s until %s", l.owner, l.until)
	case l.epoch != 0 && l.until.After(now):
		return nil
	case !l.listed:
		return conflict("there is nothing to do")
	case l.due.After(now):
		return conflict("it is not due before %s", l.due)
	}
	return nil
}

func (l *lease) take(e deploy.Epoch, owner string, now time.Time, d time.Duration) {
	l.epoch, l.owner = e, owner
	l.prolong(now, d)
	l.listed = true
}

func (l *lease) prolong(now time.Time, d time.Duration) {
	l.length = d.Truncate(time.Millisecond)
	l.until = now.Add(l.length)
	l.due = l.until
}

// drop gives the lease up; due again at due.
func (l *lease) drop(due time.Time) { l.epoch, l.owner, l.until, l.due = 0, "", time.Time{}, due }

// hasten makes it due now, unless somebody is looking.
func (l *lease) hasten(now time.Time) {
	if !l.good(now) && (!l.listed || l.due.After(now)) {
		l.listed, l.due = true, now
	}
}

func (l *lease) fenced(e deploy.Epoch) bool { return e == 0 || e != l.epoch }

func fenced(op string) error {
	return &deploy.Error{Code: deploy.Fenced, Op: op, Msg: "a newer owner drives the release"}
}

// next is the next epoch: it follows the clock, and grows whatever the clock does.
func (s *Store) next() deploy.Epoch {
	s.epoch = max(s.epoch+1, deploy.Epoch(s.now().UnixMicro()))
	return s.epoch
}

// overdue lists what is due, most overdue first.
func (s *Store) overdue(limit int, of func(*record) *lease) []deploy.ReleaseID {
	now := s.clock()
	var ids []deploy.ReleaseID
	for id, r := range s.releases {
		if l := of(r); l.listed && !l.due.After(now) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b deploy.ReleaseID) int {
		return cmp.Or(of(s.releases[a]).due.Compare(of(s.releases[b]).due), cmp.Compare(a, b))
	})
	return ids[:min(max(limit, 0), len(ids))]
}

// later is d from now, rounded up, so that nothing is due before its time.
func later(now time.Time, d time.Duration) time.Time {
	return now.Add((max(d, 0) + time.Millisecond - 1).Truncate(time.Millisecond))
}
