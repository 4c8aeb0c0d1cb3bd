package ecs

import (
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Tasks is what the tasks of one revision or task set use. Its fields are those of the practice CloudWatch's.
type Tasks struct {
	// Cluster and Service are names; Family is that of the task definition.
	Cluster, Service string
	Family           string
	// Group is the revision or task set: ecs-svc/NUMBER.
	Group string
	// Running and Desired are numbers of tasks.
	Running, Desired int
	// CPU and Memory are the shares (0 to 1) that each task uses; 0 where nobody said so.
	CPU, Memory float64
	// Units and MiB are what each task may use.
	Units, MiB float64
	// Gone says that nothing of it is left, or wanted.
	Gone bool
}

// tellLevels reports what changed. Under mu.
func (s *Server) tellLevels(svc *service) {
	if s.opts.Metrics == nil {
		return
	}
	for _, g := range svc.groups() {
		running, pending := g.count()
		now := Tasks{
			Cluster: svc.cluster.name, Service: svc.name, Family: deref(g.taskDef.pb.Family), Group: g.id,
			Running: int(running), Desired: int(g.wanted), Gone: running+pending+g.wanted == 0,
		}
		now.Units, _ = strconv.ParseFloat(deref(g.taskDef.pb.Cpu), 64)
		now.MiB, _ = strconv.ParseFloat(deref(g.taskDef.pb.Memory), 64)
		if a := svc.apps[g.taskDef]; a != nil {
			now.CPU, now.Memory = a.behave.Use()
		}
		if now == g.told || now.Gone && (g.told == Tasks{}) {
			continue
		}
		g.told = now
		s.opts.Metrics(now)
	}
}

// write is a line of a task's main container, if its logs go to CloudWatch. It needs no lock.
func (s *Server) write(t *task, line string) {
	c := t.group.taskDef.main()
	if s.opts.Logs == nil || c.LogConfiguration == nil || c.LogConfiguration.LogDriver != types.LogDriverAwslogs {
		return
	}
	o := c.LogConfiguration.Options
	stream := deref(c.Name) + "/" + t.id
	if prefix := o["awslogs-stream-prefix"]; prefix != "" {
		stream = prefix + "/" + stream
	}
	s.opts.Logs(o["awslogs-group"], stream, s.clock.Now(), line)
}
