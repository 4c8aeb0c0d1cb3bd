package phase_test

import (
	"context"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
	"slipway/internal/deploy/provider/cloudrun"
	sandbox "slipway/internal/sandbox/cloudrun"
)

// lagging is a platform that shows a revision only some looks after it was asked for.
type lagging struct {
	deploy.Platform
	name   deploy.RevisionName
	hidden int
}

func (l *lagging) Revision(ctx context.Context, s deploy.ServiceRef, name deploy.RevisionName) (deploy.RevisionStatus, error) {
	if name == l.name && l.hidden > 0 {
		l.hidden--
		return deploy.RevisionStatus{}, &deploy.Error{Code: deploy.NotFound, Op: "look at revision", Msg: string(name) + " does not exist"}
	}
	return l.Platform.Revision(ctx, s, name)
}

func TestCandidateThatIsNotVisibleYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pf, err := cloudrun.New(t.Context(), &cloudrun.Options{Endpoint: "http://" + w.cloud.Addr(), Now: w.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	closing(t, pf.Close)
	slow := &lagging{Platform: pf, name: candidate(1)}
	w.runners[deploy.KindRevision] = phase.Runners(phase.Ports{
		Platforms: map[deploy.PlatformKind]deploy.Platform{deploy.CloudRun: slow},
	})[deploy.KindRevision]
	p := w.release("v1.2.4").until("deploy/revision")
	slow.hidden = 3
	w.breaks(sandbox.Fault{Kind: sandbox.LoseAnswer, Method: "UpdateService", Count: 1}) // so that no operation is known
	p.end().is(deploy.Succeeded)
	if slow.hidden > 0 {
		t.Error("nobody looked at the candidate")
	}
}
