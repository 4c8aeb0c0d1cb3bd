package chart_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/chart"
	"slipway/internal/deploy"
)

var (
	start  = time.Date(2026, 11, 14, 14, 2, 15, 0, time.UTC)
	limits = chart.Limits{ErrorRate: 0.01, P99: 2000}
)

const title = "v1.2.4 against v1.2.3"

// looks are so many points, one every so often, each of a healthy canary before it is changed.
func looks(n int, every time.Duration, change func(i int, p *deploy.Point)) (points []deploy.Point) {
	for i := range n {
		p := deploy.Point{
			At: start.Add(time.Duration(i) * every), Share: 10,
			Candidate: deploy.Seen{Requests: 816, P50: 82, P95: 220, P99: 412},
			Stable:    deploy.Seen{Requests: 7344, Failed: 3, P50: 80, P95: 212, P99: 398},
		}
		if change != nil {
			change(i, &p)
		}
		points = append(points, p)
	}
	return points
}

func draw(t *testing.T, title string, points []deploy.Point, l chart.Limits) (picture image.Image, alt string, raw []byte) {
	t.Helper()
	raw, alt, err := chart.Canary(title, points, l)
	if err != nil {
		t.Fatal(err)
	}
	picture, err = png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return picture, alt, raw
}

func failing(from int, failed int64) func(int, *deploy.Point) {
	return func(i int, p *deploy.Point) {
		if i >= from {
			p.Candidate.Failed = failed
		}
	}
}

func TestAltSaysWhatThePictureShows(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		points []deploy.Point
		limits chart.Limits
		title  string
		want   string
	}{
		"the candidate gets worse": {points: looks(46, 20*time.Second, failing(44, 31)), limits: limits,
			want: "Error rate of v1.2.4 against v1.2.3 from 14:02 to 14:17 UTC: candidate rose to 3.8 % (31 of 816), stable 0.041 % (3 of 7,344), limit 1 %; p99 412 ms (stable 398, limit 2,000)."},
		"nothing happens": {points: looks(4, time.Minute, nil), limits: limits,
			want: "Error rate of v1.2.4 against v1.2.3 from 14:02 to 14:05 UTC: candidate stayed at 0 % (0 of 816), stable 0.041 % (3 of 7,344), limit 1 %; p99 412 ms (stable 398, limit 2,000)."},
		"the candidate gets better, within a minute": {points: looks(3, 10*time.Second, func(i int, p *deploy.Point) { p.Candidate.Failed = int64(2 - i) }),
			want: "Error rate of v1.2.4 against v1.2.3 from 14:02:15 to 14:02:35 UTC: candidate fell to 0 % (0 of 816), stable 0.041 % (3 of 7,344); p99 412 ms (stable 398)."},
		"a peak is not forgotten": {points: looks(5, time.Minute, func(i int, p *deploy.Point) { p.Candidate.Failed = int64(80 * (i % 2)) }), limits: limits,
			want: "Error rate of v1.2.4 against v1.2.3 from 14:02 to 14:06 UTC: candidate rose to 9.8 % and came to 0 % (0 of 816), stable 0.041 % (3 of 7,344), limit 1 %; p99 412 ms (stable 398, limit 2,000)."},
		"one look": {points: looks(1, time.Minute, failing(0, 816)), limits: chart.Limits{},
			want: "Error rate of v1.2.4 against v1.2.3 at 14:02:15 UTC: candidate 100 % (816 of 816), stable 0.041 % (3 of 7,344); p99 412 ms (stable 398)."},
		"nobody came": {points: looks(2, 24*time.Hour, func(_ int, p *deploy.Point) { p.Candidate, p.Stable = deploy.Seen{}, deploy.Seen{} }), limits: limits,
			want: "Error rate of v1.2.4 against v1.2.3 from 14 Nov 14:02 to 15 Nov 14:02 UTC: candidate had no requests, stable had no requests, limit 1 %."},
		"no looks": {limits: limits, want: "Error rate of v1.2.4 against v1.2.3: nothing was measured."},
		"a title of several lines": {title: "v1.2.4\n\tagainst \x1b[1mv1.2.3",
			want: "Error rate of v1.2.4 against [1mv1.2.3: nothing was measured."},
		"numbers that cannot be are not said": {limits: chart.Limits{ErrorRate: math.NaN(), P99: math.Inf(1)},
			points: looks(2, time.Minute, func(_ int, p *deploy.Point) {
				p.Candidate = deploy.Seen{Requests: -4, Failed: 9, P99: math.NaN()}
				p.Stable = deploy.Seen{Requests: 4, Failed: 5, P99: -1}
			}),
			want: "Error rate of v1.2.4 against v1.2.3 from 14:02 to 14:03 UTC: candidate had no requests, stable had no requests."},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.title == "" {
				c.title = title
			}
			raw, alt, err := chart.Canary(c.title, c.points, c.limits)
			if err != nil || alt != c.want {
				t.Errorf("alt:\n%s\nwant\n%s\n%v", alt, c.want, err)
			}
			if size, err := png.DecodeConfig(bytes.NewReader(raw)); err != nil || size.Width != chart.Width || size.Height != chart.Height {
				t.Errorf("%d by %d, %v", size.Width, size.Height, err)
			}
		})
	}
}

