package chart

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// Load draws what a load check came to: latency over time, with the stretches in which requests failed, and latency by
// percentile, beside that of the release before if it is given. It is a PNG of Width by Height. limit is that of p99,
// 0 for none. Title names check and version, as in "API under load, v1.2.4": it is written above the picture and into
// alt, which says in words what there is to see. The only code is Internal.
func Load(title string, l deploy.LoadResult, before *deploy.LoadResult, limit time.Duration) (picture []byte, alt string, err error) {
	defer func() {
		if r := recover(); r != nil { // as in Canary
			picture, alt, err = nil, "", &deploy.Error{Code: deploy.Internal, Op: "draw a chart of load", Err: fmt.Errorf("gonum/plot: %v", r)}
		}
	}()
	s := &load{title: oneLine(title), result: l, before: before, limit: positive(inMs(limit), mostMs)}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&out, s.draw()); err != nil {
		return nil, "", &deploy.Error{Code: deploy.Internal, Op: "write a chart of load as PNG", Err: err}
	}
	return out.Bytes(), s.words(), nil
}

// load is what is drawn. Latencies are in ms; where there is nothing to draw a value is NaN.
type load struct {
	title  string
	result deploy.LoadResult
	before *deploy.LoadResult
	limit  float64
}

func inMs(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// known is a latency that can be drawn.
func known(d time.Duration) float64 {
	if ms := positive(inMs(d), mostMs); ms > 0 {
		return ms
	}
	return math.NaN()
}

// percentiles are those of the second panel, the last of which is the slowest of all.
var percentiles = []struct {
	name string
	q    float64
}{{"p50", 0.50}, {"p75", 0.75}, {"p90", 0.90}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}}

// distribution is the latency at each of the percentiles.
func distribution(l *deploy.LoadResult) []float64 {
	ys := make([]float64, len(percentiles))
	for i, p := range percentiles {
		d := l.Latencies.Quantile(p.q)
		if p.q == 1 {
			d = l.Latencies.Max
		}
		ys[i] = known(d)
	}
	return ys
}

// over is a latency of each stretch.
func (s *load) over(value func(deploy.LoadPoint) time.Duration) []float64 {
	ys := make([]float64, len(s.result.Points))
	for i, p := range s.result.Points {
		ys[i] = known(value(p))
	}
	return ys
}

// failures are the stretches in which requests failed, in seconds.
func (s *load) failures() (found []span) {
	from := 0.0
	for _, p := range s.result.Points {
		to := max(p.At.Seconds(), 0)
		switch n := len(found); {
		case p.Failed <= 0:
		case n > 0 && found[n-1].to == from:
			found[n-1].to = to
		default:
			found = append(found, span{from, to})
		}
		from = to
	}
	return found
}

// counts is 3,000 requests, 100 a second, 2 failed.
func (s *load) counts() string {
	l := &s.result
	if l.Requests <= 0 {
		return "no requests"
	}
	text := count(l.Requests) + " requests"
	if rate := l.Rate(); rate > 0 {
		text += ", " + millis(rate) + " a second"
	}
	if l.Failed <= 0 || l.Failed > l.Requests {
		return text + ", none failed"
	}
	return text + ", " + count(l.Failed) + " failed (" + percent(100*float64(l.Failed)/float64(l.Requests)) + ")"
}

// words is the picture in words: "API under load, v1.2.4: 3,000 requests, 100 a second, none failed. Latency p50 12
// ms, p95 20 ms, p99 34 ms (limit 500), max 120 ms; of the release before p50 11 ms, p95 19 ms, p99 30 ms, max 90 ms."
func (s *load) words() string {
	text := s.title + ": " + s.counts() + "."
	if s.result.Breach != "" {
		text = s.title + ": " + s.counts() + "; " + oneLine(s.result.Breach) + "."
	}
	now := inWords(&s.result, s.limit)
	if now == "" {
		return text
	}
	text += " Latency " + now
	if s.before != nil {
		if then := inWords(s.before, 0); then != "" {
			text += "; of the release before " + then
		}
	}
	return text + "."
}

func inWords(l *deploy.LoadResult, limit float64) string {
	var said []string
	for i, y := range distribution(l) {
		name := percentiles[i].name
		if math.IsNaN(y) || name == "p75" || name == "p90" || name == "p99.9" {
			continue
		}
		text := name + " " + millis(y) + " ms"
		if name == "p99" && limit > 0 {
			text += " (limit " + millis(limit) + ")"
		}
		said = append(said, text)
	}
	return strings.Join(said, ", ")
}
