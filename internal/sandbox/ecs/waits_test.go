package ecs_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/ecs"
)

// meanwhile is some rolling deployments of another service, which take far longer than what a test waits not to see.
func (p *platform) meanwhile() {
	p.Helper()
	for range 3 {
		p.ok(p.ecs.ForceNewDeployment(ecs.EdgeService))
		p.until("the other service is deployed", func() bool { return p.service(ecs.EdgeService).CurrentServiceDeployment == nil })
	}
}

func (p *platform) staysIn(arn string, want types.ServiceDeploymentLifecycleStage) {
	p.Helper()
	p.meanwhile()
	if d := p.deployment(arn); d.LifecycleStage != want || d.Status != inProgress {
		p.Errorf("it is %s in %s, want it still in %s", d.Status, d.LifecycleStage, want)
	}
}

func TestAStepBakes(t *testing.T) {
	t.Parallel()
	p := start(t, func(o *ecs.Options) { o.Speed = 1 })
	config := pauses(soon, back)
	config.LinearConfiguration.StepBakeTimeInMinutes = aws.Int32(1440)
	arn := p.update(web, p.register(web, next), config)
	p.until("half of the traffic follows", func() bool { return p.weights()[green] == 50 })
	p.staysIn(arn, types.ServiceDeploymentLifecycleStageProductionTrafficShift)
	p.hasWeights(50, 50)
	if w := *p.deployment(arn).TargetServiceRevision.RequestedProductionTrafficWeight; w != 50 {
		t.Errorf("%g %% are asked for, want 50 %%", w)
	}
}

func TestGreenIsHealthyBeforeItIsGivenAnything(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.ecs.Behaviour(web, "v1.2.4").SetUnhealthy(true)
	arn := p.update(web, p.register(web, next), pauses(soon, back))
	p.until("green is started", func() bool { return p.deployment(arn).LifecycleStage == types.ServiceDeploymentLifecycleStageScaleUp })
	p.staysIn(arn, types.ServiceDeploymentLifecycleStageScaleUp)
	p.hasWeights(100, 0)
	p.ecs.Behaviour(web, "v1.2.4").Reset()
	p.status(arn, successful)
}

func TestAColdBlueIsWarmedBeforeTheWayBack(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	arn := p.update(web, p.register(web, next), pauses(longEnough, back, types.DeploymentLifecycleHookStagePostProductionTrafficShift))
	p.paused(arn)
	p.ok(p.ecs.Hold(web))
	p.ok(p.ecs.Crash(web, 8, 1))
	p.ok(p.halt(arn))
	p.ok(p.ecs.Finish(web))
	p.status(arn, rolledBack)
	if svc := p.service(web); svc.RunningCount != 4 || *svc.TaskDefinition != p.guide.Services[web].TaskDefinition {
		t.Errorf("%d tasks run, of %s", svc.RunningCount, *svc.TaskDefinition)
	}
}

func TestAHealthyTaskResetsTheCircuitBreaker(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		reset   *bool
		forgets bool
	}{
		"as it is by default": {nil, true},
		"unless it is told":   {aws.Bool(false), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			p.refuseTo(next, "not found")
			config := breaker(true, &types.ThresholdConfiguration{Type: types.ThresholdTypeCount, Value: 1 << 30})
			config.DeploymentCircuitBreaker.ResetOnHealthyTask = tc.reset
			arn := p.update(app, p.register(app, next), config)
			p.until("a task failed", func() bool { return p.deployment(arn).DeploymentCircuitBreaker.FailureCount > 0 })
			p.refuseTo(next, "")
			d := p.status(arn, successful)
			if forgot := d.DeploymentCircuitBreaker.FailureCount == 0; forgot != tc.forgets {
				t.Errorf("at the end it counts %d failures", d.DeploymentCircuitBreaker.FailureCount)
			}
		})
	}
}

func TestAFailedTaskIsNotReplacedAtOnce(t *testing.T) {
	t.Parallel()
	p := start(t, func(o *ecs.Options) { o.Retry = time.Hour })
	p.ecs.Behaviour(api, "v1.2.4").SetCrashOnStart(true)
	out, err := p.client.CreateTaskSet(t.Context(), &sdk.CreateTaskSetInput{
		Cluster: aws.String(cluster), Service: aws.String(api), TaskDefinition: aws.String(p.register(api, next)), Scale: percent(50),
	})
	p.ok(err)
	failed := func() int {
		list, err := p.client.ListTasks(t.Context(), &sdk.ListTasksInput{Cluster: aws.String(cluster), StartedBy: out.TaskSet.Id, DesiredStatus: types.DesiredStatusStopped})
		p.ok(err)
		return len(list.TaskArns)
	}
	p.until("two tasks failed", func() bool { return failed() == 2 })
	p.meanwhile()
	if n := failed(); n != 2 {
		t.Errorf("%d tasks failed, want 2: Retry is an hour", n)
	}
}

func TestSecretsReachTheApplication(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	url := p.guide.Balancers[app].URL()
	p.until("it serves", func() bool { return p.revisionAt(url) != "" })
	for key, want := range map[string]int{"value of " + *ecs.GuideSecrets()[1].ValueFrom: http.StatusOK, "another": http.StatusUnauthorized} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/me", nil)
		p.ok(err)
		req.Header.Set("Authorization", "Bearer "+key)
		tr := &http.Transport{}
		res, err := (&http.Client{Transport: tr}).Do(req)
		p.ok(err)
		_ = res.Body.Close()
		tr.CloseIdleConnections()
		if res.StatusCode != want {
			t.Errorf("with %q it answers %d, want %d", key, res.StatusCode, want)
		}
	}
}
