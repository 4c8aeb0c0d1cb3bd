package phase

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// validate makes sure that users reach the new version: the platform reports all traffic on it, and it answers where
// they reach it. What does not answer rightly is asked again until the step's time is up, and then taken back.
func (p Ports) validate(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	svc, err := pf.Describe(ctx, r.Spec.Platform.Service)
	if err != nil {
		return deploy.Outcome{}, err
	}
	candidate := r.Facts.Candidate.Name
	if svc.Fell.Revision == candidate {
		return deploy.Outcome{}, fell("validate", svc.Fell)
	}
	if other, moved := svc.Foreign(candidate); moved {
		return deploy.Outcome{Facts: r.Facts, Park: movedByHand(other, candidate, 100)}, nil
	}
	if got := svc.Percent(candidate); got != 100 {
		return again(s, r.Facts, fmt.Sprintf("the platform reports %d %% on %s", got, candidate)), nil
	}
	note, err := p.answers(ctx, r, svc.URL, r.Version)
	if err != nil {
		if ctx.Err() != nil {
			return deploy.Outcome{}, err
		}
		return deploy.Outcome{Facts: r.Facts, Again: healthPause, Note: deploy.Message(err)}, nil
	}
	return deploy.Outcome{Facts: r.Facts, Note: "100 % on " + string(candidate) + ", as the platform reports; " + note}, nil
}

// answers asks the service, where users reach it, which version answers. url is the platform's own address of it.
func (p Ports) answers(ctx context.Context, r deploy.Release, url, version string) (note string, err error) {
	check, ok := versionCheck(r.Spec.Health)
	if !ok || version == "" {
		return "no health check with a version", nil
	}
	if r.Spec.URL != "" {
		url = r.Spec.URL
	}
	if url == "" { // a platform need not know where users reach a service, nor does the catalog have to say
		return "not asked which version answers: nobody says where users reach it", nil
	}
	return p.probe(ctx, url, check, version)
}
