package ecs_test

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/ecs"
)

func refuse(operation, code string, status int) awsapi.Fault {
	return awsapi.Fault{Kind: awsapi.Refuse, Operation: operation, Error: awsapi.Error{Code: code, Message: "words of AWS", Status: status}}
}

// asksPeople has deployments of the service wait after their tasks are up for a person to agree.
func (h *practice) asksPeople() {
	h.t.Helper()
	_, err := h.client.UpdateService(h.t.Context(), &sdk.UpdateServiceInput{
		Cluster: aws.String(sandbox.GuideCluster), Service: aws.String(h.service),
		DeploymentConfiguration: &types.DeploymentConfiguration{LifecycleHooks: []types.DeploymentLifecycleHook{{
			TargetType:      types.DeploymentLifecycleHookTargetTypePause,
			LifecycleStages: []types.DeploymentLifecycleHookStage{types.DeploymentLifecycleHookStagePostScaleUp},
		}}},
	})
	h.ok(err)
}

func TestHookOfSomebodyElseIsNotAnswered(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.asksPeople()
	op, err := r.p.Stage(t.Context(), r.q)
	r.ok(err)
	r.Finish()
	d, _ := r.current()
	if d.LifecycleStage != types.ServiceDeploymentLifecycleStagePostScaleUp || len(d.LifecycleHookDetails) != 1 {
		t.Fatalf("it is in stage %s with the hooks %+v", d.LifecycleStage, d.LifecycleHookDetails)
	}
	if done, err := r.p.Wait(t.Context(), op); done || err != nil {
		t.Errorf("staged: %v, %v", done, err)
	}
	if s := r.look(); !s.Busy || !strings.Contains(s.Unrest, "waits in stage post scale up for somebody to answer a hook that is not Slipway's") {
		t.Errorf("busy %v, unrest %q", s.Busy, s.Unrest)
	}
	before := r.writes()
	if op := r.shift(10); op != "" {
		t.Errorf("asked for 10 %%, it is %q", op)
	}
	if diff := cmp.Diff(before, r.writes()); diff != "" {
		t.Errorf("something was sent (-before +after):\n%s", diff)
	}
	_, err = r.client.ContinueServiceDeployment(t.Context(), &sdk.ContinueServiceDeploymentInput{
		ServiceDeploymentArn: d.ServiceDeploymentArn, HookId: d.LifecycleHookDetails[0].HookId, Action: types.DeploymentLifecycleHookActionContinue,
	})
	r.ok(err)
	r.ok(r.finish(op))
	r.reach(10)
}

func TestReturnFromAHookOfSomebodyElseStopsTheDeployment(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.asksPeople()
	_, err := r.p.Stage(t.Context(), r.q)
	r.ok(err)
	r.Finish()
	r.goHome()
	if w := r.writes(); w[len(w)-2] != "StopServiceDeployment" {
		t.Errorf("sent %v", w)
	}
}

func TestDeploymentThatECSDoesNotShow(t *testing.T) {
	t.Parallel()
	for _, service := range []string{sandbox.RollingService, sandbox.NativeService} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			hidden := refuse("DescribeServiceDeployments", "ServiceDeploymentNotFoundException", 400)
			r := newRelease(t, service, nil)
			r.begin()
			op := r.shift(r.q.Rollout.Shares[0])
			r.api.Inject(hidden)
			if s := r.look(); !s.Busy || s.Settled {
				t.Errorf("not yet: %+v", s)
			}
			before := r.writes()
			if op, err := r.p.Shift(t.Context(), r.home()); op != "" || deploy.CodeOf(err) != deploy.NotYet {
				t.Errorf("a return before it is shown: %q, %v", op, err)
			}
			if diff := cmp.Diff(before, r.writes()); diff != "" {
				t.Errorf("something was sent (-before +after):\n%s", diff)
			}
			r.Heal()
			r.ok(r.finish(op))
			r.reach(100)
			r.Finish()
			r.api.Inject(hidden)
			s := r.look()
			base, err := s.Baseline()
			if err != nil || base != r.q.Candidate || !s.Settled {
				t.Errorf("no longer: %+v, %v", s, err)
			}
			op, err = r.p.Shift(t.Context(), r.home())
			if in := sent[sdk.UpdateServiceInput](r.practice); err != nil || op == "" || !strings.HasSuffix(*in.TaskDefinition, string(r.q.Baseline)) {
				t.Errorf("a return: %q, %v, sent %v", op, err, in.TaskDefinition)
			}
		})
	}
}

