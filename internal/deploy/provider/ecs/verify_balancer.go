package ecs

import (
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// checkBalancer: requests that the load balancer sends to a container find it. That it is missing may have been said.
func (f *findings) checkBalancer(def *sdk.RegisterTaskDefinitionInput, lb types.LoadBalancer, groups map[string]elbtypes.TargetGroup, said bool) {
	name, port := aws.ToString(lb.ContainerName), aws.ToInt32(lb.ContainerPort)
	c := containerOf(def, name)
	if c == nil && said {
		return
	}
	if c == nil {
		f.missing("name the container as the service does, or change the load balancer of the service",
			"the service sends requests to container %s, and the task definition has only %s", name, containerNames(def))
		return
	}
	mapping := mappingOf(c, port)
	if mapping == nil {
		f.bad("map the port in the task definition, or change the load balancer of the service",
			"the service sends requests to port %d of container %s, which maps %s", port, name, portNames(c))
		return
	}
	for _, arn := range groupsOf(lb) {
		group, ok := groups[arn]
		if !ok {
			continue // not there, or not to be looked at: said elsewhere
		}
		f.checkTargets(def, group)
		f.checkProtocol(group, name, mapping)
		f.checkHealthPort(def, group, c)
	}
}

func groupsOf(lb types.LoadBalancer) []string {
	var list []string
	if lb.TargetGroupArn != nil {
		list = append(list, *lb.TargetGroupArn)
	}
	if a := lb.AdvancedConfiguration; a != nil && a.AlternateTargetGroupArn != nil {
		list = append(list, *a.AlternateTargetGroupArn)
	}
	return list
}

// checkTargets: tasks with an address of their own are registered by it, others by their machine.
func (f *findings) checkTargets(def *sdk.RegisterTaskDefinitionInput, group elbtypes.TargetGroup) {
	want := elbtypes.TargetTypeEnumInstance
	if def.NetworkMode == types.NetworkModeAwsvpc {
		want = elbtypes.TargetTypeEnumIp
	}
	if group.TargetType == "" || group.TargetType == want {
		return
	}
	mode := def.NetworkMode
	if mode == "" {
		mode = types.NetworkModeBridge
	}
	f.bad("make a target group of target type "+string(want)+", and give it to the service",
		"target group %s has target type %s; with network mode %s it has to be %s", aws.ToString(group.TargetGroupName), group.TargetType, mode, want)
}

// checkProtocol: the port speaks what the target group speaks over. HTTP and TLS are over TCP.
func (f *findings) checkProtocol(group elbtypes.TargetGroup, container string, mapping *types.PortMapping) {
	protocol := mapping.Protocol
	if protocol == "" {
		protocol = types.TransportProtocolTcp
	}
	tcp := true
	switch group.Protocol { //nolint:exhaustive // the rest is TCP, or both
	case elbtypes.ProtocolEnumUdp, elbtypes.ProtocolEnumQuic:
		tcp = false
	case elbtypes.ProtocolEnumTcpUdp, elbtypes.ProtocolEnumTcpQuic, elbtypes.ProtocolEnumGeneve, "":
		return
	}
	if tcp == (protocol == types.TransportProtocolTcp) {
		return
	}
	f.bad("change the protocol of the port mapping, or of the target group", "target group %s speaks %s, and port %d of container %s is mapped for %s",
		aws.ToString(group.TargetGroupName), group.Protocol, aws.ToInt32(mapping.ContainerPort), container, protocol)
}

// checkHealthPort: a health check with a port of its own asks a port that some container has. Which one that is on a
// machine is not known before a task is there.
func (f *findings) checkHealthPort(def *sdk.RegisterTaskDefinitionInput, group elbtypes.TargetGroup, c *types.ContainerDefinition) {
	port, err := strconv.Atoi(aws.ToString(group.HealthCheckPort))
	if err != nil || def.NetworkMode != types.NetworkModeAwsvpc {
		return
	}
	for _, other := range def.ContainerDefinitions {
		if mappingOf(&other, int32(port)) != nil { //nolint:gosec // a port
			return
		}
	}
	f.bad("set the health check of the target group to the traffic port", "target group %s checks health at port %d, and container %s maps %s",
		aws.ToString(group.TargetGroupName), port, aws.ToString(c.Name), portNames(c))
}

func containerOf(def *sdk.RegisterTaskDefinitionInput, name string) *types.ContainerDefinition {
	i := slices.IndexFunc(def.ContainerDefinitions, func(c types.ContainerDefinition) bool { return aws.ToString(c.Name) == name })
	if i < 0 {
		return nil
	}
	return &def.ContainerDefinitions[i]
}

// mappingOf finds the mapping of a container's port, which may lie in a range.
func mappingOf(c *types.ContainerDefinition, port int32) *types.PortMapping {
	for i, m := range c.PortMappings {
		if aws.ToInt32(m.ContainerPort) == port && port != 0 {
			return &c.PortMappings[i]
		}
		from, to, found := strings.Cut(aws.ToString(m.ContainerPortRange), "-")
		low, errLow := strconv.Atoi(from)
		high, errHigh := strconv.Atoi(to)
		if found && errLow == nil && errHigh == nil && low <= int(port) && int(port) <= high {
			return &c.PortMappings[i]
		}
	}
	return nil
}

func containerNames(def *sdk.RegisterTaskDefinitionInput) string {
	var names []string
	for _, c := range def.ContainerDefinitions {
		names = append(names, aws.ToString(c.Name))
	}
	return strings.Join(names, ", ")
}

func portNames(c *types.ContainerDefinition) string {
	var ports []string
	for _, m := range c.PortMappings {
		if m.ContainerPortRange != nil {
			ports = append(ports, *m.ContainerPortRange)
			continue
		}
		ports = append(ports, strconv.Itoa(int(aws.ToInt32(m.ContainerPort))))
	}
	if len(ports) == 0 {
		return "no port"
	}
	return "only " + strings.Join(ports, ", ")
}
