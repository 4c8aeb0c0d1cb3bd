package ecs

import (
	"net/http"

	"slipway/internal/sandbox/awsapi"
)

// The exceptions of the API that are used here.
const (
	clientException     = "ClientException"
	invalidParameter    = "InvalidParameterException"
	clusterNotFound     = "ClusterNotFoundException"
	serviceNotFound     = "ServiceNotFoundException"
	serviceNotActive    = "ServiceNotActiveException"
	taskSetNotFound     = "TaskSetNotFoundException"
	deploymentNotFound  = "ServiceDeploymentNotFoundException"
	conflict            = "ConflictException"
	unsupportedFeature  = "UnsupportedFeatureException"
	resourceNotFound    = "ResourceNotFoundException"
	listenerRuleMissing = "The listener rule is not there, or does not forward to both target groups of the service."
)

// refuse is what an operation answers with instead of its output.
func refuse(code, message string) error {
	return &awsapi.Error{Code: code, Message: message, Status: http.StatusBadRequest}
}

func notFoundCluster() error { return refuse(clusterNotFound, "Cluster not found.") }
func notFoundService() error { return refuse(serviceNotFound, "Service not found.") }
