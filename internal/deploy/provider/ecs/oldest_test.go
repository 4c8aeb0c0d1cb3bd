package ecs_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/awsapi"
	sandbox "slipway/internal/sandbox/ecs"
)

// again registers what a call has registered, with its tags, as a process does that is dead by now, or a person.
func (h *practice) again(in *sdk.RegisterTaskDefinitionInput) {
	_, err := h.client.RegisterTaskDefinition(h.t.Context(), in)
	if err != nil {
		h.t.Error(err)
	}
}

func TestWhatIsRegisteredAgainIsNotDeployedBesideTheFirst(t *testing.T) {
	t.Parallel()
	for _, service := range []string{sandbox.NativeService, sandbox.RollingService} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, service, nil)
			r.begin()
			r.again(sent[sdk.RegisterTaskDefinitionInput](r.practice))
			r.p = r.connect(nil) // who remembers nothing
			r.begin()
			r.reach(100)
			r.Finish()
			var asked []string
			for _, c := range r.api.Calls() {
				if in, is := c.Input.(*sdk.UpdateServiceInput); is && c.Done {
					arn := aws.ToString(in.TaskDefinition)
					asked = append(asked, arn[strings.LastIndexByte(arn, '/')+1:])
				}
			}
			if d := cmp.Diff([]string{service + ":2"}, asked); d != "" {
				t.Errorf("asked for (-want +got):\n%s", d)
			}
			if n := r.percent(); n != 100 {
				t.Errorf("the candidate has %d %%", n)
			}
		})
	}
}

func TestWhatWasRegisteredBetweenLookAndCallIsTheOne(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	var came atomic.Bool
	r.api.OnCall(func(c awsapi.Call) {
		if in, is := c.Input.(*sdk.RegisterTaskDefinitionInput); is && came.CompareAndSwap(false, true) {
			r.again(in)
		}
	})
	r.begin()
	if arn := aws.ToString(sent[sdk.UpdateServiceInput](r.practice).TaskDefinition); !strings.HasSuffix(arn, "/coditect-web:2") {
		t.Errorf("deployed %s", arn)
	}
	if n := r.ecs.Registrations(); n != 2 {
		t.Fatalf("registered %d times, which is no race", n)
	}
	r.p = r.connect(nil)
	before := r.writes()
	r.begin()
	if d := cmp.Diff(before, r.writes()); d != "" {
		t.Errorf("another process sends (-before +after):\n%s", d)
	}
}

func TestNameIsLookedForWithOneList(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.NativeService, nil)
	r.begin()
	r.again(sent[sdk.RegisterTaskDefinitionInput](r.practice))
	r.p = r.connect(nil)
	r.api.ForgetCalls()
	for range 3 {
		_, err := r.p.Revision(t.Context(), r.ref, r.q.Candidate)
		r.ok(err)
	}
	lists := 0
	for _, c := range r.api.Calls() {
		if _, is := c.Input.(*sdk.ListTaskDefinitionsInput); is && c.Done {
			lists++
		}
	}
	if lists != 1 {
		t.Errorf("listed %d times", lists)
	}
	rev, err := r.client.DescribeTaskDefinition(t.Context(), &sdk.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String("coditect-web:3"), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	r.ok(err)
	if len(rev.Tags) == 0 {
		t.Error("what was registered again has no tags, which is another case")
	}
}
