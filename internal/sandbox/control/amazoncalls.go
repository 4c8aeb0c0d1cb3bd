package control

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	balancing "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"slipway/internal/sandbox/awsapi"
)

// reading begins the names of AWS's calls that change nothing.
var reading = []string{"Describe", "List", "Get", "Filter", "Batch"}

// amazonCalls lists the calls of AWS: one that was carried out, although its answer was lost, is one.
func (s *Server) amazonCalls(changed bool) []string {
	if s.AWS == nil {
		return nil
	}
	var lines []string
	for _, c := range s.AWS.Calls() {
		reads := slices.ContainsFunc(reading, func(prefix string) bool { return strings.HasPrefix(c.Operation, prefix) })
		if changed && (reads || !c.Done || c.Code != "") {
			continue
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", c.API, c.Operation, asked(c))))
	}
	return lines
}

// asked is what a call said, as far as it tells people something.
func asked(c awsapi.Call) string {
	switch in := c.Input.(type) {
	case *ecs.RegisterTaskDefinitionInput:
		return deref(in.Family) + " " + tagged(in.Tags)
	case *ecs.UpdateServiceInput:
		return updated(in)
	case *ecs.ContinueServiceDeploymentInput:
		return serviceIn(deref(in.ServiceDeploymentArn)) + " " + cmp.Or(string(in.Action), "CONTINUE")
	case *ecs.StopServiceDeploymentInput:
		return serviceIn(deref(in.ServiceDeploymentArn)) + " " + string(in.StopType)
	case *ecs.CreateTaskSetInput:
		return last(deref(in.Service)) + " " + last(deref(in.TaskDefinition)) + scaled(in.Scale)
	case *ecs.UpdateTaskSetInput:
		return last(deref(in.Service)) + scaled(in.Scale)
	case *ecs.DeleteTaskSetInput:
		return last(deref(in.Service))
	case *ecs.UpdateServicePrimaryTaskSetInput:
		return last(deref(in.Service))
	case *ecs.TagResourceInput:
		return last(deref(in.ResourceArn)) + " " + tagged(in.Tags)
	case *elasticloadbalancingv2.ModifyRuleInput:
		return weighed(in.Actions)
	case *elasticloadbalancingv2.ModifyListenerInput:
		return weighed(in.DefaultActions)
	}
	return ""
}

func updated(in *ecs.UpdateServiceInput) string {
	text := last(deref(in.Service))
	if in.TaskDefinition != nil {
		text += " " + last(*in.TaskDefinition)
	}
	if d := in.DeploymentConfiguration; d != nil {
		text += " " + cmp.Or(string(d.Strategy), "ROLLING")
	}
	if in.DesiredCount != nil {
		text += fmt.Sprintf(" desired=%d", *in.DesiredCount)
	}
	return text
}

func scaled(s *types.Scale) string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf(" %g %%", s.Value)
}

func tagged(tags []types.Tag) string {
	var list []string
	for _, t := range tags {
		list = append(list, deref(t.Key)+"="+deref(t.Value))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func weighed(actions []balancing.Action) string {
	var list []string
	for _, a := range actions {
		if a.ForwardConfig == nil {
			continue
		}
		for _, g := range a.ForwardConfig.TargetGroups {
			parts := strings.Split(deref(g.TargetGroupArn), "/")
			list = append(list, fmt.Sprintf("%s=%d", parts[max(len(parts)-2, 0)], deref(g.Weight)))
		}
	}
	return strings.Join(list, " ")
}

// serviceIn is the service in the ARN of a deployment: …/CLUSTER/SERVICE/ID.
func serviceIn(arn string) string {
	parts := strings.Split(arn, "/")
	return parts[max(len(parts)-2, 0)]
}

func last(nameOrARN string) string { return nameOrARN[strings.LastIndex(nameOrARN, "/")+1:] }

func deref[T any](p *T) T {
	var none T
	if p == nil {
		return none
	}
	return *p
}
