package commands

import (
	"fmt"
	"time"
)

// about says how long something will take, no more exactly than anybody can know: 40 s, 9 min, 2 h 10 min.
func about(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "a few seconds"
	case d < 55*time.Second:
		return fmt.Sprintf("about %d s", int(d.Round(10*time.Second).Seconds()))
	case d < 90*time.Minute:
		return fmt.Sprintf("about %d min", int(d.Round(time.Minute).Minutes()))
	default:
		d = d.Round(10 * time.Minute)
		return fmt.Sprintf("about %d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
}

// ago says how long ago something was. Clocks differ a little, so a moment in the future was just now.
func ago(at, now time.Time) string {
	switch d := now.Sub(at); {
	case d < 10*time.Second:
		return "just now"
	case d < 90*time.Second:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < 90*time.Minute:
		return fmt.Sprintf("%d min ago", int(d.Round(time.Minute).Minutes()))
	case d < 36*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Round(time.Hour).Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Round(24*time.Hour).Hours())/24)
	}
}
