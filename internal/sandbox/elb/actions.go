package elb

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// The limits of a forward action, and of its stickiness in seconds (seven days).
const (
	maxWeight     = 999
	maxGroups     = 5
	maxStickiness = 604800
)

// checkActions is what a rule has after it was given actions in the place of before, or why it refuses them. Nothing of
// before is kept but a client secret that the new actions ask to keep. The caller holds the lock.
func (s *Server) checkActions(given, before []types.Action) ([]types.Action, error) {
	actions := cloneActions(given)
	last := 0
	for i := range actions {
		a := &actions[i]
		if len(actions) > 1 && a.Order == nil {
			return nil, invalidAction("You must specify an order for each action when a rule has more than one")
		}
		var err error
		switch a.Type {
		case types.ActionTypeEnumForward:
			last++
			err = s.checkForward(a)
		case types.ActionTypeEnumFixedResponse:
			last++
			err = checkAnswer(a.FixedResponseConfig)
		case types.ActionTypeEnumRedirect:
			last++
			err = checkRedirect(a.RedirectConfig)
		case types.ActionTypeEnumAuthenticateOidc:
			err = checkLogin(a, before)
		case "":
			err = missing("Type")
		default:
			err = invalid("The practice load balancer has no action of the type '%s'", a.Type)
		}
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(actions, func(a, b types.Action) int { return cmp.Compare(aws.ToInt32(a.Order), aws.ToInt32(b.Order)) })
	if last != 1 || actions[len(actions)-1].Type == types.ActionTypeEnumAuthenticateOidc {
		return nil, invalidAction("A rule must have exactly one forward, redirect, or fixed-response action, and it must be the last action to be performed")
	}
	for i := range actions {
		if actions[i].Order == nil {
			actions[i].Order = aws.Int32(1)
		}
	}
	return actions, nil
}

// checkForward also fills in what AWS fills in: a target group on its own is described both ways.
func (s *Server) checkForward(a *types.Action) error {
	f := a.ForwardConfig
	switch {
	case f == nil && a.TargetGroupArn == nil:
		return invalid("You must specify a target group for a forward action")
	case f == nil:
		f = &types.ForwardActionConfig{TargetGroups: []types.TargetGroupTuple{{TargetGroupArn: a.TargetGroupArn}}}
		a.ForwardConfig = f
	case len(f.TargetGroups) == 0:
		return invalid("You must specify at least one target group in a forward action")
	case a.TargetGroupArn != nil && (len(f.TargetGroups) > 1 || aws.ToString(f.TargetGroups[0].TargetGroupArn) != *a.TargetGroupArn):
		return invalid("You can specify only one target group with both TargetGroupArn and ForwardConfig, and it must be the same")
	}
	if len(f.TargetGroups) > maxGroups {
		return refuse("TooManyTargetGroups", "You've reached the limit on the number of target groups of a forward action: %d", maxGroups)
	}
	seen := map[string]bool{}
	for i, t := range f.TargetGroups {
		arn := aws.ToString(t.TargetGroupArn)
		switch {
		case s.group(arn) == nil:
			return groupNotFound(arn)
		case seen[arn]:
			return invalid("Target group '%s' is specified more than once", arn)
		case t.Weight == nil:
			f.TargetGroups[i].Weight = aws.Int32(1)
		case *t.Weight < 0 || *t.Weight > maxWeight:
			return invalid("Weight '%d' must be between 0 and %d inclusive", *t.Weight, maxWeight)
		}
		seen[arn] = true
	}
	if len(f.TargetGroups) == 1 {
		a.TargetGroupArn = f.TargetGroups[0].TargetGroupArn
	}
	return checkStickiness(f)
}

func checkStickiness(f *types.ForwardActionConfig) error {
	c := f.TargetGroupStickinessConfig
	switch {
	case c == nil:
		f.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: aws.Bool(false)}
	case c.Enabled == nil:
		c.Enabled = aws.Bool(false)
	case *c.Enabled && c.DurationSeconds == nil:
		return invalid("You must specify a duration when you enable target group stickiness")
	}
	if c != nil && c.DurationSeconds != nil && (*c.DurationSeconds < 1 || *c.DurationSeconds > maxStickiness) {
		return invalid("Target group stickiness duration '%d' must be between 1 and %d inclusive", *c.DurationSeconds, maxStickiness)
	}
	return nil
}

func checkAnswer(c *types.FixedResponseActionConfig) error {
	if c == nil {
		return missing("FixedResponseConfig")
	}
	status, err := strconv.Atoi(aws.ToString(c.StatusCode))
	if class := status / 100; err != nil || class != 2 && class != 4 && class != 5 {
		return invalid("Status code '%s' must be 2XX, 4XX or 5XX", aws.ToString(c.StatusCode))
	}
	return nil
}

func checkRedirect(c *types.RedirectActionConfig) error {
	if c == nil {
		return missing("RedirectConfig")
	}
	if c.StatusCode != types.RedirectActionStatusCodeEnumHttp301 && c.StatusCode != types.RedirectActionStatusCodeEnumHttp302 {
		return invalid("Status code '%s' must be HTTP_301 or HTTP_302", c.StatusCode)
	}
	for _, part := range []struct {
		value **string
		same  string
	}{{&c.Protocol, "#{protocol}"}, {&c.Host, "#{host}"}, {&c.Port, "#{port}"}, {&c.Path, "/#{path}"}, {&c.Query, "#{query}"}} {
		if *part.value == nil {
			*part.value = aws.String(part.same)
		}
	}
	return nil
}

// described is actions as they are shown: without secrets.
func described(actions []types.Action) []types.Action {
	out := cloneActions(actions)
	for _, a := range out {
		if a.AuthenticateOidcConfig != nil {
			a.AuthenticateOidcConfig.ClientSecret = nil
		}
	}
	return out
}

func cloneActions(actions []types.Action) []types.Action {
	out := slices.Clone(actions)
	for i := range out {
		a := &out[i]
		a.ForwardConfig = cloned(a.ForwardConfig)
		if f := a.ForwardConfig; f != nil {
			f.TargetGroups = slices.Clone(f.TargetGroups)
			f.TargetGroupStickinessConfig = cloned(f.TargetGroupStickinessConfig)
		}
		a.FixedResponseConfig, a.RedirectConfig = cloned(a.FixedResponseConfig), cloned(a.RedirectConfig)
		a.AuthenticateOidcConfig = cloned(a.AuthenticateOidcConfig)
		if c := a.AuthenticateOidcConfig; c != nil {
			c.AuthenticationRequestExtraParams = maps.Clone(c.AuthenticationRequestExtraParams)
		}
	}
	return out
}

func cloned[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