func TestReturnOnItsWayDoesNotNeedTheRightToTag(t *testing.T) {
	t.Parallel()
	for _, service := range []string{sandbox.RollingService, sandbox.NativeService} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, service, nil)
			r.begin()
			r.shift(r.q.Rollout.Shares[0])
			r.api.Inject(refuse("TagResource", "AccessDeniedException", 400))
			r.goHome()
		})
	}
}

func TestReturnThatComesTooLateLooksAgain(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"InvalidParameterException", "ClientException", "ConflictException", "ServiceDeploymentNotFoundException"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, sandbox.RollingService, nil)
			r.begin()
			r.shift(100)
			r.api.Inject(refuse("StopServiceDeployment", code, 400))
			if op, err := r.p.Shift(t.Context(), r.home()); op != "" || deploy.CodeOf(err) != deploy.Conflict || !strings.Contains(deploy.Message(err), "words of AWS") {
				t.Errorf("operation %q, %v", op, err)
			}
			r.Heal()
			r.goHome()
		})
	}
}

func TestWhyADeploymentFellIsAskedForOnce(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	r.q.Image, r.q.Settings.Env["VERSION"] = crashingImage.Ref, crashingImage.Version
	r.begin()
	r.shift(100)
	r.Finish()
	r.Finish()
	first := r.look().Fell
	if !strings.Contains(first.Why, "exit code 1") {
		t.Fatalf("fell: %+v", first)
	}
	r.api.ForgetCalls()
	for range 3 {
		if diff := cmp.Diff(first, r.look().Fell); diff != "" {
			t.Errorf("another look (-first +now):\n%s", diff)
		}
	}
	var tasks []string
	for _, c := range r.api.Calls() {
		if strings.HasSuffix(c.Operation, "Tasks") {
			tasks = append(tasks, c.Operation)
		}
	}
	if len(tasks) > 0 {
		t.Errorf("asked again: %v", tasks)
	}
}

func TestBaselineIsFoundBehindManyRegistrations(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	r.begin()
	r.reach(100)
	r.Finish()
	d, err := r.client.DescribeTaskDefinition(t.Context(), &sdk.DescribeTaskDefinitionInput{TaskDefinition: aws.String(string(r.base()))})
	r.ok(err)
	for range 101 {
		_, err := r.client.RegisterTaskDefinition(t.Context(), &sdk.RegisterTaskDefinitionInput{
			Family: d.TaskDefinition.Family, ContainerDefinitions: d.TaskDefinition.ContainerDefinitions, Cpu: d.TaskDefinition.Cpu,
			Memory: d.TaskDefinition.Memory, NetworkMode: d.TaskDefinition.NetworkMode, ExecutionRoleArn: d.TaskDefinition.ExecutionRoleArn,
			RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		})
		r.ok(err)
	}
	r.ok(r.ecs.UpdateByHand(r.service, "coditect-app:103"))
	p := r.connect(nil)
	if rev, err := p.Revision(t.Context(), r.ref, r.q.Candidate); err != nil || rev.Image != goodImage.Ref {
		t.Errorf("what the newest deployment began with: %+v, %v", rev, err)
	}
	if _, err := p.Revision(t.Context(), r.ref, deploy.CandidateName(r.service, 41, 1)); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("a name that nothing has: %v", err)
	}
}

func TestDeploymentThatEndedHalfWayIsBegunAgain(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status types.ServiceDeploymentStatus
		others int32 // tasks of the other version that run
		want   bool
	}{
		"it could not go back, and users have both":     {types.ServiceDeploymentStatusRollbackFailed, 1, true},
		"it was ended, and users have both":             {types.ServiceDeploymentStatusStopped, 1, true},
		"it could not go back, and users have only one": {types.ServiceDeploymentStatusRollbackFailed, 0, false},
		"it went back, and the last task goes":          {types.ServiceDeploymentStatusRollbackSuccessful, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, sandbox.RollingService, nil)
			s := r.describe()
			s.Deployments = append(s.Deployments, types.Deployment{
				Status: aws.String("ACTIVE"), TaskDefinition: aws.String("coditect-app:2"), RunningCount: tc.others,
			})
			begun, err := r.p.Begins(t.Context(), r.ref, s, types.ServiceDeployment{Status: tc.status}, r.base())
			if err != nil || begun != tc.want {
				t.Fatalf("begun: %v, %v", begun, err)
			}
			if begun && !sent[sdk.UpdateServiceInput](r.practice).ForceNewDeployment {
				t.Error("ECS does nothing for a task definition that the service was asked for already")
			}
		})
	}
}

