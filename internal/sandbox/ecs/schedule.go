package ecs

import "time"

// turn is one look at everything.
type turn struct {
	now  time.Time
	next time.Time // when to look again; zero: when something changes
	any  bool      // something was changed
}

// kick has everything looked at. It never waits and may be called with or without the lock.
func (s *Server) kick() {
	select {
	case s.kicks <- struct{}{}:
	default:
	}
}

// changed is kick after a call that changed something. Under mu.
func (s *Server) changed() {
	s.wake.signal()
	s.kick()
}

// moved says that this turn changed something, so that another has to follow. Under mu, in a turn.
func (s *Server) moved() { s.turn.any = true }

// due says whether a time has come, and if not has this turn's successor come then. Under mu, in a turn.
func (s *Server) due(at time.Time) bool {
	if !at.After(s.turn.now) {
		return true
	}
	if s.turn.next.IsZero() || at.Before(s.turn.next) {
		s.turn.next = at
	}
	return false
}

func (s *Server) schedule() {
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-s.kicks:
			s.look()
		}
	}
}

// look is one turn: tasks start, then each service does what it can do now.
func (s *Server) look() {
	s.mu.Lock()
	s.turn = turn{now: s.clock.Now()}
	starting := s.startable()
	s.mu.Unlock()

	found := s.judge(starting)

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.settle(starting, found)
	for svc := range s.allServices() {
		s.reconcile(svc)
	}
	if s.timer != nil {
		s.timer()
		s.timer = nil
	}
	if s.turn.any {
		s.wake.signal()
		s.kick()
		return
	}
	if !s.turn.next.IsZero() {
		s.timer = s.clock.AfterFunc(s.turn.next.Sub(s.clock.Now()), s.kick)
	}
}

// reconcile does for one service what can be done now.
func (s *Server) reconcile(svc *service) {
	if svc.status == inactive || svc.levers.held {
		return
	}
	for _, g := range svc.groups() {
		s.reap(svc, g)
	}
	d := svc.current()
	switch {
	case svc.status == draining:
		s.drain(svc)
	case svc.taskDef == nil:
		s.keepSets(svc)
	case d == nil:
		s.keep(svc)
	case d.native:
		s.advance(svc, d)
	default:
		s.roll(svc, d)
	}
	s.tellLevels(svc)
}

// drain ends a service that was deleted.
func (s *Server) drain(svc *service) {
	left := 0
	for _, g := range svc.groups() {
		s.scale(svc, g, 0)
		left += len(g.tasks)
	}
	if left == 0 {
		svc.status = inactive
		s.moved()
	}
}
