package elb_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"slipway/internal/sandbox/elb"
)

func TestWhatIsThereIsDescribed(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{})
	idle := p.AddTargetGroup("coditect-idle", "/up", 9090)
	p.Tag(p.lb.Rule, "team", "payments")
	c := p.api()

	lbs, err := c.DescribeLoadBalancers(t.Context(), &elbv2.DescribeLoadBalancersInput{Names: []string{"coditect"}})
	if err != nil {
		t.Fatal(err)
	}
	lb := lbs.LoadBalancers[0]
	same(t, "load balancer", []any{p.lb.ARN, types.LoadBalancerTypeEnumApplication, types.LoadBalancerStateEnumActive, noon},
		[]any{*lb.LoadBalancerArn, lb.Type, lb.State.Code, lb.CreatedTime.UTC()})

	ls, err := c.DescribeListeners(t.Context(), &elbv2.DescribeListenersInput{LoadBalancerArn: &p.lb.ARN})
	if err != nil {
		t.Fatal(err)
	}
	var ports []int32
	for _, l := range ls.Listeners {
		ports = append(ports, *l.Port)
	}
	same(t, "ports", []int32{443, 8443}, ports)
	same(t, "the default answer", "404", *ls.Listeners[0].DefaultActions[0].FixedResponseConfig.StatusCode)

	of := func(in elbv2.DescribeTargetGroupsInput) map[string]int {
		t.Helper()
		out, err := c.DescribeTargetGroups(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, g := range out.TargetGroups {
			got[*g.TargetGroupName+" "+*g.HealthCheckPath] = len(g.LoadBalancerArns)
		}
		return got
	}
	same(t, "all groups", map[string]int{"coditect-blue /health": 1, "coditect-green /health": 1, "coditect-idle /up": 0}, of(elbv2.DescribeTargetGroupsInput{}))
	same(t, "of the load balancer", map[string]int{"coditect-blue /health": 1, "coditect-green /health": 1}, of(elbv2.DescribeTargetGroupsInput{LoadBalancerArn: &p.lb.ARN}))
	same(t, "by name", map[string]int{"coditect-idle /up": 0}, of(elbv2.DescribeTargetGroupsInput{Names: []string{"coditect-idle"}}))
	same(t, "by ARN", map[string]int{"coditect-idle /up": 0}, of(elbv2.DescribeTargetGroupsInput{TargetGroupArns: []string{idle}}))

	tags, err := c.DescribeTags(t.Context(), &elbv2.DescribeTagsInput{ResourceArns: []string{p.lb.Rule, p.blue}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "tags", []string{"team=payments", ""}, []string{
		*tags.TagDescriptions[0].Tags[0].Key + "=" + *tags.TagDescriptions[0].Tags[0].Value, strings.Repeat("x", len(tags.TagDescriptions[1].Tags)),
	})
}

func TestRulesAreDescribedByPriorityPageByPage(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{})
	for _, priority := range []int{300, 7} {
		if _, err := p.AddRule(p.lb.Listener, priority, []types.RuleCondition{elb.PathIs("/x")}, elb.Answer(200, "x")); err != nil {
			t.Fatal(err)
		}
	}
	c, pages := p.api(), 0
	var got []string
	in := &elbv2.DescribeRulesInput{ListenerArn: &p.lb.Listener, PageSize: aws.Int32(3)}
	for {
		out, err := c.DescribeRules(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, r := range out.Rules {
			got = append(got, *r.Priority)
		}
		if in.Marker = out.NextMarker; in.Marker == nil {
			break
		}
	}
	same(t, "priorities", []string{"7", "100", "300", "default"}, got)
	same(t, "pages", 2, pages)
	one, err := c.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{RuleArns: []string{p.lb.TestRule}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "the condition", []string{"/*"}, one.Rules[0].Conditions[0].PathPatternConfig.Values)
}

// sticky has the production rule hold users, and ask them to log in.
func (p *practice) sticky() {
	p.t.Helper()
	a := elb.Forward(elb.Share(p.blue, 100), elb.Share(p.green, 0))
	a.ForwardConfig.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(60)}
	if err := p.SetActions(p.lb.Rule, ordered(login("s3cret"), a)...); err != nil {
		p.t.Fatal(err)
	}
}

