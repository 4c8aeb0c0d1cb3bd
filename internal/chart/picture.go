package chart

import (
	"image"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// The size of a picture in pixels, which are also the unit of all lengths here. Slack's thumbnails are 360 by 360 at
// most, so that a picture much higher than wide would be narrower there; 1,200 is about what a phone has when the
// picture is opened.
const (
	Width  = 1200
	Height = 1350
)

// Where things are, from the left and from the top. Texts are named by their middle.
const (
	margin    = 36
	curvesAt  = 142         // numbers stand before, curves begin
	curvesEnd = Width - 104 // names of curves stand after
	titleAt   = 62
	keyAt     = 128
	headAbove = 50 // of a panel, above its top
	timesAt   = Height - 54

	errorsTop, errorsBottom   = 246, 530
	latencyTop, latencyBottom = 640, 990
	shareTop, shareBottom     = 1100, Height - 98
)

func (s *series) draw() image.Image {
	img := vgimg.NewWith(vgimg.UseWH(Width, Height), vgimg.UseDPI(72), vgimg.UseBackgroundColor(paper))
	c := draw.New(img)
	frame(&c)
	title := fit(bold(ofTitle, ink, draw.XLeft), s.title, Width-2*margin, ofAxis)
	write(&c, title, margin, titleAt, cut(title, s.title, Width-2*margin))
	s.key(&c)
	axis := s.axis()
	for _, p := range []panel{s.errors(), s.latencies(), s.shares()} {
		p.draw(&c, axis)
	}
	utc, at := regular(ofAxis, ink, draw.XLeft), regular(ofAxis, ink, draw.XCenter)
	write(&c, utc, margin, timesAt, "UTC")
	for _, t := range axis.ticks {
		if x := axis.place(t.at); x-at.Width(t.label)/2 > margin+utc.Width("UTC ") {
			write(&c, at, x, timesAt, t.label)
		}
	}
	if why := s.empty(); why != "" {
		write(&c, bold(ofTitle, faint, draw.XCenter), (curvesAt+curvesEnd)/2, (latencyTop+latencyBottom)/2, why)
	}
	return img.Image()
}

// frame is a line around the picture, without which it would have no end on white.
func frame(c *draw.Canvas) {
	c.StrokeLines(draw.LineStyle{Color: rule, Width: 2},
		[]vg.Point{{X: 1, Y: 1}, {X: Width - 1, Y: 1}, {X: Width - 1, Y: Height - 1}, {X: 1, Y: Height - 1}, {X: 1, Y: 1}})
}

// keyed is a line with what it is.
type keyed struct {
	line draw.LineStyle
	text draw.TextStyle
	what string
}

// key says what the lines are.
func (s *series) key(c *draw.Canvas) {
	entries := []keyed{{solid[2], bold(ofAxis, blue, draw.XLeft), "candidate"}, {dashed[2], regular(ofAxis, faint, draw.XLeft), "stable"}}
	if s.limits != (Limits{}) {
		entries = append(entries, keyed{dotted, regular(ofAxis, warning, draw.XLeft), "limit"})
	}
	writeKey(c, keyAt, entries)
}

// writeKey puts entries beside one another.
func writeKey(c *draw.Canvas, fromTop vg.Length, entries []keyed) {
	x := vg.Length(margin)
	for _, k := range entries {
		c.StrokeLine2(k.line, x, Height-fromTop, x+76, Height-fromTop)
		write(c, k.text, x+90, fromTop, k.what)
		x += 90 + k.text.Width(k.what) + 54
	}
}

// timeline is the axis of time that all panels share.
type timeline struct {
	xs     []float64 // of the points, in seconds after the first
	lo, hi float64
	ticks  []tick
}

// place is where a time is from the left.
func (t timeline) place(x float64) vg.Length {
	return curvesAt + vg.Length((x-t.lo)/(t.hi-t.lo))*(curvesEnd-curvesAt)
}
