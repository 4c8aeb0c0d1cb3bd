package main

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"time"
)

// toll counts what happened. The zero value is ready; it may be used from any goroutine.
type toll struct {
	mu         sync.Mutex
	kills      int
	pauses     int
	releases   int
	refused    int // times that a replica was told to have been overtaken
	lateAcks   int // acknowledgements of what was stored before a pause, written after it
	points     map[string]bool
	duplicates []string
	lost       []string
	left       []string
	stale      []string
	data       map[string]bool // those of points that are of the data phases
	half       []string
	backups    []string        // too many
	atECS      map[string]bool // those of points that are of services at ECS
	registered int             // the most task definitions that any release has registered
	updated    int             // and the most UpdateServices of any for one of them
	killed     sample
	termed     sample
}

// twice notes something that took place more often than it should; missing the contrary, remains what should be
// gone, and late what a replica did after it had been overtaken.
func (t *toll) twice(format string, args ...any)   { t.note(&t.duplicates, "TWICE", format, args) }
func (t *toll) missing(format string, args ...any) { t.note(&t.lost, "LOST", format, args) }
func (t *toll) remains(format string, args ...any) { t.note(&t.left, "LEFT", format, args) }
func (t *toll) late(format string, args ...any)    { t.note(&t.stale, "STALE", format, args) }

// halfApplied notes a script that is there in part, and doubled backups that are there twice.
func (t *toll) halfApplied(format string, args ...any) { t.note(&t.half, "HALF", format, args) }
func (t *toll) doubled(format string, args ...any)     { t.note(&t.backups, "TWICE", format, args) }

func (t *toll) note(list *[]string, word, format string, args []any) {
	text := fmt.Sprintf(format, args...)
	t.mu.Lock()
	defer t.mu.Unlock()
	*list = append(*list, text)
	say("%s: %s", word, text)
}

func (t *toll) count(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
}

func (t *toll) hit(v way) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.points == nil {
		t.points, t.data, t.atECS = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	t.points[v.String()] = true
	if v.ofData() {
		t.data[v.String()] = true
	}
	if v.amazon {
		t.atECS[v.String()] = true
	}
	t.kills++
}

func (t *toll) show() {
	t.mu.Lock()
	defer t.mu.Unlock()
	figure("crash.kills", float64(t.kills), "kills")
	figure("crash.points", float64(len(t.points)), "points")
	figure("crash.releases", float64(t.releases), "releases")
	figure("crash.duplicates", float64(len(t.duplicates)), "effects")
	figure("crash.lost", float64(len(t.lost)), "things")
	figure("crash.leftovers", float64(len(t.left)), "keys")
	figure("migrate.crash_points", float64(len(t.data)), "points")
	figure("migrate.half_applied", float64(len(t.half)), "scripts")
	figure("backup.duplicates", float64(len(t.backups)), "backups")
	figure("ecs.crash_points", float64(len(t.atECS)), "points")
	figure("ecs.registrations_per_release", float64(t.registered), "registrations")
	figure("ecs.updates_per_release", float64(t.updated), "calls")
	figure("pause.pauses", float64(t.pauses), "pauses")
	figure("pause.refused", float64(t.refused), "refusals")
	figure("pause.late_acks", float64(t.lateAcks), "acknowledgements")
	figure("pause.stale_writes", float64(len(t.stale)), "writes")
	figure("recover.lease_ms", float64(lease.Milliseconds()), "ms")
	t.killed.show("recover.kill_ms", "recover.kill_p99_ms")
	t.termed.show("recover.term_ms", "recover.term_p99_ms")
}

// verdict is nil if nothing was lost, done twice, left over or written too late.
func (t *toll) verdict() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.registered > 1 {
		return fmt.Errorf("a release has registered %d task definitions", t.registered)
	}
	if n := len(t.duplicates) + len(t.lost) + len(t.left) + len(t.stale) + len(t.half) + len(t.backups); n > 0 {
		return fmt.Errorf("%d promises broken", n)
	}
	if t.kills == 0 || t.pauses == 0 || len(t.data) == 0 || len(t.atECS) == 0 {
		return fmt.Errorf("%d kills, %d points of the data phases, %d at ECS and %d pauses prove nothing", t.kills, len(t.data), len(t.atECS), t.pauses)
	}
	return nil
}

// sample is how long the same thing took, time after time.
type sample []time.Duration

func (s sample) show(p50, p99 string) {
	if len(s) == 0 {
		return
	}
	slices.Sort(s)
	at := func(q float64) float64 {
		d := s[min(max(int(math.Ceil(q*float64(len(s)))), 1), len(s))-1]
		return float64(d) / float64(time.Millisecond)
	}
	figure(p50, at(0.50), "ms")
	figure(p99, at(0.99), "ms")
}

func figure(name string, value float64, unit string) {
	fmt.Printf("figure %s %.0f %s\n", name, value, unit)
}
