package ecs_test

import (
	"net/url"
	"testing"

	"slipway/internal/deploy/provider/ecs"
)

func TestWhoMayTakeARoleOn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		policy      string
		trusted, ok bool
	}{
		"the tasks":                         {`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}`, true, true},
		"the tasks among others":            {`{"Statement":{"Effect":"Allow","Action":["sts:AssumeRole","sts:TagSession"],"Principal":{"Service":["ec2.amazonaws.com","ecs-tasks.amazonaws.com"]}}}`, true, true},
		"everybody":                         {`{"Statement":[{"Effect":"Allow","Action":"sts:*","Principal":"*"}]}`, true, true},
		"in the second of two statements":   {`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::1:root"}},{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}`, true, true},
		"machines only":                     {`{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"ec2.amazonaws.com"}}]}`, false, true},
		"the tasks, by name, are kept out":  {`{"Statement":[{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}`, false, true},
		"the tasks, for something else":     {`{"Statement":[{"Effect":"Allow","Action":"sts:TagSession","Principal":{"Service":"ecs-tasks.amazonaws.com"}}]}`, false, true},
		"what cannot be read is not judged": {`<policy/>`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, document := range []string{tc.policy, url.PathEscape(tc.policy)} {
				if trusted, ok := ecs.Trusts(document); trusted != tc.trusted || ok != tc.ok {
					t.Errorf("trusted %v, readable %v", trusted, ok)
				}
			}
		})
	}
}
