package ecs

import (
	"context"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// deployment finds a service deployment by its ARN.
func (s *Server) deployment(arn string) *deployment {
	for svc := range s.allServices() {
		for _, d := range svc.deployments {
			if d.arn == arn {
				return d
			}
		}
	}
	return nil
}

// listServiceDeployments gives the newest first (inferred).
func (s *Server) listServiceDeployments(_ context.Context, in *sdk.ListServiceDeploymentsInput) (*sdk.ListServiceDeploymentsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, err := s.service(in.Cluster, in.Service)
	if err != nil {
		return nil, err
	}
	var all []types.ServiceDeploymentBrief
	for _, d := range slices.Backward(svc.deployments) {
		if len(in.Status) > 0 && !contains(in.Status, d.status) || !within(in.CreatedAt, d) {
			continue
		}
		all = append(all, types.ServiceDeploymentBrief{
			ClusterArn: ptr(svc.cluster.arn), ServiceArn: ptr(svc.arn), ServiceDeploymentArn: ptr(d.arn), Status: d.status,
			StatusReason: orNil(d.reason), TargetServiceRevisionArn: ptr(d.target.arn),
			CreatedAt: ptr(d.created), StartedAt: timeOrNil(d.started), FinishedAt: timeOrNil(d.finishedAt),
		})
	}
	part, next, err := page(all, in.MaxResults, in.NextToken, 20)
	if err != nil {
		return nil, err
	}
	return &sdk.ListServiceDeploymentsOutput{ServiceDeployments: part, NextToken: next}, nil
}

func within(c *types.CreatedAt, d *deployment) bool {
	return c == nil || (c.After == nil || d.created.After(*c.After)) && (c.Before == nil || d.created.Before(*c.Before))
}

func (s *Server) describeServiceDeployments(_ context.Context, in *sdk.DescribeServiceDeploymentsInput) (*sdk.DescribeServiceDeploymentsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(in.ServiceDeploymentArns); n == 0 || n > 20 {
		return nil, refuse(invalidParameter, "serviceDeploymentArns must have between 1 and 20 members.")
	}
	out := &sdk.DescribeServiceDeploymentsOutput{}
	for _, arn := range in.ServiceDeploymentArns {
		if d := s.deployment(arn); d != nil {
			out.ServiceDeployments = append(out.ServiceDeployments, d.describe())
		} else {
			out.Failures = append(out.Failures, missing(arn))
		}
	}
	return out, nil
}

func (d *deployment) describe() types.ServiceDeployment {
	out := types.ServiceDeployment{
		ServiceDeploymentArn: ptr(d.arn), ServiceArn: ptr(d.svc.arn), ClusterArn: ptr(d.svc.cluster.arn),
		Status: d.status, StatusReason: orNil(d.reason), CreatedAt: ptr(d.created), StartedAt: timeOrNil(d.started),
		StoppedAt: timeOrNil(d.stopped), FinishedAt: timeOrNil(d.finishedAt), UpdatedAt: ptr(d.updated),
		DeploymentConfiguration: ptr(d.config), DeploymentCircuitBreaker: d.breaker(), LifecycleStage: d.stage().name,
		TargetServiceRevision: ptr(d.target.summary()),
	}
	if d.rollback != nil {
		out.Rollback = ptr(*d.rollback)
	}
	for _, r := range d.sources {
		out.SourceServiceRevisions = append(out.SourceServiceRevisions, r.summary())
	}
	for _, h := range d.hooks {
		out.LifecycleHookDetails = append(out.LifecycleHookDetails, h.describe())
	}
	return out
}

func (s *Server) describeServiceRevisions(_ context.Context, in *sdk.DescribeServiceRevisionsInput) (*sdk.DescribeServiceRevisionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(in.ServiceRevisionArns); n == 0 || n > 20 {
		return nil, refuse(invalidParameter, "serviceRevisionArns must have between 1 and 20 members.")
	}
	out := &sdk.DescribeServiceRevisionsOutput{}
	for _, arn := range in.ServiceRevisionArns {
		found := false
		for svc := range s.allServices() {
			for _, r := range svc.revisions {
				if r.arn == arn {
					out.ServiceRevisions, found = append(out.ServiceRevisions, r.full()), true
				}
			}
		}
		if !found {
			out.Failures = append(out.Failures, missing(arn))
		}
	}
	return out, nil
}
