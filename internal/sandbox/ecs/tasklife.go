package ecs

import (
	"fmt"
	"slices"
	"time"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/elb"
)

// hardlyStarts is after how many failures AWS's event about them comes; the number is inferred.
const hardlyStarts = 5

type taskState int

const (
	taskPending taskState = iota
	taskRunning
	taskStopping
	taskStopped
)

type task struct {
	id, arn, ip string
	group       *group
	state       taskState

	created, started, stoppingAt, stoppedAt time.Time
	startAt, stopAt                         time.Time // when it has started, has stopped

	code            types.TaskStopCode
	reason          string // stoppedReason
	containerReason string
	exit            *int32
	app             *app
	served          bool // it was healthy once
}

func (s *Server) newTask(svc *service, g *group) *task {
	id := s.name(hexDigits, 32)
	s.addresses++
	return &task{
		id: id, arn: arnOf("task", svc.cluster.name, id), group: g, created: s.turn.now, startAt: s.turn.now.Add(s.opts.Start),
		ip: fmt.Sprintf("10.0.%d.%d", s.addresses/250%250, s.addresses%250+1),
	}
}

// run has a task that could be started run, and be a target.
func (s *Server) run(svc *service, t *task, v *verdict) {
	a, err := s.app(svc, t.group.taskDef, v)
	if err != nil {
		// Out of ports: as a container that could not be started.
		s.fail(svc, t, types.TaskStopCodeTaskFailedToStart, "CannotStartContainerError: no port is to be had", nil)
		return
	}
	t.state, t.started, t.app = taskRunning, s.turn.now, a
	a.writer.Store(t)
	for _, p := range t.group.targets {
		target := elb.Target{ID: t.ip, Port: p.port, Addr: a.addr, Task: t.arn}
		if err := s.opts.Balancer.AddTarget(p.targetGroup, target); err != nil {
			s.event(svc, fmt.Sprintf("was unable to register targets in (target-group %s).", p.targetGroup))
			continue
		}
		s.event(svc, fmt.Sprintf("registered 1 targets in (target-group %s)", p.targetGroup))
	}
	s.moved()
}

// fail ends a task that did not come up or broke, which counts against its deployment.
func (s *Server) fail(svc *service, t *task, code types.TaskStopCode, reason string, exit *int32) {
	t.exit = exit
	if code == types.TaskStopCodeTaskFailedToStart {
		t.containerReason = reason
	}
	s.failed(svc, t)
	s.stop(svc, t, reason, code)
}

// failed counts.
func (s *Server) failed(svc *service, t *task) {
	t.group.failed++
	t.group.retryAt = s.turn.now.Add(s.opts.Retry)
	if t.group.failed == hardlyStarts {
		s.event(svc, "is unable to consistently start tasks successfully.")
	}
	if d := svc.current(); d != nil && &d.target.group == t.group {
		d.failures++
		d.updated = s.turn.now
	}
}

// stop takes a task out of its target groups and ends it after Options.Stop.
func (s *Server) stop(svc *service, t *task, reason string, code types.TaskStopCode) {
	for _, p := range t.group.targets {
		if t.state == taskRunning {
			s.opts.Balancer.RemoveTarget(p.targetGroup, t.ip)
			s.event(svc, fmt.Sprintf("deregistered 1 targets in (target-group %s)", p.targetGroup))
		}
	}
	t.state, t.reason, t.code, t.stoppingAt = taskStopping, reason, code, s.turn.now
	t.stopAt = s.turn.now.Add(s.opts.Stop)
	s.moved()
}

// reap puts away what has stopped, and ends what the load balancer found unhealthy.
func (s *Server) reap(svc *service, g *group) {
	for _, t := range slices.Clone(g.tasks) {
		switch t.state {
		case taskStopping:
			if s.due(t.stopAt) {
				t.state, t.stoppedAt = taskStopped, s.turn.now
				g.tasks = slices.DeleteFunc(g.tasks, func(x *task) bool { return x == t })
				svc.stopped = append(svc.stopped, t)
				svc.stopped = svc.stopped[max(0, len(svc.stopped)-s.opts.Keep):]
				s.moved()
			}
		case taskRunning:
			s.examine(svc, t)
		case taskPending, taskStopped:
		}
	}
}

func (s *Server) examine(svc *service, t *task) {
	if !t.served && s.serves(t) {
		t.served = true
		s.wellAgain(svc, t)
		s.moved()
	}
	grace := s.opts.Grace
	if grace == 0 {
		grace = s.opts.faster(time.Duration(t.group.set.grace) * time.Second)
	}
	for _, p := range t.group.targets {
		if s.opts.Balancer.State(p.targetGroup, t.ip) != elbtypes.TargetHealthStateEnumUnhealthy || !s.due(t.started.Add(grace)) {
			continue
		}
		s.event(svc, fmt.Sprintf("(port %d) is unhealthy in (target-group %s) due to (reason Health checks failed)", p.port, p.targetGroup))
		s.failed(svc, t)
		s.stop(svc, t, fmt.Sprintf("Task failed ELB health checks in (target-group %s)", p.targetGroup), types.TaskStopCodeServiceSchedulerInitiated)
		return
	}
}
