package ecs

import (
	"context"
	"fmt"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"slipway/internal/deploy"
)

// forwarding reads a rule, or the default action of a listener, by its ARN.
func (p *Platform) forwarding(ctx context.Context, doing, region, arn string) (forwarding, error) {
	f := forwarding{arn: arn}
	if isListener(arn) {
		got, err := read(ctx, p, region, func(ctx context.Context, c *clients) (*elb.DescribeListenersOutput, error) {
			return c.elb.DescribeListeners(ctx, &elb.DescribeListenersInput{ListenerArns: []string{arn}})
		})
		if err != nil {
			return f, explain(ctx, doing, aRule(arn), err)
		}
		if len(got.Listeners) == 1 {
			f.actions = got.Listeners[0].DefaultActions
			return f, nil
		}
		return f, noRule(doing, arn)
	}
	got, err := read(ctx, p, region, func(ctx context.Context, c *clients) (*elb.DescribeRulesOutput, error) {
		return c.elb.DescribeRules(ctx, &elb.DescribeRulesInput{RuleArns: []string{arn}})
	})
	if err != nil {
		return f, explain(ctx, doing, aRule(arn), err)
	}
	if len(got.Rules) == 1 {
		f.actions = got.Rules[0].Actions
		return f, nil
	}
	return f, noRule(doing, arn)
}

func noRule(doing, arn string) error {
	about := aRule(arn)
	return &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: about.name + " does not exist", Hint: about.hint}
}

// reweigh gives a rule other weights, and reads back whether it has them. Conflict if it does not: somebody else changed
// it at the same time. ELB has no precondition that could keep the two apart.
func (p *Platform) reweigh(ctx context.Context, doing, region string, f forwarding, percents map[string]int) error {
	rule, listener, err := f.change(percents)
	if err != nil {
		return &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("the weights cannot be set: %s", err),
			Hint: "both target groups have to be in the forward action of the rule; one of them may have the weight 0", Err: err,
		}
	}
	_, err = write(ctx, p, region, func(ctx context.Context, c *clients) (struct{}, error) {
		var err error
		if rule != nil {
			_, err = c.elb.ModifyRule(ctx, rule)
		} else {
			_, err = c.elb.ModifyListener(ctx, listener)
		}
		return struct{}{}, err
	})
	if err != nil {
		return explain(ctx, doing, aRule(f.arn), err)
	}
	now, err := p.forwarding(ctx, doing, region, f.arn)
	if err != nil {
		return err
	}
	if !now.is(percents) {
		return &deploy.Error{
			Code: deploy.Conflict, Op: doing, Msg: "the listener rule has other weights than it was just given: somebody else changes it",
			Hint: "find out who, then try again",
		}
	}
	return nil
}

// healthy counts the targets of a group that pass its health check.
func (p *Platform) healthy(ctx context.Context, doing, region, group string) (int, error) {
	got, err := read(ctx, p, region, func(ctx context.Context, c *clients) (*elb.DescribeTargetHealthOutput, error) {
		return c.elb.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	})
	if err != nil {
		return 0, explain(ctx, doing, aGroup(group), err)
	}
	n := 0
	for _, t := range got.TargetHealthDescriptions {
		if t.TargetHealth != nil && t.TargetHealth.State == types.TargetHealthStateEnumHealthy {
			n++
		}
	}
	return n, nil
}

func aGroup(arn string) thing {
	return thing{"target group " + groupName(arn), "create it, or take it out of the service"}
}
