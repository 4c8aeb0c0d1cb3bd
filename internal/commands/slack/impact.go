package slack

import (
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// second shows the time of day to the second in the reader's zone: in an incident seconds count.
func second(t time.Time) string {
	t = t.UTC()
	return fmt.Sprintf("<!date^%d^{time_secs}|%s UTC>", t.Unix(), t.Format("15:04:05"))
}

// incidentHead is the incident in one line: what, when, how long, how many.
func incidentHead(r *deploy.Release) string {
	in := r.Incident
	head := "*INCIDENT " + esc(r.Target.String()) + "*"
	switch {
	case in.Began.IsZero() || !in.Back.After(in.Began):
	case r.Kind == deploy.Rollback && !in.Began.Equal(r.Left.Since): // it was live for longer, and not all of that counts
		head = dotted(head, "the last "+took(in.Back.Sub(in.Began))+" up to "+second(in.Back))
	default:
		head = dotted(head, second(in.Began)+"–"+second(in.Back), took(in.Back.Sub(in.Began)))
	}
	share := ""
	about := r.Of(in.Part)
	switch {
	case rolls(&about) && in.Share > 0:
		share = tasksReached(&about, in.Part) + " on " + esc(cut(suspect(r), mostName))
	case in.Share >= 100:
		share = "100 % of traffic on " + esc(cut(suspect(r), mostName))
	case in.Share > 0:
		share = fmt.Sprintf("at most %d %% of traffic on %s", in.Share, esc(cut(suspect(r), mostName)))
	}
	if in.Part != "" && share != "" {
		share = esc(in.Part) + ": " + share
	}
	return dotted(head, share, failedWords(r))
}

// suspect names what users were taken away from.
func suspect(r *deploy.Release) string {
	if bad := takenBack(r); bad != "" {
		return bad
	}
	if name := r.Left.Revision.Name; name != "" {
		return string(name)
	}
	return "what was live"
}

// failedWords is how many requests users saw fail, and how far that is known.
func failedWords(r *deploy.Release) string {
	in := r.Incident
	counting := r.State == deploy.RollingBack
	switch {
	case in.CountedTo.IsZero() && r.Spec.Metrics == nil:
		return "failed requests not known: no metrics are set up for it"
	case in.CountedTo.IsZero() && counting:
		return "failed requests still being counted"
	case in.CountedTo.IsZero():
		return "failed requests not known"
	}
	words := "it answered no requests"
	if in.Requests > 0 {
		words = fmt.Sprintf("%s of %s requests failed (%s)", thousands(in.Failed), thousands(in.Requests), asPercent(float64(in.Failed)/float64(in.Requests)))
	}
	switch {
	case !in.CountedTo.Before(in.Back):
	case counting:
		words += ", still counting"
	default:
		words += ", counted up to " + second(in.CountedTo)
	}
	return words
}

// incidentNow is how users fare now, which is what is asked first.
func incidentNow(r *deploy.Release) string {
	if !trafficIsBack(r) {
		return "▸ Going back to " + esc(returnsTo(r))
	}
	now := "✓ " + esc(allOn(r)) + partsBack(r) + " since " + second(r.Incident.Back)
	switch r.State {
	case deploy.RollingBack:
		return now + ", the rollback is being verified and recorded"
	case deploy.Parked:
		return "■ " + esc(allOn(r)) + " when last seen, but the rollback has stopped: " + esc(cut(oneLine(r.Why), mostNote))
	case deploy.Running, deploy.Waiting, deploy.Paused, deploy.Succeeded, deploy.RolledBack, deploy.Failed, deploy.Abandoned:
	}
	return now
}

func triggerLine(r *deploy.Release) string {
	by := "Slipway took it back by itself"
	if r.Watch.Last.Critical {
		by += ", after a look that saw"
	}
	if r.By != deploy.Slipway && r.By != "" {
		by = mention(r.By) + " took it back"
	}
	if r.Watch.Way.Fell != "" { // the trigger says who
		return "*Trigger*  " + esc(cut(capital(oneLine(r.Incident.Trigger)), 2*mostNote))
	}
	text := "*Trigger*  " + by
	if r.Incident.Trigger != "" {
		text += ": " + esc(cut(oneLine(r.Incident.Trigger), 2*mostNote))
	}
	return text
}

func diagnosisLines(d deploy.Diagnosis) []string {
	var lines []string
	for _, part := range []struct{ name, text string }{{"Symptom", d.Symptom}, {"Probable cause", d.Cause}, {"Remedy", d.Remedy}} {
		if part.text != "" {
			lines = append(lines, "*"+part.name+"*  "+esc(cut(oneLine(part.text), 2*mostNote)))
		}
	}
	return lines
}

// quotedLines sets lines off; they are markup already.
func quotedLines(lines []string) string {
	text := ""
	for i, l := range lines {
		if i > 0 {
			text += "\n"
		}
		text += "> " + l
	}
	return text
}

// againstStable holds what users saw of the candidate against the stable revision over the same minutes.
func againstStable(r *deploy.Release) string {
	var lines []string
	for _, f := range r.Watch.Last.Findings {
		if !f.Known || f.DryRun || f.Part != "" || r.Kind == deploy.Rollback {
			continue
		}
		_, latency := f.Metric.Quantile()
		switch {
		case f.Metric == deploy.ErrorRate:
			lines = append(lines, "Errors "+counted(f.Hits, f.Of, f.Value)+stableCounts(f)+", limit "+asPercent(f.Limit))
		case latency:
			lines = append(lines, kpiName(f.Metric)+" "+level(f.Metric, f.Value)+" ("+beside(f, millis)+"limit "+millis(f.Limit)+")")
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return joinLines(append([]string{fmt.Sprintf("*Canary against stable*  %s against %s", esc(cut(r.Version, mostName)), esc(cut(returnsTo(r), mostName)))}, lines...)...)
}

func counted(hits, of int64, share float64) string {
	return fmt.Sprintf("%s of %s (%s)", thousands(hits), thousands(of), asPercent(share))
}

func stableCounts(f deploy.Finding) string {
	if f.StableOf == 0 {
		return ""
	}
	return ", stable " + counted(f.StableHits, f.StableOf, f.Stable)
}

// chartAlt is the chart for those who do not see it. It is plain text.
func chartAlt(r *deploy.Release) string {
	text := fmt.Sprintf("Chart: %s against %s over time", suspect(r), returnsTo(r))
	for _, f := range r.Watch.Last.Findings {
		if !f.Known || f.DryRun || f.Part != "" {
			continue
		}
		switch f.Metric {
		case deploy.ErrorRate:
			text += "; errors at the end " + counted(f.Hits, f.Of, f.Value) + stableCounts(f) + ", limit " + asPercent(f.Limit)
		case deploy.LatencyP99:
			text += fmt.Sprintf("; p99 at the end %s (%slimit %s)", level(f.Metric, f.Value), beside(f, millis), millis(f.Limit))
		case deploy.Availability, deploy.LatencyP50, deploy.LatencyP95, deploy.CPU, deploy.Memory, deploy.Connections:
		}
	}
	return text + "."
}
