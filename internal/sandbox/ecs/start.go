package ecs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// verdict is what came of starting a task.
type verdict struct {
	reason  string // why it did not start; "" if it did
	code    types.TaskStopCode
	exit    *int32
	version string
	env     map[string]string
	last    string // what it wrote before it exited
}

// startable is the tasks whose time to start has come. Under mu.
func (s *Server) startable() []*task {
	var out []*task
	for svc := range s.allServices() {
		if svc.levers.held {
			continue
		}
		for _, g := range svc.groups() {
			for _, t := range g.tasks {
				if t.state == taskPending && s.due(t.startAt) {
					out = append(out, t)
				}
			}
		}
	}
	return out
}

// judge says what comes of starting each of the tasks. It asks for images and secrets, which may take time: not under
// mu. Tasks of one group start or fail alike.
func (s *Server) judge(tasks []*task) map[*group]*verdict {
	out := map[*group]*verdict{}
	for _, t := range tasks {
		if out[t.group] == nil {
			out[t.group] = s.try(t.group.svc.name, t.group.taskDef)
		}
	}
	return out
}

func (s *Server) try(service string, d *taskDef) *verdict {
	env := map[string]string{}
	for _, e := range d.main().Environment {
		env[deref(e.Name)] = deref(e.Value)
	}
	// Secrets come before images: documented by the texts of the errors, which name both ("secrets or registry auth").
	if why := s.secrets(d, env); why != "" {
		return &verdict{reason: why, code: types.TaskStopCodeTaskFailedToStart}
	}
	for i := range d.pb.ContainerDefinitions {
		image := deref(d.pb.ContainerDefinitions[i].Image)
		if s.opts.Image == nil {
			continue
		}
		if err := s.opts.Image(image); err != nil {
			why := inWordsOf("CannotPullContainerError", "pull image manifest has been retried 1 time(s): failed to resolve ref "+image, err)
			return &verdict{reason: why, code: types.TaskStopCodeTaskFailedToStart}
		}
	}
	v := &verdict{version: s.opts.version(deref(d.main().Image)), env: env}
	if v.version == "" {
		v.version = env["VERSION"]
	}
	if b := s.Behaviour(service, v.version); b.CrashOnStart() {
		v.reason, v.code, v.exit, v.last = "Essential container in task exited", types.TaskStopCodeEssentialContainerExited, ptr(int32(1)), b.LastWords()
	}
	return v
}

// secrets puts the main container's secrets into its environment; what it returns is why one cannot be had.
func (s *Server) secrets(d *taskDef, env map[string]string) string {
	if s.opts.Secret == nil {
		return ""
	}
	for i := range d.pb.ContainerDefinitions {
		c := &d.pb.ContainerDefinitions[i]
		for _, secret := range c.Secrets {
			value, err := s.opts.Secret(deref(secret.ValueFrom))
			if err != nil {
				return inWordsOf("ResourceInitializationError", "unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s)", err)
			}
			if c == d.main() {
				env[deref(secret.Name)] = value
			}
		}
	}
	return ""
}

// settle has the tasks run or fail as was found. Under mu.
func (s *Server) settle(tasks []*task, found map[*group]*verdict) {
	for _, t := range tasks {
		svc, v := t.group.svc, found[t.group]
		if t.state != taskPending || svc.levers.held {
			continue
		}
		if v.reason == "" {
			s.run(svc, t, v)
			continue
		}
		if v.last != "" {
			t.started = s.turn.now
			s.write(t, "ERROR "+v.last)
		}
		s.fail(svc, t, v.code, v.reason, v.exit)
	}
}

// inWordsOf is an error as a stopped task has it. Who gives it may have put it so already.
func inWordsOf(kind, what string, err error) string {
	if strings.HasPrefix(err.Error(), kind) {
		return err.Error()
	}
	return fmt.Sprintf("%s: %s: %v", kind, what, err)
}
