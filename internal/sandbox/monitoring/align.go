package monitoring

import (
	"slices"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/genproto/googleapis/api/metric"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type (
	metricKind = metric.MetricDescriptor_MetricKind
	valueType  = metric.MetricDescriptor_ValueType
)

// aligner makes one value of those of an alignment period. Of several kinds and types it takes, Google's page of
// Aggregation.Aligner says which.
type aligner struct {
	kinds   []metricKind
	types   []valueType
	kind    metricKind // of the result; unspecified: that of the input
	value   valueType  // of the result; unspecified: that of the input
	combine func(list []value, d time.Duration) value
}

var (
	numeric    = []valueType{whole, double}
	everything = []valueType{whole, double, dist}
)

var aligners = map[monitoringpb.Aggregation_Aligner]aligner{
	monitoringpb.Aggregation_ALIGN_DELTA: {kinds: []metricKind{delta}, types: everything, combine: total},
	monitoringpb.Aggregation_ALIGN_SUM:   {kinds: []metricKind{delta, gauge}, types: everything, combine: total},
	monitoringpb.Aggregation_ALIGN_RATE: {kinds: []metricKind{delta}, types: numeric, kind: gauge, value: double,
		combine: func(list []value, d time.Duration) value {
			sum := total(list, d)
			return value{real: (float64(sum.whole) + sum.real) / d.Seconds()}
		}},
	monitoringpb.Aggregation_ALIGN_MEAN:          {kinds: []metricKind{gauge}, types: numeric, kind: gauge, value: double, combine: average},
	monitoringpb.Aggregation_ALIGN_MAX:           {kinds: []metricKind{gauge, delta}, types: numeric, combine: greatest},
	monitoringpb.Aggregation_ALIGN_MIN:           {kinds: []metricKind{gauge, delta}, types: numeric, combine: least},
	monitoringpb.Aggregation_ALIGN_PERCENTILE_99: percentile(0.99),
	monitoringpb.Aggregation_ALIGN_PERCENTILE_95: percentile(0.95),
	monitoringpb.Aggregation_ALIGN_PERCENTILE_50: percentile(0.50),
	monitoringpb.Aggregation_ALIGN_PERCENTILE_05: percentile(0.05),
}

func percentile(q float64) aligner {
	return aligner{kinds: []metricKind{gauge, delta}, types: []valueType{dist}, kind: gauge, value: double,
		combine: func(list []value, d time.Duration) value { return value{real: total(list, d).dist.quantile(q)} }}
}

func total(list []value, _ time.Duration) value {
	var sum value
	for _, v := range list {
		sum.whole += v.whole
		sum.real += v.real
		if v.dist.bounds != nil {
			sum.dist = sum.dist.plus(v.dist)
		}
	}
	return sum
}

func average(list []value, d time.Duration) value {
	sum := total(list, d)
	if sum.dist.bounds != nil {
		return value{real: sum.dist.mean()}
	}
	return value{real: (float64(sum.whole) + sum.real) / float64(len(list))}
}

func greatest(list []value, _ time.Duration) value {
	return slices.MaxFunc(list, smaller)
}

func least(list []value, _ time.Duration) value {
	return slices.MinFunc(list, smaller)
}

func smaller(a, b value) int {
	x, y := float64(a.whole)+a.real, float64(b.whole)+b.real
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// alignment is what was asked for, checked.
type alignment struct {
	aligner
	none bool
	d    time.Duration
}

// alignmentOf reads the aligner and its period, for a metric.
func (s *Server) alignmentOf(a *monitoringpb.Aggregation, k *kind) (alignment, error) {
	asked := a.GetPerSeriesAligner()
	if asked == monitoringpb.Aggregation_ALIGN_NONE {
		return alignment{none: true}, nil
	}
	al, ok := aligners[asked]
	if !ok {
		return alignment{}, status.Errorf(codes.Unimplemented, "the practice Monitoring has no %s", asked)
	}
	if !slices.Contains(al.kinds, k.kind) || !slices.Contains(al.types, k.value) {
		return alignment{}, invalid("Field aggregation.perSeriesAligner had an invalid value of \"%s\": The aligner cannot be applied to metrics with kind %s and value type %s.", asked, k.kind, k.value)
	}
	d := a.GetAlignmentPeriod().AsDuration()
	if least := min(s.opts.Period, time.Minute); d < least {
		return alignment{}, invalid("Field aggregation.alignmentPeriod had an invalid value of \"%s\": The alignment period must be at least %s.", d, least)
	}
	return alignment{aligner: al, d: d}, nil
}

// reach is the span whose samples the answer to in is made of: whole alignment periods, counted back from its end.
func (a alignment) reach(in span) span {
	if a.none {
		return in
	}
	n := (in.to.Sub(in.from) + a.d - 1) / a.d
	return span{in.to.Add(-n * a.d), in.to}
}

// apply aligns a series. A period without samples has no point.
func (a alignment) apply(x *series, in span) *series {
	if a.none {
		return x
	}
	out := &series{resource: x.resource, metric: x.metric, kind: x.kind, value: x.value}
	if a.kind != 0 {
		out.kind = a.kind
	}
	if a.value != 0 {
		out.value = a.value
	}
	byEnd := map[time.Time][]value{}
	var ends []time.Time
	for _, p := range x.points {
		end := in.to.Add(-in.to.Sub(p.to) / a.d * a.d)
		if byEnd[end] == nil {
			ends = append(ends, end)
		}
		byEnd[end] = append(byEnd[end], p.value)
	}
	slices.SortFunc(ends, time.Time.Compare)
	for _, end := range ends {
		p := point{from: end, to: end, value: a.combine(byEnd[end], a.d)}
		if out.kind == delta {
			p.from = end.Add(-a.d)
		}
		out.points = append(out.points, p)
	}
	return out
}
