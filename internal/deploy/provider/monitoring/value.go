package monitoring

import (
	"math"
	"slices"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/distribution"

	"slipway/internal/deploy"
)

const (
	// mostCount is more than a service answers in any window: whole numbers above it are not exact any more.
	mostCount = 1 << 53
	// mostBuckets is five times what Google allows in a distribution.
	mostBuckets = 1000
	// mostUse is more of what an instance may use than it can use.
	mostUse = 100
)

// count is a number of things. The sum of parts of minutes may come as a fraction.
func count(metric string, v *monitoringpb.TypedValue) (int64, error) {
	n, err := level(metric, v)
	if err != nil {
		return 0, err
	}
	return int64(math.Round(n)), nil
}

// level is a number that is not negative.
func level(metric string, v *monitoringpb.TypedValue) (float64, error) {
	var n float64
	switch v := v.GetValue().(type) {
	case *monitoringpb.TypedValue_Int64Value:
		n = float64(v.Int64Value)
	case *monitoringpb.TypedValue_DoubleValue:
		n = v.DoubleValue
	default:
		return 0, wrong(metric, "it is not a number")
	}
	if !(n >= 0 && n <= mostCount) { // NaN is neither
		return 0, wrong(metric, "it is %g", n)
	}
	return n, nil
}

// histogram is a distribution in the words of the port. Buckets at its end may be missing; they are empty.
func histogram(metric string, v *monitoringpb.TypedValue) (deploy.Histogram, error) {
	d := v.GetDistributionValue()
	if d == nil {
		return deploy.Histogram{}, wrong(metric, "it is not a distribution")
	}
	if d.GetCount() == 0 && len(d.GetBucketCounts()) == 0 {
		return deploy.Histogram{}, nil
	}
	bounds, err := boundsOf(metric, d.GetBucketOptions())
	if err != nil {
		return deploy.Histogram{}, err
	}
	if len(d.GetBucketCounts()) > len(bounds)+1 || len(d.GetBucketCounts()) == 0 {
		return deploy.Histogram{}, wrong(metric, "it has %d buckets where there are %d", len(d.GetBucketCounts()), len(bounds)+1)
	}
	counts := make([]int64, len(bounds)+1)
	for i, n := range d.GetBucketCounts() {
		if n < 0 || n > mostCount {
			return deploy.Histogram{}, wrong(metric, "a bucket has %d values", n)
		}
		counts[i] = n
	}
	return deploy.Histogram{Bounds: bounds, Counts: counts}, nil
}

// boundsOf are the upper bounds of all buckets but the last.
func boundsOf(metric string, o *distribution.Distribution_BucketOptions) ([]float64, error) {
	var bounds []float64
	finite := max(o.GetExponentialBuckets().GetNumFiniteBuckets(), o.GetLinearBuckets().GetNumFiniteBuckets())
	if finite > mostBuckets || len(o.GetExplicitBuckets().GetBounds()) > mostBuckets {
		return nil, wrong(metric, "it has too many buckets")
	}
	switch o := o.GetOptions().(type) {
	case *distribution.Distribution_BucketOptions_ExplicitBuckets:
		bounds = slices.Clone(o.ExplicitBuckets.GetBounds())
	case *distribution.Distribution_BucketOptions_ExponentialBuckets:
		for i := range finite + 1 {
			bounds = append(bounds, o.ExponentialBuckets.GetScale()*math.Pow(o.ExponentialBuckets.GetGrowthFactor(), float64(i)))
		}
	case *distribution.Distribution_BucketOptions_LinearBuckets:
		for i := range finite + 1 {
			bounds = append(bounds, o.LinearBuckets.GetOffset()+o.LinearBuckets.GetWidth()*float64(i))
		}
	default:
		return nil, wrong(metric, "it does not say what its buckets are")
	}
	for i, b := range bounds {
		if math.IsNaN(b) || math.IsInf(b, 0) || i > 0 && b <= bounds[i-1] {
			return nil, wrong(metric, "its buckets do not rise")
		}
	}
	return bounds, nil
}

// add puts one histogram on another. Only those with the same buckets can be added.
func add(metric string, to *deploy.Histogram, h deploy.Histogram) error {
	switch {
	case len(h.Counts) == 0:
	case len(to.Counts) == 0:
		*to = h
	case !slices.Equal(to.Bounds, h.Bounds):
		return wrong(metric, "its buckets change within the window")
	default:
		for i, n := range h.Counts {
			to.Counts[i] += n
		}
	}
	return nil
}

// addUse puts a distribution of levels into a gauge. The largest is known to the bucket: what is given is the upper
// bound of the last bucket with anything in it, unless the distribution says it exactly.
func addUse(g *deploy.Gauge, metric string, p *monitoringpb.Point) error {
	h, err := histogram(metric, p.GetValue())
	if err != nil {
		return err
	}
	d := p.GetValue().GetDistributionValue()
	if len(h.Counts) == 0 {
		return nil
	}
	most := 0.0
	for i, n := range h.Counts {
		if n > 0 && len(h.Bounds) > 0 {
			most = h.Bounds[min(i, len(h.Bounds)-1)]
		}
	}
	if d.GetRange() != nil {
		most = d.GetRange().GetMax()
	}
	most = max(most, d.GetMean())
	if d.GetCount() < 0 || !(d.GetMean() >= 0 && d.GetMean() <= mostUse) || !(most <= mostUse) {
		return wrong(metric, "%d values of %g, at most %g", d.GetCount(), d.GetMean(), most)
	}
	into(g, d.GetMean(), most, d.GetCount())
	return nil
}

// into adds n samples to a gauge.
func into(g *deploy.Gauge, mean, most float64, n int64) {
	if n <= 0 {
		return
	}
	g.Mean += (mean - g.Mean) * float64(n) / float64(g.Samples+n)
	g.Max = max(g.Max, most)
	g.Samples += n
}
