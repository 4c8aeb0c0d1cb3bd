package commands

import (
	"context"
	"fmt"
	"slices"

	"slipway/internal/deploy"
)

// destination is where a rollback returns to.
type destination struct {
	revision deploy.Revision
	image    deploy.Image
	from     string // version that runs now, if known
	left     deploy.Left
	why      string // why this one, where nobody named it

	history []deploy.Release // of the target, newest first
}

// destination finds the version that was named, or else the last good one: what the last release replaced, unless that
// was promoted against the verdict or taken back itself.
func (h *Handler) destination(ctx context.Context, t deploy.Target, c RollbackCommand) (destination, error) {
	live, ok, err := h.live(ctx, t)
	if err != nil {
		return destination{}, err
	}
	releases, err := h.store.History(ctx, t, lookBack)
	if _, err = h.gap(ctx, len(releases), err); err != nil {
		return destination{}, err
	}
	if ok && !slices.ContainsFunc(releases, func(r deploy.Release) bool { return r.ID == live.ID }) {
		releases = append(releases, live)
	}
	known := reached(releases)
	from, left := "", deploy.Left{}
	if ok {
		from = called(live.Landed())
		left = deploy.Left{Release: live.ID, Version: from, Digest: live.Facts.Image.Digest, Revision: live.Landed(), Since: live.Ended}
	}
	if c.Version != "" {
		for _, d := range known {
			if c.Version == d.revision.Version || c.Version == string(d.revision.Name) {
				d.from, d.left, d.history = from, left, releases
				return d, nil
			}
		}
		return destination{}, refused(unknownVersion(t, c, known, from))
	}
	// Whoever did not see that the last release has ended without bringing anything means that release, and not
	// the good version that runs: to take that away needs a name.
	if last, any := lastOfTraffic(releases); any {
		switch {
		case last.State == deploy.RolledBack:
			back := called(last.Facts.Baseline)
			return destination{}, refused(endedAlready(t, c, last, known, "is back on "+back+" already", back))
		case last.State == deploy.Failed && ok:
			return destination{}, refused(endedAlready(t, c, last, known, "still runs "+from, from))
		case last.State == deploy.Abandoned:
			return destination{}, refused(endedAlready(t, c, last, known, "runs what nobody has looked at since", ""))
		}
	}
	if !ok || live.Facts.Baseline.Name == "" {
		return destination{}, refused(nowhere(t, c, known, from))
	}
	d, ok := lastGood(releases, known, live)
	if !ok {
		return destination{}, refused(nowhere(t, c, known, from))
	}
	d.from, d.left, d.history = from, left, releases
	return d, nil
}

// lastOfTraffic is the newest release that was about traffic: not a restore of the database, nor a rollback that nobody
// agreed to.
func lastOfTraffic(releases []deploy.Release) (deploy.Release, bool) {
	for _, r := range releases {
		if r.Kind == deploy.Deploy || r.Kind == deploy.Rollback && r.State != deploy.Failed {
			return r, true
		}
	}
	return deploy.Release{}, false
}

// lastGood is the newest revision that had all of the traffic before the live release and that nothing speaks against.
func lastGood(releases []deploy.Release, known []destination, live deploy.Release) (destination, bool) {
	before, skipped := false, ""
	for _, d := range known {
		before = before || d.revision.Name == live.Facts.Baseline.Name
		if !before || d.revision.Name == live.Landed().Name {
			continue
		}
		if bad := against(releases, d.revision.Name); bad != "" {
			skipped += fmt.Sprintf("%s was passed over: %s. ", called(d.revision), bad)
			continue
		}
		d.why = skipped + broughtBy(releases, d.revision.Name)
		return d, true
	}
	return destination{}, false
}

