package phase

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"slipway/internal/deploy"
)

var _ deploy.Planner = Ports{}

// propose works out what the release would change.
func (p Ports) propose(ctx context.Context, r deploy.Release, _ deploy.Step) (deploy.Outcome, error) {
	proposal, err := p.Propose(ctx, r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	return deploy.Outcome{Facts: r.Facts, Proposal: &proposal, Note: proposalNote(proposal) + migrationNote(proposal.Migration, r.Facts.Baseline.Version)}, nil
}

// confirm works out again what people have approved, from what is so now: the tag may lead to another image, and the
// service may have been changed. Whether it is still the same is decided by deploy.Conclude.
func (p Ports) confirm(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	out, err := p.seen(ctx, r, s)
	if err != nil || out.Again > 0 {
		return out, err
	}
	r.Facts, r.Parts = out.Facts, out.Parts
	proposal, err := p.Propose(ctx, r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	return deploy.Outcome{Facts: r.Facts, Parts: r.Parts, Proposal: &proposal, Note: "it is still what was approved (" + proposal.Short() + ")"}, nil
}

// seen looks at the services and at the tags, as preflight does.
func (p Ports) seen(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	out, err := p.seenOne(ctx, r, s)
	if err != nil || out.Again > 0 || len(r.Spec.Also) == 0 {
		return out, err
	}
	out.Parts = map[string]deploy.Facts{}
	for _, part := range r.Spec.Also {
		one, err := p.seenOne(ctx, r.Of(part.Name), s)
		if err != nil || one.Again > 0 {
			one.Facts, one.Parts = out.Facts, nil
			return one, err
		}
		out.Parts[part.Name] = one.Facts
	}
	return out, nil
}

func (p Ports) seenOne(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	out, err := p.service(ctx, r, s)
	if err != nil || out.Again > 0 {
		return out, err
	}
	r.Facts = out.Facts
	return p.image(ctx, r, s)
}

// Look fills in the facts of a release that has not begun. Codes as those of preflight; Conflict while a service is busy
// with something else.
func (p Ports) Look(ctx context.Context, r deploy.Release) (deploy.Release, error) {
	out, err := p.seen(ctx, r, deploy.Step{})
	if err == nil && out.Again > 0 {
		err = &deploy.Error{Code: deploy.Conflict, Op: "look at " + r.Target.String(), Msg: out.Note, Hint: "try again in a minute"}
	}
	r.Facts, r.Parts = out.Facts, out.Parts
	return r, err
}

// Propose works out what a release would change: settings, and the schema of its database. A platform that does not say
// beforehand, and a secret that cannot be looked at, are part of what it says; what did not answer, and scripts that cannot
// be applied as they are, are its error.
func (p Ports) Propose(ctx context.Context, r deploy.Release) (deploy.Proposal, error) {
	pf, err := p.platform(r)
	if err != nil {
		return deploy.Proposal{}, err
	}
	previewer, ok := pf.(deploy.Previewer)
	var before deploy.RevisionStatus
	var after map[string]string
	var migration *deploy.Migration
	var more ofParts
	var beforeErr, afterErr, migrationErr, wrong, partsErr error
	var all together
	all.begin(func() { migration, migrationErr = p.migration(ctx, r) })
	all.begin(func() { wrong = verify(ctx, pf, r) })
	all.begin(func() { more, partsErr = p.proposeParts(ctx, r) })
	if ok {
		all.begin(func() { before, beforeErr = pf.Revision(ctx, r.Spec.Platform.Service, r.Facts.Baseline.Name) })
		all.begin(func() { after, afterErr = previewer.Preview(ctx, stageRequest(r)) })
	}
	all.wait()
	for _, err := range []error{wrong, beforeErr, afterErr, migrationErr, partsErr} {
		if err != nil {
			return deploy.Proposal{}, err
		}
	}
	if !ok {
		proposal := deploy.NewProposal(r, more.changes, string(r.Spec.Platform.Service.Kind)+" does not say beforehand what would change")
		proposal.Migration, proposal.Parts, proposal.Versions = migration, more.parts, more.versions
		return proposal.Seal(r), nil
	}
	versions, err := p.versions(ctx, r, after)
	if err != nil {
		return deploy.Proposal{}, err
	}
	changes := proposed(before.Config, after)
	for i, c := range changes {
		if version, known := versions[c.To]; known && strings.HasPrefix(c.What, secretSetting) {
			changes[i].To += " (" + version + ")"
		}
	}
	proposal := deploy.NewProposal(r, append(changes, more.changes...), "")
	proposal.Versions, proposal.Settings, proposal.Migration, proposal.Parts = more.with(numbers(versions)), printOf(after), migration, more.parts
	return proposal.Seal(r), nil
}

// secretSetting begins the name of a setting that is a reference to a secret.
const secretSetting = "secret "

// numbered is a version that means the same for ever.
var numbered = regexp.MustCompile(`^[0-9]+$`)

const unknownVersion = "its version is not known"

// versions says for each reference to a secret whose version is not a number, such as api-key:latest, which one that is
// now: "version 7", or why nobody knows.
func (p Ports) versions(ctx context.Context, r deploy.Release, config map[string]string) (map[string]string, error) {
	known := map[string]string{}
	var mu sync.Mutex
	var failed error
	var all together
	asked := map[string]bool{}
	for setting, ref := range config {
		project, name, version := secretRef(r.Spec.Platform.Service.Project, ref)
		if r.Spec.Platform.Service.Kind != deploy.CloudRun || !strings.HasPrefix(setting, secretSetting) || numbered.MatchString(version) || asked[ref] {
			continue
		}
		asked[ref] = true
		if p.Versions == nil {
			known[ref] = unknownVersion
			continue
		}
		all.begin(func() {
			number, err := p.Versions.Version(ctx, project, name, version)
			mu.Lock()
			defer mu.Unlock()
			switch code := deploy.CodeOf(err); {
			case err == nil:
				known[ref] = "version " + number
			case code == deploy.NotFound:
				known[ref] = "there is none"
			case code == deploy.Forbidden, code == deploy.Invalid:
				known[ref] = unknownVersion
			default:
				failed = err
			}
		})
	}
	all.wait()
	return known, failed
}

// secretRef reads secret:version, or only the name of a secret, also a full one: projects/other/secrets/api-key.
func secretRef(project, ref string) (inProject, name, version string) {
	name, version = ref, "latest"
	if i := strings.LastIndexByte(ref, ':'); i >= 0 {
		name, version = ref[:i], ref[i+1:]
	}
	if parts := strings.Split(name, "/"); len(parts) == 4 && parts[0] == "projects" && parts[2] == "secrets" {
		return parts[1], parts[3], version
	}
	return project, name, version
}

func numbers(versions map[string]string) map[string]string {
	var list map[string]string
	for ref, version := range versions {
		if number, ok := strings.CutPrefix(version, "version "); ok {
			if list == nil {
				list = map[string]string{}
			}
			list[ref] = number
		}
	}
	return list
}

// printOf tells two configurations apart and says no more of them.
func printOf(config map[string]string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(config)) {
		fmt.Fprintf(h, "%q=%q\n", name, config[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// proposalNote is a proposal in words: a line with counts, then one for each change.
func proposalNote(p deploy.Proposal) string {
	_, digest, _ := strings.Cut(p.Image, "@")
	text := "image " + short(digest) + " in place of " + p.Baseline
	switch n := len(p.Changes); {
	case p.Unknown != "":
		text += "; what else changes is not known: " + p.Unknown
	case n == 0:
		text += "; no other setting changes"
	case n == 1:
		text += "; 1 other setting changes"
	default:
		text += fmt.Sprintf("; %d other settings change", n)
	}
	for _, c := range p.Changes {
		text += "\n" + c.String()
	}
	return text
}
