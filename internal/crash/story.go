package main

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// ending is how a story goes.
type ending int

const (
	toTheEnd  ending = iota // to 100 %
	turnsBack               // rolled back at 10 %
	comesOff                // to 100 %, and then rolled back by a release of its own
	breaks                  // fails its users at 10 %, and is taken back by nobody but itself
	endings                 // how many there are
)

// teller plays releases of one service, one after the other, and knows what each should have done.
type teller struct {
	w       *world
	t       *toll
	service string
	watched bool // its metrics are looked at
	number  int  // of the last release
	turn    int
	base    deploy.Revision              // has 100 %
	work    deploy.Revision              // of a part at ECS: what it has
	data    *ledger                      // of its database; nil if it has none
	offer   func(context.Context, place) // called before each word of a person
	quit    <-chan struct{}              // closed: no further story
}

func (w *world) newTeller(t *toll, i int, quit <-chan struct{}, offer func(ctx context.Context, service string, at place)) *teller {
	name := serviceName(i)
	return &teller{w: w, t: t, service: name, watched: watched(i), quit: quit, data: w.ledgers[name],
		offer: func(ctx context.Context, at place) { offer(ctx, name, at) },
		base:  deploy.Revision{Name: deploy.RevisionName(name + "-00001"), Version: live}}
}

