package prometheus

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"slipway/internal/deploy"
)

const (
	// mostCount is more than a service answers in any window: whole numbers above it are not exact any more.
	mostCount = 1 << 53
	// mostUse is more of what an instance may use than it can use.
	mostUse = 100
)

// measured is what is known of the revisions so far.
type measured map[deploy.RevisionName]deploy.Measured

// reading makes one of the answers.
func (a *answers) reading(q *deploy.MetricsQuery) (deploy.Reading, error) {
	p, found := q.Spec.Prometheus, measured{}
	if err := found.each(q, a.requests, p.Requests, func(m *deploy.Measured, s *model.Sample, n float64) error {
		m.Requests += int64(math.Round(n))
		if failed(string(s.Metric[model.LabelName(p.Code)])) {
			m.Failed += int64(math.Round(n))
		}
		return nil
	}); err != nil {
		return deploy.Reading{}, err
	}
	if err := found.latencies(q, a.latency); err != nil {
		return deploy.Reading{}, err
	}
	if err := found.each(q, a.cpu, p.CPU, func(m *deploy.Measured, s *model.Sample, n float64) error {
		return part(&m.CPU, p.CPU, s, n, 1)
	}); err != nil {
		return deploy.Reading{}, err
	}
	if err := found.each(q, a.memory, p.Memory, func(m *deploy.Measured, s *model.Sample, n float64) error {
		return part(&m.Memory, p.Memory, s, n, 1)
	}); err != nil {
		return deploy.Reading{}, err
	}
	reading := deploy.Reading{Revisions: found, Newest: a.newest}
	for _, s := range a.connections {
		n, err := number(p.Database, s)
		if err == nil {
			err = part(&reading.Connections, p.Database, s, n, float64(q.Spec.Database.Most))
		}
		if err != nil {
			return deploy.Reading{}, err
		}
	}
	return reading, nil
}

// each hands over the samples of the revisions that were asked about, each with what is known of its revision.
func (found measured) each(q *deploy.MetricsQuery, v model.Vector, metric string, do func(m *deploy.Measured, s *model.Sample, n float64) error) error {
	for _, s := range v {
		name := deploy.RevisionName(s.Metric[model.LabelName(q.Spec.Prometheus.Revision)])
		if !slices.Contains(q.Revisions, name) {
			continue
		}
		n, err := number(metric, s)
		if err != nil {
			return err
		}
		m := found[name]
		if err := do(&m, s, n); err != nil {
			return err
		}
		found[name] = m
	}
	return nil
}

// latencies makes a histogram of the buckets of each revision.
func (found measured) latencies(q *deploy.MetricsQuery, v model.Vector) error {
	p, buckets := q.Spec.Prometheus, map[deploy.RevisionName][]bucket{}
	if err := found.each(q, v, p.Latency, func(_ *deploy.Measured, s *model.Sample, n float64) error {
		name := deploy.RevisionName(s.Metric[model.LabelName(p.Revision)])
		le, err := strconv.ParseFloat(string(s.Metric[bucketLabel]), 64)
		if err != nil {
			return wrong(p.Latency, "the bound of a bucket is not a number")
		}
		buckets[name] = append(buckets[name], bucket{le, n})
		return nil
	}); err != nil {
		return err
	}
	for name, b := range buckets {
		h, err := histogram(p.Latency, b)
		if err != nil {
			return err
		}
		m := found[name]
		m.Latency = h
		found[name] = m
	}
	return nil
}

// failed says whether a status is one of the server's failures: 503, or 5xx where classes are counted.
func failed(code string) bool { return len(code) == 3 && strings.HasPrefix(code, "5") }

// number is a value that is a number, and not a negative one.
func number(metric string, s *model.Sample) (float64, error) {
	n := float64(s.Value)
	if s.Histogram != nil {
		return 0, wrong(metric, "it is a native histogram")
	}
	if !(n >= 0 && n <= mostCount) { // NaN is neither
		return 0, wrong(metric, "it is %g", n)
	}
	return n, nil
}

// part puts one of the three parts of a gauge in, as a share of most.
func part(g *deploy.Gauge, metric string, s *model.Sample, n, most float64) error {
	switch s.Metric[partLabel] {
	case mean:
		g.Mean = n / most
	case highest:
		g.Max = n / most
	case howOften:
		g.Samples = int64(n)
	}
	if g.Mean > mostUse || g.Max > mostUse {
		return wrong(metric, "%g times of what there is", max(g.Mean, g.Max))
	}
	return nil
}

// bucket is how many values are up to a bound, all smaller ones among them.
type bucket struct{ le, upTo float64 }

// histogram makes counts of buckets out of cumulative ones. Buckets that were scraped, or stretched, at slightly
// different moments may have fewer than the one below; then they have as many. The sum of the counts is the rounded
// number of all values.
func histogram(metric string, b []bucket) (deploy.Histogram, error) {
	slices.SortFunc(b, func(x, y bucket) int {
		switch {
		case x.le < y.le:
			return -1
		case x.le > y.le:
			return 1
		}
		return 0
	})
	if !math.IsInf(b[len(b)-1].le, 1) {
		return deploy.Histogram{}, wrong(metric, "there is no bucket le=\"+Inf\"")
	}
	var h deploy.Histogram
	before := int64(0)
	for i, x := range b {
		ms := math.Round(x.le*1e6) / 1e3
		if math.IsNaN(x.le) || i > 0 && ms <= math.Round(b[i-1].le*1e6)/1e3 {
			return deploy.Histogram{}, wrong(metric, "its buckets do not rise")
		}
		if i < len(b)-1 {
			h.Bounds = append(h.Bounds, ms)
		}
		upTo := max(int64(math.Round(x.upTo)), before)
		h.Counts = append(h.Counts, upTo-before)
		before = upTo
	}
	return h, nil
}
