package phase

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// askAgainAfter is how many looks the return of traffic waits for one operation, about 20 s, more than twice what a
// move of traffic takes: then what was asked for is asked for again, and bare, since an operation can get stuck at
// the platform, and one of the tags may be why.
const askAgainAfter = 44

// giveBack sends all traffic to the baseline. The first thing it does is that call: nothing else is needed for
// it, and nothing that could fail comes before it. It goes on until the platform reports the baseline at 100 %,
// whether or not the operation has ended by then: a candidate that hangs keeps it open for ever. It parks when
// the baseline does not exist any more. The seal is for a call of the interrupted step that is still on its way.
func (p Ports) giveBack(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	f, ref := r.Facts, r.Spec.Platform.Service
	if f.Operation == "" {
		op, err := pf.Shift(ctx, backShift(r, s, s.Looks >= askAgainAfter))
		if err != nil {
			return deploy.Outcome{}, err
		}
		if op != "" {
			f.Operation = string(op)
			return again(s, f, "asked for 100 % on "+string(f.Baseline.Name)), nil
		}
	}
	rest, err := awaitOperation(ctx, pf, f, s)
	if err != nil {
		return rest, err
	}
	svc, err := pf.Describe(ctx, ref)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if svc.Percent(f.Baseline.Name) == 100 {
		f.Share, f.Operation = 0, ""
		return deploy.Outcome{Facts: f, Note: fmt.Sprintf("100 %% on %s (%s), as the platform reports", known(f.Baseline.Version), f.Baseline.Name)}, nil
	}
	if rest.Again > 0 {
		return p.notYetBack(ctx, pf, r, s, svc, rest)
	}
	if !svc.Busy {
		f.Operation = ""
	}
	return again(s, f, fmt.Sprintf("the platform reports %d %% so far", svc.Percent(f.Baseline.Name))), nil
}

func backShift(r deploy.Release, s deploy.Step, bare bool) deploy.ShiftRequest {
	return deploy.ShiftRequest{Service: r.Spec.Platform.Service, Shares: map[deploy.RevisionName]int{r.Facts.Baseline.Name: 100},
		Bare: bare, Epoch: r.Epoch, Gaps: r.Gaps, Seal: string(r.ID) + "/" + string(s.Name)}
}

// notYetBack looks at why the operation did not bring the traffic back: the baseline may be gone, a tag may be on a
// revision that failed, or the operation may hang.
func (p Ports) notYetBack(ctx context.Context, pf deploy.Platform, r deploy.Release, s deploy.Step, svc deploy.Service, rest deploy.Outcome) (deploy.Outcome, error) {
	baseline := rest.Facts.Baseline.Name
	if rest.Facts.Operation == "" {
		if _, err := pf.Revision(ctx, r.Spec.Platform.Service, baseline); deploy.CodeOf(err) == deploy.NotFound {
			rest.Again, rest.Note = 0, ""
			rest.Park = fmt.Sprintf("revision %s, which traffic should go back to, does not exist any more; traffic stays as it is: "+
				"send it to a revision that works by hand", baseline)
			return rest, nil
		}
		if svc.Busy || svc.Settled {
			return rest, nil
		}
		op, err := pf.Shift(ctx, backShift(r, s, true))
		rest.Facts.Operation = string(op)
		return rest, err
	}
	if s.Looks%askAgainAfter == askAgainAfter-1 {
		rest.Facts.Operation = ""
		rest.Note = "the platform does not get to it, asking again for 100 % on " + string(baseline)
	}
	return rest, nil
}

// verify asks the service, where users reach it, which version answers.
func (p Ports) verify(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	if _, ok := versionCheck(r.Spec.Health); !ok || r.Facts.Baseline.Version == "" {
		return deploy.Outcome{Facts: r.Facts, Note: "verified by the platform's report only: no health check with a version"}, nil
	}
	url := r.Spec.URL
	if url == "" {
		pf, err := p.platform(r)
		if err != nil {
			return deploy.Outcome{}, err
		}
		svc, err := pf.Describe(ctx, r.Spec.Platform.Service)
		if err != nil {
			return deploy.Outcome{}, err
		}
		url = svc.URL
	}
	note, err := p.answers(ctx, r, url, r.Facts.Baseline.Version)
	if err != nil {
		if ctx.Err() != nil {
			return deploy.Outcome{}, err
		}
		return deploy.Outcome{Facts: r.Facts, Again: healthPause, Note: deploy.Message(err)}, nil
	}
	return deploy.Outcome{Facts: r.Facts, Note: note}, nil
}

func versionCheck(checks []deploy.HealthCheck) (deploy.HealthCheck, bool) {
	for _, c := range checks {
		if c.Version {
			return c, true
		}
	}
	return deploy.HealthCheck{}, false
}
