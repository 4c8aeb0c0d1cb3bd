package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/ecs"
)

// asks is how often users ask at the end of a release which version answers.
const asks = 4

// checkAmazon compares what ECS has at the end of a release: one task definition and nothing in progress, all weights on
// what answers users, and how often each call was made for the release.
func (w *world) checkAmazon(ctx context.Context, t *toll, x expected) error {
	at := amazonOf(x.service)
	got, err := w.witness.sdk.DescribeServices(ctx, &sdk.DescribeServicesInput{Cluster: aws.String(ecs.GuideCluster), Services: []string{at}})
	if err != nil {
		return err
	}
	s := got.Services[0]
	if name := w.witness.nameOf(ctx, aws.ToString(s.TaskDefinition)); name != string(x.work) {
		t.missing("%s ended, and %s has %s, not %s", x.id, at, name, x.work)
	}
	if arn := aws.ToString(s.CurrentServiceDeployment); arn != "" || len(s.Deployments) != 1 {
		t.remains("%s ended, and %s has %d deployments, in progress: %q", x.id, at, len(s.Deployments), arn)
	}
	list, err := w.witness.sdk.ListServiceDeployments(ctx, &sdk.ListServiceDeploymentsInput{
		Cluster: aws.String(ecs.GuideCluster), Service: aws.String(at),
		Status: []types.ServiceDeploymentStatus{types.ServiceDeploymentStatusPending, types.ServiceDeploymentStatusInProgress, types.ServiceDeploymentStatusRollbackRequested, types.ServiceDeploymentStatusRollbackInProgress, types.ServiceDeploymentStatusStopRequested},
	})
	if err != nil {
		return err
	}
	for _, d := range list.ServiceDeployments {
		t.remains("%s ended, and deployment %s of %s is %s", x.id, aws.ToString(d.ServiceDeploymentArn), at, d.Status)
	}
	w.countAmazon(t, at, x.since)
	lb, ok := w.Amazon.Guide.Balancers[at]
	if !ok {
		return nil
	}
	shared := 0
	for _, weight := range w.Amazon.ELB.InEffect(lb.Rule) {
		if weight > 0 {
			shared++
		}
	}
	if shared != 1 {
		t.missing("%s ended, and the rule of %s has %v", x.id, at, w.Amazon.ELB.InEffect(lb.Rule))
	}
	return w.askUsers(ctx, t, x, lb.URL()+"/health")
}

// askUsers asks where users do.
func (w *world) askUsers(ctx context.Context, t *toll, x expected, url string) error {
	for range asks {
		version, err := answering(ctx, url)
		if err != nil {
			return fmt.Errorf("ask %s: %w", x.service, err)
		}
		if version != x.version {
			t.missing("%s ended, and users get %s, not %s", x.id, version, x.version)
		}
	}
	return nil
}

func answering(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, asked)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	var said struct {
		Version string `json:"version"`
	}
	err = json.NewDecoder(resp.Body).Decode(&said)
	return said.Version, err
}

// countAmazon keeps the most that any release has registered, and has asked for the same task definition.
func (w *world) countAmazon(t *toll, at string, since time.Time) {
	registered, asked := 0, map[string]int{}
	for _, d := range w.witness.since(at, since) {
		switch {
		case d.changed && d.operation == registers:
			registered++
		case d.changed && d.operation == updates:
			asked[d.about]++
		}
	}
	t.count(func() {
		t.registered = max(t.registered, registered)
		for _, n := range asked {
			t.updated = max(t.updated, n)
		}
	})
}
