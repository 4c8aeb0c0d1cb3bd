package cloudrun

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/deploy"
)

// stuckAfter is how long Cloud Run may be busy with a change before the same change is sent again. Moving
// traffic takes it seconds.
const stuckAfter = time.Minute

// Shift sets absolute shares of traffic and touches nothing else: the template is not sent, and tags stay unless it
// is Bare. What is to be kept gets its tag in the same change; see keeping.
//
// An empty operation means that nothing was sent: Cloud Run serves these shares already, or is busy getting
// there because of an earlier call; and the seal is there, if there has to be one. Only Describe tells the two
// apart, and it is the proof in every case.
// Invalid unless the shares add up to 100.
func (p *Platform) Shift(ctx context.Context, q deploy.ShiftRequest) (deploy.Operation, error) {
	doing := "set traffic of " + q.Service.String()
	if err := sensible(doing, q); err != nil {
		return "", err
	}
	f := fence{epoch: q.Epoch, gaps: q.Gaps, seal: q.Seal}
	return p.change(ctx, q.Service, doing, f, func(live *runpb.Service) (*runpb.Service, []string, error) {
		if q.Bare {
			if f.sealed(live) && len(tags(live.GetTraffic())) == 0 && p.soAlready(live, q.Shares) {
				return nil, nil, nil
			}
			return &runpb.Service{Traffic: table(q.Shares, nil)}, []string{"traffic"}, nil
		}
		so := func(k keeping) bool {
			return f.sealed(live) && k.done(live.GetTraffic()) && p.soAlready(live, q.Shares)
		}
		if so(q.Keep) {
			return nil, nil, nil
		}
		keep := p.keepable(ctx, q.Service, q.Keep, live)
		if so(keep) {
			return nil, nil, nil
		}
		return &runpb.Service{Traffic: table(q.Shares, keep.among(live.GetTraffic()))}, []string{"traffic"}, nil
	})
}

func sensible(doing string, q deploy.ShiftRequest) error {
	sum := 0
	for name, percent := range q.Shares {
		if percent < 0 || name == "" {
			return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%d %% for revision %q makes no sense", percent, name)}
		}
		sum += percent
	}
	if sum != 100 {
		return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("the shares add up to %d %%, not to 100 %%", sum)}
	}
	return nil
}

// soAlready says whether Cloud Run serves these shares, or is still getting there in a time in which it should.
func (p *Platform) soAlready(live *runpb.Service, shares map[deploy.RevisionName]int) bool {
	if !asksFor(live.GetTraffic(), shares) {
		return false
	}
	if live.GetReconciling() {
		return p.now().Sub(live.GetUpdateTime().AsTime()) < stuckAfter
	}
	return serves(reported(live), shares)
}

// Retire takes tags off, all in one change. A share that the line of a tag has stays where it is. Nothing is done
// if none of them is there.
func (p *Platform) Retire(ctx context.Context, s deploy.ServiceRef, off ...string) (deploy.Operation, error) {
	doing := "take tags off " + s.String()
	if slices.Contains(off, "") {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "a tag without a name was to be taken off"}
	}
	if len(off) == 0 {
		return "", nil
	}
	// No fence: the tags are those of one release, which can want nothing else of them.
	return p.change(ctx, s, doing, fence{}, func(live *runpb.Service) (*runpb.Service, []string, error) {
		rest, found := without(live.GetTraffic(), off)
		if !found {
			return nil, nil, nil
		}
		return &runpb.Service{Traffic: rest}, []string{"traffic"}, nil
	})
}
