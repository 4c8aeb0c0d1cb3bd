package ecs

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// stagePreProduction is not in the SDK's list of the stages of a deployment, but in that of the stages of hooks; the
// documents have it in both.
const stagePreProduction types.ServiceDeploymentLifecycleStage = "PRE_PRODUCTION_TRAFFIC_SHIFT"

// stage is one part of a native deployment.
type stage struct {
	name   types.ServiceDeploymentLifecycleStage
	weight float64       // of production traffic that green has from this stage on, if it is a shift
	bake   time.Duration // after the traffic follows
}

// planOf is the stages of a deployment, in the documented order.
func (s *Server) planOf(svc *service, d *deployment) []stage {
	var plan []stage
	add := func(names ...types.ServiceDeploymentLifecycleStage) {
		for _, n := range names {
			plan = append(plan, stage{name: n})
		}
	}
	if len(d.sources) > 1 {
		add(types.ServiceDeploymentLifecycleStageReconcileService)
	}
	add(types.ServiceDeploymentLifecycleStagePreScaleUp, types.ServiceDeploymentLifecycleStageScaleUp,
		types.ServiceDeploymentLifecycleStagePostScaleUp, types.ServiceDeploymentLifecycleStageTestTrafficShift,
		types.ServiceDeploymentLifecycleStagePostTestTrafficShift)
	if svc.levers.unknownStage != "" {
		add(svc.levers.unknownStage)
		svc.levers.unknownStage = ""
	}
	weights, bake := stepsOf(d.config)
	for i, w := range weights {
		shift := stage{name: types.ServiceDeploymentLifecycleStageProductionTrafficShift, weight: w}
		if i < len(weights)-1 {
			shift.bake = s.opts.faster(bake) // documented: not after 100 %
		}
		plan = append(plan, stage{name: stagePreProduction}, shift)
	}
	add(types.ServiceDeploymentLifecycleStagePostProductionTrafficShift)
	last := s.opts.faster(time.Duration(deref(d.config.BakeTimeInMinutes)) * time.Minute)
	plan = append(plan, stage{name: types.ServiceDeploymentLifecycleStageBakeTime, bake: last})
	add(types.ServiceDeploymentLifecycleStageCleanUp)
	return plan
}

const (
	defaultStepBake   = 6 * time.Minute
	defaultCanaryBake = 10 * time.Minute
)

// stepsOf is the weights that green gets one after the other, and how long each but the last bakes. The defaults are documented.
func stepsOf(c types.DeploymentConfiguration) (weights []float64, bake time.Duration) {
	minutes := func(m *int32, otherwise time.Duration) time.Duration {
		if m == nil {
			return otherwise
		}
		return time.Duration(*m) * time.Minute
	}
	switch c.Strategy {
	case types.DeploymentStrategyLinear:
		l := deref(c.LinearConfiguration)
		step := defaultStep
		if l.StepPercent != nil {
			step = *l.StepPercent
		}
		// Half a thousandth, because steps such as 33.3 do not add up to 100 exactly.
		for i := 1; float64(i)*step < hundred-0.0005; i++ {
			weights = append(weights, float64(i)*step)
		}
		bake = minutes(l.StepBakeTimeInMinutes, defaultStepBake)
	case types.DeploymentStrategyCanary:
		k := deref(c.CanaryConfiguration)
		first := defaultCanary
		if k.CanaryPercent != nil {
			first = *k.CanaryPercent
		}
		if first < hundred {
			weights = append(weights, first)
		}
		bake = minutes(k.CanaryBakeTimeInMinutes, defaultCanaryBake)
	case types.DeploymentStrategyBlueGreen, types.DeploymentStrategyRolling:
	}
	return append(weights, hundred), bake
}

// stage is the one that a deployment is in; nothing before it began.
func (d *deployment) stage() stage {
	if d.at < len(d.plan) {
		return d.plan[d.at]
	}
	return stage{}
}

// past says whether a deployment has come to a stage, or beyond.
func (d *deployment) past(name types.ServiceDeploymentLifecycleStage) bool {
	for i := 0; i <= d.at && i < len(d.plan); i++ {
		if d.plan[i].name == name {
			return true
		}
	}
	return false
}