// against says what speaks against going back to a revision, or nothing. What happened last counts: that somebody went
// back to it on purpose, or that it was healthy in the end although it was promoted against the verdict.
func against(releases []deploy.Release, name deploy.RevisionName) string {
	for _, r := range releases {
		switch {
		case r.Kind == deploy.Rollback && r.Facts.Baseline.Name == name && r.State == deploy.RolledBack:
			return ""
		case r.Kind == deploy.Deploy && r.Facts.Candidate.Name == name && r.State == deploy.Succeeded && r.Watch.Last.Verdict == deploy.Healthy:
			return ""
		case r.Kind == deploy.Deploy && r.Facts.Candidate.Name == name && r.Forced():
			return fmt.Sprintf("%s was promoted against the verdict", r.ID)
		case r.Kind == deploy.Deploy && r.Facts.Candidate.Name == name && r.State == deploy.RolledBack,
			r.Kind == deploy.Rollback && r.Left.Revision.Name == name && r.State == deploy.RolledBack:
			return fmt.Sprintf("%s took it back", r.ID)
		}
	}
	return ""
}

// broughtBy says why a revision is known to be good.
func broughtBy(releases []deploy.Release, name deploy.RevisionName) string {
	for _, r := range releases {
		if r.State == deploy.Succeeded && r.Landed().Name == name {
			return fmt.Sprintf("It is the last good one: %s brought it to 100 %%.", r.ID)
		}
	}
	return "It is what ran before."
}

// reached lists the revisions that had 100 %, the newest first: what releases brought there, and what they found.
func reached(releases []deploy.Release) []destination {
	var list []destination
	add := func(rev deploy.Revision, image deploy.Image) {
		if rev.Name == "" {
			return
		}
		for i := range list {
			if list[i].revision.Name == rev.Name {
				if list[i].image.Digest == "" {
					list[i].image = image
				}
				return
			}
		}
		list = append(list, destination{revision: rev, image: image})
	}
	for _, r := range releases {
		switch {
		case r.Kind == deploy.Deploy && r.State == deploy.Succeeded:
			add(r.Landed(), r.Facts.Image)
			add(r.Facts.Baseline, deploy.Image{})
		case r.Kind == deploy.Rollback && r.State == deploy.Failed: // nobody agreed to it
		case r.Kind == deploy.Rollback:
			add(r.Facts.Baseline, r.Facts.Image)
		default:
			add(r.Facts.Baseline, deploy.Image{})
		}
	}
	return list
}

// others names the versions that can be returned to, without the one that runs.
func others(known []destination, from string) []string {
	var list []string
	for _, d := range known {
		if v := called(d.revision); v != from && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func unknownVersion(t deploy.Target, c RollbackCommand, known []destination, from string) Text {
	list := others(known, from)
	text := Text{}.Plainf("Slipway has never seen %s at 100 %% of %s", c.Version, t)
	if len(list) == 0 {
		return text.Plain(", nor any other version to go back to. To bring it there: ").
			Code(DeployCommand{Service: c.Service, Version: c.Version, Environment: t.Environment}.String())
	}
	text = text.Plainf(". It can go back to: %s.", names(list))
	if meant, near := nearest(c.Version, list); near {
		c.Version = meant
		return text.Plain(" Did you mean: ").Code(c.String())
	}
	c.Version = list[0]
	return text.Plain(" Type: ").Code(c.String())
}

// nowhere says that there is nothing to go back to without a version.
func nowhere(t deploy.Target, c RollbackCommand, known []destination, from string) Text {
	versions := others(known, from)
	text := Text{}.Plainf("There is no release to take back: Slipway has brought none to 100 %% of %s.", t)
	if len(versions) == 0 {
		text = Text{}.Plainf("There is nothing to go back to: Slipway knows of no version that %s ran before.", t)
	}
	return text.choice(t, c, versions)
}

// endedAlready says what runs, and that the last release was taken back already, or has failed.
func endedAlready(t deploy.Target, c RollbackCommand, last deploy.Release, known []destination, so, runs string) Text {
	text := Text{}.Plainf("%s %s: ", t, so).Add(title(last)).Plain(" ").Add(ending(last)).Plain(".")
	return text.choice(t, c, others(known, runs))
}

// choice offers the versions that a rollback can be sent to by name.
func (t Text) choice(target deploy.Target, c RollbackCommand, versions []string) Text {
	if len(versions) == 0 {
		return t.Line().Plain("See: ").Code(HistoryCommand{Service: c.Service, Environment: target.Environment}.String())
	}
	c.Version = versions[0]
	return t.Plainf(" Versions that were live: %s. To go to one, name it: ", names(versions)).Code(c.String())
}
