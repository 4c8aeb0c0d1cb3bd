package phase

import (
	"context"
	"errors"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// lookAtAll looks at every part of the release that has metrics, and gives the worst of what was found: one part that is
// bad takes all of them back. The chart is of the service itself.
func (p Ports) lookAtAll(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	if len(r.Spec.Also) == 0 {
		return p.look(ctx, r, s)
	}
	names := watchedParts(r.Spec)
	looks, errs := make([]*deploy.Look, len(names)), make([]error, len(names))
	var all together
	for i, part := range names {
		all.begin(func() {
			out, err := p.look(ctx, r.Of(part), s)
			looks[i], errs[i] = out.Look, err
		})
	}
	short, enough := context.WithTimeout(ctx, wayWithin)
	defer enough()
	var beside together
	quiet := unwatchedParts(r.Spec)
	ways := make([]deploy.Way, len(quiet))
	for i, part := range quiet {
		beside.begin(func() { ways[i] = p.wayBack(short, r.Of(part), s.Begun) })
	}
	all.wait()
	bad := slices.ContainsFunc(errs, func(err error) bool { return err != nil })
	critical := slices.ContainsFunc(looks, func(look *deploy.Look) bool { return look != nil && look.Judgement.Critical })
	if bad || critical {
		enough() // the way back is not waited for
	}
	beside.wait()
	if bad && !critical { // else it counts, whatever the others say
		return deploy.Outcome{}, errs[slices.IndexFunc(errs, func(err error) bool { return err != nil })]
	}
	look := joinedLook(names, looks)
	for i, part := range quiet {
		look.Way = worseWay(look.Way, named(part, deploy.Look{Way: ways[i]}).Way)
	}
	return deploy.Outcome{Look: look}, nil
}

// unwatchedParts are those without metrics: only the way back is looked at there.
func unwatchedParts(spec deploy.Spec) []string {
	watched := watchedParts(spec)
	return slices.DeleteFunc(spec.PartNames(), func(part string) bool { return slices.Contains(watched, part) })
}

// watchedParts are the parts that have metrics, the service itself among them.
func watchedParts(spec deploy.Spec) []string {
	return slices.DeleteFunc(spec.PartNames(), func(part string) bool {
		return (deploy.Release{Spec: spec}).Of(part).Spec.Metrics == nil
	})
}

// joinedLook joins looks at several parts into one. What was seen of all of them reaches as far as that of the least seen.
func joinedLook(parts []string, looks []*deploy.Look) *deploy.Look {
	var joined deploy.Look
	found := false
	for i, look := range looks {
		if look == nil {
			continue
		}
		one := named(parts[i], *look)
		if !found {
			joined, found = one, true
			continue
		}
		findings := slices.Concat(joined.Judgement.Findings, one.Judgement.Findings)
		if rank(one.Judgement) > rank(joined.Judgement) {
			joined.Judgement = one.Judgement
		}
		joined.Judgement.Findings = findings
		if one.Through.Before(joined.Through) {
			joined.Through = one.Through
		}
		joined.Way = worseWay(joined.Way, one.Way)
	}
	return &joined
}

// named says in a look which part it is about.
func named(part string, look deploy.Look) deploy.Look {
	if part == "" {
		return look
	}
	look.Judgement.Part, look.Judgement.Why = part, part+": "+look.Judgement.Why
	look.Judgement.Findings = slices.Clone(look.Judgement.Findings)
	for i := range look.Judgement.Findings {
		look.Judgement.Findings[i].Part = part
		look.Judgement.Findings[i].Text = part + ": " + look.Judgement.Findings[i].Text
	}
	if look.Way.Fell != "" {
		look.Way.Part = part
	}
	for _, words := range []*string{&look.Way.Moved, &look.Way.Fell, &look.Way.Return.How} {
		if *words != "" {
			*words = part + ": " + *words
		}
	}
	return look
}

// culprit is the part of a release that it was taken back for, as far as that is known.
func culprit(r deploy.Release) string {
	if s, ok := broken(r); ok {
		return s.Part
	}
	switch {
	case r.Watch.Way.Fell != "":
		return r.Watch.Way.Part
	case r.Watch.Last.Verdict == deploy.Unhealthy:
		return r.Watch.Last.Part
	}
	return ""
}

// rank orders judgements by what they mean for a release.
func rank(j deploy.Judgement) int {
	switch {
	case j.Critical:
		return 4
	case j.Verdict == deploy.Unhealthy:
		return 3
	case j.Verdict == deploy.Unknown:
		return 2
	case j.Verdict == deploy.Inconclusive:
		return 1
	}
	return 0
}

// worseWay is the way back of two parts: as slow as the slower, as warm as the colder.
func worseWay(a, b deploy.Way) deploy.Way {
	if a.Checked.IsZero() || b.Checked.IsZero() {
		return deploy.Way{} // of one nobody knows
	}
	way := deploy.Way{Checked: a.Checked, Gone: a.Gone || b.Gone, Warm: a.Warm && b.Warm, Moved: a.Moved, Fell: a.Fell, Part: a.Part, Return: a.Return}
	if way.Moved == "" {
		way.Moved = b.Moved
	}
	if way.Fell == "" {
		way.Fell, way.Part = b.Fell, b.Part
	}
	if b.Return.Takes > way.Return.Takes {
		way.Return = b.Return
	}
	return way
}

// proposeParts works out what a release would change at its other parts: by name, and what they are now.
func (p Ports) proposeParts(ctx context.Context, r deploy.Release) (changes []deploy.Change, parts []deploy.ProposedPart, err error) {
	for _, part := range r.Spec.Also {
		seen := r.Of(part.Name)
		one, err := p.Propose(ctx, seen)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range one.Changes {
			c.What = part.Name + " " + c.What
			changes = append(changes, c)
		}
		parts = append(parts, deploy.ProposedPart{Name: part.Name, Image: one.Image, Baseline: one.Baseline, Settings: one.Settings})
	}
	return changes, parts, nil
}

// verify has the platform say all that would keep the candidate from coming up.
func verify(ctx context.Context, pf deploy.Platform, r deploy.Release) error {
	verifier, ok := pf.(deploy.Verifier)
	if !ok {
		return nil
	}
	wrong := verifier.Verify(ctx, stageRequest(r))
	if len(wrong) == 0 {
		return nil
	}
	var lines []string
	for _, err := range wrong {
		lines = append(lines, told(err))
	}
	return &deploy.Error{Code: deploy.Invalid, Op: "verify " + r.Spec.Platform.Service.Name,
		Msg: counted(len(wrong), "thing") + " would keep " + r.Spec.Platform.Service.Name + " from coming up:\n" + strings.Join(lines, "\n"), Err: errors.Join(wrong...)}
}
