package cloudrun

import (
	"context"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// changeTries is how often a change is made anew from a fresh read before Conflict is reported.
const changeTries = 3

// edit looks at a service and says what to change: only the fields named in mask are filled in. A nil patch
// means that nothing has to be changed.
type edit func(live *runpb.Service) (patch *runpb.Service, mask []string, err error)

// change reads the service, has e decide, and sends the patch with the etag of that read. When the service was
// changed in between, all of it starts again. The operation is empty when nothing was sent. The fence is read and
// written with the service, so that the etag covers it.
func (p *Platform) change(ctx context.Context, s deploy.ServiceRef, doing string, f fence, e edit) (deploy.Operation, error) {
	for try := 1; ; try++ {
		live, err := p.service(ctx, s)
		if err != nil {
			return "", explain(ctx, doing, aService(s), err)
		}
		if err := f.check(doing, s, live); err != nil {
			return "", err
		}
		patch, mask, err := e(live)
		if err != nil || patch == nil {
			return "", err
		}
		// Nothing but the masked fields goes along: a template that names its revision would be taken for a wish
		// to create that revision again.
		patch.Name, patch.Etag = serviceName(s), live.GetEtag()
		op, err := p.update(ctx, patch, f.leave(live, patch, mask))
		if err == nil {
			return op, nil
		}
		if !contended(err) || try == changeTries || !google.Pause(ctx, try) {
			return "", explain(ctx, doing, aService(s), err)
		}
	}
}

func (p *Platform) update(ctx context.Context, patch *runpb.Service, mask []string) (deploy.Operation, error) {
	return write(ctx, p, func(ctx context.Context, c *clients) (deploy.Operation, error) {
		op, err := c.services.UpdateService(ctx, &runpb.UpdateServiceRequest{
			Service: patch, UpdateMask: &fieldmaskpb.FieldMask{Paths: mask},
		})
		if err != nil {
			return "", err
		}
		return deploy.Operation(op.Name()), nil
	})
}

// contended recognises an etag that is no longer the newest. Google's rule is ABORTED; before 2021 it was
// FAILED_PRECONDITION, and older methods still answer so.
func contended(err error) bool {
	c := status.Code(err)
	return c == codes.Aborted || c == codes.FailedPrecondition
}
