package ecs_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/elb"
)

const (
	web         = ecs.NativeService
	carryOn     = types.DeploymentLifecycleHookActionContinue
	back        = types.DeploymentLifecycleHookActionRollback
	inProgress  = types.ServiceDeploymentStatusInProgress
	successful  = types.ServiceDeploymentStatusSuccessful
	rolledBack  = types.ServiceDeploymentStatusRollbackSuccessful
	preShift    = types.DeploymentLifecycleHookStagePreProductionTrafficShift
	longEnough  = 20160 // minutes: at the tests' speed, more than three
	soon        = 1     // minute: 10 ms
	blue, green = 0, 1
)

// pauses is a configuration of a strategy that pauses at stages, for so many minutes.
func pauses(minutes int32, action types.DeploymentLifecycleHookAction, stages ...types.DeploymentLifecycleHookStage) *types.DeploymentConfiguration {
	c := &types.DeploymentConfiguration{
		Strategy: types.DeploymentStrategyLinear, BakeTimeInMinutes: aws.Int32(0), LifecycleHooks: []types.DeploymentLifecycleHook{},
		LinearConfiguration: &types.LinearConfiguration{StepPercent: aws.Float64(50), StepBakeTimeInMinutes: aws.Int32(0)},
	}
	if len(stages) > 0 {
		c.LifecycleHooks = []types.DeploymentLifecycleHook{{
			TargetType: types.DeploymentLifecycleHookTargetTypePause, LifecycleStages: stages,
			TimeoutConfiguration: &types.DeploymentLifecycleHookTimeoutConfiguration{TimeoutInMinutes: aws.Int32(minutes), Action: action},
		}}
	}
	return c
}

// weights are those that traffic follows at the rule of the native service: of blue and of green, as the guide has them.
func (p *platform) weights() []int {
	w := p.elb.InEffect(p.guide.Balancers[web].Rule)
	groups := p.guide.Groups[web]
	return []int{w[groups[blue]], w[groups[green]]}
}

func (p *platform) hasWeights(b, g int) {
	p.Helper()
	if diff := cmp.Diff([]int{b, g}, p.weights()); diff != "" {
		p.Errorf("the weights of blue and green (-want +got):\n%s", diff)
	}
}

func TestLinearPausesBeforeEveryStep(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	arn := p.update(web, p.register(web, next), pauses(longEnough, back, preShift))

	d, first := p.paused(arn)
	if d.LifecycleStage != "PRE_PRODUCTION_TRAFFIC_SHIFT" || *d.TargetServiceRevision.RequestedProductionTrafficWeight != 0 ||
		*d.TargetServiceRevision.RequestedTestTrafficWeight != 100 || d.TargetServiceRevision.RunningTaskCount != 4 ||
		*d.SourceServiceRevisions[0].RequestedProductionTrafficWeight != 100 || d.SourceServiceRevisions[0].RunningTaskCount != 4 {
		t.Errorf("before the first step: %+v", d)
	}
	if h := d.LifecycleHookDetails[0]; h.TargetType != types.DeploymentLifecycleHookTargetTypePause || h.TimeoutAction != back || h.ExpiresAt == nil {
		t.Errorf("the hook: %+v", h)
	}
	p.hasWeights(100, 0)
	if got := p.revisionAt(p.guide.Balancers[web].TestURL()); got != "coditect-web:2" {
		t.Errorf("for tests, %s serves", got)
	}

	p.resume(arn, first, carryOn)
	d, second := p.paused(arn, first)
	if *d.TargetServiceRevision.RequestedProductionTrafficWeight != 50 || *d.SourceServiceRevisions[0].RequestedProductionTrafficWeight != 50 {
		t.Errorf("before the second step: %+v", d.TargetServiceRevision)
	}
	p.hasWeights(50, 50)
	_, err := p.client.ContinueServiceDeployment(t.Context(), &sdk.ContinueServiceDeploymentInput{ServiceDeploymentArn: aws.String(arn), HookId: aws.String(first)})
	p.refused(err, "InvalidParameterException", "hookId")

	p.resume(arn, second, "") // the default is to continue
	d = p.status(arn, successful)
	if *d.TargetServiceRevision.RequestedProductionTrafficWeight != 100 || d.LifecycleStage != types.ServiceDeploymentLifecycleStageCleanUp {
		t.Errorf("at the end: %+v", d)
	}
	p.hasWeights(0, 100)
	if svc := p.service(web); svc.RunningCount != 4 || len(svc.Deployments) != 1 {
		t.Errorf("at the end %d tasks run, in %d deployments", svc.RunningCount, len(svc.Deployments))
	}
	p.refused(p.halt(arn), "ConflictException", "SUCCESSFUL")
	_, err = p.client.ContinueServiceDeployment(t.Context(), &sdk.ContinueServiceDeploymentInput{ServiceDeploymentArn: aws.String(arn), HookId: aws.String(second)})
	p.refused(err, "ConflictException", "SUCCESSFUL")

	// The next one goes the other way.
	p.status(p.update(web, p.register(web, newest), pauses(soon, back)), successful)
	p.hasWeights(100, 0)
}

