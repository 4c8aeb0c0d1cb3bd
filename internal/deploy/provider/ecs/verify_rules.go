package ecs

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"slipway/internal/deploy"
)

// balancers are those of the service, or of its primary task set.
func (v *verification) balancers() []types.LoadBalancer {
	if controllerOf(v.live) != types.DeploymentControllerTypeExternal {
		return v.live.LoadBalancers
	}
	for _, s := range v.live.TaskSets {
		if aws.ToString(s.Status) == "PRIMARY" {
			return s.LoadBalancers
		}
	}
	return nil
}

func (v *verification) balancing(ctx context.Context, f *findings) {
	for _, lb := range v.balancers() {
		groups := map[string]elbtypes.TargetGroup{}
		for _, arn := range groupsOf(lb) {
			got, err := read(ctx, v.p, v.region, func(ctx context.Context, c *clients) (*elb.DescribeTargetGroupsOutput, error) {
				return c.elb.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{TargetGroupArns: []string{arn}})
			})
			switch err = explain(ctx, f.doing, aGroup(arn), err); {
			case deploy.CodeOf(err) == deploy.NotFound:
				f.wrong = append(f.wrong, err)
			case err != nil:
				f.blind("target group "+groupName(arn), "elasticloadbalancing:DescribeTargetGroups", err)
			case len(got.TargetGroups) == 1:
				groups[arn] = got.TargetGroups[0]
			}
		}
		if v.def != nil {
			f.checkBalancer(v.def, lb, groups, v.refused)
		}
	}
}

// rules: a rule whose weights decide holds the groups that they are for.
func (v *verification) rules(ctx context.Context, f *findings) {
	for _, lb := range v.balancers() {
		groups, rule := groupsOf(lb), v.ref.Rule
		if rule == "" && lb.AdvancedConfiguration != nil && v.kind != deploy.Rolling {
			rule = aws.ToString(lb.AdvancedConfiguration.ProductionListenerRule)
		}
		if rule == "" {
			continue
		}
		got, err := v.p.forwarding(ctx, f.doing, v.region, rule)
		switch {
		case deploy.CodeOf(err) == deploy.NotFound:
			f.wrong = append(f.wrong, err)
			continue
		case err != nil:
			f.blind("listener rule "+lastPart(rule), "elasticloadbalancing:DescribeRules and DescribeListeners", err)
			continue
		}
		f.checkRule(got, groups)
	}
}

// checkRule: a rule divides requests among two groups, of which a service has one or both.
func (f *findings) checkRule(rule forwarding, groups []string) {
	held := rule.groups()
	var lacking, names []string
	for _, g := range held {
		names = append(names, groupName(g))
	}
	for _, g := range groups {
		if !slices.Contains(held, g) {
			lacking = append(lacking, groupName(g))
		}
	}
	const hint = "put both target groups into the forward action of the rule, one of them with the weight 0"
	switch {
	case len(lacking) > 0:
		f.bad(hint, "listener rule %s leads to %s, and not to %s", lastPart(rule.arn), orNothing(names), strings.Join(lacking, ", "))
	case len(held) != 2:
		f.bad(hint, "listener rule %s leads to %d target groups (%s), and has to lead to two", lastPart(rule.arn), len(held), orNothing(names))
	}
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "no target group"
	}
	return strings.Join(names, ", ")
}
