package ecs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// forwarding is what a listener's rule does with requests, as it was read; or its default action, when arn is that of
// the listener itself. It is never written to.
type forwarding struct {
	arn     string
	actions []types.Action
}

// isListener tells the ARN of a listener from that of a rule.
func isListener(arn string) bool { return strings.Contains(arn, ":listener/") }

// groups are the target groups that requests are divided among, by their ARNs, in the order of the rule.
func (f forwarding) groups() []string {
	var list []string
	for _, t := range f.tuples() {
		list = append(list, aws.ToString(t.TargetGroupArn))
	}
	return list
}

func (f forwarding) tuples() []types.TargetGroupTuple {
	for _, a := range f.actions {
		if a.Type != types.ActionTypeEnumForward {
			continue
		}
		if a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) > 0 {
			return a.ForwardConfig.TargetGroups
		}
		if a.TargetGroupArn != nil {
			return []types.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn, Weight: aws.Int32(1)}}
		}
	}
	return nil
}

// percents are the shares of the target groups; they add up to 100, unless no group has any weight. What cannot be
// divided goes to the groups that lost most by rounding, so that 1:2 reads as 33 and 67. Any weight is at least 1 %, so that
// 999:1 reads as 99 and 1.
func (f forwarding) percents() map[string]int {
	tuples, sum := f.tuples(), 0
	for _, t := range tuples {
		sum += weightOf(t)
	}
	out := map[string]int{}
	if sum == 0 {
		return out
	}
	rest, order := 100, make([]types.TargetGroupTuple, 0, len(tuples))
	for _, t := range tuples {
		percent := weightOf(t) * 100 / sum
		out[aws.ToString(t.TargetGroupArn)] = percent
		rest -= percent
		order = append(order, t)
	}
	slices.SortStableFunc(order, func(a, b types.TargetGroupTuple) int { return weightOf(b)*100%sum - weightOf(a)*100%sum })
	for _, t := range order[:rest] {
		out[aws.ToString(t.TargetGroupArn)]++
	}
	for _, t := range tuples { // a group with users is never one without
		if group := aws.ToString(t.TargetGroupArn); weightOf(t) > 0 && out[group] == 0 {
			most := slices.MaxFunc(f.groups(), func(a, b string) int { return out[a] - out[b] })
			out[group], out[most] = 1, out[most]-1
		}
	}
	return out
}

// weightOf is 1 for a group for which none is given, as AWS has it.
func weightOf(t types.TargetGroupTuple) int {
	if t.Weight == nil {
		return 1
	}
	return int(*t.Weight)
}

// sticky says whether users stay at the group that they were sent to first, whatever the weights become.
func (f forwarding) sticky() bool {
	for _, a := range f.actions {
		if a.Type == types.ActionTypeEnumForward && a.ForwardConfig != nil && a.ForwardConfig.TargetGroupStickinessConfig != nil {
			return aws.ToBool(a.ForwardConfig.TargetGroupStickinessConfig.Enabled)
		}
	}
	return false
}

// is says whether the groups have exactly these shares, and all others none.
func (f forwarding) is(percents map[string]int) bool {
	none := func(_ string, percent int) bool { return percent == 0 }
	have, want := f.percents(), maps.Clone(percents)
	maps.DeleteFunc(have, none)
	maps.DeleteFunc(want, none)
	return maps.Equal(have, want)
}

// reweighed is the same actions with other weights. All that is sent replaces what is there, so that everything else
// has to go along as it was read. One thing is not shown when it is read, the client secret of a log-in, which is kept
// by saying so. A group that is not named gets nothing.
func (f forwarding) reweighed(percents map[string]int) ([]types.Action, error) {
	for group := range percents {
		if !slices.Contains(f.groups(), group) {
			return nil, fmt.Errorf("target group %s is not in the rule", groupName(group))
		}
	}
	out := slices.Clone(f.actions)
	for i := range out {
		a := &out[i]
		if a.AuthenticateOidcConfig != nil && a.AuthenticateOidcConfig.ClientSecret == nil {
			login := *a.AuthenticateOidcConfig
			login.UseExistingClientSecret = aws.Bool(true)
			a.AuthenticateOidcConfig = &login
		}
		if a.Type != types.ActionTypeEnumForward || a.ForwardConfig == nil {
			continue
		}
		config := *a.ForwardConfig
		config.TargetGroups = slices.Clone(config.TargetGroups)
		for j := range config.TargetGroups {
			config.TargetGroups[j].Weight = aws.Int32(int32(percents[aws.ToString(config.TargetGroups[j].TargetGroupArn)])) //nolint:gosec // 0 to 100
		}
		a.ForwardConfig = &config
	}
	return out, nil
}

// change is the call that gives a rule, or a listener's default action, other weights. Exactly one of the two is given.
// Conditions, transforms, certificates and the rest are left out, which leaves them as they are.
func (f forwarding) change(percents map[string]int) (*elb.ModifyRuleInput, *elb.ModifyListenerInput, error) {
	actions, err := f.reweighed(percents)
	if err != nil {
		return nil, nil, err
	}
	if isListener(f.arn) {
		return nil, &elb.ModifyListenerInput{ListenerArn: aws.String(f.arn), DefaultActions: actions}, nil
	}
	return &elb.ModifyRuleInput{RuleArn: aws.String(f.arn), Actions: actions}, nil, nil
}

// groupName is how people call a target group.
func groupName(arn string) string {
	if parts := strings.Split(arn, "/"); len(parts) == 3 {
		return parts[1]
	}
	return arn
}
