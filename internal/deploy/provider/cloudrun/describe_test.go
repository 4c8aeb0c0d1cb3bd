package cloudrun_test

import (
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"slipway/internal/deploy"
)

func inState(state runpb.Condition_State, message string) *runpb.Condition {
	return &runpb.Condition{Type: "Ready", State: state, Message: message}
}

func TestWhenAServiceIsSettled(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		service *runpb.Service
		want    string // unrest
		busy    bool
	}{
		"at rest": {
			&runpb.Service{Generation: 7, ObservedGeneration: 7, TerminalCondition: inState(runpb.Condition_CONDITION_SUCCEEDED, "")},
			"", false,
		},
		"reconciling": {
			&runpb.Service{
				Generation: 7, ObservedGeneration: 7, Reconciling: true,
				TerminalCondition: inState(runpb.Condition_CONDITION_RECONCILING, "Routing traffic."),
			},
			"Cloud Run is still working on the last change: Routing traffic.", true,
		},
		"failed": {
			&runpb.Service{
				Generation: 7, ObservedGeneration: 6,
				TerminalCondition: inState(runpb.Condition_CONDITION_FAILED, "Image\n'x' not found."),
			},
			"the last change failed: Image 'x' not found.", false,
		},
		"failed without words": {
			&runpb.Service{TerminalCondition: &runpb.Condition{
				State:   runpb.Condition_CONDITION_FAILED,
				Reasons: &runpb.Condition_Reason{Reason: runpb.Condition_SECRETS_ACCESS_CHECK_FAILED},
			}},
			"the last change failed: secrets access check failed", false,
		},
		"not begun": {
			&runpb.Service{Generation: 8, ObservedGeneration: 7, TerminalCondition: inState(runpb.Condition_CONDITION_SUCCEEDED, "")},
			"Cloud Run has not begun with the last change", true,
		},
		"never ready": {
			&runpb.Service{}, "Cloud Run does not call the service ready", true,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := answering(t, func(stream grpc.ServerStream) error { return stream.SendMsg(tc.service) })
			got, err := p.Describe(t.Context(), deploy.ServiceRef{Project: "p", Region: "r", Name: "app"})
			if err != nil || got.Unrest != tc.want || got.Settled != (tc.want == "") || got.Busy != tc.busy {
				t.Errorf("settled %v, busy %v, unrest %q, %v; want %q, busy %v", got.Settled, got.Busy, got.Unrest, err, tc.want, tc.busy)
			}
		})
	}
}

func TestWhatARevisionSaysOfItself(t *testing.T) {
	t.Parallel()
	container := &runpb.Container{Image: "app@sha256:1", Env: []*runpb.EnvVar{{
		Name: "VERSION", Values: &runpb.EnvVar_Value{Value: "v1"},
	}}}
	because := func(c *runpb.Condition, reason runpb.Condition_RevisionReason) *runpb.Condition {
		c.Reasons = &runpb.Condition_RevisionReason_{RevisionReason: reason}
		return c
	}
	scaled := &runpb.RevisionScalingStatus{DesiredMinInstanceCount: 2}
	tests := map[string]struct {
		revision *runpb.Revision
		want     deploy.RevisionStatus
	}{
		"ready and warm": {
			&runpb.Revision{ScalingStatus: scaled, Conditions: []*runpb.Condition{inState(runpb.Condition_CONDITION_SUCCEEDED, "")}},
			deploy.RevisionStatus{Ready: true, Warm: true},
		},
		"ready, instances on their way": {
			&runpb.Revision{ScalingStatus: scaled, Conditions: []*runpb.Condition{
				inState(runpb.Condition_CONDITION_SUCCEEDED, ""),
				because(&runpb.Condition{Type: "MinInstancesProvisioned"}, runpb.Condition_MIN_INSTANCES_WARMING),
			}},
			deploy.RevisionStatus{Ready: true},
		},
		"ready, its minimum not held because nothing leads to it": {
			&runpb.Revision{ScalingStatus: scaled, Conditions: []*runpb.Condition{
				inState(runpb.Condition_CONDITION_SUCCEEDED, ""),
				because(&runpb.Condition{Type: "MinInstancesProvisioned"}, runpb.Condition_MIN_INSTANCES_NOT_PROVISIONED),
			}},
			deploy.RevisionStatus{Ready: true},
		},
		"ready, retired": {
			&runpb.Revision{ScalingStatus: scaled, Conditions: []*runpb.Condition{
				inState(runpb.Condition_CONDITION_SUCCEEDED, ""),
				because(&runpb.Condition{Type: "Active", State: runpb.Condition_CONDITION_FAILED}, runpb.Condition_RETIRED),
			}},
			deploy.RevisionStatus{Ready: true},
		},
		"ready, without a minimum": {
			&runpb.Revision{Conditions: []*runpb.Condition{inState(runpb.Condition_CONDITION_SUCCEEDED, "")}},
			deploy.RevisionStatus{Ready: true},
		},
		"coming up": {
			&runpb.Revision{Reconciling: true, Conditions: []*runpb.Condition{inState(runpb.Condition_CONDITION_RECONCILING, "Deploying revision.")}},
			deploy.RevisionStatus{Reason: "Deploying revision."},
		},
		"failed": {
			&runpb.Revision{Conditions: []*runpb.Condition{
				because(inState(runpb.Condition_CONDITION_FAILED, ""), runpb.Condition_HEALTH_CHECK_CONTAINER_ERROR),
			}},
			deploy.RevisionStatus{Failed: true, Reason: "health check container error"},
		},
		"failed, but still being worked on": {
			&runpb.Revision{Reconciling: true, Conditions: []*runpb.Condition{inState(runpb.Condition_CONDITION_FAILED, "no")}},
			deploy.RevisionStatus{Reason: "no"},
		},
		"failed, but tried again by the platform": {
			&runpb.Revision{Conditions: []*runpb.Condition{
				because(inState(runpb.Condition_CONDITION_FAILED, "no"), runpb.Condition_CUSTOMIZED_PATH_RESPONSE_PENDING),
			}},
			deploy.RevisionStatus{Reason: "no"},
		},
		"failed, put off": {
			&runpb.Revision{Conditions: []*runpb.Condition{{
				Type: "Ready", State: runpb.Condition_CONDITION_FAILED, Message: "later",
				Reasons: &runpb.Condition_Reason{Reason: runpb.Condition_POSTPONED_RETRY},
			}}},
			deploy.RevisionStatus{Reason: "later"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.revision.Containers = []*runpb.Container{container}
			tc.want.Name, tc.want.Image, tc.want.Version = "app-00001", "app@sha256:1", "v1"
			tc.want.Config = map[string]string{"image": "app@sha256:1", "env VERSION": "3bfc2695"}
			p := answering(t, func(stream grpc.ServerStream) error { return stream.SendMsg(tc.revision) })
			got, err := p.Revision(t.Context(), deploy.ServiceRef{Project: "p", Region: "r", Name: "app"}, "app-00001")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("revision (-want +got):\n%s", diff)
			}
		})
	}
}
