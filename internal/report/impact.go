package report

import (
	"slices"

	"slipway/internal/deploy"
)

func (d *document) impact() {
	if d.r.Kind == deploy.Restore { // no user was sent anywhere
		return
	}
	d.section("Impact")
	in := d.r.Incident
	if in == nil {
		d.reach()
		return
	}
	switch {
	case in.Began.IsZero():
		d.line("- No user was sent to the version.")
	case in.Back.IsZero():
		d.line("- Users were sent to the version from %s on; that they were taken back is not confirmed.", clock(in.Began))
	default:
		d.line("- Users were sent to the version for %s, from %s to %s.", deploy.Took(in.Back.Sub(in.Began)), clock(in.Began), clock(in.Back))
	}
	if in.Share > 0 {
		d.line("- %s", d.reached(in.Share))
	}
	switch {
	case in.Began.IsZero():
	case in.CountedTo.IsZero():
		d.line("- How many requests failed is not known.")
	case in.Requests == 0:
		d.line("- It answered no requests, counted to %s.", clock(in.CountedTo))
	default:
		d.line("- Of its requests %s failed with 5xx, counted to %s.", of(in.Failed, in.Requests), clock(in.CountedTo))
	}
}

// reach is the impact of a release that was not taken back.
func (d *document) reach() {
	r, version := d.r, "The version"
	if r.Kind == deploy.Rollback {
		version = "What it takes back"
	}
	switch {
	case r.Most() == 0:
		d.line("- No user was sent to the version.")
		return
	case d.rolls() && r.State == deploy.Succeeded:
		d.line("- %s runs on all tasks.", version)
	case d.rolls():
		d.line("- %s", d.reached(r.Facts.MaxShare))
	case r.State == deploy.Succeeded:
		d.line("- %s has 100 %% of the traffic.", version)
	default:
		d.line("- %s had at most %d %% of the traffic, and %d %% when it was last looked at.", version, r.Facts.MaxShare, r.Facts.Share)
	}
	if !r.Watch.Since.IsZero() {
		d.line("- Users have been sent to it since %s.", clock(r.Watch.Since))
	}
	if n, failed := seen(r.Watch.Points); n > 0 {
		d.line("- While it was watched, %s of its requests failed with 5xx.", of(failed, n))
	}
}

func seen(points []deploy.Point) (requests, failed int64) {
	for _, p := range points {
		requests, failed = requests+p.Candidate.Requests, failed+p.Candidate.Failed
	}
	return requests, failed
}

func (d *document) trigger() {
	in := d.r.Incident
	if in == nil || in.Trigger == "" {
		return
	}
	d.section("Trigger")
	d.line("%s", inline(in.Trigger))
	d.line("\nIt was decided by %s.", d.who(d.decider()))
}

// decider is who made the release go back, as the journal has it.
func (d *document) decider() deploy.UserID {
	for _, e := range slices.Backward(d.journal) {
		if e.Kind == deploy.EntryState && e.State == deploy.RollingBack {
			return e.By
		}
	}
	if d.r.Kind == deploy.Rollback {
		return d.r.Requester
	}
	return d.r.By
}
