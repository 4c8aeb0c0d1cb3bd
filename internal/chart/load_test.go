package chart_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"slipway/internal/chart"
	"slipway/internal/deploy"
)

const loadTitle = "API under load, v1.2.4"

// loaded is so many stretches of two seconds, each of 200 requests with latencies from base to twice that.
func loaded(stretches int, base time.Duration, change func(i int, p *deploy.LoadPoint)) deploy.LoadResult {
	l := deploy.LoadResult{Check: "API under load"}
	for i := range stretches {
		var stretch deploy.Latencies
		for n := range 200 {
			stretch.Add(base + base*time.Duration(n)/200)
		}
		p := deploy.LoadPoint{At: time.Duration(i+1) * 2 * time.Second, Rate: 100, P50: stretch.Quantile(0.5), P99: stretch.Quantile(0.99)}
		if change != nil {
			change(i, &p)
		}
		l.Latencies, l.Points = l.Latencies.Plus(stretch), append(l.Points, p)
		l.Requests, l.Failed, l.Took = l.Requests+200, l.Failed+p.Failed, p.At
	}
	return l
}

func drawLoad(t *testing.T, title string, l deploy.LoadResult, before *deploy.LoadResult, limit time.Duration) (image.Image, string) {
	t.Helper()
	raw, alt, err := chart.Load(title, l, before, limit)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if size := picture.Bounds().Size(); size != image.Pt(chart.Width, chart.Height) {
		t.Errorf("it is %v", size)
	}
	return picture, alt
}

func TestAltOfLoadSaysWhatThePictureShows(t *testing.T) {
	t.Parallel()
	before := loaded(15, 8*time.Millisecond, nil)
	broken := loaded(15, 10*time.Millisecond, func(i int, p *deploy.LoadPoint) { p.Failed = int64(i / 13) })
	broken.Breach = "0.07 % failed,\nlimit 0 %"
	var never deploy.LoadResult
	for name, c := range map[string]struct {
		title  string
		load   deploy.LoadResult
		before *deploy.LoadResult
		limit  time.Duration
		want   string
	}{
		"nothing special": {load: loaded(15, 10*time.Millisecond, nil), want: "API under load, v1.2.4: 3,000 requests, 100 a second, none failed. Latency p50 15 ms, p95 20 ms, p99 20 ms, max 20 ms."},
		"with a limit, beside the release before": {load: loaded(15, 10*time.Millisecond, nil), before: &before, limit: 500 * time.Millisecond,
			want: "API under load, v1.2.4: 3,000 requests, 100 a second, none failed. Latency p50 15 ms, p95 20 ms, p99 20 ms (limit 500), max 20 ms; of the release before p50 12 ms, p95 16 ms, p99 16 ms, max 16 ms."},
		"a limit was broken": {load: broken, before: &never,
			want: "API under load, v1.2.4: 3,000 requests, 100 a second, 2 failed (0.067 %); 0.07 % failed, limit 0 %. Latency p50 15 ms, p95 20 ms, p99 20 ms, max 20 ms."},
		"nothing was sent":         {load: never, limit: time.Second, want: "API under load, v1.2.4: no requests."},
		"a title of several lines": {title: "API\n\tunder \x1b[1mload", load: never, want: "API under [1mload: no requests."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.title == "" {
				c.title = loadTitle
			}
			if _, alt := drawLoad(t, c.title, c.load, c.before, c.limit); alt != c.want {
				t.Errorf("alt:\n%s\nwant\n%s", alt, c.want)
			}
		})
	}
}

// The parts of the picture, between the top and the bottom.
var loadParts = []struct {
	what string
	at   image.Rectangle
}{
	{"numbers", image.Rect(0, 90, chart.Width, 200)},
	{"key", image.Rect(0, 204, chart.Width, 250)},
	{"over time", image.Rect(0, 320, chart.Width, 716)},
	{"times", image.Rect(0, 724, chart.Width, 770)},
	{"percentiles", image.Rect(0, 850, chart.Width, 1270)},
}

