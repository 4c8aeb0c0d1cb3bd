package elb

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Target is what a target group sends requests to.
type Target struct {
	// ID is the IP address that it is described with.
	ID   string
	Port int32
	// Addr is the host:port where it really listens; "" means that nothing does yet. Adding the target again gives it another.
	Addr string
	// Task is what runs it, for those who look; the load balancer has no use for it.
	Task string
}

const (
	checkTimeout = 5 * time.Second
	// tolerated is how many checks in a row have to fail before a target is unhealthy: AWS's default.
	tolerated = 2
)

type target struct {
	Target
	state       types.TargetHealthStateEnum // initial, healthy, unhealthy or draining
	reason      types.TargetHealthReasonEnum
	description string
	failed      int  // checks in a row
	life        *int // not that of the checks when it was removed, or added again
}

// AddTarget puts a target into a group (ARN). It is initial, and healthy when a check of it succeeds, the first of which
// comes after Options.HealthAfter. Adding one that is there (by ID and port) gives it its new address and changes nothing else; one
// that is draining begins anew.
func (s *Server) AddTarget(targetGroup string, t Target) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.group(targetGroup)
	if g == nil || s.closed {
		return fmt.Errorf("add a target: no target group %s", targetGroup)
	}
	s.addTarget(g, t)
	return nil
}

func (s *Server) addTarget(g *group, t Target) {
	i := slices.IndexFunc(g.targets, func(x *target) bool { return x.ID == t.ID && x.Port == t.Port })
	if i >= 0 && g.targets[i].state != types.TargetHealthStateEnumDraining {
		g.targets[i].Target = t
		s.tell()
		return
	}
	if i >= 0 {
		g.targets = slices.Delete(g.targets, i, i+1)
	}
	x := &target{Target: t, life: new(int)}
	x.begin()
	g.targets = append(g.targets, x)
	s.checkIn(g, x, s.opts.HealthAfter)
	s.moved(g)
}

func (t *target) begin() {
	t.state, t.failed = types.TargetHealthStateEnumInitial, 0
	t.reason, t.description = types.TargetHealthReasonEnumRegistrationInProgress, "Target registration is in progress"
}

// RemoveTarget takes all targets of an ID out of a group (ARN): they get no more requests, are described as draining for
// Options.Drain, and are then gone. What is not there is removed already.
func (s *Server) RemoveTarget(targetGroup, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.group(targetGroup); g != nil {
		s.removeTargets(g, func(t *target) bool { return t.ID == id })
	}
}

func (s *Server) removeTargets(g *group, which func(*target) bool) {
	for _, t := range slices.Clone(g.targets) {
		if !which(t) || t.state == types.TargetHealthStateEnumDraining {
			continue
		}
		t.state = types.TargetHealthStateEnumDraining
		t.reason, t.description = types.TargetHealthReasonEnumDeregistrationInProgress, "Target deregistration is in progress"
		t.life = new(int)
		wait := s.opts.Drain
		if s.leading(g) == nil {
			wait = 0 // nobody was sent there
		}
		s.after(wait, func() {
			g.targets = slices.DeleteFunc(g.targets, func(x *target) bool { return x == t })
		})
		s.moved(g)
	}
}

// Healthy is how many targets of a group (ARN) get requests.
func (s *Server) Healthy(targetGroup string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.group(targetGroup)
	if g == nil || s.leading(g) == nil {
		return 0
	}
	return len(g.healthy())
}

// Targets are those of a group (ARN) that are not draining.
func (s *Server) Targets(targetGroup string) []Target {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Target
	if g := s.group(targetGroup); g != nil {
		for _, t := range g.targets {
			if t.state != types.TargetHealthStateEnumDraining {
				out = append(out, t.Target)
			}
		}
	}
	return out
}

func (g *group) healthy() []*target {
	var out []*target
	for _, t := range g.targets {
		if t.state == types.TargetHealthStateEnumHealthy {
			out = append(out, t)
		}
	}
	return out
}
