package chart

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is one of the diagrams.
type panel struct {
	head        string
	now         []piece // the newest values, on the other side of the headline
	top, bottom vg.Length
	lo, hi      float64
	log         bool
	ticks       []tick
	limits      []tick
	area        []float64 // filled from the bottom, in steps; nil for none
	marked      []span    // stretches of time that are marked on the axis
	curves      []curve
}

// curve is one line over time. Stable ones are drawn first and have no dots.
type curve struct {
	ys     []float64
	style  draw.LineStyle
	stable bool
	name   string // stands where it ends
}

func (p panel) draw(c *draw.Canvas, axis timeline) {
	write(c, bold(ofHead, ink, draw.XLeft), margin, p.top-headAbove, p.head)
	writeBefore(c, Width-margin, p.top-headAbove, p.now)
	inner := draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: curvesAt, Y: Height - p.bottom}, Max: vg.Point{X: curvesEnd, Y: Height - p.top}}}
	d := plot.New()
	d.BackgroundColor = nil
	d.HideAxes()
	d.X.Padding, d.Y.Padding = 0, 0
	d.X.Min, d.X.Max, d.Y.Min, d.Y.Max = axis.lo, axis.hi, p.lo, p.hi
	if p.log {
		d.Y.Scale = plot.LogScale{}
	}
	d.Add(grid{p, axis}, filled{p.area, axis.xs}, marks(p.marked))
	for _, l := range p.limits {
		d.Add(level{l.at})
	}
	for _, curve := range p.curves {
		d.Add(drawn{curve, axis.xs})
	}
	d.Draw(inner)
	_, y := d.Transforms(&inner)
	for _, t := range p.ticks {
		c.FillText(fit(regular(ofAxis, ink, draw.XRight), t.label, curvesAt-24, 1), vg.Point{X: curvesAt - 14, Y: y(t.at) + ofAxis*raised}, t.label)
	}
	names{c: c, y: y, axis: axis, panel: p}.write()
}
