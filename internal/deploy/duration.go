package deploy

import (
	"fmt"
	"time"
)

// Planned says a duration that somebody chose, exactly: 10 s, 5 min, 1 h, 1 h 30 min.
func Planned(d time.Duration) string {
	switch {
	case d < time.Minute || d%time.Minute != 0:
		return fmt.Sprintf("%g s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d%time.Hour == 0:
		return fmt.Sprintf("%d h", d/time.Hour)
	default:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
}

// Took says how long something was, as closely as a reader cares: 0.6 s, 48 s, 1:02 min, 1 h 05 min.
func Took(d time.Duration) string {
	d = max(d, 0)
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d:%02d min", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
	}
}
