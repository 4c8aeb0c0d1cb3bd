package cloudrun

import (
	"context"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
)

var _ deploy.Previewer = (*Platform)(nil)

// Preview is Stage without sending anything: the settings that the candidate would be made with, by the names of
// RevisionStatus.Config. Of a candidate that is there, or that Cloud Run is busy creating, it gives the settings it has.
// Whether Cloud Run takes them is not asked.
func (p *Platform) Preview(ctx context.Context, q deploy.StageRequest) (map[string]string, error) {
	doing := "preview revision " + string(q.Candidate)
	if err := whole(doing, q); err != nil {
		return nil, err
	}
	there, err := p.revision(ctx, q.Service, q.Candidate)
	if err == nil {
		return config(there), sameImage(doing, q, there.GetContainers())
	}
	if status.Code(err) != codes.NotFound {
		return nil, explain(ctx, doing, aRevision(q.Candidate), err)
	}
	live, err := p.service(ctx, q.Service)
	if err != nil {
		return nil, explain(ctx, doing, aService(q.Service), err)
	}
	if err := (fence{epoch: q.Epoch, gaps: q.Gaps}).check(doing, q.Service, live); err != nil {
		return nil, err
	}
	patch, _, err := staging(doing, q)(live)
	switch {
	case err != nil:
		return nil, err
	case patch == nil:
		return config(made(live.GetTemplate())), nil
	}
	return config(made(patch.GetTemplate())), nil
}

// made is the revision that comes of a template, as far as its settings go.
func made(t *runpb.RevisionTemplate) *runpb.Revision {
	return &runpb.Revision{
		Containers: t.GetContainers(), Volumes: t.GetVolumes(), Scaling: t.GetScaling(), VpcAccess: t.GetVpcAccess(),
		MaxInstanceRequestConcurrency: t.GetMaxInstanceRequestConcurrency(), Timeout: t.GetTimeout(),
		ServiceAccount: t.GetServiceAccount(), ExecutionEnvironment: t.GetExecutionEnvironment(),
		SessionAffinity: t.GetSessionAffinity(), EncryptionKey: t.GetEncryptionKey(), NodeSelector: t.GetNodeSelector(),
	}
}
