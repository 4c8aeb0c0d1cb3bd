package cloudrun

import (
	"context"
	"fmt"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/deploy"
)

// stuckAfter is how long Cloud Run may be busy with a change before the same change is sent again. Moving
// traffic takes it seconds.
const stuckAfter = time.Minute

// Shift sets absolute shares of traffic and touches nothing else: tags stay unless it is Bare, the template is not
// sent.
//
// An empty operation means that nothing was sent: Cloud Run serves these shares already, or is busy getting
// there because of an earlier call; and the seal is there, if there has to be one. Only Describe tells the two
// apart, and it is the proof in every case.
// Invalid unless the shares add up to 100.
func (p *Platform) Shift(ctx context.Context, q deploy.ShiftRequest) (deploy.Operation, error) {
	doing := "set traffic of " + q.Service.String()
	sum := 0
	for name, percent := range q.Shares {
		if percent < 0 || name == "" {
			return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%d %% for revision %q makes no sense", percent, name)}
		}
		sum += percent
	}
	if sum != 100 {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("the shares add up to %d %%, not to 100 %%", sum)}
	}
	f := fence{epoch: q.Epoch, gaps: q.Gaps, seal: q.Seal}
	return p.change(ctx, q.Service, doing, f, func(live *runpb.Service) (*runpb.Service, []string, error) {
		kept := tags(live.GetTraffic(), "")
		if asksFor(live.GetTraffic(), q.Shares) && f.sealed(live) && (!q.Bare || len(kept) == 0) {
			busy := live.GetReconciling() && p.now().Sub(live.GetUpdateTime().AsTime()) < stuckAfter
			if busy || !live.GetReconciling() && serves(reported(live), q.Shares) {
				return nil, nil, nil
			}
		}
		if q.Bare {
			kept = nil
		}
		return &runpb.Service{Traffic: table(q.Shares, kept)}, []string{"traffic"}, nil
	})
}

// Retire takes a tag off. A share that the tag's line has stays where it is. Nothing is done if the tag is not
// there.
func (p *Platform) Retire(ctx context.Context, s deploy.ServiceRef, tag string) (deploy.Operation, error) {
	doing := "take tag " + tag + " off " + s.String()
	if tag == "" {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "no tag was named"}
	}
	// No fence: the tag is that of one release, which can want nothing else of it.
	return p.change(ctx, s, doing, fence{}, func(live *runpb.Service) (*runpb.Service, []string, error) {
		rest, found := without(live.GetTraffic(), tag)
		if !found {
			return nil, nil, nil
		}
		return &runpb.Service{Traffic: rest}, []string{"traffic"}, nil
	})
}
