package cloudrun_test

import (
	"testing"
	"time"

	"slipway/internal/sandbox/cloudrun"
)

func TestAManualClockCallsInOrderAtTheRightTime(t *testing.T) {
	t.Parallel()
	c := cloudrun.NewManualClock(noon)
	var got []string
	note := func(what string) func() {
		return func() { got = append(got, what+" at "+c.Now().Sub(noon).String()) }
	}
	c.AfterFunc(2*time.Second, note("second"))
	c.AfterFunc(time.Second, func() {
		note("first")()
		c.AfterFunc(500*time.Millisecond, note("nested"))
	})
	stopped := c.AfterFunc(time.Second, note("stopped"))
	c.AfterFunc(time.Hour, note("never"))
	if !stopped.Stop() || stopped.Stop() {
		t.Error("a pending timer is stopped once")
	}
	c.Advance(3 * time.Second)
	same(t, "calls", []string{"first at 1s", "nested at 1.5s", "second at 2s"}, got)
	if now := c.Now(); !now.Equal(noon.Add(3 * time.Second)) {
		t.Errorf("now %s", now)
	}
}