func TestModifyRuleKeepsNothingThatWasLeftOut(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{}).both()
	p.sticky()
	c := p.api()
	before, err := c.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{RuleArns: []string{p.lb.Rule}})
	if err != nil {
		t.Fatal(err)
	}
	actions := before.Rules[0].Actions
	if l := actions[0].AuthenticateOidcConfig; l == nil || l.ClientSecret != nil || *l.SessionCookieName != "AWSELBAuthSessionCookie" {
		t.Fatalf("the login is described as %+v", l)
	}
	if _, err = c.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: &p.lb.Rule, Actions: actions}); code(err) != "InvalidLoadBalancerAction" {
		t.Errorf("who writes back what was described, without the secret, is told %v", err)
	}
	actions[0].AuthenticateOidcConfig.UseExistingClientSecret = aws.Bool(true)
	actions[1].ForwardConfig.TargetGroups[0].Weight, actions[1].ForwardConfig.TargetGroups[1].Weight = aws.Int32(90), aws.Int32(10)
	after, err := c.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: &p.lb.Rule, Actions: actions})
	if err != nil {
		t.Fatal(err)
	}
	f := forwardOf(t, after.Rules)
	same(t, "stickiness that was given", []any{true, int32(60)}, []any{*f.TargetGroupStickinessConfig.Enabled, *f.TargetGroupStickinessConfig.DurationSeconds})
	same(t, "in effect", map[string]int{p.blue: 90, p.green: 10}, p.InEffect(p.lb.Rule))
	same(t, "the secret that was kept", "s3cret", p.ClientSecret(p.lb.Rule))
	if after.Rules[0].Actions[0].AuthenticateOidcConfig.UseExistingClientSecret != nil {
		t.Error("the word about the secret is described")
	}

	after, err = c.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: &p.lb.Rule, Actions: []types.Action{elb.Forward(elb.Share(p.blue, 50), types.TargetGroupTuple{TargetGroupArn: &p.green})}})
	if err != nil {
		t.Fatal(err)
	}
	f = forwardOf(t, after.Rules)
	same(t, "the login and the stickiness that were left out", []any{1, false}, []any{len(after.Rules[0].Actions), *f.TargetGroupStickinessConfig.Enabled})
	same(t, "a weight that was left out is 1", map[string]int{p.blue: 50, p.green: 1}, p.InEffect(p.lb.Rule))
	same(t, "conditions stay", "/*", after.Rules[0].Conditions[0].Values[0])
	if _, body := ask(t, user, p.lb.URL()); body != "blue" {
		t.Errorf("without the login, users are answered %s", body)
	}
}

func TestModifyListenerReplacesTheDefaultActions(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{}).both()
	c := p.api()
	if _, err := c.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: &p.lb.Rule, Conditions: []types.RuleCondition{elb.PathIs("/only")}}); err != nil {
		t.Fatal(err)
	}
	out, err := c.ModifyListener(t.Context(), &elbv2.ModifyListenerInput{ListenerArn: &p.lb.Listener, DefaultActions: []types.Action{elb.Forward(elb.Share(p.green, 5))}})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "one group is described both ways", p.green, aws.ToString(out.Listeners[0].DefaultActions[0].TargetGroupArn))
	same(t, "weights of the listener", map[string]int{p.green: 5}, p.InEffect(p.lb.Listener))
	same(t, "by the default actions", map[string]int{"green": 2}, p.split(p.lb.URL()+"/x", 2))
	same(t, "by the rule", map[string]int{"blue": 2}, p.split(p.lb.URL()+"/only", 2))
	same(t, "changes through the API, of which that of conditions is none", 1, p.ChangesThroughAPI())
}

