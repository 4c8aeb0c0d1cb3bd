package ecs

import (
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Hold keeps everything of a service (its name or ARN) as it is until Finish: its tasks stay PENDING, its deployments stay in
// the stage they are in, a rollback stays ROLLBACK_REQUESTED. Calls are answered.
func (s *Server) Hold(name string) error {
	return s.lever(name, func(svc *service) { svc.levers.held = true })
}

// Finish lets a service that is held go on.
func (s *Server) Finish(name string) error {
	return s.lever(name, func(svc *service) { svc.levers.held = false })
}

// NoCapacity says whether room for new tasks of a service is not to be had. Tasks that are there stay.
func (s *Server) NoCapacity(name string, on bool) error {
	return s.lever(name, func(svc *service) { svc.levers.noCapacity = on })
}

// UnknownStage has the native deployment in progress, or else the next one, go through a stage of another name: after the
// one it is in, or after POST_TEST_TRAFFIC_SHIFT.
func (s *Server) UnknownStage(name, stageName string) error {
	return s.lever(name, func(svc *service) {
		unknown := types.ServiceDeploymentLifecycleStage(stageName)
		if d := svc.current(); d != nil && d.native && len(d.plan) > 0 {
			plan := append([]stage{}, d.plan[:d.at+1]...)
			d.plan = append(append(plan, stage{name: unknown}), d.plan[d.at+1:]...)
			return
		}
		svc.levers.unknownStage = unknown
	})
}

// FailRollback says whether rollbacks of a service's deployments end as ROLLBACK_FAILED.
func (s *Server) FailRollback(name string, on bool) error {
	return s.lever(name, func(svc *service) { svc.levers.failRollback = on })
}

// ForceNewDeployment is a person who starts the same again in the console. It is no call of the API.
func (s *Server) ForceNewDeployment(name string) error {
	return s.byHand(name, &sdk.UpdateServiceInput{ForceNewDeployment: true})
}

// UpdateByHand is a person who gives a service another task definition (family:revision, or ARN) in the console.
func (s *Server) UpdateByHand(name, taskDefinition string) error {
	return s.byHand(name, &sdk.UpdateServiceInput{TaskDefinition: &taskDefinition})
}

// ScaleByHand is a person who gives a service another number of tasks in the console.
func (s *Server) ScaleByHand(name string, desired int32) error {
	return s.byHand(name, &sdk.UpdateServiceInput{DesiredCount: &desired})
}

// Crash has n running tasks of a service exit with a code; the newest first.
func (s *Server) Crash(name string, n int, exit int32) error {
	return s.lever(name, func(svc *service) {
		s.turn.now = s.clock.Now()
		groups := svc.groups()
		for i := len(groups) - 1; i >= 0; i-- {
			for _, t := range groups[i].tasks {
				if n > 0 && t.state == taskRunning {
					n--
					s.fail(svc, t, types.TaskStopCodeEssentialContainerExited, "Essential container in task exited", ptr(exit))
				}
			}
		}
	})
}

// Changes is how many calls, and how many persons, changed a service or answered its hooks. Calls that changed nothing, or
// were refused, do not count.
func (s *Server) Changes(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if svc := s.anyService(name); svc != nil {
		return svc.levers.changes
	}
	return 0
}

// Registrations is how many task definitions calls have registered.
func (s *Server) Registrations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.registrations
}

// Requests is how many requests, health checks among them, the tasks of a service have had, by task definition (family:revision).
func (s *Server) Requests(name string) map[string]int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int64{}
	if svc := s.anyService(name); svc != nil {
		for d, a := range svc.apps {
			out[d.short()] = a.requests.Load()
		}
	}
	return out
}

func (s *Server) lever(name string, pull func(*service)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc := s.anyService(name)
	if svc == nil || s.closed {
		return fmt.Errorf("no service is called %q", name)
	}
	pull(svc)
	s.changed()
	return nil
}

func (s *Server) byHand(name string, in *sdk.UpdateServiceInput) error {
	var refused error
	if err := s.lever(name, func(svc *service) { refused = s.update(svc, in) }); err != nil {
		return err
	}
	return refused
}

// TimeOut has the hooks that a service's deployment waits at run out of time now, as if nobody had said anything for so long.
func (s *Server) TimeOut(name string) error {
	waiting := false
	err := s.lever(name, func(svc *service) {
		d := svc.current()
		if d == nil {
			return
		}
		for _, h := range d.hooks {
			if h.status == types.DeploymentLifecycleHookStatusAwaitingAction {
				h.expires, waiting = s.clock.Now(), true
			}
		}
	})
	if err == nil && !waiting {
		err = fmt.Errorf("no deployment of %s waits at a hook", name)
	}
	return err
}
