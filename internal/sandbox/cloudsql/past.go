package cloudsql

import (
	"strconv"
	"time"
)

// past is what a cluster has been, the oldest first: each restore begins another span of it.
type past []span

// span is the time in which a cluster wrote one timeline. It ends with a restore.
type span struct {
	timeline    uint32
	from, until time.Time // until is zero while it goes on
}

// timeline is what it writes now.
func (p past) timeline() uint32 { return p[len(p)-1].timeline }

// at is how a moment is recovered: on the timeline that was written then. While a restore went on there was nothing to be
// read; what was last is what it gives.
func (p past) at(t time.Time) target {
	to := target{at: t, mark: mark{timeline: p[0].timeline}}
	for _, s := range p {
		if s.from.After(t) {
			break
		}
		to.timeline, to.at = s.timeline, t
		if !s.until.IsZero() && t.After(s.until) {
			to.at = s.until
		}
	}
	return to
}

// target is where a recovery ends: a mark by its name, or a moment on a timeline.
type target struct {
	mark
	at time.Time
}

func (t target) settings() []string {
	timeline := "recovery_target_timeline=" + strconv.FormatUint(uint64(t.timeline), 10)
	if t.at.IsZero() {
		return []string{timeline, "recovery_target_name=" + t.name}
	}
	return []string{timeline, "recovery_target_time=" + t.at.UTC().Format("2006-01-02 15:04:05.999999+00")}
}
