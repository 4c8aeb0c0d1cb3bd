package load_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"slipway/internal/deploy/provider/load"
)

// moving is a clock on which time passes only while somebody waits, and when a test says so.
type moving struct{ at time.Time }

func (c *moving) Now() time.Time { return c.at }

func (c *moving) NewTimer(d time.Duration) (<-chan time.Time, func()) {
	c.at = c.at.Add(d)
	over := make(chan time.Time, 1)
	over <- c.at
	return over, func() {}
}

// paced is when requests were sent. Each takes what stall says until it is on its way.
func paced(rate, most float64, lasts time.Duration, stall func(n int) time.Duration) (sent []time.Duration, took time.Duration) {
	c := &moving{at: time.Unix(0, 0)}
	begun := c.at
	p := load.Pacing(c, nil, rate, most, lasts)
	for n := 0; ; n++ {
		if _, stop := p.Pace(0, uint64(n)); stop {
			return sent, c.at.Sub(begun)
		}
		c.at = c.at.Add(stall(n))
		sent = append(sent, c.at.Sub(begun))
	}
}

func TestRequestsAreSentWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	const second = time.Second
	once := func(at int, d time.Duration) func(int) time.Duration {
		return func(n int) time.Duration {
			if n == at {
				return d
			}
			return 0
		}
	}
	none := once(-1, 0)
	for name, tc := range map[string]struct {
		rate, most float64
		lasts      time.Duration
		stall      func(int) time.Duration
		want       int
	}{
		"as many as asked for":                  {100, 500, 2 * second, none, 200},
		"never above the most":                  {100, 40, 2 * second, none, 80},
		"fewer than one a second":               {0.5, 10, 6 * second, none, 3},
		"a fraction of the most is not used":    {2.5, 2.5, 4 * second, none, 8},
		"a fraction of a rate is":               {2.5, 10, 4 * second, none, 10},
		"what is late is made up for":           {100, 500, 2 * second, once(50, 900*time.Millisecond), 200},
		"as far as the most allows":             {100, 100, 2 * second, once(50, 900*time.Millisecond), 150},
		"what is much too late is not":          {100, 5000, 5 * second, once(0, 3*second), 301},
		"a rate that is next to nothing":        {1e-300, 1, second, none, 1},
		"more than can be counted over seconds": {1e6, 1e6, second / 10, none, 100_000},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, took := paced(tc.rate, tc.most, tc.lasts, tc.stall)
			if len(sent) != tc.want {
				t.Errorf("%d requests, want %d", len(sent), tc.want)
			}
			if took != tc.lasts {
				t.Errorf("it took %s of %s", took, tc.lasts)
			}
		})
	}
}

func TestNoSecondHasMoreThanTheMost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Float64Range(1, 300).Draw(t, "most")
		rate := rapid.Float64Range(0.5, 600).Draw(t, "rate")
		stalls := rapid.SliceOfN(rapid.IntRange(0, 1_500), 1, 20).Draw(t, "stalls")
		sent, _ := paced(rate, most, 5*time.Second, func(n int) time.Duration {
			if n%17 == 0 {
				return time.Duration(stalls[n/17%len(stalls)]) * time.Millisecond
			}
			return time.Duration(n%3) * 100 * time.Microsecond
		})
		from := 0
		for to := range sent {
			for sent[to]-sent[from] >= time.Second {
				from++
			}
			if n := to - from + 1; float64(n) > most {
				t.Fatalf("%d requests in the second before %s", n, sent[to])
			}
		}
	})
}

func TestAskingTwiceForOneRequestSendsIt(t *testing.T) {
	t.Parallel()
	c := &moving{at: time.Unix(0, 0)}
	p := load.Pacing(c, nil, 10, 10, time.Second)
	for _, hits := range []uint64{0, 0, 0, 1, 1} {
		if _, stop := p.Pace(0, hits); stop {
			t.Fatalf("it ends before request %d", hits)
		}
	}
	if got := c.at.Sub(time.Unix(0, 0)); got != 100*time.Millisecond {
		t.Errorf("the second request is sent after %s", got)
	}
}

func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	p := load.Pacing(&frozen{}, done, 0.001, 1, time.Hour)
	if _, stop := p.Pace(0, 0); stop {
		t.Fatal("it ends at once")
	}
	close(done)
	if _, stop := p.Pace(0, 1); !stop {
		t.Error("it goes on")
	}
	if _, stop := p.Pace(0, 1); !stop {
		t.Error("it goes on when asked again")
	}
}

// frozen is a clock whose time does not pass.
type frozen struct{}

func (*frozen) Now() time.Time { return time.Unix(0, 0) }

func (*frozen) NewTimer(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }
