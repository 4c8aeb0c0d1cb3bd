package ecs_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/ecs"
)

// revisionAt is which task definition serves at an address.
func (p *platform) revisionAt(url string) string {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), http.MethodGet, url+"/health", nil)
	p.ok(err)
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	res, err := (&http.Client{Transport: tr}).Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	return res.Header.Get("X-Revision")
}

func TestARollingDeploymentReplacesTheTasks(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	def := p.register(ecs.RollingService, next)
	p.ok(p.ecs.Hold(ecs.RollingService))
	arn := p.update(ecs.RollingService, def, nil)
	if svc := p.service(ecs.RollingService); *svc.TaskDefinition != def || len(svc.Deployments) != 2 ||
		*svc.Deployments[0].Status != "PRIMARY" || *svc.Deployments[0].TaskDefinition != def ||
		svc.Deployments[0].RolloutState != types.DeploymentRolloutStateInProgress || *svc.Deployments[1].Status != "ACTIVE" {
		t.Errorf("while it is in progress: %+v", svc.Deployments)
	}
	if d := p.deployment(arn); d.Status != types.ServiceDeploymentStatusPending {
		t.Errorf("held, it is %s", d.Status)
	}
	p.ok(p.ecs.Finish(ecs.RollingService))
	d := p.status(arn, types.ServiceDeploymentStatusSuccessful)
	if d.FinishedAt == nil || d.TargetServiceRevision.RunningTaskCount != 4 || d.DeploymentCircuitBreaker.Status != types.ServiceDeploymentRollbackMonitorsStatusMonitoringComplete {
		t.Errorf("at the end: %+v", d)
	}
	svc := p.service(ecs.RollingService)
	if svc.CurrentServiceDeployment != nil || len(svc.Deployments) != 1 || svc.RunningCount != 4 || svc.Deployments[0].RolloutState != types.DeploymentRolloutStateCompleted {
		t.Errorf("at the end: %+v", svc)
	}
	if !strings.Contains(*svc.Events[0].Message, "has reached a steady state.") {
		t.Errorf("the last event: %s", *svc.Events[0].Message)
	}
	p.until("the new task definition serves", func() bool {
		return p.revisionAt(p.guide.Balancers[ecs.RollingService].URL()) == "coditect-app:2"
	})
	if n := len(p.elb.Targets(p.guide.Groups[ecs.RollingService][0])); n != 4 {
		t.Errorf("%d targets are registered, want the 4 new ones", n)
	}
	list, err := p.client.ListServiceDeployments(t.Context(), &sdk.ListServiceDeploymentsInput{
		Cluster: aws.String(cluster), Service: aws.String(ecs.RollingService),
	})
	p.ok(err)
	if len(list.ServiceDeployments) != 2 || *list.ServiceDeployments[0].ServiceDeploymentArn != arn ||
		*list.ServiceDeployments[0].TargetServiceRevisionArn != *d.TargetServiceRevision.Arn {
		t.Errorf("the list: %+v", list.ServiceDeployments)
	}
	revisions, err := p.client.DescribeServiceRevisions(t.Context(), &sdk.DescribeServiceRevisionsInput{ServiceRevisionArns: []string{*d.TargetServiceRevision.Arn}})
	p.ok(err)
	if r := revisions.ServiceRevisions[0]; *r.TaskDefinition != def || *r.ContainerImages[0].Image != next {
		t.Errorf("the revision: %+v", r)
	}
}

func TestTheMinimumAndTheMaximumBoundARollingDeployment(t *testing.T) {
	t.Parallel()
	// Nothing new ever becomes ready: what the limits allow is what can be seen.
	p := start(t, func(o *ecs.Options) { o.Start = time.Hour })
	p.until("the guide's tasks are healthy", func() bool { return p.elb.Healthy(p.guide.Groups[ecs.RollingService][0]) == 4 })
	for name, tc := range map[string]struct {
		least, most      int32
		running, pending int32
	}{
		"100 and 200 start as many again":                    {100, 200, 4, 4},
		"50 and 200 stop nothing while there is room":        {50, 200, 4, 4},
		"100 and 150 start half as many":                     {100, 150, 4, 2},
		"50 and 100 stop two before two are started":         {50, 100, 2, 2},
		"a maximum of a part of a task is rounded down":      {100, 130, 4, 1},
		"a minimum of a part of a task is rounded up":        {60, 100, 3, 1},
		"100 and 100 leave nothing that may be done at once": {100, 100, 4, 0},
	} {
		service := "limits-" + strings.ReplaceAll(name, " ", "-")
		seeded, err := p.ecs.Seed(ecs.ServiceSpec{Name: service, Family: "limits", Image: good, Tasks: 4, Config: &types.DeploymentConfiguration{
			MinimumHealthyPercent: aws.Int32(tc.least), MaximumPercent: aws.Int32(tc.most),
		}})
		p.ok(err)
		arn := p.update(seeded.ServiceARN, p.register("limits", next), nil)
		p.status(arn, types.ServiceDeploymentStatusInProgress)
		var svc types.Service
		p.until(name, func() bool {
			svc = p.service(service)
			return svc.RunningCount == tc.running && svc.PendingCount == tc.pending
		})
		p.ok(p.ecs.Hold(service))
	}
}

