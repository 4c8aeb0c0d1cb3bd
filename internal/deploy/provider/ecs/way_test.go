package ecs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
)

func TestWayFollowsFromWhatTheServiceReports(t *testing.T) {
	t.Parallel()
	const (
		inECS    = types.DeploymentControllerTypeEcs
		external = types.DeploymentControllerTypeExternal
		rolling  = types.DeploymentStrategyRolling
		linear   = types.DeploymentStrategyLinear
		rule     = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/a/1/2/3"
	)
	for name, tc := range map[string]struct {
		controller   types.DeploymentControllerType
		strategy     types.DeploymentStrategy
		kind         deploy.StrategyKind
		rule, beside string
		want, says   string
	}{
		"a rolling release rolls, whatever the service did before": {controller: inECS, strategy: linear, kind: deploy.Rolling, want: "rolling"},
		"a canary moves weights, though the service rolled before": {controller: inECS, strategy: rolling, kind: deploy.Canary, want: "native"},
		"blue-green moves weights":                                 {controller: inECS, strategy: rolling, kind: deploy.BlueGreen, want: "native"},
		"who only looks sees what the service does: it rolls":      {controller: inECS, strategy: rolling, want: "rolling"},
		"who only looks sees what the service does: weights":       {controller: inECS, strategy: linear, want: "native"},
		"task sets":                           {controller: external, kind: deploy.Canary, rule: rule, want: "sets"},
		"task sets need a rule":               {controller: external, kind: deploy.Canary, says: "which listener rule"},
		"task sets do not roll":               {controller: external, kind: deploy.Rolling, rule: rule, says: "not replaced task by task"},
		"task sets are no pair":               {controller: external, rule: rule, beside: "b", says: "cannot be one of a pair"},
		"a pair":                              {controller: inECS, kind: deploy.BlueGreen, rule: rule, beside: "b", want: "pair"},
		"a pair needs a rule":                 {controller: inECS, beside: "b", says: "which listener rule"},
		"a pair does not roll":                {controller: inECS, kind: deploy.Rolling, rule: rule, beside: "b", says: "not replaced task by task"},
		"CodeDeploy is only looked at":        {controller: types.DeploymentControllerTypeCodeDeploy, kind: deploy.Rolling, rule: rule, says: "AWS CodeDeploy"},
		"a controller that nobody knows":      {controller: "SOMETHING_NEW", says: "does not know"},
		"a strategy that is new moves weight": {controller: inECS, strategy: "SOMETHING_NEW", want: "native"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := deploy.ServiceRef{Kind: deploy.ECS, Name: "coditect-app", Rule: tc.rule, Beside: tc.beside}
			got, err := ecs.Choose(s, tc.controller, tc.strategy, tc.kind)
			if got != tc.want {
				t.Errorf("the way is %q, want %q", got, tc.want)
			}
			if tc.says == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), tc.says) || deploy.Hint(err) == "" {
				t.Errorf("refused with %v, hint %q; want %q and a hint", err, deploy.Hint(err), tc.says)
			}
		})
	}
}
