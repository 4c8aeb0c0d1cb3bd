package ecs

import (
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// step is the largest equal step that meets all shares of a release, in per cent; 100 is all at once. Invalid if there is
// none that ECS can go.
func step(doing string, shares []int) (int, error) {
	size := 100
	for _, s := range shares {
		size = divisor(size, s)
	}
	if size >= leastStep {
		return size, nil
	}
	return 0, &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("Amazon ECS moves traffic in equal steps of 3 %% or more, and %v has none in common", shares),
		Hint: "choose shares that are multiples of one number: 10, 50 and 100, or 25, 50 and 100",
	}
}

func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// pausing is the stage in which our releases wait to be told to go on.
const pausing = types.DeploymentLifecycleHookStagePreProductionTrafficShift

// moving is how ECS moves the weights of a release: in steps, with a pause before each that lasts until somebody answers.
// When nobody does, ECS goes back. Hooks of others stay.
func moving(doing string, l *live, o deploy.Rollout) (*types.DeploymentConfiguration, error) {
	size, err := step(doing, o.Shares)
	if err != nil {
		return nil, err
	}
	c := weighing(l, types.DeploymentStrategyBlueGreen, min(o.Window, mostBake))
	if size < 100 {
		c.Strategy = types.DeploymentStrategyLinear
		c.LinearConfiguration = &types.LinearConfiguration{StepPercent: aws.Float64(float64(size)), StepBakeTimeInMinutes: aws.Int32(0)}
	}
	silent := o.Silent
	if silent == 0 {
		silent = defaultWait
	}
	pause := types.DeploymentLifecycleHook{
		TargetType:      types.DeploymentLifecycleHookTargetTypePause,
		LifecycleStages: []types.DeploymentLifecycleHookStage{pausing},
		TimeoutConfiguration: &types.DeploymentLifecycleHookTimeoutConfiguration{
			TimeoutInMinutes: minutes(min(max(silent, leastWait), mostWait)), Action: types.DeploymentLifecycleHookActionRollback,
		},
	}
	c.LifecycleHooks = append(others(l.service.DeploymentConfiguration), pause)
	return c, nil
}

// emergency is how ECS goes back to a version of before: all at once, without waiting for anybody.
func emergency(l *live) *types.DeploymentConfiguration {
	return weighing(l, types.DeploymentStrategyBlueGreen, 0)
}

func weighing(l *live, strategy types.DeploymentStrategy, bake time.Duration) *types.DeploymentConfiguration {
	return &types.DeploymentConfiguration{
		Strategy: strategy, BakeTimeInMinutes: minutes(bake), LifecycleHooks: []types.DeploymentLifecycleHook{},
		MaximumPercent: aws.Int32(mostTasks), MinimumHealthyPercent: aws.Int32(leastTasks), Alarms: alarms(l),
	}
}

// others are the hooks of a configuration that somebody else has put there; never nil, which ECS would take for leave to keep
// what there is. A pause before the moves is ours, from a release before.
func others(c *types.DeploymentConfiguration) []types.DeploymentLifecycleHook {
	out := []types.DeploymentLifecycleHook{}
	if c != nil {
		for _, h := range c.LifecycleHooks {
			ours := h.TargetType == types.DeploymentLifecycleHookTargetTypePause &&
				slices.Equal(h.LifecycleStages, []types.DeploymentLifecycleHookStage{pausing})
			if !ours {
				out = append(out, h)
			}
		}
	}
	return out
}

// minutes is a duration as ECS counts it, rounded up.
func minutes(d time.Duration) *int32 {
	return aws.Int32(int32((d + time.Minute - 1) / time.Minute)) //nolint:gosec // at most 14 days
}
