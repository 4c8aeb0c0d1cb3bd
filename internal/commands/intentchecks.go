package commands

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// checks names them, and says how and from where what is no story is tried; they are run at the same time.
func checks(list []deploy.Check) Text {
	var names []string
	for _, c := range list {
		from := "from beside the bot"
		if c.Job != "" {
			from = "from the job " + c.Job
		}
		switch {
		case c.Dependency != nil:
			names = append(names, fmt.Sprintf("%s (%s, %s)", c.Name, c.Dependency.Kind, from))
		case c.Command != nil && len(c.Command.Run) > 0:
			names = append(names, fmt.Sprintf("%s (%s, %s)", c.Name, strings.Join(c.Command.Run, " "), strings.TrimPrefix(from, "from ")))
		default:
			names = append(names, c.Name)
		}
	}
	return Text{}.Plain(strings.Join(names, ", "))
}

// loadOf says what a load check sends, and what the service must keep meanwhile.
func loadOf(r deploy.Release, s deploy.Step) Text {
	stage, who := deploy.Smoke, "the new revision must bear "
	if s.Phase == deploy.Validate {
		stage, who = deploy.Functional, "where users reach it, it must bear "
	}
	for _, c := range r.Spec.LoadsAt(stage) {
		if c.Name == s.Check {
			return Text{}.Plain(who + c.Name + ": " + fired(c) + "; " + limits(c.Limits))
		}
	}
	return Text{}.Plain(who + s.Check)
}

// fired is what is sent: 100 requests a second for 30 s, at most 500.
func fired(c deploy.LoadCheck) string {
	if c.Concurrency > 0 {
		return fmt.Sprintf("%d at once for %s, at most %g requests a second", c.Concurrency, deploy.Planned(c.For), c.Most)
	}
	return fmt.Sprintf("%g requests a second for %s, at most %g", c.Rate, deploy.Planned(c.For), c.Most)
}

// limits are what is asked, the most telling first.
func limits(l deploy.LoadLimits) string {
	var list []string
	if l.P99 > 0 {
		list = append(list, "p99 below "+deploy.Millis(l.P99))
	}
	if l.Mean > 0 {
		list = append(list, "mean below "+deploy.Millis(l.Mean))
	}
	if l.Rate > 0 {
		list = append(list, fmt.Sprintf("at least %g answers a second", l.Rate))
	}
	if l.Failed > 0 {
		return strings.Join(append(list, fmt.Sprintf("at most %.3g %% failed", 100*l.Failed)), ", ")
	}
	return strings.Join(append(list, "none failed"), ", ")
}

// readied says what the checklist and the image policy ask for.
func readied(r deploy.Release, s deploy.Step) Text {
	var parts []string
	if n := len(r.Spec.Items); n > 0 {
		proved := 0
		for _, i := range r.Spec.Items {
			if i.Prove != nil {
				proved++
			}
		}
		parts = append(parts, fmt.Sprintf("%s of the checklist must be so, %d proved by machine and %d attested by people", items(n), proved, n-proved))
	}
	if r.Spec.Images != nil {
		parts = append(parts, "the image must be "+strings.Join(policy(*r.Spec.Images), ", "))
	}
	return Text{}.Plainf("%s; for what is open it waits, %s at most", strings.Join(parts, "; "), deploy.Planned(s.Within))
}

// policy says what is asked of an image.
func policy(p deploy.ImagePolicy) []string {
	var list []string
	if p.MaxAge > 0 {
		list = append(list, "at most "+days(p.MaxAge)+" old")
	}
	if p.MaxSize > 0 {
		list = append(list, "of at most "+size(p.MaxSize))
	}
	if len(p.Labels) > 0 {
		list = append(list, "labelled "+strings.Join(p.Labels, ", "))
	}
	if p.Scan != nil {
		var most []string
		for _, severity := range []deploy.Severity{deploy.Critical, deploy.High, deploy.Medium, deploy.Low, deploy.Negligible, deploy.Unrated} {
			if n, asked := p.Scan.Most[severity]; asked {
				most = append(most, fmt.Sprintf("%d %s", n, severity))
			}
		}
		scanned := "scanned"
		if p.Scan.MaxAge > 0 {
			scanned += " in the last " + days(p.Scan.MaxAge)
		}
		if len(most) > 0 {
			scanned += " with at most " + strings.Join(most, ", ") + " findings"
		}
		list = append(list, scanned)
	}
	if len(p.Signature) > 0 {
		list = append(list, "signed by a key of the catalog")
	}
	return list
}

// days says a duration that is long: 90 days, 36 h.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day || d%day != 0 {
		return deploy.Planned(d)
	}
	return fmt.Sprintf("%d days", d/day)
}

// size says bytes exactly where that is short: 1 GiB, 512 MiB.
func size(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.bytes && n%unit.bytes == 0 {
			return fmt.Sprintf("%d %s", n/unit.bytes, unit.name)
		}
	}
	return deploy.Thousands(n) + " bytes"
}
