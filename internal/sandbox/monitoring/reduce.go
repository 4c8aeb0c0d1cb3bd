package monitoring

import (
	"maps"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// reducer makes one series of several. It is an aligner across series.
type reducer struct {
	aligner
	none bool
	by   []string // fields whose values are kept apart
}

var reducers = map[monitoringpb.Aggregation_Reducer]aligner{
	monitoringpb.Aggregation_REDUCE_SUM:           {types: everything, combine: total},
	monitoringpb.Aggregation_REDUCE_MEAN:          {types: everything, value: double, combine: average},
	monitoringpb.Aggregation_REDUCE_MAX:           {types: numeric, combine: greatest},
	monitoringpb.Aggregation_REDUCE_MIN:           {types: numeric, combine: least},
	monitoringpb.Aggregation_REDUCE_PERCENTILE_99: percentile(0.99),
	monitoringpb.Aggregation_REDUCE_PERCENTILE_95: percentile(0.95),
	monitoringpb.Aggregation_REDUCE_PERCENTILE_50: percentile(0.50),
	monitoringpb.Aggregation_REDUCE_PERCENTILE_05: percentile(0.05),
}

// reducerOf reads the reducer, for what an alignment makes of a metric.
func reducerOf(a *monitoringpb.Aggregation, al alignment, k *kind) (reducer, error) {
	asked := a.GetCrossSeriesReducer()
	if asked == monitoringpb.Aggregation_REDUCE_NONE {
		return reducer{none: true}, nil
	}
	if al.none {
		return reducer{}, invalid("Field aggregation.perSeriesAligner had an invalid value of \"ALIGN_NONE\": The aligner must be specified and must not be ALIGN_NONE if a reducer is specified.")
	}
	re, ok := reducers[asked]
	if !ok {
		return reducer{}, status.Errorf(codes.Unimplemented, "the practice Monitoring has no %s", asked)
	}
	value := k.value
	if al.value != 0 {
		value = al.value
	}
	if !slices.Contains(re.types, value) {
		return reducer{}, invalid("Field aggregation.crossSeriesReducer had an invalid value of \"%s\": The reducer cannot be applied to value type %s.", asked, value)
	}
	for _, field := range a.GetGroupByFields() {
		if _, _, err := k.field(field); err != nil {
			return reducer{}, invalid("Field aggregation.groupByFields had an invalid value of \"%s\": %v", field, err)
		}
	}
	return reducer{aligner: re, by: a.GetGroupByFields()}, nil
}

// apply reduces aligned series of one metric: one for each value of the fields, with these labels and the project.
func (r reducer) apply(list []*series, k *kind, d time.Duration) []*series {
	if r.none {
		return list
	}
	groups := map[string][]*series{}
	for _, x := range list {
		var key strings.Builder
		for _, field := range r.by {
			key.WriteString(x.get(k, field) + "\x00")
		}
		groups[key.String()] = append(groups[key.String()], x)
	}
	var out []*series
	for _, key := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, r.one(groups[key], k, d))
	}
	return out
}

func (r reducer) one(group []*series, k *kind, d time.Duration) *series {
	first := group[0]
	out := &series{kind: first.kind, value: first.value, metric: map[string]string{},
		resource: map[string]string{"project_id": first.resource["project_id"]}}
	if r.kind != 0 {
		out.kind = r.kind
	}
	if r.value != 0 {
		out.value = r.value
	}
	for _, field := range r.by {
		switch place, key, _ := k.field(field); place {
		case inResource:
			out.resource[key] = first.resource[key]
		case inMetric:
			out.metric[key] = first.metric[key]
		case itsType: // it is the same of all
		}
	}
	byEnd := map[time.Time][]point{}
	for _, x := range group {
		for _, p := range x.points {
			byEnd[p.to] = append(byEnd[p.to], p)
		}
	}
	for _, end := range slices.SortedFunc(maps.Keys(byEnd), time.Time.Compare) {
		var values []value
		for _, p := range byEnd[end] {
			values = append(values, p.value)
		}
		p := point{from: byEnd[end][0].from, to: end, value: r.combine(values, d)}
		if out.kind == gauge {
			p.from = end
		}
		out.points = append(out.points, p)
	}
	return out
}
