package phase_test

import (
	"context"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

// finishing is a platform that is still at the release's deployment when it is first asked to let go.
type finishing struct {
	deploy.Platform

	asked int
}

func (f *finishing) Retire(context.Context, deploy.ServiceRef, ...string) (deploy.Operation, error) {
	if f.asked++; f.asked == 1 {
		return "the deployment", nil
	}
	return "", nil
}

func (*finishing) Wait(context.Context, deploy.Operation) (bool, error) { return true, nil }

func TestAmazonECSIsAskedToLetGoOnceMoreWhenItsDeploymentIsOver(t *testing.T) {
	t.Parallel()
	r, s, p := threesome(t)
	r.Facts.Candidate.Tag = "rc-42"
	pf := &finishing{Platform: s}
	p.Platforms[deploy.ECS] = pf
	retire := phase.Runners(p)[deploy.KindRetire]
	step := deploy.Step{Name: "traffic/retire", Kind: deploy.KindRetire, Phase: deploy.Observe, Begun: begun}
	out, err := retire.Run(t.Context(), r, step)
	if err != nil || out.Again == 0 || out.Facts.Operation != "the deployment" || pf.asked != 1 {
		t.Fatalf("at first: again in %s, operation %q, asked %d times, %v", out.Again, out.Facts.Operation, pf.asked, err)
	}
	r.Facts = out.Facts
	out, err = retire.Run(t.Context(), r, step)
	if err != nil || out.Again != 0 || out.Facts.Operation != "" || pf.asked != 2 {
		t.Errorf("once it is over: again in %s, operation %q, asked %d times, %v", out.Again, out.Facts.Operation, pf.asked, err)
	}
}
