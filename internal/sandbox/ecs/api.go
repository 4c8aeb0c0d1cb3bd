package ecs

import (
	"github.com/aws/aws-sdk-go-v2/service/ecs/document"

	"slipway/internal/sandbox/awsapi"
)

// API is what awsapi.Server.Handle takes.
func (s *Server) API() awsapi.API {
	return awsapi.API{
		Name: "ecs", Target: "AmazonEC2ContainerServiceV20141113", JSONNames: awsapi.Camel,
		Document: func(v any) any { return document.NewLazyDocument(v) },
		Operations: map[string]awsapi.Operation{
			"CreateCluster":               awsapi.Op(s.createCluster),
			"DescribeClusters":            awsapi.Op(s.describeClusters),
			"ListClusters":                awsapi.Op(s.listClusters),
			"RegisterTaskDefinition":      awsapi.Op(s.registerTaskDefinition),
			"DescribeTaskDefinition":      awsapi.Op(s.describeTaskDefinition),
			"ListTaskDefinitions":         awsapi.Op(s.listTaskDefinitions),
			"ListTaskDefinitionFamilies":  awsapi.Op(s.listTaskDefinitionFamilies),
			"DeregisterTaskDefinition":    awsapi.Op(s.deregisterTaskDefinition),
			"CreateService":               awsapi.Op(s.createService),
			"DescribeServices":            awsapi.Op(s.describeServices),
			"ListServices":                awsapi.Op(s.listServices),
			"UpdateService":               awsapi.Op(s.updateService),
			"DeleteService":               awsapi.Op(s.deleteService),
			"TagResource":                 awsapi.Op(s.tagResource),
			"UntagResource":               awsapi.Op(s.untagResource),
			"ListTagsForResource":         awsapi.Op(s.listTagsForResource),
			"ListServiceDeployments":      awsapi.Op(s.listServiceDeployments),
			"DescribeServiceDeployments":  awsapi.Op(s.describeServiceDeployments),
			"DescribeServiceRevisions":    awsapi.Op(s.describeServiceRevisions),
			"StopServiceDeployment":       awsapi.Op(s.stopServiceDeployment),
			"ContinueServiceDeployment":   awsapi.Op(s.continueServiceDeployment),
			"ListTasks":                   awsapi.Op(s.listTasks),
			"DescribeTasks":               awsapi.Op(s.describeTasks),
			"CreateTaskSet":               awsapi.Op(s.createTaskSet),
			"DescribeTaskSets":            awsapi.Op(s.describeTaskSets),
			"UpdateTaskSet":               awsapi.Op(s.updateTaskSet),
			"UpdateServicePrimaryTaskSet": awsapi.Op(s.updateServicePrimaryTaskSet),
			"DeleteTaskSet":               awsapi.Op(s.deleteTaskSet),
		},
	}
}