func TestStepsOfTheStrategies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config types.DeploymentConfiguration
		want   []float64
	}{
		"BLUE_GREEN is one step": {types.DeploymentConfiguration{Strategy: types.DeploymentStrategyBlueGreen}, []float64{100}},
		"CANARY is two": {types.DeploymentConfiguration{
			Strategy: types.DeploymentStrategyCanary, CanaryConfiguration: &types.CanaryConfiguration{CanaryPercent: aws.Float64(0.5), CanaryBakeTimeInMinutes: aws.Int32(1)},
		}, []float64{0.5, 100}},
		"LINEAR ends with what is left": {types.DeploymentConfiguration{
			Strategy: types.DeploymentStrategyLinear, LinearConfiguration: &types.LinearConfiguration{StepPercent: aws.Float64(40), StepBakeTimeInMinutes: aws.Int32(1)},
		}, []float64{40, 80, 100}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			tc.config.BakeTimeInMinutes = aws.Int32(1)
			tc.config.LifecycleHooks = pauses(longEnough, back, preShift, types.DeploymentLifecycleHookStagePostProductionTrafficShift).LifecycleHooks
			arn := p.update(web, p.register(web, next), &tc.config)
			var got []float64
			var seen []string
			for {
				d, hook := p.paused(arn, seen...)
				if w := *d.TargetServiceRevision.RequestedProductionTrafficWeight; w > 0 {
					got = append(got, w)
				}
				seen = append(seen, hook)
				p.resume(arn, hook, carryOn)
				if d.LifecycleStage == types.ServiceDeploymentLifecycleStagePostProductionTrafficShift {
					break
				}
			}
			p.status(arn, successful)
			if tc.config.Strategy == types.DeploymentStrategyCanary && !slices.ContainsFunc(p.elb.Changes(), func(c elb.Change) bool {
				return c.Weights[p.guide.Groups[web][blue]] == 995 && c.Weights[p.guide.Groups[web][green]] == 5
			}) {
				t.Errorf("half a per cent was asked of the load balancer as %v", p.elb.Changes())
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("green was given (-want +got):\n%s", diff)
			}
		})
	}
}

// The stages at which a deployment can be turned back, each with what is warm then.
func TestItTurnsBackAtEachMoment(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		stage types.DeploymentLifecycleHookStage
		skip  int // pauses that are continued before
	}{
		"before green is started":        {types.DeploymentLifecycleHookStagePreScaleUp, 0},
		"before any traffic":             {types.DeploymentLifecycleHookStagePostScaleUp, 0},
		"after the tests' traffic":       {types.DeploymentLifecycleHookStagePostTestTrafficShift, 0},
		"before the first step":          {preShift, 0},
		"between two steps":              {preShift, 1},
		"after everything, before baked": {types.DeploymentLifecycleHookStagePostProductionTrafficShift, 0},
	} {
		for _, how := range []string{"by the hook", "by stopping it"} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				p := start(t, nil)
				arn := p.update(web, p.register(web, next), pauses(longEnough, back, tc.stage))
				var seen []string
				for range tc.skip {
					_, hook := p.paused(arn, seen...)
					seen = append(seen, hook)
					p.resume(arn, hook, carryOn)
				}
				_, hook := p.paused(arn, seen...)
				if how == "by the hook" {
					p.resume(arn, hook, back)
				} else {
					p.ok(p.halt(arn))
				}
				d := p.status(arn, rolledBack)
				if d.Rollback == nil || *d.Rollback.ServiceRevisionArn != *d.SourceServiceRevisions[0].Arn ||
					*d.TargetServiceRevision.RequestedProductionTrafficWeight != 0 || *d.SourceServiceRevisions[0].RequestedProductionTrafficWeight != 100 {
					t.Errorf("turned back: %+v", d)
				}
				p.hasWeights(100, 0)
				p.until("blue serves alone", func() bool {
					return p.revisionAt(p.guide.Balancers[web].URL()) == "coditect-web:1" && p.revisionAt(p.guide.Balancers[web].TestURL()) == "coditect-web:1"
				})
				if svc := p.service(web); *svc.DeploymentConfiguration.LinearConfiguration.StepPercent != 50 || svc.RunningCount != 4 || *svc.TaskDefinition != p.guide.Services[web].TaskDefinition {
					t.Errorf("%d tasks run, of %s", svc.RunningCount, *svc.TaskDefinition)
				}
			})
		}
	}
}

