package ecs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/ecs"
)

func TestWeightsAreMovedByAnsweringHooks(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.q.Rollout.Window, r.q.Rollout.Silent = time.Minute, 4*time.Hour
	r.begin()
	if in := sent[sdk.UpdateServiceInput](r.practice); in.DeploymentConfiguration.Strategy != types.DeploymentStrategyLinear || *in.DeploymentConfiguration.LinearConfiguration.StepPercent != 10 {
		t.Errorf("sent %+v", in.DeploymentConfiguration)
	}
	s := r.look()
	if s.Busy || !strings.Contains(s.Unrest, "coditect-web:2 waits at 0 % to be told to go on; Amazon ECS goes back by itself at") {
		t.Errorf("staged: busy %v, unrest %q", s.Busy, s.Unrest)
	}
	if diff := cmp.Diff(deploy.Return{Takes: 10 * time.Second, How: "weights flip, 2 tasks of before are warm"}, s.Back); diff != "" {
		t.Errorf("the way back (-want +got):\n%s", diff)
	}
	r.reach(10)
	r.reach(50)
	if got := r.elb.InEffect(r.rule); got[r.groups[0]] != 50 || got[r.groups[1]] != 50 {
		t.Errorf("the rule has %v", got)
	}
	op := r.shift(100)
	for n := 0; r.percent() < 100; n++ {
		if n > 20 {
			t.Fatal("it does not come to 100 %")
		}
		r.settleAt(op)
		op = r.shift(100)
	}
	want := []string{"TagResource", "RegisterTaskDefinition", "UpdateService"}
	for range 10 {
		want = append(want, "ContinueServiceDeployment")
	}
	if diff := cmp.Diff(want, r.writes()); diff != "" {
		t.Errorf("what was sent (-want +got):\n%s", diff)
	}
	s = r.look()
	if s.Busy || s.Settled || !strings.Contains(s.Unrest, "keeps the tasks of before for a while") || s.Fell.Revision != "" {
		t.Errorf("baking: %+v", s)
	}
}

// settleAt lets a move come to the next hook, or, at the last, to the bake.
func (r *release) settleAt(op deploy.Operation) {
	r.t.Helper()
	r.ok(r.ecs.Finish(r.service))
	r.until("it has moved", func() bool {
		done, err := r.p.Wait(r.t.Context(), op)
		r.ok(err)
		return done && !r.look().Busy
	})
	r.ok(r.ecs.Hold(r.service))
}

func TestReturnIsTheCallForTheMoment(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service string
		until   func(r *release)
		call    string
		how     string
	}{
		"at a hook, before there is traffic": {sandbox.NativeService, func(*release) {}, "ContinueServiceDeployment", "weights flip"},
		"at a hook, with traffic":            {sandbox.NativeService, func(r *release) { r.reach(10) }, "ContinueServiceDeployment", "weights flip"},
		"while weights move":                 {sandbox.NativeService, func(r *release) { r.reach(10); r.shift(50) }, "StopServiceDeployment", "weights flip"},
		"once it is done":                    {sandbox.NativeService, func(r *release) { r.reach(100) }, "UpdateService", "nothing is kept warm any more"},
		"while tasks are replaced":           {sandbox.RollingService, func(r *release) { r.shift(100) }, "StopServiceDeployment", "stops the deployment"},
		"once tasks are replaced":            {sandbox.RollingService, func(r *release) { r.reach(100) }, "UpdateService", "replaces 2 tasks one by one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, tc.service, nil)
			r.begin()
			tc.until(r)
			if back := r.look().Back; !strings.Contains(back.How, tc.how) || back.Takes <= 0 {
				t.Errorf("foreseen as %+v, want %q", back, tc.how)
			}
			before := len(r.writes())
			r.goHome()
			if diff := cmp.Diff([]string{tc.call, "TagResource"}, r.writes()[before:]); diff != "" {
				t.Errorf("what was sent (-want +got):\n%s", diff)
			}
			s := r.look()
			if base, err := s.Baseline(); err != nil || base != r.q.Baseline || !s.Settled {
				t.Errorf("the baseline is %q, %v; settled %v", base, err, s.Settled)
			}
		})
	}
}

func TestReturnAfterTheEndDoesNotPause(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.begin()
	r.reach(100)
	r.goHome()
	c := sent[sdk.UpdateServiceInput](r.practice).DeploymentConfiguration
	if c.Strategy != types.DeploymentStrategyBlueGreen || *c.BakeTimeInMinutes != 0 || c.LifecycleHooks == nil || len(c.LifecycleHooks) != 0 {
		t.Errorf("sent %+v", c)
	}
}

func TestStageOfANewerECSIsStillInProgress(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	_, err := r.p.Stage(t.Context(), r.q)
	r.ok(err)
	r.ok(r.ecs.UnknownStage(r.service, "SOMETHING_NEW"))
	r.ok(r.ecs.Finish(r.service))
	r.until("it is in a stage that nobody knows, or past it", func() bool {
		s := r.look()
		rev, err := r.p.Revision(t.Context(), r.ref, r.q.Candidate)
		r.ok(err)
		if d, ok := r.current(); ok && d.LifecycleStage == "SOMETHING_NEW" && (!s.Busy && len(d.LifecycleHookDetails) == 0 || rev.Failed) {
			t.Errorf("busy %v, unrest %q, the candidate is %+v", s.Busy, s.Unrest, rev)
		}
		return !s.Busy
	})
	if s := r.look(); s.Fell.Revision != "" {
		t.Errorf("fell: %+v", s.Fell)
	}
}

func TestWeightsThatSomebodyMovedAreSeen(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.begin()
	r.reach(100)
	r.Finish()
	own := r.groups[1]
	client := elasticloadbalancingv2.New(elasticloadbalancingv2.Options{
		Region: sandbox.Region, BaseEndpoint: aws.String(r.api.URL()), Credentials: practiceCredentials,
	})
	_, err := client.ModifyRule(t.Context(), &elasticloadbalancingv2.ModifyRuleInput{RuleArn: aws.String(r.rule), Actions: []elbtypes.Action{{
		Type: elbtypes.ActionTypeEnumForward, ForwardConfig: &elbtypes.ForwardActionConfig{TargetGroups: []elbtypes.TargetGroupTuple{
			{TargetGroupArn: aws.String(own), Weight: aws.Int32(70)}, {TargetGroupArn: aws.String(r.groups[0]), Weight: aws.Int32(30)},
		}},
	}}})
	r.ok(err)
	s := r.look()
	if diff := cmp.Diff([]deploy.Share{{Revision: r.q.Candidate, Percent: 70}, {Revision: "target group coditect-web", Percent: 30}}, s.Traffic); diff != "" {
		t.Errorf("traffic (-want +got):\n%s", diff)
	}
	next := r.q
	next.Candidate, next.Tag, next.Baseline = deploy.CandidateName(r.service, 43, 1), "rc-43", r.q.Candidate
	if _, err := r.p.Stage(t.Context(), next); deploy.CodeOf(err) != deploy.Conflict || !strings.Contains(deploy.Message(err), "somebody moved it") {
		t.Errorf("staged over it: %v", err)
	}
}

func TestServiceWithoutASecondTargetGroupCannotMoveWeights(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	r.q.Rollout = deploy.Rollout{Kind: deploy.Canary, Shares: []int{10, 100}}
	if _, err := r.p.Stage(t.Context(), r.q); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "no second target group") || deploy.Hint(err) == "" {
		t.Errorf("refused with %v", err)
	}
	if w := r.writes(); len(w) != 0 {
		t.Errorf("sent %v", w)
	}
}
