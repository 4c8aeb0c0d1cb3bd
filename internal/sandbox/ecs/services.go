package ecs

import (
	"cmp"
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func (s *Server) createService(_ context.Context, in *sdk.CreateServiceInput) (*sdk.CreateServiceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if old := c.service(deref(in.ServiceName)); old != nil && old.status != inactive {
		if in.ClientToken != nil && *in.ClientToken == old.token {
			return &sdk.CreateServiceOutput{Service: ptr(s.describe(old, true))}, nil
		}
		return nil, refuse(invalidParameter, "Creation of service was not idempotent.")
	}
	svc, err := s.makeService(c, in)
	if err != nil {
		return nil, err
	}
	c.services = append(c.services, svc)
	if svc.taskDef != nil {
		s.deploy(svc)
	}
	svc.levers.changes++
	s.changed()
	return &sdk.CreateServiceOutput{Service: ptr(s.describe(svc, true))}, nil
}

func (s *Server) makeService(c *cluster, in *sdk.CreateServiceInput) (*service, error) {
	svc := &service{
		cluster: c, name: deref(in.ServiceName), arn: arnOf("service", c.name, deref(in.ServiceName)), status: active,
		created: s.clock.Now(), controller: types.DeploymentControllerTypeEcs, desired: deref(in.DesiredCount),
		tags: in.Tags, token: deref(in.ClientToken), apps: map[*taskDef]*app{},
		settings: settings{lbs: in.LoadBalancers, network: in.NetworkConfiguration, grace: deref(in.HealthCheckGracePeriodSeconds)},
		base: types.Service{
			LaunchType: cmp.Or(in.LaunchType, types.LaunchTypeFargate), SchedulingStrategy: types.SchedulingStrategyReplica,
			PlatformVersion: in.PlatformVersion, PropagateTags: in.PropagateTags, EnableECSManagedTags: in.EnableECSManagedTags,
			EnableExecuteCommand: in.EnableExecuteCommand, PlacementConstraints: in.PlacementConstraints,
			PlacementStrategy: in.PlacementStrategy, CapacityProviderStrategy: in.CapacityProviderStrategy,
			ServiceRegistries: in.ServiceRegistries,
		},
	}
	if svc.name == "" {
		return nil, refuse(invalidParameter, "Service name should not be null or empty.")
	}
	if in.DeploymentController != nil {
		svc.controller = in.DeploymentController.Type
	}
	config, err := mergeConfig(types.DeploymentConfiguration{}, in.DeploymentConfiguration)
	if err != nil {
		return nil, err
	}
	svc.settings.config = config
	if svc.controller == types.DeploymentControllerTypeExternal {
		// Seen in reports of users of the API: an external service must not have one.
		if in.TaskDefinition != nil {
			return nil, refuse(invalidParameter, "TaskDefinition must be blank.")
		}
		return svc, nil
	}
	if svc.taskDef, err = s.usable(deref(in.TaskDefinition)); err != nil {
		return nil, err
	}
	return svc, s.check(svc.settings, svc.taskDef)
}

func (s *Server) listServices(_ context.Context, in *sdk.ListServicesInput) (*sdk.ListServicesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, svc := range c.services {
		if svc.status != inactive {
			arns = append(arns, svc.arn)
		}
	}
	part, next, err := page(arns, in.MaxResults, in.NextToken, 10)
	if err != nil {
		return nil, err
	}
	return &sdk.ListServicesOutput{ServiceArns: part, NextToken: next}, nil
}

func (s *Server) describeServices(_ context.Context, in *sdk.DescribeServicesInput) (*sdk.DescribeServicesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.cluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	if len(in.Services) == 0 || len(in.Services) > 10 {
		return nil, refuse(invalidParameter, "Services must have between 1 and 10 members.")
	}
	out := &sdk.DescribeServicesOutput{}
	for _, name := range in.Services {
		svc := c.service(name)
		if svc == nil {
			arn := name
			if !strings.HasPrefix(arn, "arn:") {
				arn = arnOf("service", c.name, name)
			}
			out.Failures = append(out.Failures, missing(arn))
			continue
		}
		out.Services = append(out.Services, s.describe(svc, contains(in.Include, types.ServiceFieldTags)))
	}
	return out, nil
}

// deleteService leaves an INACTIVE service, which can be described for a while, as documented.
func (s *Server) deleteService(_ context.Context, in *sdk.DeleteServiceInput) (*sdk.DeleteServiceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.activeService(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	if svc.desired > 0 && !deref(in.Force) {
		return nil, refuse(invalidParameter, "The service cannot be stopped while it is scaled above 0.")
	}
	if d := svc.current(); d != nil {
		s.end(svc, d, types.ServiceDeploymentStatusStopped, "The service was deleted.")
	}
	svc.status, svc.desired = draining, 0
	svc.levers.changes++
	s.changed()
	return &sdk.DeleteServiceOutput{Service: ptr(s.describe(svc, true))}, nil
}
