package workspace

import (
	"math"
	"time"
)

// Limits are the rates at which Slack starts to answer 429.
type Limits struct {
	Unlimited bool
	PerMinute map[string]int // overrides the tier of a method
	PostBurst int            // posts to one channel at once, before 1/s; default 5
}

// The tiers of https://docs.slack.dev/apis/web-api/rate-limits, in calls per minute, method and workspace.
// Slack promises "at least" these, so nobody may count on more. Special methods allow hundreds.
const (
	tier2   = 20
	tier3   = 50
	tier4   = 100
	special = 600
	// perChannel marks chat.postMessage: one per second and channel with short bursts, under a workspace cap.
	perChannel = 0
)

const defaultPostBurst = 5

type limiter struct {
	limits  Limits
	buckets map[string]*bucket
}

// bucket is a token bucket: level tokens at the time of at.
type bucket struct {
	level float64
	at    time.Time
}

// take asks for one call now and returns how long to wait for the next if there is none left.
// A tier may be used up to its half at once, so that no minute sees much more than the promised number.
func (l *limiter) take(method, channel string, perMinute int, now time.Time) (time.Duration, bool) {
	if l.limits.Unlimited {
		return 0, true
	}
	key, rate, burst := method, 0.0, 0.0
	override, overridden := l.limits.PerMinute[method]
	switch {
	case overridden:
		rate, burst = float64(override)/60, math.Max(1, float64(override)/2)
	case perMinute == perChannel:
		key += " " + channel
		rate, burst = 1, defaultPostBurst
		if l.limits.PostBurst > 0 {
			burst = float64(l.limits.PostBurst)
		}
	default:
		rate, burst = float64(perMinute)/60, math.Max(1, float64(perMinute)/2)
	}
	b := l.buckets[key]
	if b == nil {
		b = &bucket{level: burst, at: now}
		l.buckets[key] = b
	}
	b.level = math.Min(burst, b.level+math.Max(0, now.Sub(b.at).Seconds())*rate)
	b.at = now
	if b.level < 1 {
		return time.Duration((1 - b.level) / rate * float64(time.Second)), false
	}
	b.level--
	return 0, true
}

// retryAfter is the header's value: whole seconds, at least one.
func retryAfter(wait time.Duration) int {
	return max(1, int(math.Ceil(wait.Seconds())))
}
