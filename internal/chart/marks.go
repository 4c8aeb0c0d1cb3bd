package chart

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// fewDots is up to how many points each has a dot.
const fewDots = 16

// grid is the lines behind the curves, one for each number of the axes.
type grid struct {
	panel panel
	axis  timeline
}

func (g grid) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	thin := draw.LineStyle{Color: rule, Width: 2}
	for _, t := range g.axis.ticks {
		c.StrokeLine2(thin, x(t.at), c.Min.Y, x(t.at), c.Max.Y)
	}
	for _, t := range g.panel.ticks {
		c.StrokeLine2(thin, c.Min.X, y(t.at), c.Max.X, y(t.at))
	}
	c.StrokeLine2(draw.LineStyle{Color: faint, Width: 2}, c.Min.X, c.Min.Y, c.Max.X, c.Min.Y)
}

// filled is an area under steps. A point says what was so since the point before.
type filled struct{ ys, xs []float64 }

func (f filled) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	from := c.Min.X
	for i := range f.ys {
		to := vg.Length(math.Round(float64(x(f.xs[i])))) // half a pixel beside half a pixel would be a seam
		switch {
		case i == len(f.ys)-1:
			to = c.Max.X
		case f.ys[i+1] == f.ys[i]:
			continue
		}
		c.FillPolygon(paleBlue, []vg.Point{{X: from, Y: c.Min.Y}, {X: from, Y: y(f.ys[i])}, {X: to, Y: y(f.ys[i])}, {X: to, Y: c.Min.Y}})
		from = to
	}
}

// span is a stretch of the axis of time.
type span struct{ from, to float64 }

// marks are spans that stand out.
type marks []span

func (m marks) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for _, s := range m {
		c.StrokeLine2(failing, x(s.from), c.Min.Y, x(s.to), c.Min.Y)
	}
}

// level is a limit.
type level struct{ at float64 }

func (l level) Plot(c draw.Canvas, p *plot.Plot) {
	_, y := p.Transforms(&c)
	c.StrokeLine2(dotted, c.Min.X, y(l.at), c.Max.X, y(l.at))
}

// drawn is a curve: a line through each stretch without a gap, a dot where there is nothing on either side of it, and
// one at the end of the candidate's.
type drawn struct {
	curve
	xs []float64
}

func (d drawn) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	dot := func(i int, radius vg.Length) {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: d.style.Color, Radius: radius, Shape: draw.CircleGlyph{}}, vg.Point{X: x(d.xs[i]), Y: y(d.ys[i])})
	}
	for _, run := range runs(d.ys) {
		var line []vg.Point
		for i := run[0]; i < run[1]; i++ {
			line = append(line, vg.Point{X: x(d.xs[i]), Y: y(d.ys[i])})
			if run[1]-run[0] == 1 || !d.stable && len(d.xs) <= fewDots {
				dot(i, d.style.Width+2)
			}
		}
		c.StrokeLines(d.style, line)
	}
	if _, i, ok := last(d.ys); ok && !d.stable {
		dot(i, d.style.Width+4)
	}
}
