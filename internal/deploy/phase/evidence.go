package phase

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// gather asks the platform and the logs. What cannot be had is listed, with the reason.
func (p Ports) gather(ctx context.Context, r deploy.Release, s deploy.Step, in *deploy.Incident) {
	missing := func(what string, err error) {
		in.Missing = append(in.Missing, what+": "+deploy.Message(err))
	}
	bad := suspect(r)
	if bad.Name == "" {
		in.Missing = append(in.Missing, "which revision ran before is not known")
		return
	}
	if pf, err := p.platform(r); err != nil {
		missing("the platform", err)
	} else {
		if made(r) {
			p.compare(ctx, pf, r, bad, in, missing)
		}
		if r.Facts.MaxShare == 0 && r.Kind == deploy.Deploy {
			in.Checks = p.checks(ctx, pf, r)
		}
	}
	if !made(r) {
		return
	}
	kind := r.Spec.Platform.Service.Kind
	logs, ok := p.Logs[kind]
	if !ok {
		in.Missing = append(in.Missing, "the logs: this Slipway has no client for logs of "+string(kind))
		return
	}
	lines, err := logs.Errors(ctx, deploy.LogQuery{Service: r.Spec.Platform.Service, Revision: bad.Name,
		From: logsFrom(r, *in), To: s.Begun.Add(time.Minute), Limit: mostLogLines})
	if err != nil {
		missing("the logs", err)
		return
	}
	in.Lines = group(lines, mostGroups)
}

// checks look at what a deployment most often fails for: the image, and what Slipway and the platform may do.
func (p Ports) checks(ctx context.Context, pf deploy.Platform, r deploy.Release) []string {
	var list []string
	img, err := p.Images.Resolve(ctx, r.Spec.Image, r.Version)
	switch {
	case err != nil:
		list = append(list, "image "+r.Version+": "+told(err))
	case img.Digest != r.Facts.Image.Digest:
		list = append(list, fmt.Sprintf("image %s: the tag has moved since, from %s to %s", r.Version, short(r.Facts.Image.Digest), short(img.Digest)))
	default:
		list = append(list, fmt.Sprintf("image %s: %s is in the registry, and Slipway may read it", r.Version, short(img.Digest)))
	}
	inspector, ok := pf.(deploy.Inspector)
	if !ok {
		return list
	}
	found := inspector.Check(ctx, r.Spec.Platform.Service)
	for _, err := range found {
		list = append(list, "platform: "+told(err))
	}
	if len(found) == 0 {
		list = append(list, "platform: it is at rest, takes the service's settings, and Slipway may deploy it")
	}
	return list
}

// told is an error with what to do about it.
func told(err error) string {
	if hint := deploy.Hint(err); hint != "" {
		return deploy.Message(err) + "; " + hint
	}
	return deploy.Message(err)
}

// made says whether the suspect may be there: a deploy that ended before it has none to compare, and no lines of one.
func made(r deploy.Release) bool {
	return r.Kind != deploy.Deploy || !slices.ContainsFunc(r.Steps, func(s deploy.Step) bool { return s.Kind == deploy.KindRevision && s.Status == deploy.Pending })
}

// logsFrom is when the suspect could first have said something about it.
func logsFrom(r deploy.Release, in deploy.Incident) time.Time {
	for _, step := range r.Steps {
		if step.Kind == deploy.KindRevision && !step.Begun.IsZero() {
			return step.Begun
		}
	}
	return in.Began
}

func (p Ports) compare(ctx context.Context, pf deploy.Platform, r deploy.Release, bad deploy.Revision, in *deploy.Incident, missing func(string, error)) {
	after, err := pf.Revision(ctx, r.Spec.Platform.Service, bad.Name)
	if err != nil {
		missing("revision "+string(bad.Name), err)
		return
	}
	if after.Reason != "" {
		in.Platform = append(in.Platform, string(bad.Name)+": "+after.Reason)
	}
	before, err := pf.Revision(ctx, r.Spec.Platform.Service, r.Facts.Baseline.Name)
	if err != nil {
		missing("revision "+string(r.Facts.Baseline.Name), err)
		return
	}
	in.Changed = changes(before, after)
}

// changes lists what the revision after has that the one before has not, by name. The values of variables are not in
// it: the platform gives fingerprints of them only.
func changes(before, after deploy.RevisionStatus) []string {
	var list []string
	if before.Version != after.Version {
		list = append(list, fmt.Sprintf("version %s → %s", known(before.Version), known(after.Version)))
	}
	for _, d := range differences(before.Config, after.Config) {
		switch {
		case !d.had:
			list = append(list, "+ "+d.name)
		case !d.has:
			list = append(list, "− "+d.name)
		case isHidden(d.name):
			list = append(list, d.name+" has another value")
		default:
			list = append(list, fmt.Sprintf("%s %s → %s", d.name, d.was, d.is))
		}
	}
	return list
}

// isHidden says whether the platform gives a fingerprint instead of the value, which tells people nothing.
func isHidden(name string) bool {
	return strings.HasPrefix(name, "env ") || strings.HasSuffix(name, " probe") || name == "command" || name == "arguments"
}