// The three panels, between the top and the bottom of the picture.
var panels = []struct {
	what string
	at   image.Rectangle
}{
	{"errors", image.Rect(0, 180, chart.Width, 560)},
	{"latency", image.Rect(0, 570, chart.Width, 1010)},
	{"shares", image.Rect(0, 1030, chart.Width, 1270)},
	{"times", image.Rect(0, 1275, chart.Width, chart.Height)},
}

func TestWhatChangesIsSeenWhereItBelongs(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		points []deploy.Point
		limits chart.Limits
		want   string // the panels that are another than those of a healthy canary
	}{
		"the same":                     {points: looks(20, time.Minute, nil), limits: limits},
		"the same out of order":        {points: reversed(looks(20, time.Minute, nil)), limits: limits},
		"errors":                       {points: looks(20, time.Minute, failing(15, 40)), limits: limits, want: "errors"},
		"errors of the stable one":     {points: looks(20, time.Minute, func(_ int, p *deploy.Point) { p.Stable.Failed = 300 }), limits: limits, want: "errors"},
		"one slow percentile":          {points: looks(20, time.Minute, func(i int, p *deploy.Point) { p.Candidate.P95 += float64(i) }), limits: limits, want: "latency"},
		"a slow stable revision":       {points: looks(20, time.Minute, func(_ int, p *deploy.Point) { p.Stable.P50 = 120 }), limits: limits, want: "latency"},
		"a limit of errors":            {points: looks(20, time.Minute, nil), limits: chart.Limits{ErrorRate: 0.02, P99: 2000}, want: "errors"},
		"a limit of latency":           {points: looks(20, time.Minute, nil), limits: chart.Limits{ErrorRate: 0.01, P50: 1000, P99: 2000}, want: "latency"},
		"another share":                {points: looks(20, time.Minute, func(i int, p *deploy.Point) { p.Share = 10 + 40*(i/10) }), limits: limits, want: "shares"},
		"another time":                 {points: looks(20, 40*time.Second, nil), limits: limits, want: "errors latency shares times"},
		"a gap in latency only":        {points: looks(20, time.Minute, func(i int, p *deploy.Point) { p.Candidate.P50 *= float64(min(1, i%5)) }), limits: limits, want: "latency"},
		"a stretch without candidates": {points: looks(20, time.Minute, nobody(8, 12)), limits: limits, want: "errors latency shares"},
	}
	healthy, _, _ := draw(t, title, looks(20, time.Minute, nil), limits)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			picture, _, _ := draw(t, title, c.points, c.limits)
			var other []string
			for _, p := range panels {
				if differ(picture, healthy, p.at) {
					other = append(other, p.what)
				}
			}
			if got := strings.Join(other, " "); got != c.want {
				t.Errorf("other panels: %q, want %q", got, c.want)
			}
		})
	}
}

