package ecs_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/ecs"
)

func TestWhoWasOvertakenIsFenced(t *testing.T) {
	t.Parallel()
	for _, service := range []string{sandbox.RollingService, sandbox.NativeService} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, service, nil)
			r.q.Epoch = 7
			r.begin()
			if got := r.tags()["slipway-epoch"]; got != "7" {
				t.Fatalf("the service has the epoch %q", got)
			}
			before := r.writes()
			r.q.Epoch = 6
			other := r.q
			other.Candidate, other.Tag = deploy.CandidateName(service, 43, 1), "rc-43"
			for name, call := range map[string]func() error{
				"stage":   func() error { _, err := r.p.Stage(t.Context(), other); return err },
				"preview": func() error { _, err := r.p.Preview(t.Context(), other); return err },
				"shift":   func() error { _, err := r.p.Shift(t.Context(), r.to(r.q.Rollout.Shares[0])); return err },
				"return":  func() error { _, err := r.p.Shift(t.Context(), r.home()); return err },
			} {
				if err := call(); deploy.CodeOf(err) != deploy.Fenced || deploy.Hint(err) == "" {
					t.Errorf("%s: %v", name, err)
				}
			}
			r.q.Epoch = 8
			q := r.home()
			q.Gaps = []deploy.Gap{{After: 6, Before: 8}}
			if _, err := r.p.Shift(t.Context(), q); !errors.Is(err, deploy.ErrWentBack) {
				t.Errorf("an epoch that the store has forgotten: %v", err)
			}
			if diff := cmp.Diff(before, r.writes()); diff != "" {
				t.Errorf("something was sent (-before +after):\n%s", diff)
			}
		})
	}
}

func TestFenceIsWrittenBeforeAChangeAndAfterAReturn(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	r.begin()
	r.q.Epoch = 6 // a commit of the release's own
	r.reach(100)
	r.q.Epoch = 7
	r.goHome()
	if diff := cmp.Diff([]string{"TagResource", "RegisterTaskDefinition", "TagResource", "UpdateService", "UpdateService", "TagResource"}, r.writes()); diff != "" {
		t.Errorf("what was sent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"slipway-epoch": "7", "slipway-seal": "coditect-app-42/rollback"}, r.tags()); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

func TestSealIsLeftWhereNothingElseHasToBeChanged(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	for range 2 {
		if op, err := r.p.Shift(t.Context(), r.home()); err != nil || op != "" {
			t.Errorf("operation %q, %v", op, err)
		}
	}
	if diff := cmp.Diff([]string{"TagResource"}, r.writes()); diff != "" {
		t.Errorf("what was sent (-want +got):\n%s", diff)
	}
}

func TestTrafficGoesBackThoughTagsMayNotBeWritten(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.begin()
	r.reach(50)
	r.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Operation: "TagResource", Error: awsapi.Error{Code: "AccessDeniedException", Message: "no", Status: 400}})
	op, err := r.p.Shift(t.Context(), r.home())
	if err != nil || op == "" {
		t.Fatalf("operation %q, %v", op, err)
	}
	r.ok(r.finish(op))
	if got := r.look().Percent(r.q.Baseline); got != 100 {
		t.Errorf("the baseline has %d %%", got)
	}
}

func TestTrafficGoesBackThoughTheLoadBalancerCannotBeRead(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.begin()
	r.reach(50)
	r.api.Inject(awsapi.Fault{Kind: awsapi.Refuse, Operation: "DescribeRules", Error: awsapi.Error{Code: "AccessDenied", Message: "no", Status: 403}})
	if _, err := r.p.Shift(t.Context(), r.to(100)); deploy.CodeOf(err) != deploy.Forbidden {
		t.Errorf("forward without knowing where traffic is: %v", err)
	}
	op, err := r.p.Shift(t.Context(), r.home())
	if err != nil || !slices.Contains(r.writes(), "ContinueServiceDeployment") {
		t.Fatalf("operation %q, %v", op, err)
	}
	r.ok(r.finish(op))
	if got := r.elb.InEffect(r.rule)[r.groups[0]]; got != 100 {
		t.Errorf("the rule gives %d to the target group of before", got)
	}
}