func TestWhatBeginsARollingDeployment(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	live := aws.String(p.guide.Services[ecs.RollingService].TaskDefinition)
	for name, tc := range map[string]struct {
		in   sdk.UpdateServiceInput
		want bool
	}{
		"the same task definition":           {sdk.UpdateServiceInput{TaskDefinition: live}, false},
		"a deployment configuration":         {sdk.UpdateServiceInput{DeploymentConfiguration: &types.DeploymentConfiguration{MaximumPercent: aws.Int32(150)}}, false},
		"another number of tasks":            {sdk.UpdateServiceInput{DesiredCount: aws.Int32(3)}, false},
		"the same by force":                  {sdk.UpdateServiceInput{ForceNewDeployment: true}, true},
		"the same task definition, by force": {sdk.UpdateServiceInput{TaskDefinition: live, ForceNewDeployment: true}, true},
	} {
		tc.in.Cluster, tc.in.Service = aws.String(cluster), aws.String(ecs.RollingService)
		out, err := p.client.UpdateService(t.Context(), &tc.in)
		p.ok(err)
		if began := out.Service.CurrentServiceDeployment != nil; began != tc.want {
			t.Errorf("%s: a deployment began: %v", name, began)
		}
		p.until("it is steady", func() bool { return p.service(ecs.RollingService).CurrentServiceDeployment == nil })
	}
}

func TestANewerRollingDeploymentReplacesAnOlderOne(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.ok(p.ecs.NoCapacity(ecs.RollingService, true))
	older := p.update(ecs.RollingService, p.register(ecs.RollingService, next), nil)
	p.status(older, types.ServiceDeploymentStatusInProgress)
	p.until("the event about capacity", func() bool { return strings.Contains(p.events(), "Capacity is unavailable") })
	p.ok(p.ecs.UpdateByHand(ecs.RollingService, p.register(ecs.RollingService, newest)))
	newer := *p.service(ecs.RollingService).CurrentServiceDeployment
	if d := p.deployment(older); d.Status != types.ServiceDeploymentStatusStopped || newer == older {
		t.Errorf("the older one is %s", d.Status)
	}
	p.ok(p.ecs.NoCapacity(ecs.RollingService, false))
	p.status(newer, types.ServiceDeploymentStatusSuccessful)
	if n := p.ecs.Changes(ecs.RollingService); n != 2 {
		t.Errorf("%d changes, want 2", n)
	}
}

func TestARollingDeploymentIsStopped(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.ok(p.ecs.Hold(ecs.RollingService))
	arn := p.update(ecs.RollingService, p.register(ecs.RollingService, next), nil)
	p.ok(p.halt(arn))
	if d := p.deployment(arn); d.Status != types.ServiceDeploymentStatusRollbackRequested || d.Rollback == nil {
		t.Errorf("stopped while it was pending: %s", d.Status)
	}
	p.ok(p.halt(arn)) // documented: it continues the rollback
	p.ok(p.ecs.Finish(ecs.RollingService))
	p.status(arn, types.ServiceDeploymentStatusRollbackSuccessful)
	if svc := p.service(ecs.RollingService); *svc.TaskDefinition != p.guide.Services[ecs.RollingService].TaskDefinition || svc.RunningCount != 4 {
		t.Errorf("it came back to %s", *svc.TaskDefinition)
	}
	p.refused(p.halt(arn), "ConflictException", "ROLLBACK_SUCCESSFUL")
	_, err := p.client.StopServiceDeployment(t.Context(), &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: aws.String(arn + "x")})
	p.refused(err, "ServiceDeploymentNotFoundException", "not found")
}
