package sampleapp

import (
	"cmp"
	"strings"
	"sync"
	"time"
)

const (
	// DefaultMessage is why requests fail where nothing else was said.
	DefaultMessage = `relation "user_prefs" does not exist`
	// DefaultLastWords is why the application does not start where nothing else was said.
	DefaultLastWords = "config: FEATURE_FLAGS_URL is not set"
)

// Behaviour is what goes wrong with a revision. The zero value is a healthy one. All methods may be
// called at any time from any goroutine.
type Behaviour struct {
	mu      sync.Mutex
	wrong   wrong
	owed    float64
	changed func()
}

// wrong is everything that can be said of a behaviour.
type wrong struct {
	errorRate    float64
	latency      time.Duration
	version      string
	message      string
	unhealthy    bool
	crashOnStart bool
	cpu, memory  float64
	broken       string
}

// Notify has f called after each change, on the goroutine that makes it; one f at a time.
func (b *Behaviour) Notify(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed = f
}

func (b *Behaviour) set(change func(*wrong)) {
	b.mu.Lock()
	change(&b.wrong)
	changed := b.changed
	b.mu.Unlock()
	if changed != nil {
		changed()
	}
}

func (b *Behaviour) get() wrong {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.wrong
}

// SetErrorRate makes this share of the requests (0 to 1; values outside are clamped) fail with 500.
// Failures are spread evenly, not drawn: with 0.25, exactly every fourth request fails.
func (b *Behaviour) SetErrorRate(rate float64) {
	b.set(func(w *wrong) { w.errorRate, b.owed = min(max(rate, 0), 1), 0 })
}

// SetLatency delays every answer, health checks included.
func (b *Behaviour) SetLatency(d time.Duration) { b.set(func(w *wrong) { w.latency = d }) }

// SetVersion makes /health report another version than the one deployed; "" ends that.
func (b *Behaviour) SetVersion(v string) { b.set(func(w *wrong) { w.version = v }) }

// SetMessage says why requests fail, or why it does not start, in the log; "" is the default.
func (b *Behaviour) SetMessage(m string) { b.set(func(w *wrong) { w.message = m }) }

// SetUnhealthy makes /health, /health/ready and /api/v1/db/ping answer 503.
func (b *Behaviour) SetUnhealthy(on bool) { b.set(func(w *wrong) { w.unhealthy = on }) }

// SetCrashOnStart makes a revision that starts from now on exit before it listens. Revisions that
// serve already are not touched.
func (b *Behaviour) SetCrashOnStart(on bool) { b.set(func(w *wrong) { w.crashOnStart = on }) }

// SetUse says what share of its CPU and its memory (0 to 1) each instance uses; 0 leaves that to the
// host. It slows nothing down.
func (b *Behaviour) SetUse(cpu, memory float64) {
	b.set(func(w *wrong) { w.cpu, w.memory = min(max(cpu, 0), 1), min(max(memory, 0), 1) })
}

// SetBroken makes every request to a path, and to what is below it, fail with 500, health checks included; "" ends that.
func (b *Behaviour) SetBroken(path string) { b.set(func(w *wrong) { w.broken = path }) }

// Reset makes it healthy again.
func (b *Behaviour) Reset() { b.set(func(w *wrong) { *w, b.owed = wrong{}, 0 }) }

// Latency is the delay before each answer.
func (b *Behaviour) Latency() time.Duration { return b.get().latency }

// Version is the wrong version to report, or "".
func (b *Behaviour) Version() string { return b.get().version }

// Unhealthy reports whether the health checks fail.
func (b *Behaviour) Unhealthy() bool { return b.get().unhealthy }

// Broken reports whether requests to this path fail.
func (b *Behaviour) Broken(path string) bool {
	at := b.get().broken
	return at != "" && (path == at || strings.HasPrefix(path, strings.TrimSuffix(at, "/")+"/"))
}

// CrashOnStart reports whether a start fails; the host asks before it serves.
func (b *Behaviour) CrashOnStart() bool { return b.get().crashOnStart }

// Message is why requests fail.
func (b *Behaviour) Message() string { return cmp.Or(b.get().message, DefaultMessage) }

// LastWords are what it says before it exits at the start.
func (b *Behaviour) LastWords() string { return cmp.Or(b.get().message, DefaultLastWords) }

// Use is what share of its CPU and its memory each instance uses; 0 if that was not said.
func (b *Behaviour) Use() (cpu, memory float64) {
	w := b.get()
	return w.cpu, w.memory
}

func (b *Behaviour) fails() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owed += b.wrong.errorRate
	// A rate such as 0.1 does not add up to a whole number exactly.
	const rounding = 1e-9
	if b.owed < 1-rounding {
		return false
	}
	b.owed--
	return true
}
