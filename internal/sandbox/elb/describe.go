package elb

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const vpc = "vpc-0c0d17ec7"

// DescribeLoadBalancers shows those that are named, or all.
func (s *Server) DescribeLoadBalancers(_ context.Context, in *elbv2.DescribeLoadBalancersInput) (*elbv2.DescribeLoadBalancersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.balancers
	if keys := slices.Concat(in.LoadBalancerArns, in.Names); len(keys) > 0 {
		found = nil
		for _, key := range keys {
			b := s.balancer(key)
			if b == nil {
				return nil, balancerNotFound(key)
			}
			found = append(found, b)
		}
	}
	found, next, err := page(found, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &elbv2.DescribeLoadBalancersOutput{NextMarker: next}
	for _, b := range found {
		out.LoadBalancers = append(out.LoadBalancers, b.described())
	}
	return out, nil
}

func (b *balancer) described() types.LoadBalancer {
	return types.LoadBalancer{
		LoadBalancerArn: aws.String(b.arn), LoadBalancerName: aws.String(b.name),
		DNSName:     aws.String(b.name + "-1234567890." + Region + ".elb.amazonaws.com"),
		CreatedTime: aws.Time(b.created), Scheme: types.LoadBalancerSchemeEnumInternetFacing,
		Type: types.LoadBalancerTypeEnumApplication, IpAddressType: types.IpAddressTypeIpv4, VpcId: aws.String(vpc),
		State: &types.LoadBalancerState{Code: types.LoadBalancerStateEnumActive},
	}
}

// DescribeListeners shows the listeners of a load balancer, or those that are named.
func (s *Server) DescribeListeners(_ context.Context, in *elbv2.DescribeListenersInput) (*elbv2.DescribeListenersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (in.LoadBalancerArn != nil) == (len(in.ListenerArns) > 0) {
		return nil, invalid("You must specify either listener ARNs or a load balancer ARN")
	}
	var found []*listener
	if in.LoadBalancerArn != nil {
		b := s.balancer(*in.LoadBalancerArn)
		if b == nil {
			return nil, balancerNotFound(*in.LoadBalancerArn)
		}
		found = b.listeners
	}
	for _, arn := range in.ListenerArns {
		l := s.listener(arn)
		if l == nil {
			return nil, listenerNotFound(arn)
		}
		found = append(found, l)
	}
	found, next, err := page(found, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &elbv2.DescribeListenersOutput{NextMarker: next}
	for _, l := range found {
		out.Listeners = append(out.Listeners, l.described())
	}
	return out, nil
}

func (l *listener) described() types.Listener {
	return types.Listener{
		ListenerArn: aws.String(l.arn), LoadBalancerArn: aws.String(l.balancer.arn), Port: aws.Int32(l.port),
		Protocol: types.ProtocolEnumHttps, DefaultActions: described(l.rules[len(l.rules)-1].actions),
	}
}

// DescribeRules shows the rules of a listener, by priority and the default one last, or those that are named.
func (s *Server) DescribeRules(_ context.Context, in *elbv2.DescribeRulesInput) (*elbv2.DescribeRulesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if (in.ListenerArn != nil) == (len(in.RuleArns) > 0) {
		return nil, invalid("You must specify either listener ARNs or rule ARNs")
	}
	var found []*rule
	if in.ListenerArn != nil {
		l := s.listener(*in.ListenerArn)
		if l == nil {
			return nil, listenerNotFound(*in.ListenerArn)
		}
		found = l.rules
	}
	for _, arn := range in.RuleArns {
		r := s.ruleByARN(arn)
		if r == nil {
			return nil, ruleNotFound(arn)
		}
		found = append(found, r)
	}
	found, next, err := page(found, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &elbv2.DescribeRulesOutput{NextMarker: next}
	for _, r := range found {
		out.Rules = append(out.Rules, r.described())
	}
	return out, nil
}

func (r *rule) described() types.Rule {
	priority := "default"
	if r.priority > 0 {
		priority = strconv.Itoa(r.priority)
	}
	return types.Rule{
		RuleArn: aws.String(r.arn), Priority: aws.String(priority), IsDefault: aws.Bool(r.priority == 0),
		Conditions: slices.Clone(r.conditions), Actions: described(r.actions),
	}
}

// DescribeTargetGroups shows those that are named, those that a load balancer has rules for, or all.
func (s *Server) DescribeTargetGroups(_ context.Context, in *elbv2.DescribeTargetGroupsInput) (*elbv2.DescribeTargetGroupsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.groups
	if in.LoadBalancerArn != nil {
		if s.balancer(*in.LoadBalancerArn) == nil {
			return nil, balancerNotFound(*in.LoadBalancerArn)
		}
		found = slices.DeleteFunc(slices.Clone(found), func(g *group) bool { return !slices.Contains(s.leading(g), *in.LoadBalancerArn) })
	}
	if keys := slices.Concat(in.TargetGroupArns, in.Names); len(keys) > 0 {
		var named []*group
		for _, key := range keys {
			i := slices.IndexFunc(found, func(g *group) bool { return g.arn == key || g.name == key })
			if i < 0 {
				return nil, groupNotFound(key)
			}
			named = append(named, found[i])
		}
		found = named
	}
	found, next, err := page(found, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &elbv2.DescribeTargetGroupsOutput{NextMarker: next}
	for _, g := range found {
		out.TargetGroups = append(out.TargetGroups, s.describedGroup(g))
	}
	return out, nil
}

func (s *Server) describedGroup(g *group) types.TargetGroup {
	return types.TargetGroup{
		TargetGroupArn: aws.String(g.arn), TargetGroupName: aws.String(g.name), Port: aws.Int32(g.port),
		Protocol: types.ProtocolEnumHttp, ProtocolVersion: aws.String("HTTP1"), TargetType: types.TargetTypeEnumIp,
		IpAddressType: types.TargetGroupIpAddressTypeEnumIpv4, VpcId: aws.String(vpc), LoadBalancerArns: s.leading(g),
		HealthCheckEnabled: aws.Bool(true), HealthCheckPath: aws.String(g.healthPath), HealthCheckPort: aws.String("traffic-port"),
		HealthCheckProtocol: types.ProtocolEnumHttp, Matcher: &types.Matcher{HttpCode: aws.String("200")},
		HealthCheckIntervalSeconds: aws.Int32(int32(max(s.opts.HealthEvery.Seconds(), 1))),
		HealthCheckTimeoutSeconds:  aws.Int32(int32(checkTimeout.Seconds())),
		HealthyThresholdCount:      aws.Int32(1), UnhealthyThresholdCount: aws.Int32(tolerated),
	}
}

// maxTagged is how many resources DescribeTags can be asked about at once.
const maxTagged = 20

// DescribeTags shows the tags of load balancers, listeners, rules and target groups.
func (s *Server) DescribeTags(_ context.Context, in *elbv2.DescribeTagsInput) (*elbv2.DescribeTagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(in.ResourceArns); n == 0 || n > maxTagged {
		return nil, invalid("You must specify between 1 and %d resource ARNs", maxTagged)
	}
	out := &elbv2.DescribeTagsOutput{}
	for _, arn := range in.ResourceArns {
		if s.balancer(arn) == nil && s.rule(arn) == nil && s.group(arn) == nil {
			return nil, refuse("ResourceNotFound", "Resource '%s' not found", arn)
		}
		d := types.TagDescription{ResourceArn: aws.String(arn), Tags: []types.Tag{}}
		for _, key := range slices.Sorted(maps.Keys(s.tags[arn])) {
			d.Tags = append(d.Tags, types.Tag{Key: aws.String(key), Value: aws.String(s.tags[arn][key])})
		}
		out.TagDescriptions = append(out.TagDescriptions, d)
	}
	return out, nil
}
