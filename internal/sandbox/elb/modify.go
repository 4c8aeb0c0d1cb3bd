package elb

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// ModifyRule replaces the actions of a rule, its conditions, or both: what is not given is not touched, and of what is
// given nothing of before is kept.
func (s *Server) ModifyRule(_ context.Context, in *elbv2.ModifyRuleInput) (*elbv2.ModifyRuleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.ruleByARN(aws.ToString(in.RuleArn))
	switch {
	case r == nil:
		return nil, ruleNotFound(aws.ToString(in.RuleArn))
	case r.priority == 0:
		return nil, refuse("OperationNotPermitted", "Default rule '%s' cannot be modified", r.arn)
	case len(in.Transforms) > 0 || aws.ToBool(in.ResetTransforms):
		return nil, invalid("The practice load balancer has no transforms")
	case len(in.Actions) == 0 && len(in.Conditions) == 0:
		return nil, invalid("You must specify at least one of the following: conditions or actions")
	}
	conditions := r.conditions
	if len(in.Conditions) > 0 {
		var err error
		if conditions, err = checkConditions(in.Conditions); err != nil {
			return nil, err
		}
	}
	if len(in.Actions) > 0 {
		actions, err := s.checkActions(in.Actions, r.actions)
		if err != nil {
			return nil, err
		}
		s.change(r, ByAPI, actions)
	}
	r.conditions = conditions
	return &elbv2.ModifyRuleOutput{Rules: []types.Rule{r.described()}}, nil
}

// checkConditions also fills in what AWS fills in: values are described both ways.
func checkConditions(given []types.RuleCondition) ([]types.RuleCondition, error) {
	out := make([]types.RuleCondition, len(given))
	for i, c := range given {
		var empty bool
		switch field := aws.ToString(c.Field); field {
		case "path-pattern":
			if c.PathPatternConfig == nil {
				c.PathPatternConfig = &types.PathPatternConditionConfig{Values: c.Values}
			}
			c.Values, empty = c.PathPatternConfig.Values, len(c.PathPatternConfig.Values) == 0
		case "host-header":
			if c.HostHeaderConfig == nil {
				c.HostHeaderConfig = &types.HostHeaderConditionConfig{Values: c.Values}
			}
			c.Values, empty = c.HostHeaderConfig.Values, len(c.HostHeaderConfig.Values) == 0
		case "http-header":
			empty = c.HttpHeaderConfig == nil || len(c.HttpHeaderConfig.Values) == 0 || aws.ToString(c.HttpHeaderConfig.HttpHeaderName) == ""
		case "http-request-method":
			empty = c.HttpRequestMethodConfig == nil || len(c.HttpRequestMethodConfig.Values) == 0
		default:
			return nil, invalid("Condition field '%s' must be one of '[path-pattern, host-header, http-header, http-request-method]'", field)
		}
		if empty {
			return nil, invalid("A condition value must be specified")
		}
		out[i] = c
	}
	return out, nil
}

// ModifyListener replaces the default actions of a listener. Its port, protocol and certificates are fixed in the practice.
func (s *Server) ModifyListener(_ context.Context, in *elbv2.ModifyListenerInput) (*elbv2.ModifyListenerOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.listener(aws.ToString(in.ListenerArn))
	switch {
	case l == nil:
		return nil, listenerNotFound(aws.ToString(in.ListenerArn))
	case in.Port != nil && *in.Port != l.port, in.Protocol != "" && in.Protocol != types.ProtocolEnumHttps,
		len(in.AlpnPolicy) > 0, len(in.Certificates) > 0, in.MutualAuthentication != nil, in.SslPolicy != nil:
		return nil, invalid("The practice load balancer changes nothing of a listener but its default actions")
	}
	if len(in.DefaultActions) > 0 {
		r := l.rules[len(l.rules)-1]
		actions, err := s.checkActions(in.DefaultActions, r.actions)
		if err != nil {
			return nil, err
		}
		s.change(r, ByAPI, actions)
	}
	return &elbv2.ModifyListenerOutput{Listeners: []types.Listener{l.described()}}, nil
}
