package cloudrun

import (
	"context"
	"fmt"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
)

// Stage creates the candidate from the live template and pins all traffic to the baseline, in one change. Tags
// that people gave stay; the candidate's tag moves to it if an earlier attempt had it; what former releases left
// behind goes, and so do lines of the traffic table that have neither share nor tag.
//
// An empty operation means that nothing was sent: the revision is there, or Cloud Run is busy creating it; see
// Revision. Conflict if the name is taken by another image, if traffic is not all on the baseline, or if Cloud
// Run is busy with a change of somebody else.
func (p *Platform) Stage(ctx context.Context, q deploy.StageRequest) (deploy.Operation, error) {
	doing := "create revision " + string(q.Candidate)
	if err := whole(doing, q); err != nil {
		return "", err
	}
	there, err := p.revision(ctx, q.Service, q.Candidate)
	if err == nil {
		return "", sameImage(doing, q, there.GetContainers())
	}
	if status.Code(err) != codes.NotFound {
		return "", explain(ctx, doing, aRevision(q.Candidate), err)
	}
	return p.change(ctx, q.Service, doing, fence{epoch: q.Epoch, gaps: q.Gaps}, staging(doing, q))
}

func whole(doing string, q deploy.StageRequest) error {
	if q.Candidate != "" && q.Baseline != "" && q.Tag != "" && q.Image != "" {
		return nil
	}
	return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "candidate, tag, image and baseline are all needed"}
}

// staging is the change of a service that creates the candidate. It changes nothing if that is under way.
func staging(doing string, q deploy.StageRequest) edit {
	return func(live *runpb.Service) (*runpb.Service, []string, error) {
		if underWay(q, live) {
			return nil, nil, sameImage(doing, q, live.GetTemplate().GetContainers())
		}
		if err := undisturbed(doing, q, live); err != nil {
			return nil, nil, err
		}
		template, err := candidate(live.GetTemplate(), q)
		if err != nil {
			return nil, nil, err
		}
		ours := &runpb.TrafficTarget{Type: byName, Revision: string(q.Candidate), Tag: q.Tag}
		kept := withoutLeftovers(q, tags(live.GetTraffic(), q.Tag))
		traffic := table(map[deploy.RevisionName]int{q.Baseline: 100}, append(kept, ours))
		return &runpb.Service{Template: template, Traffic: traffic}, []string{"template", "traffic"}, nil
	}
}

// underWay says whether Cloud Run is busy creating the candidate.
func underWay(q deploy.StageRequest, live *runpb.Service) bool {
	return live.GetTemplate().GetRevision() == string(q.Candidate) && live.GetReconciling()
}

func sameImage(doing string, q deploy.StageRequest, there []*runpb.Container) error {
	image := mainContainer(there).GetImage()
	if image == q.Image {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Conflict, Op: doing,
		Msg:  fmt.Sprintf("revision %s exists already, with image %s instead of %s", q.Candidate, image, q.Image),
		Hint: "names of revisions are taken for ever: release again under another name",
	}
}

// undisturbed is the last look before users could notice: pinning the baseline moves nobody if it has all
// traffic, and nothing else is in progress that would be overwritten.
func undisturbed(doing string, q deploy.StageRequest, live *runpb.Service) error {
	if live.GetReconciling() {
		return &deploy.Error{
			Code: deploy.Conflict, Op: doing,
			Msg:  withWords("Cloud Run is busy with another change of "+q.Service.Name, live.GetTerminalCondition().GetMessage()),
			Hint: "wait until it is done",
		}
	}
	if serves(reported(live), map[deploy.RevisionName]int{q.Baseline: 100}) {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Conflict, Op: doing,
		Msg:  fmt.Sprintf("traffic of %s is no longer all on %s: somebody moved it", q.Service.Name, q.Baseline),
		Hint: "send 100 % back to " + string(q.Baseline) + ", or release again from where it is now",
	}
}
