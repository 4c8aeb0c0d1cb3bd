package chart

import (
	"math"
	"time"

	"gonum.org/v1/plot/vg/draw"

	"slipway/internal/deploy"
)

func (s *series) axis() timeline {
	t := timeline{xs: s.seconds(), lo: 0, hi: 1}
	if len(s.points) == 0 {
		return t
	}
	from, to := s.from(), s.to()
	if from.Equal(to) {
		from, to = from.Add(-30*time.Second), to.Add(30*time.Second)
	}
	t.lo, t.hi = from.Sub(s.from()).Seconds(), to.Sub(s.from()).Seconds()
	t.ticks = clock(s.from(), from, to, 5)
	return t
}

// now is the newest value of both.
func (s *series) now(candidate, stable []float64, before string, write func(float64) string) []piece {
	y, _, ok := last(candidate)
	if !ok {
		return nil
	}
	pieces := []piece{{regular(ofHead, faint, draw.XLeft), before}, {bold(ofHead, blue, draw.XLeft), write(y)}}
	if y, _, ok := last(stable); ok {
		pieces = append(pieces, piece{regular(ofHead, faint, draw.XLeft), ", stable " + write(y)})
	}
	return pieces
}

// errors is the panel of the error rates. It is at least 0.1 % high: what is less is not to look like much.
func (s *series) errors() panel {
	candidate, stable := s.each(rate(ofCandidate)), s.each(rate(ofStable))
	p := panel{head: "Error rate", now: s.now(candidate, stable, "", percent), top: errorsTop, bottom: errorsBottom,
		curves: []curve{{ys: stable, style: dashed[2], stable: true}, {ys: candidate, style: solid[2]}}}
	if limit := 100 * s.limits.ErrorRate; limit > 0 {
		p.limits = []tick{{limit, "limit " + percent(limit)}}
	}
	_, most := p.extent()
	p.hi = max(most*1.2, 0.1)
	p.ticks = evenly(min(p.hi, 100), 4, percent)
	return p
}

// farApart is from how many times the smallest on latencies are drawn on a logarithmic scale.
const farApart = 20

func (s *series) latencies() panel {
	p := panel{head: "Latency, ms", top: latencyTop, bottom: latencyBottom}
	kinds := []struct {
		name  string
		of    func(deploy.Seen) float64
		limit float64
	}{{"p50", p50, s.limits.P50}, {"p95", p95, s.limits.P95}, {"p99", p99, s.limits.P99}}
	for i, k := range kinds {
		p.curves = append(p.curves, curve{ys: s.each(latency(ofStable, k.of)), style: dashed[i], stable: true})
		if k.limit > 0 {
			p.limits = append(p.limits, tick{k.limit, k.name + " limit " + millis(k.limit)})
		}
	}
	for i, k := range kinds {
		p.curves = append(p.curves, curve{ys: s.each(latency(ofCandidate, k.of)), style: solid[i], name: k.name})
	}
	p.now = s.now(p.curves[5].ys, p.curves[2].ys, "p99 ", millis)
	return p.inMillis()
}

// inMillis has an axis of latencies. The headline says if it is logarithmic.
func (p panel) inMillis() panel {
	least, most := p.extent()
	if least > 0 && most/least > farApart {
		p.log = true
		p.head += " (log scale)"
		p.lo, p.hi = least/1.3, most*math.Pow(most/least, 0.14)
		p.ticks = byPowers(p.lo, p.hi, 6, millis)
		return p
	}
	p.hi = max(most*1.2, 1)
	p.ticks = evenly(p.hi, 5, millis)
	return p
}

// shares is the panel of who had how many of the requests, with what the candidate was to have as an area.
func (s *series) shares() panel {
	candidate := s.each(had)
	p := panel{head: "Share of requests", top: shareTop, bottom: shareBottom, hi: 100, area: s.each(asked),
		curves: []curve{{ys: candidate, style: solid[2]}}}
	for _, at := range []float64{0, 50, 100} {
		p.ticks = append(p.ticks, tick{at, percent(at)})
	}
	if y, _, ok := last(candidate); ok {
		p.now = []piece{{bold(ofHead, blue, draw.XLeft), percent(y)}, {regular(ofHead, faint, draw.XLeft), ", set to " + percent(p.area[len(p.area)-1])}}
	}
	return p
}

// extent is the least and the most of what is drawn.
func (p panel) extent() (least, most float64) {
	least = math.Inf(1)
	see := func(v float64) {
		if !math.IsNaN(v) {
			least, most = min(least, v), max(most, v)
		}
	}
	for _, c := range p.curves {
		for _, y := range c.ys {
			see(y)
		}
	}
	for _, l := range p.limits {
		see(l.at)
	}
	return least, most
}