func TestWhatChangesUnderLoadIsSeenWhereItBelongs(t *testing.T) {
	t.Parallel()
	usual := loaded(15, 10*time.Millisecond, nil)
	faster := loaded(15, 6*time.Millisecond, nil)
	breach := usual
	breach.Breach = "p99 612 ms, limit 500 ms"
	slow := usual
	slow.Latencies = usual.Latencies.Plus(loaded(1, 14*time.Millisecond, nil).Latencies)
	for name, c := range map[string]struct {
		load   deploy.LoadResult
		before *deploy.LoadResult
		limit  time.Duration
		want   string
	}{
		"the same":             {load: usual, limit: 100 * time.Millisecond},
		"a slow stretch":       {load: loaded(15, 10*time.Millisecond, func(i int, p *deploy.LoadPoint) { p.P99 += time.Duration(i%3) * time.Millisecond }), limit: 100 * time.Millisecond, want: "over time"},
		"failures":             {load: loaded(15, 10*time.Millisecond, func(i int, p *deploy.LoadPoint) { p.Failed = int64(i % 2) }), limit: 100 * time.Millisecond, want: "numbers key over time"},
		"another limit":        {load: usual, limit: 90 * time.Millisecond, want: "over time"},
		"no limit":             {load: usual, want: "key over time"},
		"the release before":   {load: usual, before: &faster, limit: 100 * time.Millisecond, want: "key percentiles"},
		"a broken limit":       {load: breach, limit: 100 * time.Millisecond, want: "numbers"},
		"another distribution": {load: slow, limit: 100 * time.Millisecond, want: "percentiles"},
		"fewer stretches":      {load: loaded(5, 10*time.Millisecond, nil), limit: 100 * time.Millisecond, want: "numbers over time times"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was, _ := drawLoad(t, loadTitle, usual, nil, 100*time.Millisecond)
			got, _ := drawLoad(t, loadTitle, c.load, c.before, c.limit)
			var other []string
			for _, p := range loadParts {
				if differ(got, was, p.at) {
					other = append(other, p.what)
				}
			}
			if got := strings.Join(other, " "); got != c.want {
				t.Errorf("other parts: %q, want %q", got, c.want)
			}
		})
	}
}

func TestFailuresAreMarkedWhereTheyWere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to int // stretches
	}{"in the middle": {5, 8}, "at the beginning": {0, 1}, "at the end": {14, 15}, "all the time": {0, 15}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			picture, _ := drawLoad(t, loadTitle, loaded(15, 10*time.Millisecond, func(i int, p *deploy.LoadPoint) {
				if i >= c.from && i < c.to {
					p.Failed = 3
				}
			}), nil, 0)
			marked := 0
			for x := range chart.Width {
				if picture.At(x, 702) == color.Color(color.RGBA{0xbe, 0x43, 0x00, 0xff}) {
					marked++
				}
			}
			if want := (c.to - c.from) * 954 / 15; marked < want-3 || marked > want+3 {
				t.Errorf("%d of %d columns are marked", marked, want)
			}
		})
	}
}

func TestNoLoadMakesItFail(t *testing.T) {
	t.Parallel()
	extremes := []time.Duration{0, 1, -1, time.Nanosecond, 50 * time.Microsecond, time.Second, time.Hour, 1000 * time.Hour, math.MaxInt64, math.MinInt64}
	for i, d := range extremes {
		other := extremes[(i*7+3)%len(extremes)]
		l := deploy.LoadResult{Requests: int64(other), Failed: int64(d), Took: other, Breach: strings.Repeat("v😀漢", i*40)}
		l.Latencies.Add(max(d, 0))
		for k := range []int{0, 1, 2, 400}[i%4] {
			l.Points = append(l.Points, deploy.LoadPoint{At: d * time.Duration(k+1), P50: d, P99: other, Failed: int64(k) - 1})
		}
		if _, _, err := chart.Load(strings.Repeat("v😀漢", i*30), l, &l, other); err != nil {
			t.Errorf("%s and %s: %v", d, other, err)
		}
	}
}

func TestTheSameLoadMakesTheSameBytes(t *testing.T) {
	t.Parallel()
	l := loaded(30, 10*time.Millisecond, nil)
	one, _, err := chart.Load(loadTitle, l, &l, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if two, _, err := chart.Load(loadTitle, l, &l, time.Second); err != nil || !bytes.Equal(one, two) {
		t.Errorf("other bytes: %v", err)
	}
}
