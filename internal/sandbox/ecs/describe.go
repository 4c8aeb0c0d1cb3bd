package ecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// mostEvents is how many events a service is described with, as documented.
const mostEvents = 100

func (s *Server) describe(svc *service, withTags bool) types.Service {
	out := svc.base
	out.ServiceName, out.ServiceArn, out.ClusterArn = ptr(svc.name), ptr(svc.arn), ptr(svc.cluster.arn)
	out.Status, out.CreatedAt, out.DesiredCount = ptr(svc.status), ptr(svc.created), svc.desired
	out.RunningCount, out.PendingCount = svc.count()
	out.DeploymentController = &types.DeploymentController{Type: svc.controller}
	out.DeploymentConfiguration = ptr(svc.settings.config)
	out.LoadBalancers, out.NetworkConfiguration = svc.settings.lbs, svc.settings.network
	out.HealthCheckGracePeriodSeconds = ptr(svc.settings.grace)
	out.Events = slices.Clone(svc.events[:min(len(svc.events), mostEvents)])
	if svc.taskDef != nil {
		out.TaskDefinition = ptr(svc.taskDef.arn())
	}
	if withTags {
		out.Tags = svc.tags
	}
	for _, set := range svc.sets {
		out.TaskSets = append(out.TaskSets, set.describe(true))
	}
	if d := svc.current(); d != nil {
		out.CurrentServiceDeployment = ptr(d.arn)
	}
	for _, r := range slices.Backward(svc.revisions) {
		if r.status == "" {
			continue
		}
		out.Deployments = append(out.Deployments, r.describe(svc))
		running, pending := r.count()
		out.CurrentServiceRevisions = append(out.CurrentServiceRevisions, types.ServiceCurrentRevisionSummary{
			Arn: ptr(r.arn), RequestedTaskCount: r.wanted, RunningTaskCount: running, PendingTaskCount: pending,
		})
	}
	// PRIMARY is first, then the newest: seen in the answers that the documents show.
	slices.SortStableFunc(out.Deployments, func(a, b types.Deployment) int { return rank(a) - rank(b) })
	return out
}

func rank(d types.Deployment) int {
	if *d.Status == primary {
		return 0
	}
	return 1
}

func (r *revision) describe(svc *service) types.Deployment {
	running, pending := r.count()
	return types.Deployment{
		Id: ptr(r.id), Status: ptr(r.status), TaskDefinition: ptr(r.taskDef.arn()), DesiredCount: r.wanted,
		RunningCount: running, PendingCount: pending, FailedTasks: r.failed, CreatedAt: ptr(r.created), UpdatedAt: ptr(r.updated),
		RolloutState: r.rollout, RolloutStateReason: ptr(r.why), LaunchType: svc.base.LaunchType,
		NetworkConfiguration: r.set.network, PlatformVersion: svc.base.PlatformVersion,
	}
}

// event is one more of a service's, the newest first.
func (s *Server) event(svc *service, text string) {
	e := types.ServiceEvent{Id: ptr(s.uuid()), CreatedAt: ptr(s.clock.Now()), Message: ptr(svc.String() + " " + text)}
	svc.events = append([]types.ServiceEvent{e}, svc.events...)
	if len(svc.events) > mostEvents {
		svc.events = svc.events[:mostEvents]
	}
	s.wake.signal()
}
