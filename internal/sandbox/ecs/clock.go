package ecs

import "time"

// Clock is where the platform's time comes from. It has no named types in it, so that a clock of any package that looks
// like it will do: that of elb is one.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once, after d, on a goroutine that is not the caller's or, for a clock driven by hand, on the
	// one that drives it. stop reports whether it prevented the call.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

type realClock struct{}

func (realClock) Now() time.Time                                  { return time.Now() }
func (realClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
