package elb

import "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

// State is how the target of an ID is described in a group (ARN): "" where there is none. A target of a group that no rule
// leads to is unused.
func (s *Server) State(targetGroup, id string) types.TargetHealthStateEnum {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.group(targetGroup)
	if g == nil {
		return ""
	}
	for _, t := range g.targets {
		if t.ID != id {
			continue
		}
		if s.leading(g) == nil && t.state != types.TargetHealthStateEnumDraining {
			return types.TargetHealthStateEnumUnused
		}
		return t.state
	}
	return ""
}

// Attached says whether a rule of any load balancer leads to a group (ARN), and whether there is such a group.
func (s *Server) Attached(targetGroup string) (attached, exists bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.group(targetGroup)
	return g != nil && s.leading(g) != nil, g != nil
}
