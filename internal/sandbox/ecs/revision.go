package ecs

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	primary  = "PRIMARY"
	activeIn = "ACTIVE" // of a revision: tasks of it still run
)

// revision is a service revision together with what the older part of the API calls a deployment (Service.Deployments):
// there is one of each for every service deployment.
type revision struct {
	group
	arn       string
	created   time.Time
	updated   time.Time
	status    string // primary, activeIn, or "" when nothing of it runs
	rollout   types.DeploymentRolloutState
	why       string
	completed bool // it was brought in completely once
	halted    bool // its circuit breaker tripped: nothing more of it is started
	colour    int  // which target group of a native service: 0 targetGroupArn, 1 alternateTargetGroupArn
	// production and test are the shares of traffic asked for, in per cent; nil where ECS does not move traffic.
	production, test *float64
}

// newRevision is the service as it is wanted now. colour says which target group it gets.
func (s *Server) newRevision(svc *service, colour int) *revision {
	r := &revision{
		group:   group{svc: svc, id: "ecs-svc/" + s.longNumber(), taskDef: svc.taskDef, set: svc.settings},
		created: s.clock.Now(), updated: s.clock.Now(), status: primary, colour: colour,
		rollout: types.DeploymentRolloutStateInProgress,
	}
	r.arn = arnOf("service-revision", svc.cluster.name, svc.name, s.longNumber())
	r.why = "ECS deployment " + r.id + " in progress."
	for _, lb := range svc.settings.lbs {
		r.targets = append(r.targets, place{targetGroup: coloured(lb, colour), port: deref(lb.ContainerPort)})
	}
	if old := svc.primary(); old != nil {
		old.status = activeIn
	}
	svc.revisions = append(svc.revisions, r)
	return r
}

func coloured(lb types.LoadBalancer, colour int) string {
	if colour == 1 && lb.AdvancedConfiguration != nil {
		return deref(lb.AdvancedConfiguration.AlternateTargetGroupArn)
	}
	return deref(lb.TargetGroupArn)
}

// makePrimary is what a rollback does first: the service wants an older revision again. Its settings, but for the
// deployment configuration, are again that revision's (inferred).
func (s *Server) makePrimary(svc *service, r *revision) {
	if old := svc.primary(); old != nil {
		old.status, old.updated = activeIn, s.turn.now
	}
	r.status, r.updated = primary, s.turn.now
	config := svc.settings.config
	svc.taskDef, svc.settings = r.taskDef, r.set
	svc.settings.config = config
}

// retire forgets revisions of which nothing is left, in the list that a service is described with.
func (s *Server) retire(svc *service) {
	for _, r := range svc.revisions {
		if r.status == activeIn && r.alive() == 0 {
			r.status, r.updated = "", s.turn.now
			s.moved()
		}
	}
}

func (r *revision) summary() types.ServiceRevisionSummary {
	running, pending := r.count()
	return types.ServiceRevisionSummary{
		Arn: ptr(r.arn), RequestedTaskCount: r.wanted, RunningTaskCount: running, PendingTaskCount: pending,
		RequestedProductionTrafficWeight: copied(r.production), RequestedTestTrafficWeight: copied(r.test),
	}
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return ptr(*p)
}

func (r *revision) full() types.ServiceRevision {
	svc := r.svc
	out := types.ServiceRevision{
		ServiceRevisionArn: ptr(r.arn), ServiceArn: ptr(svc.arn), ClusterArn: ptr(svc.cluster.arn), CreatedAt: ptr(r.created),
		TaskDefinition: ptr(r.taskDef.arn()), LaunchType: svc.base.LaunchType, PlatformVersion: svc.base.PlatformVersion,
		NetworkConfiguration: r.set.network, LoadBalancers: r.set.lbs,
	}
	for i := range r.taskDef.pb.ContainerDefinitions {
		c := &r.taskDef.pb.ContainerDefinitions[i]
		out.ContainerImages = append(out.ContainerImages, types.ContainerImage{ContainerName: c.Name, Image: c.Image, ImageDigest: digestOf(deref(c.Image))})
	}
	for i, lb := range r.set.lbs {
		resolved := types.ServiceRevisionLoadBalancer{TargetGroupArn: ptr(r.targets[i].targetGroup)}
		if a := lb.AdvancedConfiguration; a != nil {
			resolved.ProductionListenerRule = a.ProductionListenerRule
		}
		if out.ResolvedConfiguration == nil {
			out.ResolvedConfiguration = &types.ResolvedConfiguration{}
		}
		out.ResolvedConfiguration.LoadBalancers = append(out.ResolvedConfiguration.LoadBalancers, resolved)
	}
	return out
}
