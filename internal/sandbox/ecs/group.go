package ecs

import (
	"fmt"
	"strings"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// group is tasks of one task definition which are started and stopped together: those of a revision, or of a task set.
type group struct {
	svc     *service
	id      string // ecs-svc/NUMBER, what its tasks are startedBy
	taskDef *taskDef
	set     settings
	targets []place // where its tasks are registered
	tasks   []*task // those that are not stopped
	wanted  int32
	failed  int32
	retryAt time.Time // before that nothing is started
	crowded time.Time // when it is said again that there is no room
	told    Tasks     // what the metrics heard last
}

// place is a target group and the port of the container that is registered there.
type place struct {
	targetGroup string
	port        int32
}

func (g *group) count() (running, pending int32) {
	for _, t := range g.tasks {
		switch t.state {
		case taskRunning:
			running++
		case taskPending:
			pending++
		case taskStopping, taskStopped:
		}
	}
	return running, pending
}

// alive is how many tasks are there or on their way.
func (g *group) alive() int32 {
	running, pending := g.count()
	return running + pending
}

// healthy is how many tasks serve: with a load balancer, those that it has found healthy.
func (s *Server) healthy(g *group) int32 {
	n := int32(0)
	for _, t := range g.tasks {
		if s.serves(t) {
			n++
		}
	}
	return n
}

func (s *Server) serves(t *task) bool {
	if t.state != taskRunning {
		return false
	}
	for _, p := range t.group.targets {
		if s.opts.Balancer.State(p.targetGroup, t.ip) != elbtypes.TargetHealthStateEnumHealthy {
			return false
		}
	}
	return true
}

// scale starts or stops tasks until there are want.
func (s *Server) scale(svc *service, g *group, want int32) {
	g.wanted = want
	s.launch(svc, g, want-g.alive())
	s.stopSome(svc, g, g.alive()-want)
}

// launch starts n tasks, if there is room for them and the last failure is long enough ago.
func (s *Server) launch(svc *service, g *group, n int32) {
	if n <= 0 || !s.due(g.retryAt) {
		return
	}
	if svc.levers.noCapacity {
		g.retryAt = s.turn.now.Add(s.opts.Retry)
		if s.due(g.crowded) {
			g.crowded = s.turn.now.Add(s.opts.faster(sayAgain))
			s.event(svc, noRoom(svc))
		}
		s.due(g.retryAt)
		return
	}
	var ids []string
	for range n {
		t := s.newTask(svc, g)
		g.tasks = append(g.tasks, t)
		ids = append(ids, "(task "+t.id+")")
	}
	svc.steady = false
	s.event(svc, fmt.Sprintf("has started %d tasks: %s.", n, strings.Join(ids, " ")))
	s.moved()
}

// sayAgain is how often an event is repeated while nothing changes (inferred).
const sayAgain = 5 * time.Minute

// noRoom is what AWS says when capacity is not to be had: on Fargate, or on instances.
func noRoom(svc *service) string {
	if svc.base.LaunchType == types.LaunchTypeEc2 {
		return "was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 0123456789abcdef0123456789abcdef) has insufficient memory available (RESOURCE:MEMORY)."
	}
	return "was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone."
}

// stopSome stops n tasks, those that serve nobody first.
func (s *Server) stopSome(svc *service, g *group, n int32) {
	if n <= 0 {
		return
	}
	reason := fmt.Sprintf("Scaling activity initiated by (deployment %s)", g.id)
	var ids []string
	usefulness := func(t *task) int {
		switch {
		case t.state == taskPending:
			return 0
		case !s.serves(t):
			return 1
		}
		return 2
	}
	for useful := range 3 {
		for _, t := range g.tasks {
			if int32(len(ids)) < n && (t.state == taskPending || t.state == taskRunning) && usefulness(t) == useful {
				s.stop(svc, t, reason, types.TaskStopCodeServiceSchedulerInitiated)
				ids = append(ids, "(task "+t.id+")")
			}
		}
	}
	svc.steady = false
	s.event(svc, fmt.Sprintf("has stopped %d running tasks: %s.", len(ids), strings.Join(ids, " ")))
	s.moved()
}
