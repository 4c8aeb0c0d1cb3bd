package ecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// native says whether a strategy is one of those with lifecycle stages.
func native(strategy types.DeploymentStrategy) bool {
	switch strategy {
	case types.DeploymentStrategyBlueGreen, types.DeploymentStrategyLinear, types.DeploymentStrategyCanary:
		return true
	case types.DeploymentStrategyRolling:
	}
	return false
}

// check says what AWS would of load balancers that do not fit the containers, or the strategy.
func (s *Server) check(set settings, d *taskDef) error {
	for _, lb := range set.lbs {
		name, port := deref(lb.ContainerName), deref(lb.ContainerPort)
		c := d.container(name)
		if c == nil {
			return refuse(invalidParameter, fmt.Sprintf("The container %s does not exist in the task definition.", name))
		}
		found := false
		for _, p := range c.PortMappings {
			found = found || deref(p.ContainerPort) == port
		}
		if !found {
			return refuse(invalidParameter, fmt.Sprintf("The container %s did not have a container port %d defined.", name, port))
		}
		if err := s.checkTargetGroup(deref(lb.TargetGroupArn)); err != nil {
			return err
		}
		if native(set.config.Strategy) {
			if err := s.checkAdvanced(lb); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Server) checkTargetGroup(arn string) error {
	if s.opts.Balancer != nil {
		attached, exists := s.opts.Balancer.Attached(arn)
		if attached {
			return nil
		}
		if exists {
			return refuse(invalidParameter, fmt.Sprintf("The target group with targetGroupArn %s does not have an associated load balancer.", arn))
		}
	}
	return refuse(invalidParameter, fmt.Sprintf("The target group with targetGroupArn %s does not exist.", arn))
}

func (s *Server) checkAdvanced(lb types.LoadBalancer) error {
	a := lb.AdvancedConfiguration
	if a == nil || deref(a.AlternateTargetGroupArn) == "" || deref(a.ProductionListenerRule) == "" || deref(a.RoleArn) == "" {
		return refuse(invalidParameter, "advancedConfiguration with alternateTargetGroupArn, productionListenerRule and roleArn is required for this deployment strategy.")
	}
	weights, ok := s.opts.Balancer.Weights(*a.ProductionListenerRule)
	_, one := weights[deref(lb.TargetGroupArn)]
	_, two := weights[*a.AlternateTargetGroupArn]
	if !ok || !one || !two {
		return refuse(invalidParameter, listenerRuleMissing)
	}
	return nil
}

// mergeConfig is what a service's configuration is after a call: members that are not given stay. Lists are replaced
// when they are given, which an empty one is, too. (That absent members stay is inferred.)
func mergeConfig(old types.DeploymentConfiguration, in *types.DeploymentConfiguration) (types.DeploymentConfiguration, error) {
	out := old
	if in != nil {
		replace(&out.MaximumPercent, in.MaximumPercent)
		replace(&out.MinimumHealthyPercent, in.MinimumHealthyPercent)
		replace(&out.DeploymentCircuitBreaker, in.DeploymentCircuitBreaker)
		replace(&out.Alarms, in.Alarms)
		replace(&out.BakeTimeInMinutes, in.BakeTimeInMinutes)
		replace(&out.CanaryConfiguration, in.CanaryConfiguration)
		replace(&out.LinearConfiguration, in.LinearConfiguration)
		if in.LifecycleHooks != nil {
			out.LifecycleHooks = in.LifecycleHooks
		}
		if in.Strategy != "" {
			out.Strategy = in.Strategy
		}
	}
	// The defaults are documented.
	if out.Strategy == "" {
		out.Strategy = types.DeploymentStrategyRolling
	}
	if out.MaximumPercent == nil {
		out.MaximumPercent = ptr(int32(200))
	}
	if out.MinimumHealthyPercent == nil {
		out.MinimumHealthyPercent = ptr(int32(100))
	}
	return out, checkConfig(out)
}

func replace[T any](old **T, new *T) {
	if new != nil {
		*old = new
	}
}

const (
	minutesInDay  = 1440
	longestPause  = 20160 // minutes: 14 days
	mostPauses    = 10
	leastStep     = 3.0
	leastCanary   = 0.1
	hundred       = 100.0
	defaultStep   = 10.0
	defaultCanary = 5.0
)

// checkConfig refuses what the documents do not allow. The texts are inferred.
func checkConfig(c types.DeploymentConfiguration) error {
	if b := c.BakeTimeInMinutes; b != nil && (*b < 0 || *b > minutesInDay) {
		return refuse(invalidParameter, "bakeTimeInMinutes must be between 0 and 1440.")
	}
	if l := c.LinearConfiguration; l != nil && l.StepPercent != nil && (*l.StepPercent < leastStep || *l.StepPercent > hundred) {
		return refuse(invalidParameter, "stepPercent must be between 3.0 and 100.0.")
	}
	if k := c.CanaryConfiguration; k != nil && k.CanaryPercent != nil && (*k.CanaryPercent < leastCanary || *k.CanaryPercent > hundred) {
		return refuse(invalidParameter, "canaryPercent must be between 0.1 and 100.0.")
	}
	pauses := 0
	for _, h := range c.LifecycleHooks {
		if h.TargetType != types.DeploymentLifecycleHookTargetTypePause {
			if deref(h.HookTargetArn) == "" || deref(h.RoleArn) == "" {
				return refuse(invalidParameter, "hookTargetArn and roleArn are required for a lifecycle hook of type AWS_LAMBDA.")
			}
			continue
		}
		pauses++
		if contains(h.LifecycleStages, types.DeploymentLifecycleHookStageTestTrafficShift) ||
			contains(h.LifecycleStages, types.DeploymentLifecycleHookStageProductionTrafficShift) {
			return refuse(invalidParameter, "PAUSE hooks cannot be configured at TEST_TRAFFIC_SHIFT or PRODUCTION_TRAFFIC_SHIFT.")
		}
		if t := h.TimeoutConfiguration; t != nil && t.TimeoutInMinutes != nil && (*t.TimeoutInMinutes < 1 || *t.TimeoutInMinutes > longestPause) {
			return refuse(invalidParameter, "timeoutInMinutes must be between 1 and 20160.")
		}
	}
	if pauses > mostPauses {
		return refuse(invalidParameter, "A service can have at most 10 PAUSE hooks.")
	}
	return nil
}
