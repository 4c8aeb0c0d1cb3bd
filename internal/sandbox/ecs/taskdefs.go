package ecs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// family is the revisions of a task definition, the first first. Their numbers are never used again.
type family struct {
	name      string
	revisions []*taskDef
}

type taskDef struct {
	pb   types.TaskDefinition
	tags []types.Tag
}

func (d *taskDef) arn() string { return *d.pb.TaskDefinitionArn }

// short is FAMILY:REVISION.
func (d *taskDef) short() string { return lastPart(d.arn()) }

// main is the container whose application the practice range runs: the first.
func (d *taskDef) main() *types.ContainerDefinition { return &d.pb.ContainerDefinitions[0] }

func (d *taskDef) container(name string) *types.ContainerDefinition {
	for i := range d.pb.ContainerDefinitions {
		if deref(d.pb.ContainerDefinitions[i].Name) == name {
			return &d.pb.ContainerDefinitions[i]
		}
	}
	return nil
}

// taskDef finds one by family:revision, by family alone (its latest ACTIVE one), or by ARN; nil if there is none.
func (s *Server) taskDef(ref string) *taskDef {
	name, number, exact := strings.Cut(lastPart(ref), ":")
	f := s.families[name]
	if f == nil {
		return nil
	}
	if exact {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(f.revisions) {
			return nil
		}
		return f.revisions[n-1]
	}
	for _, d := range slices.Backward(f.revisions) {
		if d.pb.Status == types.TaskDefinitionStatusActive {
			return d
		}
	}
	return nil
}

// usable is a task definition that something new may be started from. INACTIVE ones are refused: documented.
func (s *Server) usable(ref string) (*taskDef, error) {
	d := s.taskDef(ref)
	switch {
	case d == nil:
		return nil, refuse(clientException, "TaskDefinition not found.")
	case d.pb.Status != types.TaskDefinitionStatusActive:
		return nil, refuse(clientException, "TaskDefinition is inactive")
	}
	return d, nil
}

func (s *Server) registerTaskDefinition(_ context.Context, in *sdk.RegisterTaskDefinitionInput) (*sdk.RegisterTaskDefinitionOutput, error) {
	if err := checkTaskDefinition(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.register(in)
	s.registrations++
	s.wake.signal()
	return &sdk.RegisterTaskDefinitionOutput{TaskDefinition: ptr(d.pb), Tags: d.tags}, nil
}

func (s *Server) register(in *sdk.RegisterTaskDefinitionInput) *taskDef {
	f := s.families[*in.Family]
	if f == nil {
		f = &family{name: *in.Family}
		s.families[f.name] = f
	}
	revision := len(f.revisions) + 1
	d := &taskDef{tags: in.Tags, pb: types.TaskDefinition{
		TaskDefinitionArn: ptr(arnOf("task-definition", f.name+":"+strconv.Itoa(revision))),
		Family:            ptr(f.name), Revision: int32(revision), Status: types.TaskDefinitionStatusActive,
		RegisteredAt: ptr(s.clock.Now()), RegisteredBy: ptr("arn:aws:iam::" + Account + ":user/practice"),
		ContainerDefinitions: in.ContainerDefinitions, Cpu: in.Cpu, Memory: in.Memory,
		ExecutionRoleArn: in.ExecutionRoleArn, TaskRoleArn: in.TaskRoleArn, NetworkMode: in.NetworkMode,
		RequiresCompatibilities: in.RequiresCompatibilities, RuntimePlatform: in.RuntimePlatform, Volumes: in.Volumes,
		EphemeralStorage: in.EphemeralStorage, PidMode: in.PidMode, IpcMode: in.IpcMode,
		PlacementConstraints: in.PlacementConstraints, ProxyConfiguration: in.ProxyConfiguration,
		EnableFaultInjection: in.EnableFaultInjection,
		Compatibilities:      []types.Compatibility{types.CompatibilityEc2, types.CompatibilityFargate},
	}}
	f.revisions = append(f.revisions, d)
	return d
}

func checkTaskDefinition(in *sdk.RegisterTaskDefinitionInput) error {
	if deref(in.Family) == "" {
		return refuse(clientException, "Family should not be null or empty.")
	}
	if len(in.ContainerDefinitions) == 0 {
		return refuse(clientException, "Container definitions should not be empty.")
	}
	seen := map[string]bool{}
	for _, c := range in.ContainerDefinitions {
		switch name := deref(c.Name); {
		case name == "":
			return refuse(clientException, "Container.name should not be null or empty.")
		case deref(c.Image) == "":
			return refuse(clientException, "Container.image should not be null or empty.")
		case seen[name]:
			return refuse(clientException, fmt.Sprintf("Container name '%s' is used more than once.", name))
		default:
			seen[name] = true
		}
	}
	if slices.Contains(in.RequiresCompatibilities, types.CompatibilityFargate) {
		if in.NetworkMode != types.NetworkModeAwsvpc {
			return refuse(clientException, "Fargate only supports network mode ‘awsvpc’.")
		}
		if deref(in.Cpu) == "" || deref(in.Memory) == "" {
			return refuse(clientException, "Fargate requires that 'cpu' be defined at the task level.")
		}
	}
	return nil
}

func (s *Server) describeTaskDefinition(_ context.Context, in *sdk.DescribeTaskDefinitionInput) (*sdk.DescribeTaskDefinitionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.taskDef(deref(in.TaskDefinition))
	if d == nil {
		return nil, refuse(clientException, "Unable to describe task definition.")
	}
	out := &sdk.DescribeTaskDefinitionOutput{TaskDefinition: ptr(d.pb)}
	if contains(in.Include, types.TaskDefinitionFieldTags) {
		out.Tags = d.tags
	}
	return out, nil
}

func (s *Server) deregisterTaskDefinition(_ context.Context, in *sdk.DeregisterTaskDefinitionInput) (*sdk.DeregisterTaskDefinitionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.taskDef(deref(in.TaskDefinition))
	if d == nil || !strings.Contains(lastPart(*in.TaskDefinition), ":") {
		return nil, refuse(clientException, "The specified task definition does not exist.")
	}
	d.pb.Status, d.pb.DeregisteredAt = types.TaskDefinitionStatusInactive, ptr(s.clock.Now())
	s.wake.signal()
	return &sdk.DeregisterTaskDefinitionOutput{TaskDefinition: ptr(d.pb)}, nil
}
