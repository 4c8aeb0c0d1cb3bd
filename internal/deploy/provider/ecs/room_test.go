package ecs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy/provider/ecs"
	sandbox "slipway/internal/sandbox/ecs"
)

func TestRoomThatIsNotToBeHadIsSaid(t *testing.T) {
	t.Parallel()
	for _, service := range []string{sandbox.RollingService, sandbox.NativeService} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, service, nil)
			r.ok(r.ecs.NoCapacity(service, true))
			_, err := r.p.Stage(t.Context(), r.q)
			r.ok(err)
			if service == sandbox.RollingService {
				r.shift(100)
			}
			r.ok(r.ecs.Finish(service))
			const want = "; Amazon ECS was unable to place a task. Reason: Capacity is unavailable at this time."
			r.until("it says so", func() bool { return strings.Contains(r.look().Unrest, want) })
			r.ok(r.ecs.NoCapacity(service, false))
			r.until("it gets on", func() bool { s := r.look(); return !s.Busy && !strings.Contains(s.Unrest, "unable to place") })
		})
	}
}

func TestWhichEventsSayThatThereIsNoRoom(t *testing.T) {
	t.Parallel()
	begun := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	event := func(after time.Duration, text string) types.ServiceEvent {
		return types.ServiceEvent{CreatedAt: aws.Time(begun.Add(after)), Message: aws.String("(service app) " + text)}
	}
	const (
		memory = "was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 0a1b) has insufficient memory available. For more information, see the Troubleshooting section."
		eni    = "was unable to place a task because there are no more network interfaces (RESOURCE:ENI)."
		short  = "0 of 2 tasks run app:2"
	)
	for name, tc := range map[string]struct {
		events  []types.ServiceEvent
		running int32
		pending int32
		want    string
	}{
		"the newest of them": {[]types.ServiceEvent{event(time.Minute, memory), event(time.Hour, eni)}, 0, 0,
			short + "; Amazon ECS was unable to place a task because there are no more network interfaces (RESOURCE:ENI)"},
		"without what is not to the point": {[]types.ServiceEvent{event(time.Minute, memory)}, 0, 0,
			short + "; Amazon ECS was unable to place a task because no container instance met all of its requirements. The closest matching (container-instance 0a1b) has insufficient memory available"},
		"by the resource alone": {[]types.ServiceEvent{event(0, "cannot go on: RESOURCE:MEMORY.")}, 0, 0, short + "; Amazon ECS cannot go on: RESOURCE:MEMORY"},
		"cut short": {[]types.ServiceEvent{event(0, "was unable to place a task because "+strings.Repeat("x", 400))}, 0, 0,
			short + "; Amazon ECS was unable to place a task because " + strings.Repeat("x", 200-35-3) + "…"},
		"not one from before":               {[]types.ServiceEvent{event(-time.Second, eni)}, 0, 0, short},
		"not what says something else":      {[]types.ServiceEvent{event(time.Minute, "has reached a steady state.")}, 0, 0, short},
		"not once all are on their way":     {[]types.ServiceEvent{event(time.Minute, eni)}, 0, 2, short + ", 2 pending"},
		"not where nothing has happened":    {nil, 0, 0, short},
		"also while some of the tasks work": {[]types.ServiceEvent{event(time.Minute, "was unable to place a task.")}, 1, 0, "1 of 2 tasks run app:2; Amazon ECS was unable to place a task"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := asked("app:2", types.DeploymentRolloutStateInProgress, types.DeploymentStrategyRolling, 2)
			s.DesiredCount, s.Events = 2, tc.events
			d := types.ServiceDeployment{
				Status: types.ServiceDeploymentStatusInProgress, CreatedAt: aws.Time(begun),
				TargetServiceRevision: &types.ServiceRevisionSummary{RunningTaskCount: tc.running, PendingTaskCount: tc.pending, RequestedTaskCount: 2},
			}
			if got := ecs.Stands(s, d, "app:2", "app:2", "app:1").Unrest; got != tc.want {
				t.Errorf("it says %q,\nwant    %q", got, tc.want)
			}
		})
	}
}

func TestReasonsDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	const secret = "postgres://app:hunter2@db:5432/app"
	got := ecs.Reason(types.Task{
		StoppedReason: aws.String("CannotStartContainerError: exec " + secret + ": not found"),
		Containers:    []types.Container{{Name: aws.String("app"), Reason: aws.String(strings.Repeat("long ", 74) + "password=hunter2hunter2hunter2hunter2hunter2"), ExitCode: aws.Int32(1)}},
	})
	if strings.Contains(got, "hunter2") || !strings.Contains(got, "exec postgres://app:***@db:5432/app: not found; long long") || !strings.Contains(got, "password=*** (container app, exit code 1)") {
		t.Errorf("told as %q", got)
	}
	s := asked("app:2", types.DeploymentRolloutStateFailed, types.DeploymentStrategyRolling, 2)
	d := types.ServiceDeployment{
		Status: types.ServiceDeploymentStatusRollbackInProgress, StatusReason: aws.String("hook said token=a1b2c3d4e5f6"),
		TargetServiceRevision: &types.ServiceRevisionSummary{},
	}
	if text := ecs.Stands(s, d, "app:2", "app:2", "app:1").Unrest; !strings.Contains(text, "hook said token=***") {
		t.Errorf("told as %q", text)
	}
}
