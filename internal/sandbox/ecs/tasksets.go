package ecs

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// external is the service of a call about task sets. Of services of other controllers it is refused (the text is inferred).
func (s *Server) external(clusterRef, ref *string) (*service, error) {
	svc, err := s.activeService(clusterRef, ref)
	if err == nil && svc.controller != types.DeploymentControllerTypeExternal {
		err = refuse(invalidParameter, "Task sets can only be used with services that have an EXTERNAL deployment controller.")
	}
	return svc, err
}

func (s *Server) createTaskSet(_ context.Context, in *sdk.CreateTaskSetInput) (*sdk.CreateTaskSetOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.external(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	// Documented: the same token is the same set. Other parameters with it are not looked at (inferred).
	for _, set := range svc.sets {
		if in.ClientToken != nil && *in.ClientToken == set.token {
			return &sdk.CreateTaskSetOutput{TaskSet: ptr(set.describe(true))}, nil
		}
	}
	set, err := s.makeTaskSet(svc, in)
	if err != nil {
		return nil, err
	}
	svc.sets = append(svc.sets, set)
	svc.levers.changes++
	s.changed()
	return &sdk.CreateTaskSetOutput{TaskSet: ptr(set.describe(true))}, nil
}

const longestToken = 36

func (s *Server) makeTaskSet(svc *service, in *sdk.CreateTaskSetInput) (*taskSet, error) {
	if len(deref(in.ClientToken)) > longestToken {
		return nil, refuse(invalidParameter, "clientToken must have at most 36 characters.")
	}
	d, err := s.usable(deref(in.TaskDefinition))
	if err != nil {
		return nil, err
	}
	scale := types.Scale{Unit: types.ScaleUnitPercent, Value: hundred}
	if in.Scale != nil {
		scale = *in.Scale
	}
	if err := checkScale(&scale); err != nil {
		return nil, err
	}
	if len(in.LoadBalancers) > 1 {
		return nil, refuse(invalidParameter, "A task set can have one load balancer at most.")
	}
	set := settings{lbs: in.LoadBalancers, network: in.NetworkConfiguration, grace: svc.settings.grace}
	if err := s.check(set, d); err != nil {
		return nil, err
	}
	now, number := s.clock.Now(), s.longNumber()
	t := &taskSet{
		group: group{svc: svc, id: "ecs-svc/" + number, taskDef: d, set: set},
		arn:   arnOf("task-set", svc.cluster.name, svc.name, "ecs-svc", number), externalID: deref(in.ExternalId), token: deref(in.ClientToken),
		status: active, scale: scale, launch: cmp.Or(in.LaunchType, svc.base.LaunchType), created: now, updated: now, stableAt: now, tags: in.Tags,
	}
	for _, lb := range in.LoadBalancers {
		t.targets = append(t.targets, place{targetGroup: deref(lb.TargetGroupArn), port: deref(lb.ContainerPort)})
	}
	t.wanted = t.computed()
	return t, nil
}

func checkScale(scale *types.Scale) error {
	if scale.Value < 0 || scale.Value > hundred {
		return refuse(invalidParameter, "Scale value must be between 0 and 100.")
	}
	scale.Unit = types.ScaleUnitPercent
	return nil
}

func (s *Server) describeTaskSets(_ context.Context, in *sdk.DescribeTaskSetsInput) (*sdk.DescribeTaskSetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.external(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	withTags := contains(in.Include, types.TaskSetFieldTags)
	out := &sdk.DescribeTaskSetsOutput{}
	if len(in.TaskSets) == 0 {
		for _, set := range svc.sets {
			out.TaskSets = append(out.TaskSets, set.describe(withTags))
		}
	}
	for _, ref := range in.TaskSets {
		if set, err := svc.taskSet(ref); err == nil {
			out.TaskSets = append(out.TaskSets, set.describe(withTags))
		} else {
			out.Failures = append(out.Failures, missing(ref))
		}
	}
	return out, nil
}

func (s *Server) updateTaskSet(_ context.Context, in *sdk.UpdateTaskSetInput) (*sdk.UpdateTaskSetOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.external(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	set, err := svc.taskSet(deref(in.TaskSet))
	if err != nil {
		return nil, err
	}
	if in.Scale == nil {
		return nil, refuse(invalidParameter, "Scale is required.")
	}
	if err := checkScale(in.Scale); err != nil {
		return nil, err
	}
	if set.scale = *in.Scale; set.wanted != set.computed() {
		set.restless(s.clock.Now())
		set.wanted = set.computed()
	}
	svc.levers.changes++
	s.changed()
	return &sdk.UpdateTaskSetOutput{TaskSet: ptr(set.describe(true))}, nil
}

func (s *Server) updateServicePrimaryTaskSet(_ context.Context, in *sdk.UpdateServicePrimaryTaskSetInput) (*sdk.UpdateServicePrimaryTaskSetOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.external(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	set, err := svc.taskSet(deref(in.PrimaryTaskSet))
	if err != nil {
		return nil, err
	}
	if set.status == draining {
		return nil, refuse(invalidParameter, "The task set is DRAINING.")
	}
	for _, other := range svc.sets {
		if other.status == primary {
			other.status = active
		}
	}
	set.status, set.updated = primary, s.clock.Now()
	svc.levers.changes++
	s.changed()
	return &sdk.UpdateServicePrimaryTaskSetOutput{TaskSet: ptr(set.describe(true))}, nil
}

// deleteTaskSet without force needs a set that is scaled to 0: documented. That the primary one can be deleted, too, is inferred.
func (s *Server) deleteTaskSet(_ context.Context, in *sdk.DeleteTaskSetInput) (*sdk.DeleteTaskSetOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.external(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	set, err := svc.taskSet(deref(in.TaskSet))
	if err != nil {
		return nil, err
	}
	if set.computed() > 0 && !deref(in.Force) {
		return nil, refuse(invalidParameter, "The task set cannot be deleted while it is scaled above 0. Scale it to 0, or use force.")
	}
	set.status = draining
	set.restless(s.clock.Now())
	svc.levers.changes++
	s.changed()
	return &sdk.DeleteTaskSetOutput{TaskSet: ptr(set.describe(true))}, nil
}
