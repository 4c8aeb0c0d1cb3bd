package commands

import (
	"slipway/internal/deploy"
)

// parts is what each of the other parts of a release had while the version that d returns to was live. Refused, with what
// to do instead, if that is not known of one of them.
func (d destination) parts(t deploy.Target, spec deploy.Spec, c RollbackCommand) (map[string]deploy.Facts, error) {
	found, missing := partsBeside(d.history, d.revision.Name, spec)
	if missing != "" {
		return nil, refused(d.alone(t, spec, c, missing))
	}
	return found, nil
}

// partsBeside finds what ran beside a revision of the service, as the newest release knows that has brought it or has found
// it there. missing is the first part of which no release knows.
func partsBeside(history []deploy.Release, name deploy.RevisionName, spec deploy.Spec) (found map[string]deploy.Facts, missing string) {
	for _, part := range spec.Also {
		facts, ok := partBeside(history, name, part.Name)
		if !ok {
			return nil, part.Name
		}
		if found == nil {
			found = map[string]deploy.Facts{}
		}
		found[part.Name] = facts
	}
	return found, ""
}

// partBeside is what the newest release knows; its image, which only the release that brought it knows, may be told by an
// older one.
func partBeside(history []deploy.Release, name deploy.RevisionName, part string) (found deploy.Facts, ok bool) {
	for _, r := range history {
		f, known := r.Parts[part]
		if !known {
			continue
		}
		seen := r.Of(part)
		var one deploy.Facts
		switch {
		case r.Arrived() && r.Landed().Name == name:
			one = deploy.Facts{Image: f.Image, Baseline: seen.Landed()}
		case r.Kind == deploy.Deploy && r.Facts.Baseline.Name == name: // it has found both there
			one = deploy.Facts{Baseline: f.Baseline}
		}
		switch {
		case one.Baseline.Name == "":
		case !ok:
			found, ok = one, true
		case found.Image.Digest == "" && one.Baseline.Name == found.Baseline.Name:
			found.Image = one.Image
		}
	}
	return found, ok
}

// alone says that nobody knows what a part ran beside a version, and how to get there or elsewhere.
func (d destination) alone(t deploy.Target, spec deploy.Spec, c RollbackCommand, part string) Text {
	version := called(d.revision)
	text := Text{}.Plainf("Slipway does not know which revision of %s belongs to %s: no release brought both, or found both at %s. Nothing was started.", part, version, t)
	for _, other := range reached(d.history) {
		name := called(other.revision)
		if _, missing := partsBeside(d.history, other.revision.Name, spec); missing == "" && name != version && name != d.from {
			c.Version = name
			return text.Line().Plainf("It can go back to %s with all of its parts: ", name).Code(c.String()).
				Plainf(" Or to bring %s there as a new release: ", version).
				Code(DeployCommand{Service: c.Service, Version: version, Environment: t.Environment}.String())
		}
	}
	return text.Line().Plain("To bring it there as a new release, with all of its parts: ").
		Code(DeployCommand{Service: c.Service, Version: version, Environment: t.Environment}.String())
}
