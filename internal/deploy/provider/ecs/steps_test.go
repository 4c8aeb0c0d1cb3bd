package ecs_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
)

func TestStepsMeetAllSharesOfARelease(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		shares []int
		step   float64 // 0: all at once
		code   deploy.Code
	}{
		"the guide's":         {[]int{10, 50, 100}, 10, ""},
		"quarters":            {[]int{25, 50, 100}, 25, ""},
		"halves":              {[]int{50, 100}, 50, ""},
		"a small one":         {[]int{5, 100}, 5, ""},
		"all at once":         {[]int{100}, 0, ""},
		"nothing said":        {nil, 0, ""},
		"one per cent":        {[]int{1, 100}, 0, deploy.Invalid},
		"nothing in common":   {[]int{3, 100}, 0, deploy.Invalid},
		"two per cent":        {[]int{2, 50, 100}, 0, deploy.Invalid},
		"four, as 100 has it": {[]int{4, 52, 100}, 4, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := ecs.Moving(types.Service{}, deploy.Rollout{Kind: deploy.Canary, Shares: tc.shares})
			if deploy.CodeOf(err) != tc.code {
				t.Fatalf("refused with %v", err)
			}
			switch {
			case err != nil:
			case tc.step == 0:
				if c.Strategy != types.DeploymentStrategyBlueGreen || c.LinearConfiguration != nil {
					t.Errorf("strategy %s, %+v", c.Strategy, c.LinearConfiguration)
				}
			case c.Strategy != types.DeploymentStrategyLinear || *c.LinearConfiguration.StepPercent != tc.step || *c.LinearConfiguration.StepBakeTimeInMinutes != 0:
				t.Errorf("strategy %s, %+v", c.Strategy, c.LinearConfiguration)
			}
		})
	}
}

func TestTimesOfAReleaseAreKeptWithinThoseOfECS(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		window, silent time.Duration
		bake, pause    int32
	}{
		"as they are":              {30 * time.Minute, 4 * time.Hour, 30, 240},
		"rounded up to minutes":    {90 * time.Second, 61*time.Minute + time.Second, 2, 62},
		"at least ten minutes":     {0, time.Minute, 0, 10},
		"at most a day, and 14":    {48 * time.Hour, 30 * 24 * time.Hour, 1440, 20160},
		"a day where nobody says":  {0, 0, 0, 1440},
		"one second is one minute": {time.Second, 10 * time.Minute, 1, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := ecs.Moving(types.Service{}, deploy.Rollout{Kind: deploy.Canary, Shares: []int{50, 100}, Window: tc.window, Silent: tc.silent})
			if err != nil {
				t.Fatal(err)
			}
			pause := c.LifecycleHooks[0].TimeoutConfiguration
			if *c.BakeTimeInMinutes != tc.bake || *pause.TimeoutInMinutes != tc.pause || pause.Action != types.DeploymentLifecycleHookActionRollback {
				t.Errorf("bakes %d minutes and waits %d, then %s", *c.BakeTimeInMinutes, *pause.TimeoutInMinutes, pause.Action)
			}
		})
	}
}

func TestHooksAndAlarmsOfOthersStay(t *testing.T) {
	t.Parallel()
	lambda := types.DeploymentLifecycleHook{
		TargetType: types.DeploymentLifecycleHookTargetTypeAwsLambda, HookTargetArn: aws.String("arn:aws:lambda:x"),
		LifecycleStages: []types.DeploymentLifecycleHookStage{types.DeploymentLifecycleHookStagePostTestTrafficShift},
	}
	first, err := ecs.Moving(types.Service{DeploymentConfiguration: &types.DeploymentConfiguration{
		LifecycleHooks: []types.DeploymentLifecycleHook{lambda}, Alarms: &types.DeploymentAlarms{Enable: true, AlarmNames: []string{"slow"}},
	}}, deploy.Rollout{Shares: []int{50, 100}})
	if err != nil {
		t.Fatal(err)
	}
	second, err := ecs.Moving(types.Service{DeploymentConfiguration: first}, deploy.Rollout{Shares: []int{50, 100}})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(second.LifecycleHooks); n != 2 || *second.LifecycleHooks[0].HookTargetArn != "arn:aws:lambda:x" || second.LifecycleHooks[1].TargetType != types.DeploymentLifecycleHookTargetTypePause {
		t.Errorf("%d hooks: %+v", n, second.LifecycleHooks)
	}
	if second.Alarms == nil || second.Alarms.AlarmNames[0] != "slow" {
		t.Errorf("alarms %+v", second.Alarms)
	}
}
