package ecs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/ecs"
)

const app = ecs.RollingService

func breaker(rollback bool, c *types.ThresholdConfiguration) *types.DeploymentConfiguration {
	return &types.DeploymentConfiguration{DeploymentCircuitBreaker: &types.DeploymentCircuitBreaker{
		Enable: true, Rollback: rollback, ThresholdConfiguration: c, ResetOnHealthyTask: aws.Bool(false),
	}}
}

func TestTheCircuitBreakerRollsBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		wrong                  func(*platform)
		code                   types.TaskStopCode
		reason, containsReason string
		exit                   *int32
	}{
		"an image that cannot be pulled": {
			func(p *platform) { p.refuseTo(next, "not found") }, types.TaskStopCodeTaskFailedToStart,
			"CannotPullContainerError: pull image manifest has been retried", "CannotPullContainerError", nil,
		},
		"a secret that is not there": {
			func(p *platform) { p.refuseTo(*ecs.GuideSecrets()[0].ValueFrom, "did not contain json key url") }, types.TaskStopCodeTaskFailedToStart,
			"ResourceInitializationError: unable to pull secrets or registry auth", "did not contain json key url", nil,
		},
		"an application that exits": {
			func(p *platform) { p.ecs.Behaviour(app, "v1.2.4").SetCrashOnStart(true) }, types.TaskStopCodeEssentialContainerExited,
			"Essential container in task exited", "", aws.Int32(1),
		},
		"health checks that fail": {
			func(p *platform) { p.ecs.Behaviour(app, "v1.2.4").SetUnhealthy(true) }, types.TaskStopCodeServiceSchedulerInitiated,
			"Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing", "", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			tc.wrong(p)
			arn := p.update(app, p.register(app, next), nil)
			d := p.status(arn, rolledBack)
			if !strings.Contains(*d.StatusReason, "circuit breaker") || *d.Rollback.ServiceRevisionArn != *d.SourceServiceRevisions[0].Arn ||
				d.DeploymentCircuitBreaker.Status != types.ServiceDeploymentRollbackMonitorsStatusTriggered || d.DeploymentCircuitBreaker.FailureCount < 3 {
				t.Errorf("rolled back: %s %+v %+v", *d.StatusReason, d.Rollback, d.DeploymentCircuitBreaker)
			}
			svc := p.service(app)
			if *svc.TaskDefinition != p.guide.Services[app].TaskDefinition || svc.RunningCount != 4 || len(svc.Deployments) != 1 {
				t.Errorf("%d tasks run, of %s", svc.RunningCount, *svc.TaskDefinition)
			}
			found := false
			for _, task := range p.stopped(app) {
				if task.StopCode != tc.code || !strings.HasPrefix(*task.StoppedReason, tc.reason) {
					continue
				}
				found = true
				c := task.Containers[0]
				if !strings.Contains(aws.ToString(c.Reason), tc.containsReason) || aws.ToInt32(c.ExitCode) != aws.ToInt32(tc.exit) || (c.ExitCode == nil) != (tc.exit == nil) {
					t.Errorf("the container: %+v", c)
				}
			}
			if !found {
				t.Errorf("no stopped task has %s %q", tc.code, tc.reason)
			}
		})
	}
}

func TestTheCircuitBreakerWithoutARollback(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.refuseTo(next, "not found")
	arn := p.update(app, p.register(app, next), breaker(false, nil))
	d := p.status(arn, types.ServiceDeploymentStatusStopped)
	svc := p.service(app)
	if d.StoppedAt == nil || svc.Deployments[0].RolloutState != types.DeploymentRolloutStateFailed || svc.RunningCount != 4 {
		t.Errorf("stopped: %+v", svc.Deployments)
	}
}

func TestTheCircuitBreakerWithNothingToReturnTo(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.refuseTo(next, "not found")
	def := p.register(app, next)
	create := createInput("first-ever", def)
	create.DeploymentConfiguration = breaker(true, nil)
	out, err := p.client.CreateService(t.Context(), create)
	p.ok(err)
	arn := *out.Service.CurrentServiceDeployment
	p.until("the breaker trips", func() bool {
		return p.deployment(arn).DeploymentCircuitBreaker.Status == types.ServiceDeploymentRollbackMonitorsStatusTriggered
	})
	p.until("nothing more is started", func() bool { return p.service("first-ever").PendingCount == 0 })
	if d := p.deployment(arn); d.Status != inProgress || d.Rollback != nil {
		t.Errorf("it is %s", d.Status)
	}
	p.ok(p.halt(arn))
	p.status(arn, types.ServiceDeploymentStatusRollbackFailed)
}

func TestThresholdsOfTheCircuitBreaker(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.ok(p.ecs.Hold(app))
	def := p.register(app, next)
	for name, tc := range map[string]struct {
		c    *types.ThresholdConfiguration
		want int32
	}{
		"half of four, but three at least": {nil, 3},
		"a count as it is":                 {&types.ThresholdConfiguration{Type: types.ThresholdTypeCount, Value: 1}, 1},
		"five times the tasks":             {&types.ThresholdConfiguration{Type: types.ThresholdTypeBoundedPercent, Value: 500}, 20},
		"two hundred at most":              {&types.ThresholdConfiguration{Type: types.ThresholdTypeBoundedPercent, Value: 100_000}, 200},
		"without a bound":                  {&types.ThresholdConfiguration{Type: types.ThresholdTypeUnboundedPercent, Value: 25}, 1},
	} {
		arn := p.update(app, def, breaker(true, tc.c))
		if got := p.deployment(arn).DeploymentCircuitBreaker.Threshold; got != tc.want {
			t.Errorf("%s: %d failures, want %d", name, got, tc.want)
		}
		p.ok(p.ecs.ForceNewDeployment(app))
		def = p.register(app, next)
	}
}
