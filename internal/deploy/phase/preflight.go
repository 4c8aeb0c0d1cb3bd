package phase

import (
	"context"
	"fmt"

	"slipway/internal/deploy"
)

// maxNames is how many candidate names are tried. A name is taken only when Redis lost its numbers and counts
// again through those it had given out before.
const maxNames = 9

// service finds out where we start from: the service is readable and at rest, one revision has all of the
// traffic, and the name of the candidate is free. Nothing is changed.
func (p Ports) service(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	ref := r.Spec.Platform.Service
	svc, err := pf.Describe(ctx, ref)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if svc.Busy {
		return again(s, r.Facts, "waiting for "+ref.Name+" to settle: "+svc.Unrest), nil
	}
	name, err := svc.Baseline()
	if err != nil {
		return deploy.Outcome{}, err
	}
	base, err := pf.Revision(ctx, ref, name)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if base.Version != "" && base.Version == r.Version {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "look at " + ref.Name,
			Msg: fmt.Sprintf("%s is live already, as %s with 100 %%", r.Version, name)}
	}
	candidate, err := freeName(ctx, pf, ref, r.Number)
	if err != nil {
		return deploy.Outcome{}, err
	}
	f := r.Facts
	f.Baseline = deploy.Revision{Name: name, Version: base.Version, Image: base.Image, Warm: base.Warm}
	f.Candidate = deploy.Revision{Name: candidate, Version: r.Version, Tag: deploy.CandidateTag(r.Number)}
	return deploy.Outcome{Facts: f, Note: fmt.Sprintf("baseline %s (%s) at 100 %%", known(base.Version), name)}, nil
}

// freeName is the first name for the candidate that the platform does not know yet.
func freeName(ctx context.Context, pf deploy.Platform, ref deploy.ServiceRef, number int) (deploy.RevisionName, error) {
	for attempt := 1; attempt <= maxNames; attempt++ {
		name := deploy.CandidateName(ref.Name, number, attempt)
		_, err := pf.Revision(ctx, ref, name)
		if deploy.CodeOf(err) == deploy.NotFound {
			return name, nil
		}
		if err != nil {
			return "", err
		}
	}
	return "", &deploy.Error{Code: deploy.Invalid, Op: "name the candidate",
		Msg:  fmt.Sprintf("revisions %s to -%d exist already", deploy.CandidateName(ref.Name, number, 1), maxNames),
		Hint: "deploy again: the next release has another number"}
}

// image finds what the version is. From here on everything goes by digest.
func (p Ports) image(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	img, err := p.Images.Resolve(ctx, r.Spec.Image, r.Version)
	if err != nil {
		return deploy.Outcome{}, err
	}
	if r.Facts.Baseline.Image == img.Ref() {
		return deploy.Outcome{}, &deploy.Error{Code: deploy.Invalid, Op: "resolve " + r.Version,
			Msg: fmt.Sprintf("%s is the image that is live already (%s)", r.Version, short(img.Digest))}
	}
	if err := p.barred(ctx, r, img.Digest); err != nil {
		return deploy.Outcome{}, err
	}
	f := r.Facts
	f.Image, f.Candidate.Image = img, img.Ref()
	return deploy.Outcome{Facts: f, Note: "digest " + short(img.Digest)}, nil
}

// barred refuses what was taken back before, whatever tag it has now, unless somebody insists.
func (p Ports) barred(ctx context.Context, r deploy.Release, digest string) error {
	if p.Targets == nil || r.Again {
		return nil
	}
	closure, err := p.Targets.Closure(ctx, r.Target)
	if err != nil {
		return err
	}
	bar, is := closure.Barred(digest, "")
	if !is {
		return nil
	}
	return &deploy.Error{Code: deploy.Invalid, Op: "resolve " + r.Version,
		Msg:  fmt.Sprintf("%s is %s, which %s took back: %s", r.Version, short(digest), bar.Release, bar.Why),
		Hint: fmt.Sprintf("release another build, or insist: /deploy %s %s %s --again", r.Target.Service, r.Version, r.Target.Environment)}
}

// short is a digest as people compare it.
func short(digest string) string {
	const n = len("sha256:") + 12
	if len(digest) <= n {
		return digest
	}
	return digest[:n] + "…"
}

func known(version string) string {
	if version == "" {
		return "a version unknown to Slipway"
	}
	return version
}
