package phase

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// shift gives the candidate its share and waits until the platform reports it; what was asked does not count.
func (p Ports) shift(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	f, ref := r.Facts, r.Spec.Platform.Service
	if rest, err := awaitOperation(ctx, pf, f, s); err != nil || rest.Again > 0 {
		return p.progress(ctx, pf, r, s, rest), err
	}
	svc, err := pf.Describe(ctx, ref)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if other, ok := svc.Foreign(f.Baseline.Name, f.Candidate.Name); ok {
		return deploy.Outcome{Facts: f, Park: movedByHand(other, f.Candidate.Name, s.Percent)}, nil
	}
	if svc.Fell.Revision == f.Candidate.Name {
		return deploy.Outcome{}, fell("shift traffic", svc.Fell)
	}
	if !svc.Busy && svc.Percent(f.Candidate.Name) == s.Percent { // "not ready" for another reason is no concern of ours
		f.Share, f.Operation = s.Percent, ""
		return deploy.Outcome{Facts: f, Note: fmt.Sprintf("%d %% on %s, as the platform reports", s.Percent, f.Candidate.Name)}, nil
	}
	if f.Operation == "" && svc.Busy {
		return again(s, f, "waiting for the service to settle: "+svc.Unrest), nil
	}
	if f.Operation == "" {
		return p.askFor(ctx, pf, r, s, svc.Percent(f.Candidate.Name))
	}
	if !svc.Busy {
		f.Operation = "" // carried out, and yet not so: ask again
	}
	return again(s, f, fmt.Sprintf("asked for %d %%, the platform reports %d %% so far%s", s.Percent, svc.Percent(f.Candidate.Name), because(svc.Unrest))), nil
}

// fell is the error of a step that needs a revision which its platform has taken back.
func fell(op string, f deploy.Fall) error {
	return &deploy.Error{Code: deploy.Invalid, Op: op, Msg: "the platform has gone back by itself: " + f.Why}
}

// everyLook is at how many looks a rolling deployment is asked how far it has come, which takes more calls than whether it
// is over.
const everyLook = 4

// progress says how far a rolling deployment has come, which takes minutes; other moves are over before anybody asks.
func (p Ports) progress(ctx context.Context, pf deploy.Platform, r deploy.Release, s deploy.Step, rest deploy.Outcome) deploy.Outcome {
	if rest.Again == 0 || r.Spec.Strategy.Kind != deploy.Rolling || s.Looks%everyLook != 0 {
		return rest
	}
	if svc, err := pf.Describe(ctx, r.Spec.Platform.Service); err == nil && svc.Unrest != "" {
		rest.Note = svc.Unrest
	}
	return rest
}

// because adds what the platform is busy with.
func because(unrest string) string {
	if unrest == "" {
		return ""
	}
	return ": " + unrest
}

// askFor makes the call, unless the share is not where the last step left it.
func (p Ports) askFor(ctx context.Context, pf deploy.Platform, r deploy.Release, s deploy.Step, reported int) (deploy.Outcome, error) {
	f := r.Facts
	if s.Looks == 0 && reported != f.Share && !between(r, s, reported) {
		return deploy.Outcome{Facts: f, Park: movedByHand(deploy.Share{Revision: f.Candidate.Name, Percent: reported}, f.Candidate.Name, f.Share)}, nil
	}
	q := deploy.ShiftRequest{Service: r.Spec.Platform.Service, Shares: map[deploy.RevisionName]int{f.Candidate.Name: s.Percent}, Epoch: r.Epoch, Gaps: r.Gaps}
	if s.Percent < 100 {
		q.Shares[f.Baseline.Name] = 100 - s.Percent
	} else if r.Spec.Observe > 0 {
		q.Keep = map[string]deploy.RevisionName{deploy.WarmTag(r.Number): f.Baseline.Name}
	}
	op, err := pf.Shift(ctx, q)
	if err != nil {
		return deploy.Outcome{}, err
	}
	f.Operation = string(op)
	return again(s, f, fmt.Sprintf("asked for %d %%", s.Percent)), nil
}

// between says whether a share is one that the platform passes on its way from the last step's to this one's: Amazon ECS
// moves weights of its own in equal parts, and a replica that is gone may have asked for the first.
func between(r deploy.Release, s deploy.Step, reported int) bool {
	return r.Spec.Platform.Service.Kind == deploy.ECS && r.Facts.Share < reported && reported < s.Percent
}

// retire takes the release's tags off, so that the platform may let go of what has no traffic. It is housekeeping: a
// release does not fail for it.
func (p Ports) retire(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	f := r.Facts
	if f.Candidate.Tag == "" {
		return deploy.Outcome{Facts: f, Note: "no tag to take off"}, nil
	}
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if f.Operation == "" {
		op, err := pf.Retire(ctx, r.Spec.Platform.Service, tags(r)...)
		if err != nil {
			return deploy.Outcome{}, err
		}
		if op != "" {
			f.Operation = string(op)
			return again(s, f, ""), nil
		}
	}
	rest, err := awaitOperation(ctx, pf, f, s)
	if err == nil && rest.Again > 0 {
		return rest, nil
	}
	if park := fellAtLast(ctx, pf, r, s); park != "" {
		return deploy.Outcome{Facts: f, Park: park}, nil
	}
	if err != nil {
		return rest, err
	}
	if f.Operation != "" && r.Spec.Platform.Service.Kind == deploy.ECS {
		// How the service's next deployment is to go can be put right only once ours is over.
		if _, err := pf.Retire(ctx, r.Spec.Platform.Service, tags(r)...); err != nil {
			return deploy.Outcome{}, err
		}
	}
	f.Operation = ""
	if r.Spec.Platform.Service.Kind == deploy.ECS {
		return deploy.Outcome{Facts: f, Note: "Amazon ECS has finished, and nothing runs that has no users"}, nil
	}
	what := "tag "
	if len(tags(r)) > 1 {
		what = "tags "
	}
	return deploy.Outcome{Facts: f, Note: what + strings.Join(tags(r), " and ") + " taken off"}, nil
}

// fellAtLast says that the platform went back in the last moments of a release, which is no housekeeping any more.
func fellAtLast(ctx context.Context, pf deploy.Platform, r deploy.Release, s deploy.Step) string {
	if r.Spec.Platform.Service.Kind != deploy.ECS || s.Phase == deploy.BackIncident {
		return ""
	}
	svc, err := pf.Describe(ctx, r.Spec.Platform.Service)
	if err != nil || svc.Fell.Revision != r.Facts.Candidate.Name {
		return ""
	}
	return "the platform has gone back by itself: " + svc.Fell.Why + "; roll back, so that everything of this release does"
}

// tags are those that the release has put on revisions, or may have.
func tags(r deploy.Release) []string {
	list := []string{r.Facts.Candidate.Tag}
	kept := slices.ContainsFunc(r.Steps, func(s deploy.Step) bool {
		return s.Kind == deploy.KindShift && s.Percent == 100 && !s.Begun.IsZero()
	})
	if kept && r.Spec.Observe > 0 {
		list = append(list, deploy.WarmTag(r.Number))
	}
	return list
}
