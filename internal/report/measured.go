package report

import (
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

// mostLooks are shown, the latest ones: they are what was decided on. Looks are not added up, since percentiles of
// percentiles mean nothing.
const mostLooks = 20

var metricNames = map[deploy.MetricName]string{
	deploy.ErrorRate: "Error rate", deploy.Availability: "Availability", deploy.LatencyP50: "Latency p50", deploy.LatencyP95: "Latency p95",
	deploy.LatencyP99: "Latency p99", deploy.CPU: "CPU", deploy.Memory: "Memory", deploy.Connections: "Database connections",
}

// findings is what the last verdict rests on.
func (d *document) findings() {
	w := d.r.Watch
	if w.Last.Verdict == "" {
		return
	}
	d.section("Verdict")
	d.line("**%s** at %s: %s", inline(string(w.Last.Verdict)), clock(w.At), inline(w.Last.Why))
	if w.Trouble != "" {
		d.line("\nSince then the metrics have not answered: %s", inline(w.Trouble))
	}
	if len(w.Last.Findings) == 0 {
		return
	}
	d.line("\n| Metric | This version | Stable version | Target | Critical | Found |\n|---|---|---|---|---|---|")
	for _, f := range w.Last.Findings {
		name := metricNames[f.Metric]
		if name == "" {
			name = inline(string(f.Metric))
		}
		if f.Part != "" {
			name = inline(f.Part) + ": " + name
		}
		if f.DryRun {
			name += " (not counted)"
		}
		mine, stable := "not measured", "not measured"
		if f.Known {
			mine = measured(f.Metric, f.Value, f.Hits, f.Of)
		}
		if f.StableOf > 0 {
			stable = measured(f.Metric, f.Stable, f.StableHits, f.StableOf)
		}
		d.line("| %s | %s | %s | %s | %s | %s |", name, mine, stable, bound(f.Metric, f.Target), bound(f.Metric, f.Limit), found(f))
	}
}

// measured is a value with what it was made from.
func measured(m deploy.MetricName, v float64, hits, all int64) string {
	switch m {
	case deploy.ErrorRate:
		return fmt.Sprintf("%s: %s of %s", value(m, v), count(hits), count(all))
	case deploy.Availability:
		return fmt.Sprintf("%s of %s", value(m, v), plural(all, "request", "requests"))
	case deploy.LatencyP50, deploy.LatencyP95, deploy.LatencyP99:
		return fmt.Sprintf("%s of %s", value(m, v), plural(all, "request", "requests"))
	case deploy.CPU, deploy.Memory, deploy.Connections:
	}
	return value(m, v)
}

func bound(m deploy.MetricName, v float64) string {
	if m == deploy.Availability {
		return "≥ " + value(m, v)
	}
	return "≤ " + value(m, v)
}

func found(f deploy.Finding) string {
	word := inline(string(f.Verdict))
	if f.Critical {
		word = "**critical**"
	}
	if f.Text != "" {
		word += ": " + inline(f.Text)
	}
	return word
}

// looks is the version against the stable one, look by look.
func (d *document) looks() {
	points := d.r.Watch.Points
	if len(points) == 0 {
		return
	}
	d.section("This version against the stable one")
	if left := len(points) - mostLooks; left > 0 {
		d.line("The last %d looks; %s left out.\n", mostLooks, plural(int64(left), "earlier one is", "earlier ones are"))
		points = points[left:]
	}
	d.line("| Seen to (UTC) | Share | Failed | p50 / p95 / p99 | Stable: failed | Stable: p50 / p95 / p99 |\n|---|---|---|---|---|---|")
	for _, p := range points {
		d.line("| %s | %d %% | %s | %s | %s | %s |", clockOf(p.At), p.Share,
			of(p.Candidate.Failed, p.Candidate.Requests), latencies(p.Candidate), of(p.Stable.Failed, p.Stable.Requests), latencies(p.Stable))
	}
}

func latencies(s deploy.Seen) string {
	if s.P50 == 0 && s.P95 == 0 && s.P99 == 0 {
		return "not measured"
	}
	list := []string{milliseconds(s.P50), milliseconds(s.P95), milliseconds(s.P99)}
	for i := range list[:2] {
		list[i] = strings.TrimSuffix(list[i], " ms")
	}
	return strings.Join(list, " / ")
}
