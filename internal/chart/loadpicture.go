package chart

import (
	"fmt"
	"image"
	"math"
	"time"

	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"slipway/internal/deploy"
)

// Where things of a picture of load are, as in picture.go.
const (
	countsAt = 120
	breachAt = 168
	loadKey  = 226

	overTop, overBottom   = 338, 704
	elapsedAt             = 746
	shapeTop, shapeBottom = 868, Height - 98
)

// failing is the line below stretches in which requests failed.
var failing = draw.LineStyle{Color: warning, Width: 14}

func (s *load) draw() image.Image {
	img := vgimg.NewWith(vgimg.UseWH(Width, Height), vgimg.UseDPI(72), vgimg.UseBackgroundColor(paper))
	c := draw.New(img)
	frame(&c)
	title := fit(bold(ofTitle, ink, draw.XLeft), s.title, Width-2*margin, ofAxis)
	write(&c, title, margin, titleAt, cut(title, s.title, Width-2*margin))
	s.head(&c)
	s.key(&c)
	elapsed, shape := s.elapsed(), percentileAxis()
	s.overTime().draw(&c, elapsed)
	s.byPercentile().draw(&c, shape)
	label := regular(ofAxis, ink, draw.XCenter)
	for _, t := range elapsed.ticks {
		write(&c, label, elapsed.place(t.at), elapsedAt, t.label)
	}
	for _, t := range shape.ticks {
		write(&c, label, shape.place(t.at), timesAt, t.label)
	}
	if s.result.Requests <= 0 {
		write(&c, bold(ofTitle, faint, draw.XCenter), (curvesAt+curvesEnd)/2, (overTop+overBottom)/2, "no requests")
	}
	return img.Image()
}

// head is what it came to, in numbers, and which limit was broken.
func (s *load) head(c *draw.Canvas) {
	breach := oneLine(s.result.Breach)
	if breach == "" {
		write(c, regular(ofHead, ink, draw.XLeft), margin, (countsAt+breachAt)/2, s.counts())
		return
	}
	write(c, regular(ofHead, ink, draw.XLeft), margin, countsAt, s.counts())
	loud := fit(bold(ofHead, warning, draw.XLeft), breach, Width-2*margin, ofAxis-6)
	write(c, loud, margin, breachAt, cut(loud, breach, Width-2*margin))
}

func (s *load) key(c *draw.Canvas) {
	entries := []keyed{{solid[2], bold(ofAxis, blue, draw.XLeft), "this release"}}
	if s.before != nil {
		entries = append(entries, keyed{dashed[2], regular(ofAxis, faint, draw.XLeft), "before"})
	}
	if s.limit > 0 {
		entries = append(entries, keyed{dotted, regular(ofAxis, warning, draw.XLeft), "limit"})
	}
	if len(s.failures()) > 0 {
		entries = append(entries, keyed{failing, regular(ofAxis, warning, draw.XLeft), "failures"})
	}
	writeKey(c, loadKey, entries)
}

// elapsed is the axis of the time in which load was sent.
func (s *load) elapsed() timeline {
	t := timeline{hi: 1}
	for _, p := range s.result.Points {
		at := max(p.At.Seconds(), 0)
		t.xs, t.hi = append(t.xs, at), max(t.hi, at)
	}
	every := times[len(times)-1]
	for _, d := range times {
		if t.hi/d.Seconds() <= 6 {
			every = d
			break
		}
	}
	every = max(every, every*time.Duration(min(t.hi/every.Seconds()/6, 1e6)))
	for at := time.Duration(0); at.Seconds() <= t.hi; at += every {
		t.ticks = append(t.ticks, tick{at.Seconds(), afterStart(at, every)})
	}
	return t
}

func afterStart(at, every time.Duration) string {
	switch {
	case every < time.Minute && at < 2*time.Minute, at == 0:
		return fmt.Sprintf("%d s", int(at.Seconds()))
	case every < time.Minute:
		return fmt.Sprintf("%d:%02d", int(at.Minutes()), int(at.Seconds())%60)
	case every < time.Hour:
		return fmt.Sprintf("%d min", int(at.Minutes()))
	}
	return fmt.Sprintf("%d h", int(at.Hours()))
}

// overTime is the panel of latency over time.
func (s *load) overTime() panel {
	p50, p99 := s.over(func(p deploy.LoadPoint) time.Duration { return p.P50 }), s.over(func(p deploy.LoadPoint) time.Duration { return p.P99 })
	p := panel{head: "Latency, ms", top: overTop, bottom: overBottom, curves: []curve{{ys: p50, style: solid[0], name: "p50"}, {ys: p99, style: solid[2], name: "p99"}}}
	p.marked = s.failures()
	if s.limit > 0 {
		p.limits = []tick{{s.limit, "p99 limit " + millis(s.limit)}}
	}
	if y := known(s.result.Latencies.Quantile(0.99)); !math.IsNaN(y) {
		p.now = []piece{{regular(ofHead, faint, draw.XLeft), "p99 of all "}, {bold(ofHead, blue, draw.XLeft), millis(y) + " ms"}}
	}
	return p.inMillis()
}

func percentileAxis() timeline {
	t := timeline{hi: float64(len(percentiles) - 1)}
	for i, p := range percentiles {
		t.xs = append(t.xs, float64(i))
		t.ticks = append(t.ticks, tick{float64(i), p.name})
	}
	return t
}

// byPercentile is the panel of how latencies are distributed.
func (s *load) byPercentile() panel {
	now := distribution(&s.result)
	p := panel{head: "By percentile, ms", top: shapeTop, bottom: shapeBottom}
	if s.before != nil {
		p.curves = append(p.curves, curve{ys: distribution(s.before), style: dashed[2], stable: true})
	}
	p.curves = append(p.curves, curve{ys: now, style: solid[2]})
	if y, _, ok := last(now); ok {
		p.now = []piece{{regular(ofHead, faint, draw.XLeft), "slowest "}, {bold(ofHead, blue, draw.XLeft), millis(y) + " ms"}}
		if s.before != nil {
			if y, _, ok := last(p.curves[0].ys); ok {
				p.now = append(p.now, piece{regular(ofHead, faint, draw.XLeft), ", before " + millis(y)})
			}
		}
	}
	return p.inMillis()
}
