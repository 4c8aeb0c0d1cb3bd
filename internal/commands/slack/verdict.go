package slack

import (
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// watched says whether looks at the metrics are made now: while users are on the new version and it is not being
// taken back. What is shown then changes with each look.
func watched(r *deploy.Release) bool {
	return r.Spec.Metrics != nil && !r.Watch.Since.IsZero() && !goingBack(r) &&
		(r.State == deploy.Running || r.State == deploy.Waiting || r.State == deploy.Paused)
}

// takesItselfBack says whether a look can have the release rolled back without anybody's word.
func takesItselfBack(r *deploy.Release) bool {
	if !watched(r) || r.Watch.Way.Gone {
		return false
	}
	for _, o := range r.Spec.Metrics.Objectives {
		if !o.DryRun && !o.Hold {
			return true
		}
	}
	return false
}

// verdictWords are verdicts for people.
var verdictWords = map[deploy.Verdict]string{
	"": "not judged yet", deploy.Healthy: "healthy", deploy.Unhealthy: "unhealthy",
	deploy.Inconclusive: "not enough to tell", deploy.Unknown: "no metrics",
}

// verdictWord is the verdict in a word or two; "" where nobody looks. A verdict on a smaller share is none on this one,
// unless it is a bad one.
func verdictWord(r *deploy.Release) string {
	w := &r.Watch
	if r.State == deploy.Succeeded && w.Last.Verdict != "" {
		return verdictWords[w.Last.Verdict] + " at the last look"
	}
	if !watched(r) {
		return ""
	}
	if !w.Through.After(w.Shifted) && w.Last.Verdict != deploy.Unhealthy && w.Last.Verdict != deploy.Unknown {
		if rolls(r) {
			return "not judged yet"
		}
		return fmt.Sprintf("not judged at %d %% yet", r.Facts.Share)
	}
	return verdictWords[w.Last.Verdict]
}

// sources are the names under which people know where metrics come from.
var sources = map[deploy.MetricsSource]string{
	deploy.CloudMonitoring: "Cloud Monitoring", deploy.CloudWatch: "CloudWatch", deploy.Prometheus: "Prometheus",
}

func sourceOf(r *deploy.Release) string {
	if name, ok := sources[r.Spec.Metrics.Source]; ok {
		return name
	}
	return "the metrics source"
}

// numbersLine is what the verdict rests on. It changes with each look, so it is left out where now is zero, but for a
// release that is done, of which nothing changes any more.
func numbersLine(r *deploy.Release, now time.Time) string {
	w := &r.Watch
	done := r.State == deploy.Succeeded && w.Last.Verdict != ""
	if !done && (!watched(r) || now.IsZero()) {
		return ""
	}
	silence := ""
	if w.Errors > 0 && !done {
		silence = noAnswer(r)
	}
	switch {
	case silence != "" && (w.Last.Verdict == "" || w.Last.Verdict == deploy.Unknown):
		return silence
	case w.Last.Verdict == "":
		return fmt.Sprintf("no look at %s yet, the first is made at %s", sourceOf(r), clock(w.Next))
	}
	text := esc(cut(oneLine(w.Last.Why), 2*mostNote))
	if w.Last.Verdict == deploy.Healthy {
		if numbers := headline(w.Last.Findings); numbers != "" {
			text = numbers
		}
	}
	if silence != "" {
		text += "\n" + silence
	}
	return text
}

// noAnswer says since when nothing is known, why, and how often that was tried.
func noAnswer(r *deploy.Release) string {
	w := &r.Watch
	since := "no metrics yet"
	if !w.At.IsZero() {
		since = "no metrics since " + clock(w.At)
	}
	looks := "1 look"
	if w.Errors != 1 {
		looks = fmt.Sprintf("%d looks", w.Errors)
	}
	why := w.Trouble
	if why == "" {
		why = sourceOf(r) + " did not answer"
	}
	return fmt.Sprintf("%s: %s (%s)", since, esc(cut(oneLine(why), mostNote)), looks)
}

// headline is the errors and the slowest percentile in one line, with counts and what they are held against.
func headline(findings []deploy.Finding) string {
	var errors, slowest string
	for _, f := range findings {
		if !f.Known || f.DryRun || f.Part != "" {
			continue
		}
		if _, latency := f.Metric.Quantile(); latency {
			slowest = fmt.Sprintf("%s %s ms (%slimit %s)", kpiNames[f.Metric], millis(f.Value), beside(f, millis), millis(f.Limit))
		}
		if f.Metric == deploy.ErrorRate {
			errors = fmt.Sprintf("errors %s of %s (%s, %slimit %s)", thousands(f.Hits), thousands(f.Of), asPercent(f.Value), beside(f, asPercent), asPercent(f.Limit))
		}
	}
	if errors != "" && slowest != "" {
		errors += " · "
	}
	return errors + slowest
}

// beside is the stable revision over the same minutes, if it is known.
func beside(f deploy.Finding, format func(float64) string) string {
	if f.StableOf == 0 {
		return ""
	}
	return "stable " + format(f.Stable) + ", "
}
