package elb

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// DescribeTargetHealth shows how the targets of a group are, or those that are named.
func (s *Server) DescribeTargetHealth(_ context.Context, in *elbv2.DescribeTargetHealthInput) (*elbv2.DescribeTargetHealthOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.group(aws.ToString(in.TargetGroupArn))
	if g == nil {
		return nil, groupNotFound(aws.ToString(in.TargetGroupArn))
	}
	used := s.leading(g) != nil
	out := &elbv2.DescribeTargetHealthOutput{TargetHealthDescriptions: []types.TargetHealthDescription{}}
	if len(in.Targets) == 0 {
		for _, t := range g.targets {
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, t.described(used))
		}
		return out, nil
	}
	for _, asked := range in.Targets {
		i := slices.IndexFunc(g.targets, g.is(asked))
		if i >= 0 {
			out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, g.targets[i].described(used))
			continue
		}
		unknown := &target{
			Target: Target{ID: aws.ToString(asked.Id), Port: cmp.Or(aws.ToInt32(asked.Port), g.port)}, state: types.TargetHealthStateEnumUnused,
			reason: types.TargetHealthReasonEnumNotRegistered, description: "Target is not registered to the target group",
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, unknown.described(true))
	}
	return out, nil
}

// is tells a target that a request names; without a port it is the one on the group's.
func (g *group) is(asked types.TargetDescription) func(*target) bool {
	port := cmp.Or(aws.ToInt32(asked.Port), g.port)
	return func(t *target) bool { return t.ID == aws.ToString(asked.Id) && t.Port == port }
}

func (t *target) described(used bool) types.TargetHealthDescription {
	h := &types.TargetHealth{State: t.state, Reason: t.reason}
	if t.description != "" {
		h.Description = aws.String(t.description)
	}
	if !used && t.state != types.TargetHealthStateEnumDraining {
		h = &types.TargetHealth{
			State: types.TargetHealthStateEnumUnused, Reason: types.TargetHealthReasonEnumNotInUse,
			Description: aws.String("Target group is not configured to receive traffic from the load balancer"),
		}
	}
	return types.TargetHealthDescription{
		Target:          &types.TargetDescription{Id: aws.String(t.ID), Port: aws.Int32(t.Port), AvailabilityZone: aws.String(Region + "a")},
		HealthCheckPort: aws.String(strconv.Itoa(int(t.Port))), TargetHealth: h,
	}
}

// RegisterTargets adds targets by IP address. One of loopback is where it really listens; behind any other nothing answers.
func (s *Server) RegisterTargets(_ context.Context, in *elbv2.RegisterTargetsInput) (*elbv2.RegisterTargetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.named(in.TargetGroupArn, in.Targets)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Targets {
		ip := net.ParseIP(aws.ToString(t.Id))
		if ip == nil || ip.To4() == nil {
			return nil, invalid("The IP address '%s' is not a valid IPv4 address", aws.ToString(t.Id))
		}
	}
	for _, t := range in.Targets {
		x := Target{ID: *t.Id, Port: cmp.Or(aws.ToInt32(t.Port), g.port)}
		if net.ParseIP(x.ID).IsLoopback() {
			x.Addr = net.JoinHostPort(x.ID, strconv.Itoa(int(x.Port)))
		}
		if i := slices.IndexFunc(g.targets, g.is(t)); i >= 0 && g.targets[i].state != types.TargetHealthStateEnumDraining {
			continue
		}
		s.addTarget(g, x)
	}
	return &elbv2.RegisterTargetsOutput{}, nil
}

// DeregisterTargets removes targets. One that is not there is removed already.
func (s *Server) DeregisterTargets(_ context.Context, in *elbv2.DeregisterTargetsInput) (*elbv2.DeregisterTargetsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, err := s.named(in.TargetGroupArn, in.Targets)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Targets {
		s.removeTargets(g, g.is(t))
	}
	return &elbv2.DeregisterTargetsOutput{}, nil
}

func (s *Server) named(arn *string, targets []types.TargetDescription) (*group, error) {
	g := s.group(aws.ToString(arn))
	switch {
	case g == nil:
		return nil, groupNotFound(aws.ToString(arn))
	case len(targets) == 0:
		return nil, missing("Targets")
	}
	for _, t := range targets {
		if aws.ToString(t.Id) == "" {
			return nil, missing("Targets.Id")
		}
	}
	return g, nil
}
