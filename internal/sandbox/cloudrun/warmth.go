package cloudrun

import (
	"slices"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// cooling is a revision that is about to lose its instances.
type cooling struct{ timer Timer }

// warmth has the revisions of a service keep their instances or lose them. A minimum of instances that a revision's
// template asks for is provisioned as long as the traffic table leads to the revision, be it with 0 % or by a tag
// only: the table in force or the one that is asked for. Options.Cool after neither does any more they are gone.
// Those who count instances are told.
func (s *Server) warmth(svc *service) {
	for _, r := range svc.revisions {
		if r.state != ready {
			continue
		}
		switch {
		case svc.leadsTo(r):
			r.stay()
			s.provision(r, true)
		case s.opts.Cool <= 0 || r.pb.GetScalingStatus() == nil:
			s.provision(r, false)
		case r.cooling == nil && r.warm:
			c := &cooling{}
			r.cooling = c
			c.timer = s.after(s.opts.Cool, func() { s.cooled(r, c) })
		}
		s.tellLevel(r)
	}
}

func (s *Server) cooled(r *revision, c *cooling) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.cooling != c {
		return
	}
	r.cooling = nil
	s.provision(r, false)
	s.tellLevel(r)
	s.wake.signal()
}

// leadsTo says whether requests or a tag can reach a revision.
func (svc *service) leadsTo(r *revision) bool {
	return slices.ContainsFunc(svc.routes, func(x route) bool { return x.rev == r }) ||
		slices.ContainsFunc(svc.pb.Traffic, func(t *runpb.TrafficTarget) bool { return t.Revision == r.id })
}

// stay ends a cooling that has begun.
func (r *revision) stay() {
	if r.cooling != nil {
		r.cooling.timer.Stop()
		r.cooling = nil
	}
}

// provision gives a revision its minimum of instances or takes them, and says so in its status.
func (s *Server) provision(r *revision, warm bool) {
	least := r.template.GetScaling().GetMinInstanceCount()
	if r.pb.ScalingStatus != nil && r.warm == warm {
		return
	}
	r.warm = warm
	r.pb.ScalingStatus = &runpb.RevisionScalingStatus{}
	if warm {
		r.pb.ScalingStatus.DesiredMinInstanceCount = least
	}
	if least == 0 {
		return
	}
	c := settled("MinInstancesProvisioned")
	if !warm {
		c = &runpb.Condition{
			Type: "MinInstancesProvisioned", State: runpb.Condition_CONDITION_FAILED, Severity: runpb.Condition_INFO,
			Message: "Minimum instances are not provisioned: no traffic and no tag leads to the revision.",
			Reasons: &runpb.Condition_RevisionReason_{RevisionReason: runpb.Condition_MIN_INSTANCES_NOT_PROVISIONED},
		}
	}
	now := timestamppb.New(s.clock.Now())
	others := slices.DeleteFunc(slices.Clone(r.pb.Conditions), func(x *runpb.Condition) bool { return x.Type == c.Type })
	r.pb.Conditions = datedList(append(others, c), r.pb.Conditions, now)
}

// instances are those that a revision has: its minimum, and at least one if users are sent to it. More of them for
// more requests are not modelled.
func (r *revision) instances() int {
	n := int(r.pb.GetScalingStatus().GetDesiredMinInstanceCount())
	for _, x := range r.service.routes {
		if x.rev == r && x.target.GetPercent() > 0 {
			n = max(n, 1)
		}
	}
	return n
}