// tellAll plays until quit, and checks each release.
func (s *teller) tellAll(ctx context.Context) error {
	for {
		select {
		case <-s.quit:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		tell := s.tell
		if amazonOf(s.service) != "" {
			tell = s.tellAtAmazon
		}
		if err := tell(ctx, ending(s.w.lot(int(endings)))); err != nil {
			return err
		}
	}
}

// tell plays one story and checks what came of it.
func (s *teller) tell(ctx context.Context, e ending) error {
	began := time.Now()
	if s.data != nil && s.w.lot(refusedEvery) == 0 {
		return s.tellRefused(ctx, began)
	}
	r, err := s.begin(ctx, s.nextScripts()...)
	if err != nil {
		return err
	}
	if e == breaks && s.watched {
		if err := s.fail(ctx, r); err != nil {
			return err
		}
		return s.conclude(ctx, began, r.id, deploy.RolledBack, append(r.forward(10), r.backward()...), s.base)
	}
	back := e == turnsBack || e == breaks
	if err := s.approve(ctx, r, 50, beforeShift, back); err != nil {
		return err
	}
	if back {
		return s.conclude(ctx, began, r.id, deploy.RolledBack, append(r.forward(10), r.backward()...), s.base)
	}
	if err := s.approve(ctx, r, 100, beforeLast, false); err != nil {
		return err
	}
	former := s.base
	if err := s.conclude(ctx, began, r.id, deploy.Succeeded, append(r.forward(10, 50, 100), r.retired(100)), r.candidate); err != nil || e != comesOff {
		return err
	}
	return s.comeOff(ctx, former)
}

// attempt is one release of a story.
type attempt struct {
	id        deploy.ReleaseID
	service   string
	tag       string
	warm      string // the tag of the base once the candidate has everything
	base      deploy.Revision
	candidate deploy.Revision
	work      deploy.Revision // of a part at ECS: its candidate
}

// begin deploys the next version, with scripts for its database if it has one, and approves its plan where people are asked.
func (s *teller) begin(ctx context.Context, forms ...form) (attempt, error) {
	s.turn++
	version := versions[s.turn%len(versions)]
	if version == s.base.Version {
		s.turn++
		version = versions[s.turn%len(versions)]
	}
	id := deploy.NewReleaseID(s.service, s.number+1)
	asked, err := s.prepare(ctx, forms)
	if err != nil {
		return attempt{}, err
	}
	// Whether the version was taken back before is of no concern here.
	err = s.w.insist(ctx, s.t, deployer, s.service, "/deploy "+s.service+" "+version+" --again", string(id), s.exists(ctx, id))
	if err != nil {
		return attempt{}, s.w.explain(ctx, id, err)
	}
	s.created(id)
	if err := s.agree(ctx, id, asked); err != nil {
		return attempt{}, err
	}
	r := attempt{id: id, service: s.service, tag: deploy.CandidateTag(s.number), warm: deploy.WarmTag(s.number), base: s.base,
		candidate: deploy.Revision{Name: deploy.CandidateName(s.service, s.number, 1), Version: version}}
	at := deploy.CandidateName(amazonOf(s.service), s.number, 1)
	switch {
	case s.service == paired:
		r.work = deploy.Revision{Name: at, Version: version}
	case amazonOf(s.service) != "":
		r.candidate.Name = at
	}
	return r, nil
}

func (s *teller) created(id deploy.ReleaseID) {
	s.number++
	s.w.setCurrent(s.service, id)
	s.t.count(func() { s.t.releases++ })
}

func (s *teller) exists(ctx context.Context, id deploy.ReleaseID) func() (bool, error) {
	return func() (bool, error) {
		_, err := s.w.store.Get(ctx, id)
		if deploy.CodeOf(err) == deploy.NotFound {
			return false, nil
		}
		return err == nil, err
	}
}

// pass approves a gate with a command, until that is stored.
func (s *teller) pass(ctx context.Context, id deploy.ReleaseID, gate deploy.StepName, command string) error {
	err := s.w.insist(ctx, s.t, approver, s.service, command, "is stored", s.is(ctx, id, func(r deploy.Release) bool {
		for _, step := range r.Steps {
			if step.Name == gate {
				return step.Status == deploy.Done
			}
		}
		return false
	}))
	return s.w.explain(ctx, id, err)
}

// approve waits for a gate, and lets the release pass it or sends it back.
func (s *teller) approve(ctx context.Context, r attempt, percent int, at place, back bool) error {
	gate := deploy.StepName(fmt.Sprintf("traffic/%d/gate", percent))
	if err := s.awaitGate(ctx, r.id, gate); err != nil {
		return err
	}
	if back {
		s.offer(ctx, beforeReturn)
		return s.sendBack(ctx, r.id)
	}
	s.offer(ctx, at)
	return s.pass(ctx, r.id, gate, fmt.Sprintf("/promote %s %d", s.service, percent))
}

// sendBack takes the running release back.
func (s *teller) sendBack(ctx context.Context, id deploy.ReleaseID) error {
	err := s.w.insist(ctx, s.t, deployer, s.service, "/rollback "+s.service+` --reason "practice"`, "olling back", s.is(ctx, id, func(r deploy.Release) bool {
		return r.State == deploy.RollingBack || r.State.Terminal()
	}))
	return s.w.explain(ctx, id, err)
}

// awaitGate waits until a release asks people at a gate.
func (s *teller) awaitGate(ctx context.Context, id deploy.ReleaseID, gate deploy.StepName) error {
	return s.await(ctx, id, fmt.Sprintf("%s asks at %s", id, gate), func(r deploy.Release) bool {
		cur := r.Current()
		return r.State == deploy.Waiting && cur != nil && cur.Name == gate
	})
}

func (s *teller) is(ctx context.Context, id deploy.ReleaseID, so func(deploy.Release) bool) func() (bool, error) {
	return func() (bool, error) {
		r, err := s.w.store.Get(ctx, id)
		return err == nil && so(r), err
	}
}

// await waits until a release is as wanted.
func (s *teller) await(ctx context.Context, id deploy.ReleaseID, what string, so func(deploy.Release) bool) error {
	return s.w.explain(ctx, id, until(ctx, storyWithin, what, s.is(ctx, id, so)))
}

// conclude waits for the end of a release and checks all that has to hold then.
func (s *teller) conclude(ctx context.Context, began time.Time, id deploy.ReleaseID, as deploy.State, effects []string, now deploy.Revision) error {
	return s.concludeAs(ctx, began, id, as, effects, now, func() {})
}

// concludeAs is conclude; ended is called before it checks.
func (s *teller) concludeAs(ctx context.Context, began time.Time, id deploy.ReleaseID, as deploy.State, effects []string, now deploy.Revision, ended func()) error {
	err := s.await(ctx, id, string(id)+" ends", func(r deploy.Release) bool { return r.State.Terminal() || r.State == deploy.Parked })
	if err != nil {
		return err
	}
	s.w.setCurrent(s.service, "")
	s.base = now
	ended()
	x := expected{id: id, service: s.service, since: began, state: as, effects: effects, live: now.Name, version: now.Version, migrated: true}
	switch {
	case s.service == paired:
		x.work = s.work.Name
	case amazonOf(s.service) != "":
		x.work = now.Name
	}
	err = s.w.checkRelease(ctx, s.t, x)
	if err != nil {
		return err
	}
	return s.open(ctx, id)
}
