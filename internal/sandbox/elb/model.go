package elb

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

const arnPrefix = "arn:aws:elasticloadbalancing:" + Region + ":" + Account + ":"

type balancer struct {
	name, arn string
	created   time.Time
	listeners []*listener
	counts    map[string]*Count // by target group ARN; "" is what no target answered
}

type listener struct {
	balancer *balancer
	arn      string
	port     int32
	url      string
	http     *http.Server
	rules    []*rule // by priority; the last is the default
}

type rule struct {
	listener   *listener
	arn        string
	priority   int // 0 is the default rule
	conditions []types.RuleCondition

	actions  []types.Action // as configured, secrets included
	version  int            // of actions
	effect   []types.Action // what traffic follows
	followed int            // the version of actions that effect is
	choice   choice
}

type group struct {
	name, arn  string
	port       int32
	healthPath string
	targets    []*target
	next       int // which target is asked next
}

// identity is 16 hexadecimal digits that follow from a name, so that two runs of one script see the same ARNs.
func identity(parts ...string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(strings.Join(parts, "\x00")))
	return fmt.Sprintf("%016x", h.Sum64())
}

// dimension is an ARN as CloudWatch's dimensions have it: targetgroup/NAME/ID, app/NAME/ID.
func dimension(arn string) string {
	return strings.TrimPrefix(strings.TrimPrefix(arn, arnPrefix), "loadbalancer/")
}

func (s *Server) group(arn string) *group {
	i := slices.IndexFunc(s.groups, func(g *group) bool { return g.arn == arn })
	if i < 0 {
		return nil
	}
	return s.groups[i]
}

// balancer finds a load balancer by ARN or name.
func (s *Server) balancer(key string) *balancer {
	i := slices.IndexFunc(s.balancers, func(b *balancer) bool { return b.arn == key || b.name == key })
	if i < 0 {
		return nil
	}
	return s.balancers[i]
}

func (s *Server) listener(arn string) *listener {
	for _, b := range s.balancers {
		for _, l := range b.listeners {
			if l.arn == arn {
				return l
			}
		}
	}
	return nil
}

func (s *Server) ruleByARN(arn string) *rule {
	for _, b := range s.balancers {
		for _, l := range b.listeners {
			for _, r := range l.rules {
				if r.arn == arn {
					return r
				}
			}
		}
	}
	return nil
}

// rule finds a rule by its ARN, or the default rule of a listener by the listener's.
func (s *Server) rule(arn string) *rule {
	if l := s.listener(arn); l != nil {
		return l.rules[len(l.rules)-1]
	}
	return s.ruleByARN(arn)
}

// leading are the load balancers that have a rule which leads to a group, be it with a weight of 0.
func (s *Server) leading(g *group) []string {
	var arns []string
	for _, b := range s.balancers {
		if slices.ContainsFunc(b.listeners, func(l *listener) bool {
			return slices.ContainsFunc(l.rules, func(r *rule) bool { return leads(r.actions, g.arn) })
		}) {
			arns = append(arns, b.arn)
		}
	}
	return arns
}

func leads(actions []types.Action, group string) bool {
	f := forward(actions)
	return f != nil && slices.ContainsFunc(f.TargetGroups, func(t types.TargetGroupTuple) bool { return aws.ToString(t.TargetGroupArn) == group })
}

// forward is the forwarding of actions that were checked, which all have their ForwardConfig; nil when they forward nowhere.
func forward(actions []types.Action) *types.ForwardActionConfig {
	for _, a := range actions {
		if a.Type == types.ActionTypeEnumForward {
			return a.ForwardConfig
		}
	}
	return nil
}
