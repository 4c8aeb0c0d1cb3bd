package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"slipway/internal/deploy"
)

// move is what a client asked of the store; call and back are when, in ms, by the clock that Redis uses, too.
type move struct {
	op       string
	client   string
	call     int64
	back     *int64 // filled in with the answer
	id       deploy.ReleaseID
	event    deploy.EventID
	epoch    deploy.Epoch
	rev      int64
	lease    int64  // ms
	consumed string // the word of the last signal consumed
	word     string // of the signal said
	yield    bool
	end      bool
	takeBack bool // the end is that it was taken back
	again    bool // also what was taken back
	kind     deploy.NoteKind
}

// answer is what came back.
type answer struct {
	code    deploy.Code
	id      deploy.ReleaseID
	fresh   bool
	epoch   deploy.Epoch
	rev     int64
	now     int64 // Redis time, where the store tells it
	signals int
	words   string // in the inbox
	due     bool
}

// span is a moment that is only known to lie between two others, in ms. The store does not tell when a beat took
// place; that it lies between call and answer is enough to tell most leases that are good from those that are not.
type span struct{ least, most int64 }

func (m move) at() span { return span{m.call, *m.back} }

func exactly(ms int64) span { return span{ms, ms} }

func (s span) plus(ms int64) span { return span{s.least + ms, s.most + ms} }

// certainly and possibly: whether s comes after t.
func (s span) certainlyAfter(t span) bool { return s.least > t.most }
func (s span) possiblyAfter(t span) bool  { return s.most > t.least }

// shelf is one target with its releases, as the rules have it.
type shelf struct {
	holder   deploy.ReleaseID
	lock     deploy.ReleaseID // that left it
	barred   bool             // all releases are of one version
	number   int
	newest   deploy.Epoch // of any release
	seen     map[deploy.EventID]deploy.ReleaseID
	releases map[deploy.ReleaseID]row
}

type row struct {
	rev   int64
	ended bool
	epoch deploy.Epoch // in force; 0: none
	owner string
	until span
	due   span
	inbox string // words, each followed by a blank
	notes string // kinds, each followed by a blank
}

func (s shelf) with(id deploy.ReleaseID, r row) shelf {
	next := make(map[deploy.ReleaseID]row, len(s.releases)+1)
	for k, v := range s.releases {
		next[k] = v
	}
	next[id] = r
	s.releases = next
	return s
}

func (s shelf) remembering(e deploy.EventID, id deploy.ReleaseID) shelf {
	if e == "" {
		return s
	}
	next := map[deploy.EventID]deploy.ReleaseID{e: id}
	for k, v := range s.seen {
		next[k] = v
	}
	s.seen = next
	return s
}

// rules is the store as one thing that does one move at a time.
var rules = porcupine.Model{
	Init: func() any { return shelf{} },
	Step: func(state, input, output any) (bool, any) {
		s, m, a := state.(shelf), input.(move), output.(answer)
		switch m.op {
		case "create":
			return s.create(m, a)
		case "signal":
			return s.signal(m, a)
		case "holder":
			return a.code == "" && a.id == s.holder, s
		case "unlock":
			return s.unlock(m, a)
		case "note":
			return s.note(m, a)
		}
		r := s.releases[m.id]
		switch m.op {
		case "inbox":
			return a.code == "" && a.words == r.inbox, s
		case "due":
			return a.code == "" && r.mayBeDue(m, a.due), s
		case "claim":
			return s.claim(r, m, a)
		}
		if m.epoch == 0 || m.epoch != r.epoch || m.op == "commit" && m.rev != r.rev {
			return a.code == deploy.Fenced, s
		}
		switch m.op {
		case "commit":
			return s.commit(r, m, a)
		case "yield":
			return a.code == "", s.with(m.id, r.given(m.at(), m.lease))
		case "beat":
			r.until = m.at().plus(m.lease)
			r.due = r.until
			return a.code == "" && a.signals == strings.Count(r.inbox, " "), s.with(m.id, r)
		}
		return false, s
	},
	Equal: func(a, b any) bool { return reflect.DeepEqual(a, b) },
	DescribeOperation: func(input, output any) string {
		m, a := input.(move), output.(answer)
		return fmt.Sprintf("%s %s %s epoch %d rev %d → %s %s epoch %d rev %d signals %d due %t", m.op, m.id, m.event, m.epoch, m.rev,
			a.code, a.id, a.epoch, a.rev, a.signals, a.due)
	},
	DescribeState: func(state any) string { return fmt.Sprintf("%+v", state) },
}

func (s shelf) create(m move, a answer) (bool, any) {
	if id, ok := s.seen[m.event]; ok && m.event != "" {
		return a.code == "" && !a.fresh && a.id == id && a.rev == s.releases[id].rev, s
	}
	switch {
	case s.holder != "", s.lock != "":
		return a.code == deploy.Held, s
	case s.barred && !m.again:
		return a.code == deploy.Invalid, s
	}
	s.number++
	id := deploy.NewReleaseID(strings.TrimSuffix(string(m.id), "-0"), s.number)
	s.holder = id
	ok := a.code == "" && a.fresh && a.id == id && a.rev == 1
	return ok, s.with(id, row{rev: 1, due: m.at()}).remembering(m.event, id)
}

