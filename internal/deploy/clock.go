package deploy

import "time"

// Clock is how the parts that act tell the time and wait. One is handed down from main; decisions take the time
// as an argument instead, and who may try is decided by Redis time.
type Clock interface {
	Now() time.Time
	// NewTimer sends once after d on the channel unless stopped first.
	NewTimer(d time.Duration) (c <-chan time.Time, stop func())
}

// SystemClock is the computer's own.
type SystemClock struct{}

// Now is the current time.
func (SystemClock) Now() time.Time { return time.Now() }

// NewTimer starts a timer.
func (SystemClock) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}
