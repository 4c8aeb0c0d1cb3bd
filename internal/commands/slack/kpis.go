package slack

import (
	"fmt"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// kpiNames are the metrics for people.
var kpiNames = map[deploy.MetricName]string{
	deploy.ErrorRate: "Errors", deploy.Availability: "Availability", deploy.LatencyP50: "p50", deploy.LatencyP95: "p95",
	deploy.LatencyP99: "p99", deploy.CPU: "CPU", deploy.Memory: "Memory", deploy.Connections: "Database connections",
}

func kpiName(m deploy.MetricName) string {
	if name, ok := kpiNames[m]; ok {
		return name
	}
	return esc(cut(string(m), 40))
}

// standing is where a metric is against what is wanted of it.
type standing int

const (
	within standing = iota
	beyondTarget
	beyondCritical
	notKnown
)

var standingSigns = [...]string{within: "✓", beyondTarget: "▲", beyondCritical: "✗", notKnown: "?"}

// kpiSection is a line for each objective, with a sum in words above them; nil while there is nothing to show. It
// changes with each look, so that there is none where now is zero.
func kpiSection(r *deploy.Release, now time.Time) sdk.Block {
	findings := r.Watch.Last.Findings
	if now.IsZero() || !watched(r) || len(findings) == 0 {
		return nil
	}
	var lines []string
	var sums [len(standingSigns)]int
	for _, f := range findings[:min(len(findings), mostKPIs)] {
		s, words := stands(f)
		if !f.DryRun {
			sums[s]++
		}
		lines = append(lines, kpiLine(f, s, words))
	}
	head := "*KPIs of " + esc(cut(r.Version, mostName)) + "*"
	if !r.Watch.Through.IsZero() {
		head += " up to " + clock(r.Watch.Through)
	}
	return section(head + " · " + sumUp(sums) + "\n" + strings.Join(lines, "\n"))
}

// mostKPIs is far more than there are metrics.
const mostKPIs = 20

// mostName is enough of a version, or of another name, to know it by, where it stands among other words.
const mostName = 60

func kpiLine(f deploy.Finding, s standing, words string) string {
	line := standingSigns[s] + " " + kpiName(f.Metric)
	if f.Part != "" {
		line = standingSigns[s] + " " + esc(f.Part) + ": " + kpiName(f.Metric)
	}
	if f.Known {
		line += " *" + level(f.Metric, f.Value) + "*"
	}
	if words != "" {
		if f.Known {
			line += ","
		}
		line += " " + words + " ·"
	}
	if words == "" {
		line += " "
	}
	line += fmt.Sprintf(" target %s, critical %s", level(f.Metric, f.Target), level(f.Metric, f.Limit))
	if f.DryRun {
		line += " (dry run)"
	}
	return line
}

// stands says where a metric stands, and in words whatever is not simply within its target. It goes by the verdict
// where that says more than the number: too few requests make a number that means nothing.
func stands(f deploy.Finding) (s standing, words string) {
	switch f.Verdict {
	case deploy.Inconclusive:
		if f.Known {
			return notKnown, "not enough to tell"
		}
		return notKnown, "not measured"
	case deploy.Unknown:
		return notKnown, "not known"
	case deploy.Healthy, deploy.Unhealthy:
	}
	bad := f.Verdict == deploy.Unhealthy
	switch {
	case !f.Known:
		return notKnown, "not measured"
	case past(f, f.Limit) && bad:
		return beyondCritical, "beyond critical"
	case past(f, f.Limit):
		return beyondTarget, "beyond critical by chance only"
	case past(f, f.Target) && bad:
		return beyondTarget, "beyond target and worse than stable"
	case past(f, f.Target):
		return beyondTarget, "beyond target"
	case bad:
		return beyondTarget, "worse than stable"
	}
	return within, ""
}

// past says whether a metric is on the wrong side of a threshold.
func past(f deploy.Finding, threshold float64) bool {
	if f.Metric == deploy.Availability {
		return f.Value < threshold
	}
	return f.Value > threshold
}

func sumUp(sums [len(standingSigns)]int) string {
	all := 0
	for _, n := range sums {
		all += n
	}
	if sums[within] == all {
		return fmt.Sprintf("all %d within target", all)
	}
	text := fmt.Sprintf("%d of %d within target", sums[within], all)
	for _, part := range []struct {
		n     int
		words string
	}{{sums[beyondCritical], "beyond critical"}, {sums[beyondTarget], "beyond target"}, {sums[notKnown], "not known"}} {
		if part.n > 0 {
			text += fmt.Sprintf(", %d %s", part.n, part.words)
		}
	}
	return text
}
