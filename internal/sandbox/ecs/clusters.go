package ecs

import (
	"cmp"
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

type cluster struct {
	name, arn string
	tags      []types.Tag
	services  []*service
}

// cluster finds one by its name or ARN; without either it is "default", as at AWS.
func (s *Server) cluster(nameOrARN *string) (*cluster, error) {
	name := lastPart(cmp.Or(deref(nameOrARN), "default"))
	for _, c := range s.clusters {
		if c.name == name {
			return c, nil
		}
	}
	return nil, notFoundCluster()
}

func (s *Server) addCluster(name string, tags []types.Tag) *cluster {
	if c, err := s.cluster(&name); err == nil {
		return c
	}
	c := &cluster{name: name, arn: arnOf("cluster", name), tags: tags}
	s.clusters = append(s.clusters, c)
	return c
}

func (c *cluster) describe(withTags bool) types.Cluster {
	out := types.Cluster{
		ClusterName: ptr(c.name), ClusterArn: ptr(c.arn), Status: ptr("ACTIVE"),
		CapacityProviders: []string{"FARGATE"},
	}
	for _, svc := range c.services {
		if svc.status != active {
			continue
		}
		running, pending := svc.count()
		out.ActiveServicesCount++
		out.RunningTasksCount += running
		out.PendingTasksCount += pending
	}
	if withTags {
		out.Tags = c.tags
	}
	return out
}

func (s *Server) createCluster(_ context.Context, in *sdk.CreateClusterInput) (*sdk.CreateClusterOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.addCluster(cmp.Or(deref(in.ClusterName), "default"), in.Tags)
	return &sdk.CreateClusterOutput{Cluster: ptr(c.describe(true))}, nil
}

func (s *Server) describeClusters(_ context.Context, in *sdk.DescribeClustersInput) (*sdk.DescribeClustersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := in.Clusters
	if len(names) == 0 {
		names = []string{"default"}
	}
	out := &sdk.DescribeClustersOutput{}
	for _, name := range names {
		c, err := s.cluster(&name)
		if err != nil {
			out.Failures = append(out.Failures, missing(arnOf("cluster", lastPart(name))))
			continue
		}
		out.Clusters = append(out.Clusters, c.describe(contains(in.Include, types.ClusterFieldTags)))
	}
	return out, nil
}

func (s *Server) listClusters(_ context.Context, in *sdk.ListClustersInput) (*sdk.ListClustersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var arns []string
	for _, c := range s.clusters {
		arns = append(arns, c.arn)
	}
	part, next, err := page(arns, in.MaxResults, in.NextToken, 100)
	if err != nil {
		return nil, err
	}
	return &sdk.ListClustersOutput{ClusterArns: part, NextToken: next}, nil
}

// missing is how the Describe calls speak of what is not there: in the answer, not as an error.
func missing(arn string) types.Failure { return types.Failure{Arn: ptr(arn), Reason: ptr("MISSING")} }
