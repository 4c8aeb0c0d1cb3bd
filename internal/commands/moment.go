package commands

import (
	"time"

	"slipway/internal/deploy"
)

// clocks are how a time of the day may be typed, zoneless how people type a moment and forget its zone.
var (
	clocks   = []string{"15:04", "15:04:05"}
	zoneless = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"}
)

// exactly is how a moment is said where every second counts.
const exactly = "2006-01-02 15:04:05 UTC"

// moment understands what was typed behind --at: RFC 3339, or a time of the day in UTC, which is the last one that is not
// after now.
func moment(typed string, now time.Time) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339, typed); err == nil {
		return at.UTC(), true
	}
	now = now.UTC()
	for _, layout := range clocks {
		of, err := time.Parse(layout, typed)
		if err != nil {
			continue
		}
		at := time.Date(now.Year(), now.Month(), now.Day(), of.Hour(), of.Minute(), of.Second(), of.Nanosecond(), time.UTC)
		if at.After(now) {
			at = at.AddDate(0, 0, -1)
		}
		return at, true
	}
	return time.Time{}, false
}

func isMoment(typed string) bool {
	_, ok := moment(typed, time.Unix(0, 0))
	return ok
}

// noMoment corrects what is no moment: without a zone it is not known which one was meant.
func noMoment(l line, typed, list string) error {
	for _, layout := range zoneless {
		if at, err := time.Parse(layout, typed); err == nil {
			return mistake(deploy.Invalid, l.without("at").option("at", at.Format(time.RFC3339)).String(),
				"%q has no time zone. In UTC it is this:", typed)
		}
	}
	return mistake(deploy.Invalid, list, "%q is no moment: 14:02 is one (UTC, the last time it was), and 2026-03-02T14:02:00Z. The list says when backups were made.", typed)
}

// minutes says how long, as data that would be lost is counted.
func minutes(d time.Duration) string {
	n := int64((d + time.Minute - 1) / time.Minute)
	return deploy.Thousands(max(n, 1)) + " min"
}
