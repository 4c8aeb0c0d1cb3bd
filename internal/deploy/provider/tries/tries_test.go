package tries_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/tries"
)

// clock stands still but for the pauses, which are over at once.
type clock struct {
	mu     sync.Mutex
	at     time.Time
	pauses []time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pauses, c.at = append(c.pauses, d), c.at.Add(d)
	over := make(chan time.Time, 1)
	over <- c.at
	return over, func() {}
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

var bad = &deploy.Error{Code: deploy.Invalid, Msg: "it is not so", Hint: "make it so"}

func TestTries(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tries  int
		within time.Duration
		takes  time.Duration // each
		came   []error
		want   string // of the message; empty: it went well
		made   int
	}{
		"the first goes well":            {3, time.Minute, 0, []error{nil}, "", 1},
		"the third does":                 {3, time.Minute, 0, []error{bad, bad, nil}, "", 3},
		"none does":                      {2, time.Minute, 0, []error{bad, bad}, "it is not so (2 times)", 2},
		"there is only one":              {1, time.Minute, 0, []error{bad}, "it is not so", 1},
		"nobody said how many":           {0, time.Minute, 0, []error{bad}, "it is not so", 1},
		"another would not change it":    {5, time.Minute, 0, []error{bad, tries.Final(bad)}, "it is not so", 2},
		"there is no time for another":   {5, 10 * time.Second, 6 * time.Second, []error{bad, bad}, "it is not so (try 2 of 5; no time for another)", 2},
		"a pause would take all of what": {5, 10 * time.Second, 8 * time.Second, []error{bad}, "it is not so (try 1 of 5; no time for another)", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{at: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)}
			made := 0
			got, err := tries.Plan{Clock: c}.Run(t.Context(), &deploy.Check{Name: "it", Within: tc.within, Tries: tc.tries}, func(ctx context.Context) (string, error) {
				if end, ok := ctx.Deadline(); !ok || time.Until(end) > tc.within {
					t.Error("a try has no end")
				}
				made++
				c.pass(tc.takes)
				return "found", tc.came[made-1]
			})
			if made != tc.made || len(c.pauses) != tc.made-1 {
				t.Errorf("%d tries, %v", made, c.pauses)
			}
			if tc.want == "" {
				if err != nil || got.Tries != tc.made || got.Note != "found" || got.Took != time.Duration(made)*tc.takes+time.Duration(made-1)*2*time.Second {
					t.Errorf("%+v, %v", got, err)
				}
				return
			}
			if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != tc.want || deploy.Hint(err) != "make it so" || !errors.Is(err, bad) || !strings.HasPrefix(err.Error(), `check "it": `) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheEndOfTheTimeAndOfThePatience(t *testing.T) {
	t.Parallel()
	wait := func(ctx context.Context) (string, error) {
		<-ctx.Done()
		return "", &deploy.Error{Code: deploy.Unavailable, Msg: "no answer", Err: context.Cause(ctx)}
	}
	_, err := tries.Plan{Pause: time.Millisecond}.Run(t.Context(), &deploy.Check{Within: 20 * time.Millisecond, Tries: 3}, wait)
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, tries.ErrTime) || deploy.Message(err) != "no answer (try 1 of 3; no time for another)" {
		t.Errorf("the time is up: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	made := 0
	_, err = tries.Plan{}.Run(ctx, &deploy.Check{Within: time.Minute, Tries: 3}, func(context.Context) (string, error) {
		made++
		cancel()
		return "", bad
	})
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) || deploy.Message(err) != "the check was broken off" || made != 1 {
		t.Errorf("the caller has given up: %v, after %d", err, made)
	}
	if _, err = (tries.Plan{}).Run(t.Context(), &deploy.Check{}, wait); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("no time at all: %v", err)
	}
	if tries.Final(nil) != nil {
		t.Error("nothing is an error")
	}
}
