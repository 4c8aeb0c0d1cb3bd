package phase

import (
	"context"
	"errors"
	"maps"
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
	names := watchedParts(r)
	looks, errs := make([]*deploy.Look, len(names)), make([]error, len(names))
	var all together
	for i, part := range names {
		all.begin(func() {
			out, err := p.look(ctx, sinceItsOwn(r, part), s)
			looks[i], errs[i] = out.Look, err
		})
	}
	short, enough := context.WithTimeout(ctx, wayWithin)
	defer enough()
	var beside together
	quiet := unwatchedParts(r)
	ways := make([]deploy.Way, len(quiet))
	for i, part := range quiet {
		beside.begin(func() { ways[i] = p.wayBack(short, r.Of(part), s.Begun) })
	}
	all.wait()
	bad := slices.ContainsFunc(errs, func(err error) bool { return err != nil })
	critical := slices.ContainsFunc(looks, func(look *deploy.Look) bool {
		return look != nil && (look.Judgement.Critical || look.Way.Fell != "")
	})
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
func unwatchedParts(r deploy.Release) []string {
	watched := watchedParts(r)
	return slices.DeleteFunc(r.Spec.PartNames(), func(part string) bool { return slices.Contains(watched, part) })
}

// watchedParts are the parts that have metrics and users, the service itself among them: a part that is replaced at 100 %
// says nothing of shares below that.
func watchedParts(r deploy.Release) []string {
	return slices.DeleteFunc(r.Spec.PartNames(), func(part string) bool {
		seen := r.Of(part)
		return seen.Spec.Metrics == nil || part != "" && seen.Facts.Share == 0
	})
}

// sinceItsOwn is the release as one of its parts is watched: what a part does counts from its own first traffic.
func sinceItsOwn(r deploy.Release, part string) deploy.Release {
	seen := r.Of(part)
	for _, s := range r.Steps {
		if s.Kind == deploy.KindShift && s.Part == part && s.Status == deploy.Done {
			seen.Watch.Since = latest(seen.Watch.Since, s.EndedAt)
			break
		}
	}
	return seen
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
	look.Point = deploy.Point{} // the chart is of the service itself
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

// worseWay is the way back of two parts: as slow as the slower, as warm as the colder. That one has fallen is so whatever
// the other may say.
func worseWay(a, b deploy.Way) deploy.Way {
	switch {
	case a.Fell != "" && b.Checked.IsZero():
		return a
	case b.Fell != "" && a.Checked.IsZero():
		return b
	case a.Checked.IsZero() || b.Checked.IsZero():
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

// ofParts is what a release would change at its other parts: by name, and what they are now.
type ofParts struct {
	changes  []deploy.Change
	parts    []deploy.ProposedPart
	versions map[string]string // of secrets, as Proposal.Versions
}

func (p Ports) proposeParts(ctx context.Context, r deploy.Release) (all ofParts, err error) {
	for _, part := range r.Spec.Also {
		seen := r.Of(part.Name)
		seen.Spec.Database = nil // its schema is the release's, and is looked at once
		one, err := p.Propose(ctx, seen)
		if err != nil {
			return ofParts{}, err
		}
		for _, c := range one.Changes {
			c.What = part.Name + " " + c.What
			all.changes = append(all.changes, c)
		}
		for ref, version := range one.Versions {
			if all.versions == nil {
				all.versions = map[string]string{}
			}
			all.versions[part.Name+" "+ref] = version
		}
		all.parts = append(all.parts, deploy.ProposedPart{Name: part.Name, Image: one.Image, Baseline: one.Baseline, Settings: one.Settings})
	}
	return all, nil
}

// with adds what is known of the parts to what is known of the service.
func (o ofParts) with(versions map[string]string) map[string]string {
	if len(o.versions) == 0 {
		return versions
	}
	joined := maps.Clone(o.versions)
	maps.Copy(joined, versions)
	return joined
}

// verify has the platform say all that would keep the candidate from coming up. No answer is nothing against it, and no
// word for it: alone, it is asked again.
func verify(ctx context.Context, pf deploy.Platform, r deploy.Release) error {
	verifier, ok := pf.(deploy.Verifier)
	if !ok {
		return nil
	}
	wrong := verifier.Verify(ctx, stageRequest(r))
	if len(wrong) == 0 {
		return nil
	}
	if sure := slices.DeleteFunc(slices.Clone(wrong), deploy.Retryable); len(sure) > 0 {
		wrong = sure
	} else {
		return wrong[0]
	}
	var lines []string
	for _, err := range wrong {
		lines = append(lines, told(err))
	}
	return &deploy.Error{Code: deploy.Invalid, Op: "verify " + r.Spec.Platform.Service.Name,
		Msg: counted(len(wrong), "thing") + " would keep " + r.Spec.Platform.Service.Name + " from coming up:\n" + strings.Join(lines, "\n"), Err: errors.Join(wrong...)}
}