func reversed(points []deploy.Point) (back []deploy.Point) {
	for i := range points {
		back = append(back, points[len(points)-1-i])
	}
	return back
}

func nobody(from, to int) func(int, *deploy.Point) {
	return func(i int, p *deploy.Point) {
		if i >= from && i < to {
			p.Candidate = deploy.Seen{}
		}
	}
}

func differ(a, b image.Image, within image.Rectangle) bool {
	for y := within.Min.Y; y < within.Max.Y; y++ {
		for x := within.Min.X; x < within.Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return true
			}
		}
	}
	return false
}

func TestAStretchWithoutRequestsIsAGap(t *testing.T) {
	t.Parallel()
	candidates := func(change func(int, *deploy.Point)) (columns int) {
		picture, _, _ := draw(t, title, looks(21, time.Minute, change), limits)
		for x := 430; x < 660; x++ { // from a third to half of the way
			for y := 240; y < 540; y++ {
				if picture.At(x, y) == color.Color(color.RGBA{0x00, 0x40, 0x80, 0xff}) {
					columns++
					break
				}
			}
		}
		return columns
	}
	if whole, broken := candidates(nil), candidates(nobody(6, 11)); whole != 230 || broken != 0 {
		t.Errorf("the candidate's curve is in %d of 230 columns, with a gap there in %d", whole, broken)
	}
}

func TestThePictureHasItsOwnGround(t *testing.T) {
	t.Parallel()
	picture, _, _ := draw(t, title, looks(20, time.Minute, nil), limits)
	for y := range chart.Height {
		for x := range chart.Width {
			if _, _, _, a := picture.At(x, y).RGBA(); a != 0xffff {
				t.Fatalf("%d, %d is transparent", x, y)
			}
		}
	}
	if got := picture.At(20, 20); got != color.Color(color.RGBA{0xff, 0xff, 0xff, 0xff}) {
		t.Errorf("the ground is %v", got)
	}
}

func TestTheSameDataMakesTheSameBytes(t *testing.T) {
	t.Parallel()
	points := looks(60, 15*time.Second, failing(50, 20))
	_, _, want := draw(t, title, points, limits)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			got, _, err := chart.Canary(title, points, limits)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("other bytes: %v", err)
			}
		})
	}
	all.Wait()
}

func TestNoDataMakesItFail(t *testing.T) {
	t.Parallel()
	extremes := []float64{0, 1, -1, 1e-300, 0.0004, 7, 1e6, 1e300, math.Inf(1), math.Inf(-1), math.NaN()}
	for i, v := range extremes {
		n, w := []int{1, 2, 60}[i%3], extremes[(i*7+3)%len(extremes)]
		points := looks(n, time.Duration(i*i*i)*time.Hour, func(k int, p *deploy.Point) {
			p.Share = k * 1000 * (1 - 2*(i%2))
			p.Candidate = deploy.Seen{Requests: math.MaxInt64, Failed: int64(k), P50: v, P95: w, P99: v}
			p.Stable = deploy.Seen{Requests: int64(k) - 2, Failed: math.MaxInt64, P50: w, P95: v, P99: 3}
		})
		if _, _, err := chart.Canary(strings.Repeat("v😀漢", n*30), points, chart.Limits{ErrorRate: v, P50: w, P95: v, P99: w}); err != nil {
			t.Errorf("%d points of %v and %v: %v", n, v, w, err)
		}
	}
}

func BenchmarkCanary(b *testing.B) {
	points := looks(60, 15*time.Second, failing(50, 20))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := chart.Canary(title, points, limits); err != nil {
			b.Fatal(err)
		}
	}
}
