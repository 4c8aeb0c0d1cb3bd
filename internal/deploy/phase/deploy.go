package phase

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// revision creates the candidate without traffic and waits until the platform says that it is ready and that
// the baseline still has everything. Its name was settled in preflight, so a repeat finds it instead of making
// another.
func (p Ports) revision(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	f := r.Facts
	if f.Operation == "" {
		op, err := pf.Stage(ctx, stageRequest(r))
		if err != nil {
			return deploy.Outcome{}, err
		}
		f.Operation = string(op)
		if op != "" {
			return again(s, f, "creating "+string(f.Candidate.Name)), nil
		}
	}
	if rest, err := awaitOperation(ctx, pf, f, s); err != nil || rest.Again > 0 {
		return rest, err
	}
	return p.staged(ctx, pf, r, s)
}

// staged reads back what the platform made of the candidate.
func (p Ports) staged(ctx context.Context, pf deploy.Platform, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	f, ref := r.Facts, r.Spec.Platform.Service
	svc, err := pf.Describe(ctx, ref)
	if err != nil {
		return deploy.Outcome{}, err
	}
	rev, err := pf.Revision(ctx, ref, f.Candidate.Name)
	if deploy.CodeOf(err) == deploy.NotFound && svc.Busy { // it is asked for, and shown a moment later
		return again(s, f, ""), nil
	}
	if err != nil {
		return deploy.Outcome{}, err
	}
	if rev.Failed {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "create " + string(rev.Name),
			Msg: fmt.Sprintf("%s did not become ready: %s", rev.Name, rev.Reason)}
	}
	if !rev.Ready || svc.Busy {
		return again(s, f, ""), nil
	}
	if other, ok := svc.Foreign(f.Baseline.Name); ok {
		return deploy.Outcome{Facts: f, Park: movedByHand(other, f.Baseline.Name, 100)}, nil
	}
	line, tagged := svc.Tagged(f.Candidate.Tag)
	rolling := r.Spec.Strategy.Kind == deploy.Rolling // nothing of it runs yet, so that nothing can lead to it
	if !tagged && !rolling {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "create " + string(rev.Name),
			Msg: fmt.Sprintf("tag %s, under which %s is to be checked, is not there: %s", f.Candidate.Tag, rev.Name, whyUntagged(svc.Unrest))}
	}
	f.Candidate.URL, f.Operation = line.URL, ""
	if f.Candidate.URL == "" && !rolling {
		f.Candidate.URL = r.Spec.Platform.TestURL
	}
	return deploy.Outcome{Facts: f, Note: fmt.Sprintf("revision %s ready, 0 %%", rev.Name)}, nil
}

func whyUntagged(unrest string) string {
	if unrest == "" {
		return "somebody took it off"
	}
	return unrest
}

func stageRequest(r deploy.Release) deploy.StageRequest {
	return deploy.StageRequest{
		Service: r.Spec.Platform.Service, Candidate: r.Facts.Candidate.Name, Tag: r.Facts.Candidate.Tag,
		Image: r.Facts.Image.Ref(), Settings: r.Spec.Platform.Settings, Baseline: r.Facts.Baseline.Name,
		Labels: map[string]string{"slipway-release": string(r.ID)}, Epoch: r.Epoch, Gaps: r.Gaps, Rollout: rollout(r.Spec),
	}
}

// rollout is what a platform has to know of what comes after.
func rollout(spec deploy.Spec) deploy.Rollout {
	o := deploy.Rollout{Kind: spec.Strategy.Kind, Window: spec.Observe, Within: spec.Platform.Within, Silent: spec.Platform.GivesUp}
	for _, t := range spec.Strategy.Steps {
		o.Shares = append(o.Shares, t.Percent)
		if t.Percent == 100 {
			o.Window += t.Bake
		}
	}
	return o
}

// movedByHand is what people are told when traffic is where no release put it.
func movedByHand(other deploy.Share, ours deploy.RevisionName, percent int) string {
	return fmt.Sprintf("somebody moved traffic by hand: %s has %d %%, where %s should have %d %%; put it back and resume, or roll back",
		other.Revision, other.Percent, ours, percent)
}
