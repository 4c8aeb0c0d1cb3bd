package ecs_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"slipway/internal/deploy/provider/ecs"
)

const (
	ruleARN     = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/coditect/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
	listenerARN = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/coditect/50dc6c495c0c9188/f2f7dc8efc522ab2"
)

func forward(weights ...any) types.Action {
	a := types.Action{Type: types.ActionTypeEnumForward, Order: aws.Int32(2), ForwardConfig: &types.ForwardActionConfig{
		TargetGroupStickinessConfig: &types.TargetGroupStickinessConfig{Enabled: aws.Bool(true), DurationSeconds: aws.Int32(60)},
	}}
	for i := 0; i < len(weights); i += 2 {
		t := types.TargetGroupTuple{TargetGroupArn: aws.String(weights[i].(string))}
		if w, ok := weights[i+1].(int); ok {
			t.Weight = aws.Int32(int32(w))
		}
		a.ForwardConfig.TargetGroups = append(a.ForwardConfig.TargetGroups, t)
	}
	return a
}

func TestSharesOfARule(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		actions []types.Action
		want    map[string]int
	}{
		"hundredths":                             {[]types.Action{forward("a", 90, "b", 10)}, map[string]int{"a": 90, "b": 10}},
		"1 and 0, as ECS writes them":            {[]types.Action{forward("a", 1, "b", 0)}, map[string]int{"a": 100, "b": 0}},
		"thirds are rounded to a whole":          {[]types.Action{forward("a", 1, "b", 2)}, map[string]int{"a": 33, "b": 67}},
		"sevenths among three":                   {[]types.Action{forward("a", 3, "b", 3, "c", 1)}, map[string]int{"a": 43, "b": 43, "c": 14}},
		"a weight is never nothing":              {[]types.Action{forward("a", 999, "b", 1)}, map[string]int{"a": 99, "b": 1}},
		"of two small ones neither is":           {[]types.Action{forward("a", 1, "b", 997, "c", 1)}, map[string]int{"a": 1, "b": 98, "c": 1}},
		"a weight that is not given is 1":        {[]types.Action{forward("a", nil, "b", 0)}, map[string]int{"a": 100, "b": 0}},
		"no weight at all is nobody's share":     {[]types.Action{forward("a", 0, "b", 0)}, map[string]int{}},
		"one group without a list":               {[]types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: aws.String("a")}}, map[string]int{"a": 100}},
		"a log-in before it does not count":      {[]types.Action{login(), forward("a", 70, "b", 30)}, map[string]int{"a": 70, "b": 30}},
		"a rule that answers by itself has none": {[]types.Action{{Type: types.ActionTypeEnumFixedResponse}}, map[string]int{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, ecs.Percents(tc.actions)); diff != "" {
				t.Errorf("shares (-want +got):\n%s", diff)
			}
		})
	}
}

func login() types.Action {
	return types.Action{Type: types.ActionTypeEnumAuthenticateOidc, Order: aws.Int32(1), AuthenticateOidcConfig: &types.AuthenticateOidcActionConfig{
		Issuer: aws.String("https://login.example"), ClientId: aws.String("coditect"), Scope: aws.String("openid email"),
		AuthenticationRequestExtraParams: map[string]string{"prompt": "login"},
	}}
}

func TestALogInKeepsItsSecret(t *testing.T) {
	t.Parallel()
	in, _, err := ecs.Reweigh(ruleARN, []types.Action{login(), forward("a", 100, "b", 0)}, map[string]int{"a": 90, "b": 10})
	if err != nil {
		t.Fatal(err)
	}
	want := login()
	want.AuthenticateOidcConfig.UseExistingClientSecret = aws.Bool(true)
	if diff := cmp.Diff(plainly(t, want), plainly(t, in.Actions[0])); diff != "" {
		t.Errorf("log-in (-want +got):\n%s", diff)
	}
}

func TestAListenerIsChangedByItsDefaultAction(t *testing.T) {
	t.Parallel()
	rule, listener, err := ecs.Reweigh(listenerARN, []types.Action{forward("a", 100, "b", 0)}, map[string]int{"b": 100})
	if err != nil || rule != nil || aws.ToString(listener.ListenerArn) != listenerARN {
		t.Fatalf("rule %+v, listener %+v, %v", rule, listener, err)
	}
	if !ecs.Has(listener.DefaultActions, map[string]int{"b": 100}) {
		t.Errorf("the default action is %s", plainly(t, listener.DefaultActions))
	}
	if listener.Certificates != nil || listener.SslPolicy != nil || listener.Port != nil || listener.Protocol != "" {
		t.Errorf("more than the default action is sent: %s", plainly(t, listener))
	}
}

