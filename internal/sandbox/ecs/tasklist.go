package ecs

import (
	"cmp"
	"context"
	"iter"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// tasks are all of a cluster: those that run, and those that stopped, the oldest first.
func (c *cluster) tasks() iter.Seq2[*service, *task] {
	return func(yield func(*service, *task) bool) {
		for _, svc := range c.services {
			for _, t := range svc.stopped {
				if !yield(svc, t) {
					return
				}
			}
			for _, g := range svc.groups() {
				for _, t := range g.tasks {
					if !yield(svc, t) {
						return
					}
				}
			}
		}
	}
}

// desiredStatus is RUNNING or STOPPED; PENDING is none that ECS ever wants, as documented.
func (t *task) desiredStatus() types.DesiredStatus {
	if t.state == taskStopping || t.state == taskStopped {
		return types.DesiredStatusStopped
	}
	return types.DesiredStatusRunning
}

// listTasks gives those whose desired status is RUNNING unless it is asked for others: documented.
func (s *Server) listTasks(_ context.Context, in *sdk.ListTasksInput) (*sdk.ListTasksOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	var only *service
	if in.ServiceName != nil {
		if only, err = s.service(in.Cluster, in.ServiceName); err != nil {
			return nil, err
		}
	}
	want := cmp.Or(in.DesiredStatus, types.DesiredStatusRunning)
	var arns []string
	for svc, t := range c.tasks() {
		if t.desiredStatus() != want || only != nil && svc != only ||
			in.StartedBy != nil && *in.StartedBy != t.group.id ||
			in.Family != nil && *in.Family != deref(t.group.taskDef.pb.Family) {
			continue
		}
		arns = append(arns, t.arn)
	}
	part, next, err := page(arns, in.MaxResults, in.NextToken, 100)
	if err != nil {
		return nil, err
	}
	return &sdk.ListTasksOutput{TaskArns: part, NextToken: next}, nil
}

func (s *Server) describeTasks(_ context.Context, in *sdk.DescribeTasksInput) (*sdk.DescribeTasksOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if n := len(in.Tasks); n == 0 || n > 100 {
		return nil, refuse(invalidParameter, "Tasks must have between 1 and 100 members.")
	}
	out := &sdk.DescribeTasksOutput{}
	known := map[string]types.Task{}
	for svc, t := range c.tasks() {
		if slices.ContainsFunc(in.Tasks, func(ref string) bool { return lastPart(ref) == t.id }) {
			known[t.id] = s.describeTask(svc, t)
		}
	}
	for _, ref := range in.Tasks {
		if t, ok := known[lastPart(ref)]; ok {
			out.Tasks = append(out.Tasks, t)
			continue
		}
		out.Failures = append(out.Failures, missing(arnOf("task", c.name, lastPart(ref))))
	}
	return out, nil
}

func (s *Server) describeTask(svc *service, t *task) types.Task {
	d := t.group.taskDef
	out := types.Task{
		TaskArn: ptr(t.arn), ClusterArn: ptr(svc.cluster.arn), TaskDefinitionArn: ptr(d.arn()), Group: ptr("service:" + svc.name),
		StartedBy: ptr(t.group.id), DesiredStatus: ptr(string(t.desiredStatus())), LastStatus: ptr(t.lastStatus()),
		CreatedAt: ptr(t.created), StartedAt: timeOrNil(t.started), StoppingAt: timeOrNil(t.stoppingAt), StoppedAt: timeOrNil(t.stoppedAt),
		StoppedReason: orNil(t.reason), StopCode: t.code, LaunchType: svc.base.LaunchType, Cpu: d.pb.Cpu, Memory: d.pb.Memory,
		HealthStatus: types.HealthStatusUnknown, PlatformVersion: svc.base.PlatformVersion, Version: 1,
		Connectivity: types.ConnectivityConnected, AvailabilityZone: ptr(Region + "a"),
	}
	for i := range d.pb.ContainerDefinitions {
		c := &d.pb.ContainerDefinitions[i]
		last := t.lastStatus()
		if t.state == taskStopping {
			last = string(types.DesiredStatusRunning)
		}
		x := types.Container{
			Name: c.Name, Image: c.Image, TaskArn: ptr(t.arn), LastStatus: ptr(last), ContainerArn: ptr(t.arn + "/" + deref(c.Name)),
			NetworkInterfaces: []types.NetworkInterface{{PrivateIpv4Address: ptr(t.ip)}}, HealthStatus: types.HealthStatusUnknown,
		}
		if t.state != taskPending && t.containerReason == "" {
			x.ImageDigest = digestOf(deref(c.Image))
		}
		if i == 0 {
			x.ExitCode, x.Reason = t.exit, orNil(t.containerReason)
		}
		out.Containers = append(out.Containers, x)
	}
	return out
}

func (t *task) lastStatus() string {
	switch t.state {
	case taskPending:
		return "PENDING"
	case taskRunning:
		return "RUNNING"
	case taskStopping:
		return "DEACTIVATING"
	case taskStopped:
	}
	return "STOPPED"
}
