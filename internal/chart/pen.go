package chart

import (
	"image/color"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Colours that are told apart whatever the eye: blue, vermilion and grey. On the picture's own white ground, which is
// the same in a dark theme, curves stand out by 3 : 1 and letters by 4.5 : 1.
var (
	paper    = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	ink      = color.NRGBA{0x1d, 0x1c, 0x1d, 0xff}
	faint    = color.NRGBA{0x5e, 0x5e, 0x5e, 0xff}
	rule     = color.NRGBA{0xdc, 0xdc, 0xdc, 0xff}
	warning  = color.NRGBA{0xbe, 0x43, 0x00, 0xff}
	blue     = color.NRGBA{0x00, 0x5e, 0xa8, 0xff}
	paleBlue = color.NRGBA{0xd6, 0xe8, 0xf6, 0xff}
)

// Sizes of letters; 34 are 10 in a thumbnail of 360.
const (
	ofTitle = 46
	ofHead  = 38
	ofAxis  = 34
)

// Lines. The candidate's are solid, the stable revision's dashed, limits dotted. Of several, the darkest and widest is
// the slowest percentile.
var (
	solid  = [3]draw.LineStyle{{Color: color.NRGBA{0x45, 0x92, 0xd4, 0xff}, Width: 4}, {Color: color.NRGBA{0x0b, 0x74, 0xbd, 0xff}, Width: 5}, {Color: color.NRGBA{0x00, 0x40, 0x80, 0xff}, Width: 6}}
	dashed = [3]draw.LineStyle{
		{Color: color.NRGBA{0x90, 0x90, 0x90, 0xff}, Width: 4, Dashes: dashes},
		{Color: color.NRGBA{0x74, 0x74, 0x74, 0xff}, Width: 4, Dashes: dashes},
		{Color: color.NRGBA{0x50, 0x50, 0x50, 0xff}, Width: 5, Dashes: dashes},
	}
	dotted = draw.LineStyle{Color: warning, Width: 4, Dashes: []vg.Length{5, 7}}
	dashes = []vg.Length{18, 11}
)

func regular(size vg.Length, c color.Color, x draw.XAlignment) draw.TextStyle {
	return draw.TextStyle{Color: c, Font: font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}, XAlign: x, YAlign: draw.YCenter,
		Handler: text.Plain{Fonts: font.DefaultCache}}
}

func bold(size vg.Length, c color.Color, x draw.XAlignment) draw.TextStyle {
	s := regular(size, c, x)
	s.Font.Weight = xfont.WeightBold
	return s
}

// raised brings the middle of a letter to where the middle of a line of text would be, in parts of its size.
const raised = 0.08

// write puts text with its middle so far from the top.
func write(c *draw.Canvas, s draw.TextStyle, x, fromTop vg.Length, t string) {
	c.FillText(s, vg.Point{X: x, Y: Height - fromTop + s.Font.Size*raised}, t)
}

// piece is a part of a line of text in a colour of its own.
type piece struct {
	style draw.TextStyle
	text  string
}

// writeBefore puts pieces one after the other so that the last ends at x.
func writeBefore(c *draw.Canvas, x, fromTop vg.Length, pieces []piece) {
	for _, p := range pieces {
		x -= p.style.Width(p.text)
	}
	for _, p := range pieces {
		write(c, p.style, x, fromTop, p.text)
		x += p.style.Width(p.text)
	}
}

// fit makes letters smaller until text is no wider than width, or they are at least small.
func fit(s draw.TextStyle, t string, width, least vg.Length) draw.TextStyle {
	for s.Width(t) > width && s.Font.Size > least {
		s.Font.Size--
	}
	return s
}

// cut shortens text to a width.
func cut(s draw.TextStyle, t string, width vg.Length) string {
	if s.Width(t) <= width {
		return t
	}
	letters := []rune(t)
	for len(letters) > 0 && s.Width(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}
