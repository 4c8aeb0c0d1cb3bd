package monitoring

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/api/metric"
)

// series is one time series: what it is about, and its points, oldest first until it is answered.
type series struct {
	resource, metric map[string]string
	kind             metric.MetricDescriptor_MetricKind
	value            metric.MetricDescriptor_ValueType
	points           []point
}

// point is a value between two times; of a gauge they are the same.
type point struct {
	from, to time.Time
	value    value
}

// value is a number or a distribution, by the type of its series.
type value struct {
	whole int64
	real  float64
	dist  tally
}

// span is a stretch of time, without its beginning and with its end.
type span struct{ from, to time.Time }

// samples are the raw series of a metric whose points end in a span; one that keeps no point is left out.
func (s *Server) samples(k *kind, in span) []*series {
	var out []*series
	s.recorded.RLock()
	defer s.recorded.RUnlock()
	if k.resource == cloudSQL {
		for _, name := range slices.Sorted(maps.Keys(s.database)) {
			out = append(out, s.connections(name, s.database[name], in))
		}
		return filled(out)
	}
	keys := slices.SortedFunc(maps.Keys(s.revision), func(a, b revisionKey) int {
		return cmp.Or(cmp.Compare(a.service, b.service), cmp.Compare(a.name, b.name))
	})
	for _, key := range keys {
		r := s.revision[key]
		r.mu.Lock()
		switch k.name {
		case RequestCount, RequestLatencies:
			out = append(out, s.requests(k, key, r, in)...)
		default:
			out = append(out, s.levels(k, key, r, in)...)
		}
		r.mu.Unlock()
	}
	return filled(out)
}

func filled(list []*series) []*series {
	return slices.DeleteFunc(list, func(x *series) bool { return len(x.points) == 0 })
}

func (s *Server) about(k *kind, key revisionKey, labels map[string]string) *series {
	return &series{
		resource: map[string]string{
			"project_id": s.opts.Project, "location": s.opts.Location, "service_name": key.service,
			"revision_name": key.name, "configuration_name": key.service,
		},
		metric: labels, kind: k.kind, value: k.value,
	}
}

// period is the sampling period of this number.
func (s *Server) period(index int64) point {
	from := time.Unix(0, index*int64(s.opts.Period))
	return point{from: from, to: from.Add(s.opts.Period)}
}

func (in span) has(t time.Time) bool { return t.After(in.from) && !t.After(in.to) }

// requests are the series by answer. Under the revision's mu.
func (s *Server) requests(k *kind, key revisionKey, r *revision, in span) []*series {
	byCode := map[int]*series{}
	for _, p := range r.periods {
		at := s.period(p.index)
		if !in.has(at.to) {
			continue
		}
		for _, c := range p.cells {
			x := byCode[c.code]
			if x == nil {
				code := strconv.Itoa(c.code)
				x = s.about(k, key, map[string]string{"response_code": code, "response_code_class": code[:1] + "xx"})
				byCode[c.code] = x
			}
			at.value = value{whole: c.latency.count}
			if k.value == dist {
				at.value = value{dist: tally{}.plus(c.latency)}
			}
			x.points = append(x.points, at)
		}
	}
	var out []*series
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		out = append(out, byCode[code])
	}
	return out
}
