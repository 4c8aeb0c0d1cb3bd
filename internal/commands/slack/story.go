package slack

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// What an incident shows at most of each kind of evidence; the report has all of it.
const (
	mostLogs    = 5
	mostChanges = 10
	mostOthers  = 5
	mostMoments = 15
)

type happened struct {
	at   time.Time
	what string
}

// timelineLines are the moments that people ask for, in order, as far as the release itself knows them.
func timelineLines(r *deploy.Release) string {
	list := []happened{{r.Created, fmt.Sprintf("#%d asked for by %s", r.Number, mention(r.Requester))}}
	for _, s := range r.Steps {
		switch {
		case s.Kind != deploy.KindShift || s.Begun.IsZero():
		case s.Status == deploy.Done:
			list = append(list, happened{s.EndedAt, arrived(r, s)})
		default:
			list = append(list, happened{s.Begun, cutShort(r, s)})
		}
	}
	if at, ok := firstBeyond(r); ok {
		list = append(list, happened{at, "beyond a critical limit, by the metrics"})
	}
	if r.Kind == deploy.Rollback && !r.Left.Since.IsZero() {
		list = append(list, happened{r.Left.Since, "100 % on " + esc(cut(suspect(r), mostName))})
	}
	if at := backBegan(r); !at.IsZero() {
		list = append(list, happened{at, "rollback begins, by " + mention(r.By)})
	}
	if trafficIsBack(r) {
		list = append(list, happened{r.Incident.Back, "100 % on " + esc(cut(returnsTo(r), mostName)) + partsBack(r) + ", as the platform reported"})
	}
	slices.SortStableFunc(list, func(a, b happened) int { return a.at.Compare(b.at) })
	lines := []string{"*Timeline*"}
	for _, h := range list[max(len(list)-mostMoments, 0):] {
		lines = append(lines, timeOf(h.at, r.Incident.Back)+"  "+h.what)
	}
	return strings.Join(lines, "\n")
}

// timeOf is the time of day, with its date where that is another day.
func timeOf(t, near time.Time) string {
	if d := near.Sub(t); d > 12*time.Hour || d < -12*time.Hour {
		return moment(t)
	}
	return second(t)
}

// firstBeyond is the end of the first look that saw more errors, or slower answers, than the critical limits allow.
func firstBeyond(r *deploy.Release) (time.Time, bool) {
	if r.Spec.Metrics == nil {
		return time.Time{}, false
	}
	for _, p := range r.Watch.Points {
		for _, o := range r.Spec.Metrics.Objectives {
			if !o.DryRun && !o.Hold && exceeds(p.Candidate, o) && p.Candidate.Requests >= int64(r.Spec.Metrics.Minimum) {
				return p.At, true
			}
		}
	}
	return time.Time{}, false
}

func exceeds(s deploy.Seen, o deploy.Objective) bool {
	switch o.Metric {
	case deploy.ErrorRate:
		return s.Requests > 0 && float64(s.Failed)/float64(s.Requests) > o.Critical
	case deploy.LatencyP50:
		return s.P50 > o.Critical
	case deploy.LatencyP95:
		return s.P95 > o.Critical
	case deploy.LatencyP99:
		return s.P99 > o.Critical
	case deploy.Availability, deploy.CPU, deploy.Memory, deploy.Connections:
	}
	return false
}

// evidenceLines is what was found: the logs, the platform's words, what was new, and what could not be had.
func evidenceLines(r *deploy.Release) string {
	in := r.Incident
	changed := escaped(in.Changed)
	if line := schemaLine(r); line != "" {
		changed = append(changed, esc(line))
	}
	var logs []string
	for _, g := range in.Lines {
		logs = append(logs, fmt.Sprintf("%s× %s", thousands(int64(g.Count)), code(cut(oneLine(g.Text), mostNote))))
	}
	return joinLines(
		listed("Last error lines", logs, mostLogs),
		listed("The platform says", escaped(in.Platform), mostOthers),
		listed("Checked", escaped(in.Checks), mostOthers),
		listed("Database", escaped(in.Database), mostChanges),
		listed("Changed", changed, mostChanges),
		listed("Not known", escaped(in.Missing), mostOthers),
	)
}

func escaped(texts []string) []string {
	var list []string
	for _, t := range texts {
		list = append(list, esc(cut(oneLine(t), mostNote)))
	}
	return list
}

// listed is a heading with its lines, and how many were left out.
func listed(title string, lines []string, most int) string {
	switch n := len(lines); {
	case n == 0:
		return ""
	case n == 1:
		return "*" + title + "*  " + lines[0]
	case n > most:
		lines = append(slices.Clone(lines[:most]), fmt.Sprintf("and %d more", n-most))
	}
	return "*" + title + "*\n" + strings.Join(lines, "\n")
}

// approvalLines say who let it go on, and who did so against the verdict.
func approvalLines(r *deploy.Release) string {
	var lines []string
	for _, s := range r.Steps {
		for _, a := range s.Approvals {
			line := fmt.Sprintf("%s by %s at %s", r.Wants(&s), mention(a.By), clock(a.At))
			if a.Forced {
				line = "▲ " + line + ", against the verdict, because: " + esc(cut(oneLine(a.Reason), mostNote))
			}
			lines = append(lines, line)
		}
		if s.Kind == deploy.KindGate && s.Status == deploy.Done && len(s.Approvals) == 0 && !s.AboutPlan() {
			lines = append(lines, fmt.Sprintf("%d %% by Slipway at %s: healthy", s.Percent, clock(s.EndedAt)))
		}
	}
	for _, w := range r.Waivers {
		lines = append(lines, waiverLine(w))
	}
	return listed("Approved", lines, mostOthers)
}

// lockLine says whether new versions can be deployed, which is the first thing that whoever mends it will want.
func lockLine(r *deploy.Release, locked bool) string {
	target := esc(r.Target.String())
	_, noted := r.Noted(deploy.NoteUnlocked)
	switch {
	case noted: // by whom its line says
		return againLine(r)
	case r.State == deploy.RollingBack || r.State == deploy.Parked:
		return "*Lock*  " + target + " is locked for new versions when the rollback has ended"
	case locked:
		return joinLines("*Locked*  "+target+" takes no new version until somebody clears the lock; a rollback is still possible", againLine(r))
	}
	return joinLines("*Not locked*  "+target+" takes new versions", againLine(r))
}

// noteLines say who did what about it since, in the order of the buttons.
func noteLines(r *deploy.Release) string {
	var lines []string
	for _, k := range []deploy.NoteKind{deploy.NoteTaken, deploy.NoteBug, deploy.NoteFix, deploy.NoteUnlocked, deploy.NoteReport} {
		if n, ok := r.Noted(k); ok {
			lines = append(lines, "✓ "+noteLine(n))
		}
	}
	return strings.Join(lines, "\n")
}