func (s shelf) signal(m move, a answer) (bool, any) {
	r, there := s.releases[m.id]
	switch _, seen := s.seen[m.event]; {
	case seen:
		return a.code == "" && !a.fresh, s
	case !there:
		return a.code == deploy.NotFound, s
	case r.ended:
		return a.code == deploy.Conflict, s
	}
	r.inbox += m.word + " "
	r.due = r.hastened(m.at())
	return a.code == "" && a.fresh, s.with(m.id, r).remembering(m.event, m.id)
}

func (s shelf) unlock(m move, a answer) (bool, any) {
	switch _, seen := s.seen[m.event]; {
	case seen, s.lock == "":
		return a.code == "" && !a.fresh, s
	case s.lock != m.id:
		return a.code == deploy.Conflict, s
	}
	s.lock = ""
	return a.code == "" && a.fresh, s.remembering(m.event, m.id)
}

func (s shelf) note(m move, a answer) (bool, any) {
	r, there := s.releases[m.id]
	switch _, seen := s.seen[m.event]; {
	case !there:
		return a.code == deploy.NotFound, s
	case !seen && !r.ended:
		return a.code == deploy.Conflict, s
	case seen, strings.Contains(r.notes, string(m.kind)+" "):
		return a.code == "" && !a.fresh && a.rev == r.rev && a.words == r.notes, s
	}
	r.rev++
	r.notes += string(m.kind) + " "
	return a.code == "" && a.fresh && a.rev == r.rev && a.words == r.notes, s.with(m.id, r).remembering(m.event, m.id)
}

// hastened: due now, unless somebody has a good lease.
func (r row) hastened(now span) span {
	switch leased := r.epoch != 0; {
	case leased && r.until.certainlyAfter(now):
		return r.due
	case leased && r.until.possiblyAfter(now):
		return span{min(r.due.least, now.least), r.due.most}
	}
	return span{min(r.due.least, now.least), min(r.due.most, now.most)}
}

func (s shelf) claim(r row, m move, a answer) (bool, any) {
	leased := r.epoch != 0
	if a.code == "" {
		now := exactly(a.now)
		taken := leased && r.owner != m.client && r.until.certainlyAfter(now)
		early := (!leased || r.owner != m.client || !r.until.possiblyAfter(now)) && r.due.certainlyAfter(now)
		ok := !r.ended && r.rev > 0 && !taken && !early && a.epoch > s.newest && a.rev == r.rev && a.signals == strings.Count(r.inbox, " ")
		r.epoch, r.owner, r.until = a.epoch, m.client, now.plus(m.lease)
		r.due = r.until
		s.newest = a.epoch
		return ok, s.with(m.id, r)
	}
	if r.rev == 0 {
		return a.code == deploy.NotFound, s
	}
	now := m.at()
	mine := leased && r.owner == m.client
	taken := leased && !mine && r.until.possiblyAfter(now)
	early := (!mine || !r.until.certainlyAfter(now)) && r.due.possiblyAfter(now)
	return a.code == deploy.Conflict && (r.ended || taken || early), s
}

func (s shelf) commit(r row, m move, a answer) (bool, any) {
	left := r.inbox
	if i := strings.Index(left, m.consumed+" "); m.consumed != "" && i >= 0 {
		left = left[i+len(m.consumed)+1:]
	}
	if m.end && left != "" { // what was said has to be heard first
		return a.code == deploy.Conflict, s
	}
	r.rev++
	r.inbox = left
	ok := a.code == "" && a.rev == r.rev && a.signals == strings.Count(r.inbox, " ")
	switch {
	case m.end:
		r.ended, r.epoch, r.owner = true, 0, ""
		if s.holder == m.id {
			s.holder = ""
		}
		if m.takeBack {
			s.lock, s.barred = m.id, true
		}
	case m.yield:
		r = r.given(exactly(a.now), m.lease)
	}
	return ok, s.with(m.id, r)
}

// given is the release after its lease was given up.
func (r row) given(now span, after int64) row {
	if r.inbox != "" {
		after = 0
	}
	r.epoch, r.owner, r.due = 0, "", now.plus(after)
	return r
}

func (r row) mayBeDue(m move, due bool) bool {
	if r.ended || r.rev == 0 {
		return !due
	}
	if due {
		return !r.due.certainlyAfter(m.at())
	}
	return r.due.possiblyAfter(m.at())
}

// byService cuts a history into those of each service: no rule reaches over.
func byService(history []porcupine.Operation) [][]porcupine.Operation {
	parts := map[string][]porcupine.Operation{}
	for _, op := range history {
		service := string(op.Input.(move).id)
		service = service[:strings.LastIndexByte(service, '-')]
		parts[service] = append(parts[service], op)
	}
	var out [][]porcupine.Operation
	for _, p := range parts {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b []porcupine.Operation) int { return len(b) - len(a) })
	return out
}

func millisNow() int64 { return time.Now().UnixMilli() }
