package ecs_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
	sandbox "slipway/internal/sandbox/ecs"
)

// release is one of the practice service, played as the phases do.
type release struct {
	*practice
	p *ecs.Platform
	q deploy.StageRequest
}

func newRelease(t *testing.T, service string, opts *ecs.Options) *release {
	t.Helper()
	h := newPractice(t, service)
	kind, shares := deploy.Rolling, []int{100}
	if service == sandbox.NativeService {
		kind, shares = deploy.Canary, []int{10, 50, 100}
	}
	return &release{h, h.connect(opts), deploy.StageRequest{
		Service: h.ref, Candidate: deploy.CandidateName(service, 42, 1), Tag: "rc-42", Image: goodImage.Ref, Baseline: h.base(),
		Settings: deploy.Settings{Env: map[string]string{"VERSION": goodImage.Version}}, Epoch: 5,
		Rollout: deploy.Rollout{Kind: kind, Shares: shares},
	}}
}

// begin stages the candidate, and lets what that starts come to where it waits.
func (r *release) begin() {
	r.t.Helper()
	op, err := r.p.Stage(r.t.Context(), r.q)
	r.ok(err)
	r.ok(r.finish(op))
}

// shift asks once for a share of the candidate.
func (r *release) shift(percent int) deploy.Operation {
	r.t.Helper()
	op, err := r.p.Shift(r.t.Context(), r.to(percent))
	r.ok(err)
	return op
}

func (r *release) to(percent int) deploy.ShiftRequest {
	return deploy.ShiftRequest{Service: r.ref, Epoch: r.q.Epoch, Shares: map[deploy.RevisionName]int{r.q.Candidate: percent, r.q.Baseline: 100 - percent}}
}

// reach asks for a share until it is there.
func (r *release) reach(percent int) {
	r.t.Helper()
	for range 20 {
		if r.percent() == percent {
			return
		}
		r.ok(r.finish(r.shift(percent)))
	}
	r.t.Fatalf("the candidate does not get %d %%", percent)
}

func (r *release) percent() int {
	r.t.Helper()
	return r.look().Percent(r.q.Candidate)
}

func (r *release) look() deploy.Service {
	r.t.Helper()
	s, err := r.p.Describe(r.t.Context(), r.ref)
	r.ok(err)
	return s
}

// finish lets an operation end and gives how.
func (r *release) finish(op deploy.Operation) error {
	r.t.Helper()
	for range 20 {
		done, err := r.p.Wait(r.t.Context(), op)
		if done {
			return err
		}
		r.ok(err)
		r.Finish()
	}
	r.t.Fatalf("operation %q does not end", op)
	return nil
}

// home is the request to give everything back.
func (r *release) home() deploy.ShiftRequest {
	return deploy.ShiftRequest{Service: r.ref, Epoch: r.q.Epoch, Seal: "coditect-app-42/rollback", Shares: map[deploy.RevisionName]int{r.q.Baseline: 100}}
}

// goHome asks for everything back until it is there.
func (r *release) goHome() {
	r.t.Helper()
	for range 20 {
		op, err := r.p.Shift(r.t.Context(), r.home())
		r.ok(err)
		if err := r.finish(op); err == nil && op == "" && r.look().Percent(r.q.Baseline) == 100 {
			return
		}
		r.Finish()
	}
	r.t.Fatal("traffic does not come back")
}

// writes are the calls that changed something, in their order.
func (h *practice) writes() []string {
	var out []string
	for _, c := range h.api.Calls() {
		if slices.Contains([]string{
			"RegisterTaskDefinition", "UpdateService", "TagResource", "StopServiceDeployment", "ContinueServiceDeployment",
		}, c.Operation) && c.Done && c.Code == "" {
			out = append(out, c.Operation)
		}
	}
	return out
}

// sent is the last call of a kind.
func sent[T any](h *practice) *T {
	h.t.Helper()
	for _, c := range slices.Backward(h.api.Calls()) {
		if in, ok := c.Input.(*T); ok {
			return in
		}
	}
	h.t.Fatal("no such call was made")
	return nil
}

func (h *practice) tags() map[string]string {
	h.t.Helper()
	out := map[string]string{}
	for _, tag := range h.describe().Tags {
		out[*tag.Key] = *tag.Value
	}
	return out
}

// byHand is a person who gives the service another task definition.
func (h *practice) byHand() {
	h.t.Helper()
	d, err := h.client.DescribeTaskDefinition(h.t.Context(), &sdk.DescribeTaskDefinitionInput{TaskDefinition: aws.String(string(h.base()))})
	h.ok(err)
	t := d.TaskDefinition
	made, err := h.client.RegisterTaskDefinition(h.t.Context(), &sdk.RegisterTaskDefinitionInput{
		Family: t.Family, ContainerDefinitions: t.ContainerDefinitions, Cpu: t.Cpu, Memory: t.Memory, NetworkMode: t.NetworkMode,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate}, ExecutionRoleArn: t.ExecutionRoleArn,
	})
	h.ok(err)
	h.ok(h.ecs.UpdateByHand(h.service, *made.TaskDefinition.TaskDefinitionArn))
}
