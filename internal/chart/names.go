package chart

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// names writes what the lines of a panel are, beside them.
type names struct {
	c     *draw.Canvas
	y     func(float64) vg.Length
	axis  timeline
	panel panel
}

func (n names) write() {
	n.writeLimits()
	n.writeCurves()
}

// places are how many there are along a line for its name; forbidden is more than all curves can cross one.
const (
	places    = 7
	forbidden = 1 << 20
)

// writeLimits puts the name of each limit above or below its line, where the fewest curves and no other name are.
func (n names) writeLimits() {
	style := regular(ofAxis, warning, draw.XLeft)
	var taken []vg.Rectangle
	for _, l := range n.panel.limits {
		width := style.Width(l.label)
		var found vg.Rectangle
		least := math.MaxInt
		for place := range 2 * places {
			x := curvesAt + 12 + (curvesEnd-curvesAt-24-width)*vg.Length(place%places)/(places-1)
			at := vg.Rectangle{Min: vg.Point{X: x - 6, Y: n.y(l.at) + 3}, Max: vg.Point{X: x + width + 6, Y: n.y(l.at) + ofAxis + 5}}
			if place >= places {
				at.Min.Y, at.Max.Y = at.Min.Y-ofAxis-8, at.Max.Y-ofAxis-8
			}
			crossed := n.crossed(at)
			if at.Min.Y < Height-n.panel.bottom || slices.ContainsFunc(taken, func(r vg.Rectangle) bool { return overlap(r, at) }) {
				crossed += forbidden
			}
			if crossed < least {
				found, least = at, crossed
			}
		}
		taken = append(taken, found)
		n.c.FillPolygon(color.NRGBA{0xff, 0xff, 0xff, 0xd8}, []vg.Point{found.Min, {X: found.Min.X, Y: found.Max.Y}, found.Max, {X: found.Max.X, Y: found.Min.Y}})
		n.c.FillText(style, vg.Point{X: found.Min.X + 6, Y: (found.Min.Y+found.Max.Y)/2 + ofAxis*raised}, l.label)
	}
}

func overlap(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// crossed is how many pieces of curves may go through a place.
func (n names) crossed(place vg.Rectangle) (pieces int) {
	for _, c := range n.panel.curves {
		for i, value := range c.ys {
			if math.IsNaN(value) {
				continue
			}
			x, y := n.axis.place(n.axis.xs[i]), n.y(value)
			box := vg.Rectangle{Min: vg.Point{X: x, Y: y}, Max: vg.Point{X: x, Y: y}}
			if i > 0 && !math.IsNaN(c.ys[i-1]) {
				before, was := n.axis.place(n.axis.xs[i-1]), n.y(c.ys[i-1])
				box = vg.Rectangle{Min: vg.Point{X: before, Y: min(y, was)}, Max: vg.Point{X: x, Y: max(y, was)}}
			}
			box.Min.X, box.Min.Y, box.Max.X, box.Max.Y = box.Min.X-6, box.Min.Y-6, box.Max.X+6, box.Max.Y+6
			if overlap(box, place) {
				pieces++
			}
		}
	}
	return pieces
}

// writeCurves puts the names of curves where these end, and out of one another's way.
func (n names) writeCurves() {
	type named struct {
		curve
		at vg.Length
	}
	var all []named
	for _, c := range n.panel.curves {
		if y, _, ok := last(c.ys); ok && c.name != "" {
			all = append(all, named{c, n.y(y)})
		}
	}
	slices.SortStableFunc(all, func(a, b named) int { return int(math.Copysign(1, float64(a.at-b.at))) })
	const apart = ofAxis
	for i := range all {
		if i > 0 {
			all[i].at = max(all[i].at, all[i-1].at+apart)
		}
	}
	// What was pushed above the panel comes down again, and pushes down what is below it.
	for i, most := len(all)-1, vg.Length(Height)-n.panel.top; i >= 0; i-- {
		all[i].at = min(all[i].at, most)
		most = all[i].at - apart
	}
	for _, a := range all {
		n.c.FillText(bold(ofAxis, a.style.Color, draw.XLeft), vg.Point{X: curvesEnd + 16, Y: a.at + ofAxis*raised}, a.name)
	}
}
