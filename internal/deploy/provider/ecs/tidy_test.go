package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/ecs"
)

const theirLambda = "arn:aws:lambda:us-east-1:123456789012:function:theirs"

// callsLambda has deployments of the service call somebody else's function.
func (h *practice) callsLambda() {
	h.t.Helper()
	_, err := h.client.UpdateService(h.t.Context(), &sdk.UpdateServiceInput{
		Cluster: aws.String(sandbox.GuideCluster), Service: aws.String(h.service),
		DeploymentConfiguration: &types.DeploymentConfiguration{LifecycleHooks: []types.DeploymentLifecycleHook{{
			TargetType: types.DeploymentLifecycleHookTargetTypeAwsLambda, HookTargetArn: aws.String(theirLambda),
			RoleArn:         aws.String(sandbox.BalancerRole),
			LifecycleStages: []types.DeploymentLifecycleHookStage{types.DeploymentLifecycleHookStagePostTestTrafficShift},
		}}},
	})
	h.ok(err)
}

// hooks are those of the service, in words.
func (h *practice) hooks() []string {
	h.t.Helper()
	var out []string
	for _, hook := range h.describe().DeploymentConfiguration.LifecycleHooks {
		out = append(out, string(hook.TargetType)+aws.ToString(hook.HookTargetArn))
	}
	return out
}

// retire asks for it until nothing is left to wait for, and gives what was sent.
func (r *release) retire() []string {
	r.t.Helper()
	before := len(r.writes())
	for range 5 {
		op, err := r.p.Retire(r.t.Context(), r.ref, r.q.Tag)
		r.ok(err)
		if op == "" {
			return r.writes()[before:]
		}
		r.ok(r.finish(op))
	}
	r.t.Fatal("there is always something left to wait for")
	return nil
}

// done is a native release that has all traffic, whose deployment may go on still.
func done(t *testing.T, hooked bool) *release {
	t.Helper()
	r := newRelease(t, sandbox.NativeService, nil)
	if hooked {
		r.callsLambda()
	}
	r.begin()
	r.reach(100)
	return r
}

func TestReleaseLeavesTheHooksOfTheServiceAsTheyWere(t *testing.T) {
	t.Parallel()
	const theirs = "AWS_LAMBDA" + theirLambda
	home := func(r *release) { r.goHome() }
	twice := func(r *release) {
		r.goHome()
		r.ok(r.ecs.ForceNewDeployment(r.service)) // and again, in the same way
		r.Finish()
	}
	for name, tc := range map[string]struct {
		hooked bool
		then   func(r *release)
		sent   []string
		left   []string
	}{
		"after a release":                         {false, func(*release) {}, []string{"UpdateService"}, nil},
		"after a release, with a hook of others":  {true, func(*release) {}, []string{"UpdateService"}, []string{theirs}},
		"after a return, with a hook of others":   {true, home, []string{"UpdateService"}, []string{theirs}},
		"after two returns, with a hook":          {true, twice, []string{"UpdateService"}, []string{theirs}},
		"after a return, where none is of others": {false, home, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := done(t, tc.hooked)
			tc.then(r)
			if d := cmp.Diff(tc.sent, append([]string(nil), r.retire()...)); d != "" {
				t.Errorf("what was sent (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.left, r.hooks()); d != "" {
				t.Errorf("the hooks that are left (-want +got):\n%s", d)
			}
			if in := sent[sdk.UpdateServiceInput](r.practice); len(tc.sent) > 0 && (in.TaskDefinition != nil || in.ForceNewDeployment || in.DesiredCount != nil) {
				t.Errorf("sent %+v", in)
			}
			if _, going := r.current(); going {
				t.Error("a deployment has begun")
			}
			if again := r.retire(); len(again) != 0 {
				t.Errorf("sent again: %v", again)
			}
			r.byHand()
			r.Finish()
			if d, going := r.current(); going {
				t.Errorf("a deployment of somebody else stays in stage %s", d.LifecycleStage)
			}
		})
	}
}

func TestHooksStayWhileADeploymentGoesOn(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.begin()
	before := r.writes()
	if op, err := r.p.Retire(t.Context(), r.ref, r.q.Tag); op == "" || err != nil {
		t.Errorf("retired while it waits: %q, %v", op, err)
	}
	if d := cmp.Diff(before, r.writes()); d != "" {
		t.Errorf("something was sent (-before +after):\n%s", d)
	}
}

func TestHooksThatCannotBePutRightAreNoError(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		returned bool
		refused  awsapi.Fault
		code     deploy.Code
	}{
		"no right to change it":        {false, refuse("UpdateService", "AccessDeniedException", 400), ""},
		"a configuration not allowed":  {false, refuse("UpdateService", "InvalidParameterException", 400), ""},
		"in the middle of another":     {false, refuse("UpdateService", "UpdateInProgressException", 400), ""},
		"no right to look at earlier":  {true, refuse("ListServiceDeployments", "AccessDeniedException", 400), ""},
		"no right to read of them":     {true, refuse("DescribeServiceDeployments", "AccessDeniedException", 400), ""},
		"nobody knows what came of it": {false, awsapi.Fault{Kind: awsapi.LoseAnswer, Operation: "UpdateService", Count: 1}, deploy.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := done(t, true)
			r.Finish()
			if tc.returned {
				r.goHome()
			}
			before := r.hooks()
			r.api.Inject(tc.refused)
			if op, err := r.p.Retire(t.Context(), r.ref, r.q.Tag); op != "" || deploy.CodeOf(err) != tc.code {
				t.Errorf("it came to %q, %v", op, err)
			}
			r.Heal()
			if tc.code == "" && cmp.Diff(before, r.hooks()) != "" {
				t.Errorf("it has the hooks %v", r.hooks())
			}
			if sent := r.retire(); tc.code == deploy.Unavailable && len(sent) > 0 {
				t.Errorf("sent again: %v", sent)
			}
		})
	}
}