func TestUsersOfADeploymentThatEndedHalfWayAreCounted(t *testing.T) {
	t.Parallel()
	s := asked("app:2", types.DeploymentRolloutStateFailed, types.DeploymentStrategyRolling, 4)
	d := types.ServiceDeployment{Status: types.ServiceDeploymentStatusRollbackFailed, TargetServiceRevision: &types.ServiceRevisionSummary{}}
	got := ecs.Stands(s, d, "app:2", "app:2", "app:1")
	if diff := cmp.Diff([]deploy.Share{{Revision: "app:2", Percent: 50}, {Revision: "app:1", Percent: 50}}, got.Traffic); diff != "" || got.Unrest == "" {
		t.Errorf("unrest %q, traffic (-want +got):\n%s", got.Unrest, diff)
	}
}

func TestWhatADeploymentBeganWith(t *testing.T) {
	t.Parallel()
	source := func(arn string, weight float64, tasks int32) types.ServiceRevisionSummary {
		return types.ServiceRevisionSummary{Arn: &arn, RequestedProductionTrafficWeight: &weight, RunningTaskCount: tasks}
	}
	for name, tc := range map[string]struct {
		sources []types.ServiceRevisionSummary
		want    string
	}{
		"that with the traffic, however many tasks the other has": {[]types.ServiceRevisionSummary{source("a", 100, 4), source("b", 0, 8)}, "a"},
		"in whichever order they are told":                        {[]types.ServiceRevisionSummary{source("b", 0, 8), source("a", 100, 4)}, "a"},
		"that with the tasks, if traffic does not tell":           {[]types.ServiceRevisionSummary{source("a", 0, 1), source("b", 0, 8)}, "b"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ecs.From(types.ServiceDeployment{SourceServiceRevisions: tc.sources}); got != tc.want {
				t.Errorf("it is %s, want %s", got, tc.want)
			}
		})
	}
}

func TestTasksThatBroke(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code types.TaskStopCode
		why  string
		want bool
	}{
		"it did not start":              {types.TaskStopCodeTaskFailedToStart, "CannotPullContainerError", true},
		"it ended":                      {types.TaskStopCodeEssentialContainerExited, "Essential container in task exited", true},
		"it failed its health check":    {types.TaskStopCodeServiceSchedulerInitiated, "Task failed ELB health checks in (target-group x)", true},
		"it was one too many":           {types.TaskStopCodeServiceSchedulerInitiated, "Scaling activity initiated by (deployment ecs-svc/1)", false},
		"somebody stopped it":           {types.TaskStopCodeUserInitiated, "Task stopped by user", false},
		"its machine was wanted back":   {types.TaskStopCodeSpotInterruption, "Your Spot Task was interrupted.", false},
		"its machine is to be replaced": {types.TaskStopCodeTerminationNotice, "ECS is performing maintenance", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := ecs.Failure(types.Task{StopCode: tc.code, StoppedReason: &tc.why}); got != tc.want {
				t.Errorf("it broke: %v", got)
			}
		})
	}
}

func TestAllTasksAreCountedHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	const many = 105 // ECS lists 100 at once
	r := newRelease(t, sandbox.RollingService, nil)
	r.ok(r.ecs.ScaleByHand(r.service, many))
	r.ok(r.ecs.Finish(r.service))
	r.until("all of them run", func() bool { return r.describe().RunningCount == many })
	if ids, err := r.p.Tasks(t.Context(), r.ref, r.base()); err != nil || len(ids) != many {
		t.Errorf("%d tasks, %v; want %d", len(ids), err, many)
	}
}

func TestRegionThatThereIsNotIsToldFromSilence(t *testing.T) {
	t.Parallel()
	lost := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "ecs.us-esat-1.amazonaws.com", IsNotFound: true}}
	err := ecs.Explain(t.Context(), deploy.ServiceRef{Kind: deploy.ECS, Region: "us-esat-1"}, &url.Error{Op: "Post", Err: lost})
	if deploy.CodeOf(err) != deploy.Unavailable || !strings.Contains(deploy.Message(err), "no address ecs.us-esat-1.amazonaws.com") || !strings.Contains(deploy.Hint(err), "correct the region") {
		t.Errorf("told as %v, hint %q", err, deploy.Hint(err))
	}
}