func TestAGroupThatTheRuleDoesNotHoldIsNotAdded(t *testing.T) {
	t.Parallel()
	rule, listener, err := ecs.Reweigh(ruleARN, []types.Action{forward("a", 100, "b", 0)}, map[string]int{"a": 90, "targetgroup/c/1": 10})
	if err == nil || rule != nil || listener != nil || !strings.Contains(err.Error(), "not in the rule") {
		t.Errorf("rule %+v, listener %+v, %v", rule, listener, err)
	}
}

// What is sent is what was read, but for the weights; and what was read is not written to.
func TestOnlyWeightsChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		read := drawActions(rt)
		before := plainly(rt, read)
		percent := rapid.IntRange(0, 100).Draw(rt, "percent")
		want := map[string]int{"a": 100 - percent, "b": percent}
		in, _, err := ecs.Reweigh(ruleARN, read, want)
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(before, plainly(rt, read)); diff != "" {
			rt.Fatalf("what was read was written to:\n%s", diff)
		}
		if !ecs.Has(in.Actions, want) || !maps.Equal(ecs.Percents(in.Actions), full(want, in.Actions)) {
			rt.Fatalf("shares are %v, want %v", ecs.Percents(in.Actions), want)
		}
		if in.Conditions != nil || in.Transforms != nil || in.ResetTransforms != nil {
			rt.Fatalf("more than actions is sent: %s", plainly(rt, in))
		}
		if diff := cmp.Diff(unweighed(rt, read), unweighed(rt, in.Actions)); diff != "" {
			rt.Fatalf("something else than weights changed (-read +sent):\n%s", diff)
		}
	})
}

// full adds the groups that have nothing.
func full(want map[string]int, actions []types.Action) map[string]int {
	out := maps.Clone(want)
	for group := range ecs.Percents(actions) {
		out[group] += 0
	}
	return out
}

func drawActions(rt *rapid.T) []types.Action {
	f := forward("a", rapid.IntRange(0, 999).Draw(rt, "a"), "b", rapid.IntRange(0, 999).Draw(rt, "b"))
	if rapid.Bool().Draw(rt, "third") {
		f.ForwardConfig.TargetGroups = append(f.ForwardConfig.TargetGroups, types.TargetGroupTuple{TargetGroupArn: aws.String("c"), Weight: aws.Int32(0)})
	}
	if rapid.Bool().Draw(rt, "not sticky") {
		f.ForwardConfig.TargetGroupStickinessConfig = nil
	}
	f.Order = aws.Int32(rapid.Int32Range(1, 50000).Draw(rt, "order"))
	actions := []types.Action{f}
	if rapid.Bool().Draw(rt, "log-in") {
		l := login()
		l.AuthenticateOidcConfig.SessionTimeout = aws.Int64(rapid.Int64Range(1, 604800).Draw(rt, "session"))
		actions = append([]types.Action{l}, actions...)
	}
	if rapid.Bool().Draw(rt, "cognito") {
		actions = append([]types.Action{{Type: types.ActionTypeEnumAuthenticateCognito, Order: aws.Int32(1), AuthenticateCognitoConfig: &types.AuthenticateCognitoActionConfig{
			UserPoolArn: aws.String(rapid.String().Draw(rt, "pool")), UserPoolClientId: aws.String("id"), UserPoolDomain: aws.String("domain"),
		}}}, actions...)
	}
	return actions
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

// plainly is anything in a form that compares.
func plainly(t fataler, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// unweighed is actions without weights, and without the word that keeps a secret.
func unweighed(t fataler, actions []types.Action) string {
	t.Helper()
	var out []types.Action
	if err := json.Unmarshal([]byte(plainly(t, actions)), &out); err != nil {
		t.Fatal(err)
	}
	for i := range out {
		if out[i].AuthenticateOidcConfig != nil {
			out[i].AuthenticateOidcConfig.UseExistingClientSecret = nil
		}
		if out[i].ForwardConfig != nil {
			for j := range out[i].ForwardConfig.TargetGroups {
				out[i].ForwardConfig.TargetGroups[j].Weight = nil
			}
		}
	}
	return plainly(t, out)
}
