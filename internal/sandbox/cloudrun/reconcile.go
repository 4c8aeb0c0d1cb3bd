package cloudrun

import (
	"fmt"
	"slices"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// observe brings a service as near to its desired state as is possible now, starts what takes time,
// writes down where it stands and ends the operations that are over. It is called after every event
// and may be called any number of times.
//
// The rules, as observed of the platform where they are not documented:
//   - The traffic table moves as a whole. One target that is missing or failed, be it at 0 %, leaves all
//     of the old table in force, and the error stays until somebody asks for another table.
//   - A missing revision is not refused: the operation ends with INTERNAL (13).
//   - LATEST means the newest revision that is ready; a newer one that failed changes nothing.
//   - A revision that failed keeps the service's Ready condition failed until a newer one is ready, also
//     when traffic moves well in between; those traffic-only operations succeed.
func (s *Server) observe(svc *service) {
	want, waiting, fault := svc.wanted()
	if fault == nil && !waiting && !sameRoutes(want, svc.routes) {
		waiting = !s.move(svc, want)
	}
	if fault != nil || sameRoutes(want, svc.routes) {
		s.dropMove(svc)
	}
	s.describeState(svc, waiting, fault)
	s.warmth(svc)
	s.endOperations(svc, waiting, fault)
	s.wake.signal()
}

// wanted resolves the traffic asked for. waiting says that a revision in it is still starting.
func (svc *service) wanted() (want []route, waiting bool, fault *status.Status) {
	for _, t := range svc.pb.Traffic {
		r := svc.latestReady
		if t.Type == runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION {
			r = svc.revision(t.Revision)
			if r == nil {
				return nil, false, status.Newf(codes.Internal,
					"Revision '%s' does not exist or is deleted. Update all traffic to route to currently available revisions.", t.Revision)
			}
		} else if r == nil {
			r = svc.latest
		}
		switch r.state {
		case failed:
			return nil, false, status.New(codes.Internal, r.unserviceable())
		case starting:
			waiting = true
		case ready:
		}
		want = append(want, route{target: t, rev: r})
	}
	return want, waiting, nil
}

// move starts to put want in force and reports whether it is already.
func (s *Server) move(svc *service, want []route) bool {
	if svc.settling != nil && sameRoutes(svc.settling.to, want) {
		return false
	}
	s.dropMove(svc)
	m := &settling{to: want}
	svc.settling = m
	if _, stuck := s.faults.take(SettleStuck, "", svc.id); stuck {
		return false
	}
	if s.opts.Settle <= 0 {
		s.arrive(svc)
		return true
	}
	m.timer = s.after(s.opts.Settle, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if svc.settling == m {
			s.arrive(svc)
			s.observe(svc)
		}
	})
	return false
}

// arrive puts the move under way in force.
func (s *Server) arrive(svc *service) {
	svc.routes, svc.settling = svc.settling.to, nil
	if _, svc.skewed = s.faults.take(TrafficSkew, "", svc.id); !svc.skewed {
		s.route(svc)
	}
}

func (s *Server) dropMove(svc *service) {
	if svc.settling != nil && svc.settling.timer != nil {
		svc.settling.timer.Stop()
	}
	svc.settling = nil
}

// tryAgain forgets a move that is stuck or was not carried out, so that observe makes it anew.
func (svc *service) tryAgain() {
	if svc.settling != nil && svc.settling.timer == nil {
		svc.settling = nil
	}
	if svc.skewed {
		svc.routes, svc.skewed = nil, false
	}
}

func sameRoutes(a, b []route) bool {
	return slices.EqualFunc(a, b, func(x, y route) bool { return x.rev == y.rev && proto.Equal(x.target, y.target) })
}

// describeState writes the conditions. While it reconciles and after a failure, the observed
// generation stays that of the last state that worked.
func (s *Server) describeState(svc *service, waiting bool, fault *status.Status) {
	routes := settled("RoutesReady")
	switch {
	case fault != nil:
		routes = broken("RoutesReady", fault.Message(), runpb.Condition_REVISION_FAILED)
	case waiting:
		routes = underway("RoutesReady", "Routing traffic.")
	}
	var configuration *runpb.Condition
	switch svc.latest.state {
	case ready:
		configuration = settled("ConfigurationsReady")
	case starting:
		configuration = underway("ConfigurationsReady", fmt.Sprintf("Revision '%s' is being created.", svc.latest.id))
	case failed:
		configuration = broken("ConfigurationsReady", svc.latest.failure.Message(), runpb.Condition_REVISION_FAILED)
	}
	terminal := settled("Ready")
	for _, c := range []*runpb.Condition{routes, configuration} {
		if c.State == runpb.Condition_CONDITION_FAILED {
			terminal = broken("Ready", c.Message, c.GetReason())
		}
	}
	svc.pb.Reconciling = waiting || svc.latest.state == starting
	if svc.pb.Reconciling {
		terminal = underway("Ready", "")
	}
	now := timestamppb.New(s.clock.Now())
	svc.pb.TerminalCondition = dated(terminal, svc.pb.TerminalCondition, now)
	svc.pb.Conditions = datedList([]*runpb.Condition{routes, configuration}, svc.pb.Conditions, now)
	if terminal.State == runpb.Condition_CONDITION_SUCCEEDED {
		svc.pb.ObservedGeneration = svc.pb.Generation
	}
}

// endOperations ends what is over. An operation that was overtaken by a later update ends when that
// one does, and the same way.
func (s *Server) endOperations(svc *service, waiting bool, fault *status.Status) {
	svc.pending = slices.DeleteFunc(svc.pending, func(op *operation) bool {
		op.state = proto.Clone(svc.pb)
		switch {
		case op.rev != nil && op.rev.state == failed:
			op.failure = op.rev.failure
		case op.rev != nil && op.rev.state == starting:
			return false
		case fault != nil:
			op.failure = fault
		case waiting:
			return false
		}
		op.done = true
		return true
	})
}
