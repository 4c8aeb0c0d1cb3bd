package elb

import "slipway/internal/sandbox/awsapi"

// API is what the server answers over the wire.
func (s *Server) API() awsapi.API {
	return awsapi.API{
		Name:      "elasticloadbalancing",
		Version:   "2015-12-01",
		Namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
		Operations: map[string]awsapi.Operation{
			"DescribeLoadBalancers": awsapi.Op(s.DescribeLoadBalancers),
			"DescribeListeners":     awsapi.Op(s.DescribeListeners),
			"DescribeRules":         awsapi.Op(s.DescribeRules),
			"DescribeTargetGroups":  awsapi.Op(s.DescribeTargetGroups),
			"DescribeTargetHealth":  awsapi.Op(s.DescribeTargetHealth),
			"DescribeTags":          awsapi.Op(s.DescribeTags),
			"ModifyRule":            awsapi.Op(s.ModifyRule),
			"ModifyListener":        awsapi.Op(s.ModifyListener),
			"RegisterTargets":       awsapi.Op(s.RegisterTargets),
			"DeregisterTargets":     awsapi.Op(s.DeregisterTargets),
		},
	}
}
