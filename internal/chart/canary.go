package chart

import (
	"bytes"
	"fmt"
	"image/png"

	"slipway/internal/deploy"
)

// Limits are the critical thresholds that are drawn in: the error rate as a share from 0 to 1, latencies in ms; 0 for
// none.
type Limits struct{ ErrorRate, P50, P95, P99 float64 }

// Canary draws the candidate against the stable revision over time, as a PNG of Width by Height. The points may be in
// any order; one without a time is left out, and so is a value that cannot be. Title names the two, as in "v1.2.4
// against v1.2.3": it is written above the picture and into alt, which says in one sentence what there is to see, for
// those who do not see it. The only code is Internal.
func Canary(title string, points []deploy.Point, limits Limits) (picture []byte, alt string, err error) {
	defer func() {
		// The library panics at what it cannot draw. No picture is worth the bot.
		if r := recover(); r != nil {
			picture, alt, err = nil, "", &deploy.Error{Code: deploy.Internal, Op: "draw a chart", Err: fmt.Errorf("gonum/plot: %v", r)}
		}
	}()
	s := newSeries(title, points, limits)
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed} // a few percent larger than the default, and faster
	if err := encoder.Encode(&out, s.draw()); err != nil {
		return nil, "", &deploy.Error{Code: deploy.Internal, Op: "write a chart as PNG", Err: err}
	}
	return out.Bytes(), s.words(), nil
}