func TestChangesSayWhoMadeThem(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{})
	p.sticky()
	weigh(p, 60, 40)
	if err := p.SetWeightsByHand(p.lb.Rule, map[string]int{p.green: 7}); err != nil {
		t.Fatal(err)
	}
	same(t, "changes", []elb.Change{
		{At: noon, By: elb.ByECS, Rule: p.lb.Rule, Weights: map[string]int{p.blue: 60, p.green: 40}},
		{At: noon, By: elb.ByPerson, Rule: p.lb.Rule, Weights: map[string]int{p.blue: 60, p.green: 7}},
	}, p.Changes())
	same(t, "through the API", 0, p.ChangesThroughAPI())
	out, err := p.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{RuleArns: []string{p.lb.Rule}})
	if err != nil {
		t.Fatal(err)
	}
	if f := forwardOf(t, out.Rules); len(out.Rules[0].Actions) != 2 || !*f.TargetGroupStickinessConfig.Enabled {
		t.Errorf("the rest of the actions did not stay: %+v", out.Rules[0].Actions)
	}
	for what, err := range map[string]error{
		"of no rule":             p.SetWeights("nothing", map[string]int{p.blue: 1}),
		"of a group not in it":   p.SetWeights(p.lb.Rule, map[string]int{"other": 1}),
		"beyond what is allowed": p.SetWeights(p.lb.Rule, map[string]int{p.blue: 1000}),
		"of what forwards not":   p.SetWeights(p.lb.Listener, map[string]int{p.blue: 1}),
	} {
		if err == nil {
			t.Errorf("weights %s were set", what)
		}
	}
}

func code(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	return ""
}

func TestWhatIsWrongIsRefused(t *testing.T) {
	t.Parallel()
	p := start(t, elb.Options{})
	c := p.api()
	six := make([]types.TargetGroupTuple, 6)
	for i := range six {
		six[i] = elb.Share(p.AddTargetGroup("more-"+strings.Repeat("x", i+1), "/", 80), 1)
	}
	modify := func(actions ...types.Action) func() error {
		return func() error {
			_, err := c.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: &p.lb.Rule, Actions: actions})
			return err
		}
	}
	rules := func(in elbv2.DescribeRulesInput) func() error {
		return func() error { _, err := c.DescribeRules(t.Context(), &in); return err }
	}
	defaults, err := c.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{ListenerArn: &p.lb.Listener})
	if err != nil {
		t.Fatal(err)
	}
	byDefault := defaults.Rules[1].RuleArn
	tooLong := elb.Forward(elb.Share(p.blue, 1))
	tooLong.ForwardConfig.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(604801)}
	noTime := elb.Forward(elb.Share(p.blue, 1))
	noTime.ForwardConfig.TargetGroupStickinessConfig = &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true)}
	for name, x := range map[string]struct {
		call func() error
		want string
	}{
		"a rule that is not there": {func() error {
			_, err := c.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: aws.String(p.lb.Rule + "0"), Actions: []types.Action{elb.Answer(200, "")}})
			return err
		}, "RuleNotFound"},
		"the default rule": {func() error {
			_, err := c.ModifyRule(t.Context(), &elbv2.ModifyRuleInput{RuleArn: byDefault, Actions: []types.Action{elb.Answer(200, "")}})
			return err
		}, "OperationNotPermitted"},
		"nothing to change":             {modify(), "ValidationError"},
		"a weight below 0":              {modify(elb.Forward(elb.Share(p.blue, -1))), "ValidationError"},
		"a weight above 999":            {modify(elb.Forward(elb.Share(p.blue, 1000))), "ValidationError"},
		"six target groups":             {modify(elb.Forward(six...)), "TooManyTargetGroups"},
		"a group twice":                 {modify(elb.Forward(elb.Share(p.blue, 1), elb.Share(p.blue, 1))), "ValidationError"},
		"a group that is not there":     {modify(elb.Forward(elb.Share(p.blue+"0", 1))), "TargetGroupNotFound"},
		"stickiness of over seven days": {modify(tooLong), "ValidationError"},
		"stickiness without a time":     {modify(noTime), "ValidationError"},
		"two actions without an order":  {modify(login("x"), elb.Answer(200, "")), "InvalidLoadBalancerAction"},
		"a login that leads nowhere":    {modify(login("x")), "InvalidLoadBalancerAction"},
		"a fixed response of 302":       {modify(elb.Answer(302, "")), "ValidationError"},
		"rules of nothing":              {rules(elbv2.DescribeRulesInput{}), "ValidationError"},
		"rules of a missing listener":   {rules(elbv2.DescribeRulesInput{ListenerArn: aws.String("x")}), "ListenerNotFound"},
		"rules that are not there":      {rules(elbv2.DescribeRulesInput{RuleArns: []string{p.lb.Rule, "x"}}), "RuleNotFound"},
		"a page of nothing":             {rules(elbv2.DescribeRulesInput{ListenerArn: &p.lb.Listener, PageSize: aws.Int32(0)}), "ValidationError"},
		"a marker that nobody gave":     {rules(elbv2.DescribeRulesInput{ListenerArn: &p.lb.Listener, Marker: aws.String("!")}), "ValidationError"},
		"health of a group not there": {func() error {
			_, err := c.DescribeTargetHealth(t.Context(), &elbv2.DescribeTargetHealthInput{TargetGroupArn: aws.String("x")})
			return err
		}, "TargetGroupNotFound"},
		"groups of a load balancer not there": {func() error {
			_, err := c.DescribeTargetGroups(t.Context(), &elbv2.DescribeTargetGroupsInput{LoadBalancerArn: aws.String("x")})
			return err
		}, "LoadBalancerNotFound"},
		"a target that is no address": {func() error {
			_, err := c.RegisterTargets(t.Context(), &elbv2.RegisterTargetsInput{TargetGroupArn: &p.blue, Targets: []types.TargetDescription{{Id: aws.String("i-123")}}})
			return err
		}, "ValidationError"},
	} {
		if err := x.call(); code(err) != x.want {
			t.Errorf("%s: %v, want %s", name, err, x.want)
		}
	}
	same(t, "weights after all that was refused", map[string]int{p.blue: 100, p.green: 0}, p.InEffect(p.lb.Rule))
	same(t, "changes", 0, len(p.Changes()))
	if err := modify(elb.Forward(six[:5]...))(); err != nil {
		t.Errorf("five target groups: %v", err)
	}
}

