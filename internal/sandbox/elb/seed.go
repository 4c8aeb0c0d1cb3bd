package elb

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// LoadBalancer is one that was added. Its ARNs are what the API and the other methods know things by.
type LoadBalancer struct {
	Name, ARN string
	// Listener is the one for users (HTTPS, port 443), TestListener the one for tests (port 8443).
	Listener, TestListener string
	// Rule is the rule of Listener that users are served by, TestRule that of TestListener: priority 100, any path.
	Rule, TestRule string

	url, testURL string
}

// URL is where users reach it: http://127.0.0.1:PORT, whatever port the listener is described with.
func (b LoadBalancer) URL() string { return b.url }

// TestURL is where its test listener is reached.
func (b LoadBalancer) TestURL() string { return b.testURL }

const (
	productionPort = 443
	testPort       = 8443
	firstPriority  = 100
)

// AddLoadBalancer puts a load balancer there with two listeners that serve at once. The rule of each leads to the target
// groups (ARNs): all to the first, 0 to the others. Without groups it answers 503 until SetActions. What no rule is for is answered 404.
func (s *Server) AddLoadBalancer(name string, groups ...string) (LoadBalancer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.balancer(name) != nil {
		return LoadBalancer{}, fmt.Errorf("add load balancer %s: it is there already, or the server is closed", name)
	}
	id := identity("app", name)
	b := &balancer{name: name, arn: arnPrefix + "loadbalancer/app/" + name + "/" + id, created: s.clock.Now(), counts: map[string]*Count{}}
	s.balancers = append(s.balancers, b)
	out := LoadBalancer{Name: name, ARN: b.arn}
	for _, x := range []struct {
		port                int32
		listener, rule, url *string
	}{
		{productionPort, &out.Listener, &out.Rule, &out.url},
		{testPort, &out.TestListener, &out.TestRule, &out.testURL},
	} {
		l, err := s.listen(b, x.port)
		if err != nil {
			return LoadBalancer{}, fmt.Errorf("add load balancer %s: %w", name, err)
		}
		r, err := s.addRule(l, firstPriority, []types.RuleCondition{PathIs("/*")}, first(groups))
		if err != nil {
			return LoadBalancer{}, fmt.Errorf("add load balancer %s: %w", name, err)
		}
		*x.listener, *x.rule, *x.url = l.arn, r.arn, l.url
	}
	s.tell()
	return out, nil
}

func first(groups []string) []types.Action {
	if len(groups) == 0 {
		return []types.Action{Answer(503, "no target group yet")}
	}
	shares := make([]types.TargetGroupTuple, len(groups))
	for i, g := range groups {
		shares[i] = Share(g, 0)
	}
	shares[0] = Share(groups[0], 100)
	return []types.Action{Forward(shares...)}
}

// AddTargetGroup puts a target group there: targets are IP addresses, HTTP, checked at healthPath, where a 200 is healthy. It
// returns the ARN; a name that is there already gives the same ARN again.
func (s *Server) AddTargetGroup(name, healthPath string, port int32) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	arn := arnPrefix + "targetgroup/" + name + "/" + identity("targetgroup", name)
	if s.group(arn) == nil {
		s.groups = append(s.groups, &group{name: name, arn: arn, port: port, healthPath: healthPath})
		s.tell()
	}
	return arn
}

// AddRule puts a rule into a listener (ARN). It returns the rule's ARN.
func (s *Server) AddRule(listener string, priority int, conditions []types.RuleCondition, actions ...types.Action) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.listener(listener)
	if l == nil {
		return "", fmt.Errorf("add a rule: no listener %s", listener)
	}
	r, err := s.addRule(l, priority, conditions, actions)
	if err != nil {
		return "", fmt.Errorf("add a rule to %s: %w", listener, err)
	}
	s.tell()
	return r.arn, nil
}

func (s *Server) addRule(l *listener, priority int, conditions []types.RuleCondition, actions []types.Action) (*rule, error) {
	if slices.ContainsFunc(l.rules, func(r *rule) bool { return r.priority == priority }) {
		return nil, fmt.Errorf("priority %d is in use", priority)
	}
	checked, err := s.checkActions(actions, nil)
	if err != nil {
		return nil, err
	}
	tail := l.arn[len(arnPrefix+"listener/"):]
	r := &rule{
		listener: l, priority: priority, conditions: conditions, actions: checked, effect: checked,
		arn: arnPrefix + "listener-rule/" + tail + "/" + identity("rule", l.arn, strconv.Itoa(priority)),
	}
	l.rules = append(l.rules, r)
	slices.SortStableFunc(l.rules, func(a, b *rule) int {
		return cmp.Or(cmp.Compare(b2i(a.priority == 0), b2i(b.priority == 0)), cmp.Compare(a.priority, b.priority))
	})
	return r, nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// SetActions replaces the actions of a rule (or, by the ARN of a listener, its default ones), in effect at once.
func (s *Server) SetActions(rule string, actions ...types.Action) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rule(rule)
	if r == nil {
		return fmt.Errorf("set the actions of %s: no such rule", rule)
	}
	checked, err := s.checkActions(actions, r.actions)
	if err != nil {
		return fmt.Errorf("set the actions of %s: %w", rule, err)
	}
	r.actions, r.effect = checked, checked
	r.version++
	r.followed = r.version
	s.tell()
	return nil
}

// Tag gives a load balancer, listener, rule or target group (ARN) a tag.
func (s *Server) Tag(arn, key, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tags[arn] == nil {
		s.tags[arn] = map[string]string{}
	}
	s.tags[arn][key] = value
}

// Share is one target group (ARN) of a Forward.
func Share(group string, weight int32) types.TargetGroupTuple {
	return types.TargetGroupTuple{TargetGroupArn: aws.String(group), Weight: aws.Int32(weight)}
}

// Forward is the action that sends requests to target groups by their weights.
func Forward(shares ...types.TargetGroupTuple) types.Action {
	return types.Action{Type: types.ActionTypeEnumForward, ForwardConfig: &types.ForwardActionConfig{TargetGroups: shares}}
}

// Answer is the action that answers without a target.
func Answer(status int, body string) types.Action {
	return types.Action{Type: types.ActionTypeEnumFixedResponse, FixedResponseConfig: &types.FixedResponseActionConfig{
		StatusCode: aws.String(strconv.Itoa(status)), ContentType: aws.String("text/plain"), MessageBody: aws.String(body),
	}}
}

// PathIs is the condition of a path pattern.
func PathIs(patterns ...string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String("path-pattern"), Values: patterns, PathPatternConfig: &types.PathPatternConditionConfig{Values: patterns}}
}

// HostIs is the condition of a host name.
func HostIs(hosts ...string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String("host-header"), Values: hosts, HostHeaderConfig: &types.HostHeaderConditionConfig{Values: hosts}}
}

// HeaderIs is the condition of any other header.
func HeaderIs(name string, values ...string) types.RuleCondition {
	return types.RuleCondition{Field: aws.String("http-header"), HttpHeaderConfig: &types.HttpHeaderConditionConfig{HttpHeaderName: aws.String(name), Values: values}}
}
