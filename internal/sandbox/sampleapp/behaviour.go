package sampleapp

import (
	"sync"
	"time"
)

// Behaviour is what goes wrong with a revision. The zero value is a healthy one. All methods may be
// called at any time from any goroutine.
type Behaviour struct {
	mu           sync.Mutex
	errorRate    float64
	owed         float64
	latency      time.Duration
	version      string
	unhealthy    bool
	crashOnStart bool
}

// SetErrorRate makes this share of the requests (0 to 1; values outside are clamped) fail with 500.
// Failures are spread evenly, not drawn: with 0.25, exactly every fourth request fails.
func (b *Behaviour) SetErrorRate(rate float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errorRate, b.owed = min(max(rate, 0), 1), 0
}

// SetLatency delays every answer, health checks included.
func (b *Behaviour) SetLatency(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.latency = d
}

// SetVersion makes /health report another version than the one deployed; "" ends that.
func (b *Behaviour) SetVersion(v string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.version = v
}

// SetUnhealthy makes /health, /health/ready and /api/v1/db/ping answer 503.
func (b *Behaviour) SetUnhealthy(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unhealthy = on
}

// SetCrashOnStart makes a revision that starts from now on exit before it listens. Revisions that
// serve already are not touched.
func (b *Behaviour) SetCrashOnStart(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.crashOnStart = on
}

// Reset makes it healthy again.
func (b *Behaviour) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.errorRate, b.owed, b.latency, b.version, b.unhealthy, b.crashOnStart = 0, 0, 0, "", false, false
}

// Latency is the delay before each answer.
func (b *Behaviour) Latency() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latency
}

// Version is the wrong version to report, or "".
func (b *Behaviour) Version() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.version
}

// Unhealthy reports whether the health checks fail.
func (b *Behaviour) Unhealthy() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.unhealthy
}

// CrashOnStart reports whether a start fails; the host asks before it serves.
func (b *Behaviour) CrashOnStart() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.crashOnStart
}

func (b *Behaviour) fails() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owed += b.errorRate
	// A rate such as 0.1 does not add up to a whole number exactly.
	const rounding = 1e-9
	if b.owed < 1-rounding {
		return false
	}
	b.owed--
	return true
}
