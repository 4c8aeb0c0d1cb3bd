package phase

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// giveBack sends all traffic to the baseline. The first thing it does is that call: nothing else is needed for
// it, and nothing that could fail comes before it. It goes on until the platform reports the baseline at 100 %.
func (p Ports) giveBack(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	f, ref := r.Facts, r.Spec.Platform.Service
	if f.Operation == "" {
		op, err := pf.Shift(ctx, deploy.ShiftRequest{Service: ref, Shares: map[deploy.RevisionName]int{f.Baseline.Name: 100}})
		if err != nil {
			return deploy.Outcome{}, err
		}
		if op != "" {
			f.Operation = string(op)
			return again(s, f, "asked for 100 % on "+string(f.Baseline.Name)), nil
		}
	}
	if rest, err := awaitOperation(ctx, pf, f, s); err != nil || rest.Again > 0 {
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
	if !svc.Busy {
		f.Operation = ""
	}
	return again(s, f, fmt.Sprintf("the platform reports %d %% so far", svc.Percent(f.Baseline.Name))), nil
}

// verify asks the service, where users reach it, which version answers.
func (p Ports) verify(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	check, ok := versionCheck(r.Spec.Health)
	if !ok || r.Facts.Baseline.Version == "" {
		return deploy.Outcome{Facts: r.Facts, Note: "verified by the platform's report only: no health check with a version"}, nil
	}
	base := r.Spec.URL
	if base == "" {
		pf, err := p.platform(r)
		if err != nil {
			return deploy.Outcome{}, err
		}
		svc, err := pf.Describe(ctx, r.Spec.Platform.Service)
		if err != nil {
			return deploy.Outcome{}, err
		}
		base = svc.URL
	}
	note, err := p.probe(ctx, base, check, r.Facts.Baseline.Version)
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
