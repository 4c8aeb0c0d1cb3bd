package slack

import (
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// loadName is the name of a load check.
func loadName(s deploy.Step) string { return esc(cut(oneLine(s.Check), mostName)) }

// loadOf is what the load check of a step has come to, or nil.
func loadOf(r *deploy.Release, s deploy.Step) *deploy.LoadResult {
	stage := deploy.Smoke
	if s.Phase == deploy.Validate {
		stage = deploy.Functional
	}
	return r.LoadOf(s.Check, stage)
}

// loading counts a load check through: load 12 of 30 s · 100/s · p99 34 ms · 0 of 1,200 failed. It changes with each
// stretch, so that a zero now leaves the numbers out.
func loading(r *deploy.Release, s *deploy.Step, now time.Time) string {
	words, l := doing(r, *s), loadOf(r, *s)
	if now.IsZero() || l == nil || l.Requests == 0 {
		return words
	}
	at := fmt.Sprintf("%s of %s", counter(min(l.Took, s.Bake), s.Bake), counter(s.Bake, s.Bake))
	if s.Bake < time.Minute {
		at = fmt.Sprintf("%d of %d s", int(min(l.Took, s.Bake).Seconds()), int(s.Bake.Seconds()))
	}
	return dotted(fmt.Sprintf("load %s", at), fmt.Sprintf("%s/s", aSecond(l.Rate())), "p99 "+deploy.Millis(l.Latencies.Quantile(0.99)),
		fmt.Sprintf("%s of %s failed", thousands(l.Failed), thousands(l.Requests)))
}

// aSecond is how many a second: 100, 1,200, 0.5.
func aSecond(perSecond float64) string {
	if perSecond < 10 {
		return fmt.Sprintf("%.1f", perSecond)
	}
	return thousands(int64(perSecond + 0.5))
}