func TestItIsStoppedWhileItBakes(t *testing.T) {
	t.Parallel()
	p := start(t, func(o *ecs.Options) { o.Speed = 1 })
	config := pauses(soon, back)
	config.BakeTimeInMinutes = aws.Int32(1440)
	arn := p.update(web, p.register(web, next), config)
	p.until("it bakes", func() bool { return p.deployment(arn).LifecycleStage == types.ServiceDeploymentLifecycleStageBakeTime })
	p.staysIn(arn, types.ServiceDeploymentLifecycleStageBakeTime)
	p.ok(p.ecs.Hold(web))
	p.hasWeights(0, 100)
	before := len(p.elb.Changes())
	p.ok(p.halt(arn))
	if d := p.deployment(arn); d.Status != types.ServiceDeploymentStatusRollbackRequested {
		t.Errorf("it is %s", d.Status)
	}
	p.ok(p.ecs.Finish(web))
	p.status(arn, rolledBack)
	p.hasWeights(100, 0)
	if n := len(p.elb.Changes()) - before; n != 2 {
		t.Errorf("%d changes of weights on the way back, want one of each rule", n)
	}
	for _, task := range p.stopped(web) {
		if *task.TaskDefinitionArn == p.guide.Services[web].TaskDefinition {
			t.Errorf("a task of blue was stopped: %s", *task.StoppedReason)
		}
	}
}

func TestAPauseThatNobodyEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		action types.DeploymentLifecycleHookAction
		want   types.ServiceDeploymentStatus
	}{
		"is turned back":        {back, rolledBack},
		"is by default, too":    {"", rolledBack},
		"goes on if it is told": {carryOn, successful},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			p.status(p.update(web, p.register(web, next), pauses(soon, tc.action, preShift)), tc.want)
		})
	}
}

func TestAStageOfANewerAPI(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.ok(p.ecs.UnknownStage(web, "SOME_NEW_STAGE"))
	config := pauses(longEnough, back, "SOME_NEW_STAGE", preShift)
	arn := p.update(web, p.register(web, next), config)
	d, hook := p.paused(arn)
	if d.LifecycleStage != "SOME_NEW_STAGE" {
		t.Errorf("the stage is %s", d.LifecycleStage)
	}
	p.resume(arn, hook, carryOn)
	if d, _ := p.paused(arn, hook); d.LifecycleStage != "PRE_PRODUCTION_TRAFFIC_SHIFT" {
		t.Errorf("after it comes %s", d.LifecycleStage)
	}
	p.ok(p.halt(arn))
	p.status(arn, rolledBack)
}

func TestANewerNativeDeploymentReconcilesFirst(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	older := p.update(web, p.register(web, next), pauses(longEnough, back, preShift))
	_, hook := p.paused(older)
	p.resume(older, hook, carryOn)
	p.paused(older, hook)
	p.hasWeights(50, 50)
	newer := p.update(web, p.register(web, newest), pauses(longEnough, back, types.DeploymentLifecycleHookStageReconcileService, preShift))
	if d := p.deployment(older); d.Status != types.ServiceDeploymentStatusStopped {
		t.Errorf("the older one is %s", d.Status)
	}
	d, hook := p.paused(newer)
	if d.LifecycleStage != types.ServiceDeploymentLifecycleStageReconcileService || len(d.SourceServiceRevisions) != 2 {
		t.Errorf("the newer one begins with %s, from %d revisions", d.LifecycleStage, len(d.SourceServiceRevisions))
	}
	if n := p.service(web).RunningCount; n != 8 {
		t.Errorf("%d tasks run while traffic may still go to what was replaced, want 8", n)
	}
	p.resume(newer, hook, carryOn)
	p.paused(newer, hook)
	p.hasWeights(100, 0)
	p.ok(p.halt(newer))
	p.status(newer, rolledBack)
	if svc := p.service(web); svc.RunningCount != 4 || *svc.TaskDefinition != p.guide.Services[web].TaskDefinition {
		t.Errorf("%d tasks run, of %s", svc.RunningCount, *svc.TaskDefinition)
	}
}

func TestRollbacksThatFail(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.ok(p.ecs.FailRollback(web, true))
	arn := p.update(web, p.register(web, next), pauses(longEnough, back, preShift))
	p.paused(arn)
	p.ok(p.halt(arn))
	p.status(arn, types.ServiceDeploymentStatusRollbackFailed)
}

func TestNativeRefusals(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	for name, change := range map[string]func(*types.DeploymentConfiguration){
		"a pause while traffic shifts": func(c *types.DeploymentConfiguration) {
			c.LifecycleHooks = pauses(1, back, types.DeploymentLifecycleHookStageProductionTrafficShift).LifecycleHooks
		},
		"more than ten pauses": func(c *types.DeploymentConfiguration) {
			c.LifecycleHooks = slices.Repeat(pauses(1, back, preShift).LifecycleHooks, 11)
		},
		"a pause of more than 14 days": func(c *types.DeploymentConfiguration) {
			c.LifecycleHooks = pauses(20161, back, preShift).LifecycleHooks
		},
		"steps below 3 %":           func(c *types.DeploymentConfiguration) { c.LinearConfiguration.StepPercent = aws.Float64(2) },
		"a bake of more than a day": func(c *types.DeploymentConfiguration) { c.BakeTimeInMinutes = aws.Int32(1441) },
	} {
		config := pauses(soon, back)
		change(config)
		_, err := p.client.UpdateService(t.Context(), &sdk.UpdateServiceInput{Cluster: aws.String(cluster), Service: aws.String(web), DeploymentConfiguration: config})
		t.Log(name)
		p.refused(err, "InvalidParameterException", "")
	}
}
