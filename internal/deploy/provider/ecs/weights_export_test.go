package ecs

import (
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Percents are the shares of the target groups of a rule with these actions.
func Percents(actions []types.Action) map[string]int { return forwarding{actions: actions}.percents() }

// Reweigh is the call that gives a rule other shares.
func Reweigh(arn string, actions []types.Action, percents map[string]int) (*elb.ModifyRuleInput, *elb.ModifyListenerInput, error) {
	return forwarding{arn: arn, actions: actions}.change(percents)
}

// Has says whether a rule with these actions has exactly these shares.
func Has(actions []types.Action, percents map[string]int) bool {
	return forwarding{actions: actions}.is(percents)
}

// Trusts says whether a trust policy lets tasks take a role on, and whether it can be read.
func Trusts(document string) (trusted, ok bool) { return trusts(document) }
