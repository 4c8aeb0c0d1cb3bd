package slack

import (
	"fmt"
	"time"

	"slipway/internal/deploy"
)

// running shows how long something has been going on. Whatever has taken minutes is shown in minutes, so that
// the message need not be edited each few seconds to stay true. What has only just begun has no duration: "".
func running(d time.Duration) string {
	switch {
	case d < time.Second:
		return ""
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 10*time.Minute:
		return fmt.Sprintf("%d:%02d min", int(d.Minutes()), int(d.Seconds())%60)
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// took shows how long something was; "" for what took no time that anybody would notice.
func took(d time.Duration) string {
	if d < 50*time.Millisecond {
		return ""
	}
	return deploy.Took(d)
}

// counter shows how much of a whole is over, as on a watch: 3:10 of 5:00. What takes hours is shown without seconds.
func counter(d, whole time.Duration) string {
	d = max(d, 0)
	if whole >= time.Hour {
		return fmt.Sprintf("%d:%02d h", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