// The command line is an outside reader of the wire: it knows nothing of the SDK that everything else here is made of.
func TestTheAWSCommandLineMovesWeights(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("aws")
	if err != nil {
		t.Log("aws is not installed: nothing to check")
		return
	}
	p := start(t, elb.Options{})
	p.sticky()
	wire := p.wire()
	run := func(out any, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), tool, append([]string{"elbv2", "--endpoint-url", "http://" + wire, "--region", elb.Region, "--output", "json"}, args...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID=AKIAPRACTICE", "AWS_SECRET_ACCESS_KEY=practice", "AWS_EC2_METADATA_DISABLED=true")
		text, err := cmd.Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("aws %s: %v: %s", args[0], err, exit.Stderr)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	var got struct{ Rules []map[string]json.RawMessage }
	run(&got, "describe-rules", "--rule-arns", p.lb.Rule)
	var actions []map[string]any
	if err := json.Unmarshal(got.Rules[0]["Actions"], &actions); err != nil {
		t.Fatal(err)
	}
	actions[0]["AuthenticateOidcConfig"].(map[string]any)["UseExistingClientSecret"] = true
	for i, w := range []int{75, 25} {
		actions[1]["ForwardConfig"].(map[string]any)["TargetGroups"].([]any)[i].(map[string]any)["Weight"] = w
	}
	text, err := json.Marshal(actions)
	if err != nil {
		t.Fatal(err)
	}
	run(&got, "modify-rule", "--rule-arn", p.lb.Rule, "--actions", string(text))
	same(t, "in effect", map[string]int{p.blue: 75, p.green: 25}, p.InEffect(p.lb.Rule))
	out, err := p.DescribeRules(t.Context(), &elbv2.DescribeRulesInput{RuleArns: []string{p.lb.Rule}})
	if err != nil {
		t.Fatal(err)
	}
	f := forwardOf(t, out.Rules)
	same(t, "the rest", []any{2, true, int32(60)}, []any{len(out.Rules[0].Actions), *f.TargetGroupStickinessConfig.Enabled, *f.TargetGroupStickinessConfig.DurationSeconds})
}
