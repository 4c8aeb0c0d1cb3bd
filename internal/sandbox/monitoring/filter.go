package monitoring

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/filter"
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// place is where a field stands.
type place int

const (
	itsType place = iota // metric.type, resource.type
	inResource
	inMetric
)

// field takes a field's name apart, for this metric.
func (k *kind) field(name string) (in place, key string, err error) {
	where, rest, _ := strings.Cut(name, ".")
	if rest == "type" && (where == "metric" || where == "resource") {
		return itsType, where, nil
	}
	labels, key, _ := strings.Cut(rest, ".")
	if labels == "label" || labels == "labels" {
		switch {
		case where == "resource" && slices.Contains(k.resource.labels, key):
			return inResource, key, nil
		case where == "metric" && slices.Contains(k.labels, key):
			return inMetric, key, nil
		}
	}
	return 0, "", fmt.Errorf("%q is no field of %s on %s", name, k.name, k.resource.name)
}

// get is the value of a field, "" if the series has none.
func (x *series) get(k *kind, name string) string {
	switch in, key, _ := k.field(name); in {
	case inResource:
		return x.resource[key]
	case inMetric:
		return x.metric[key]
	case itsType:
		if key == "metric" {
			return k.name
		}
		return k.resource.name
	}
	return ""
}

// readFilter reads the filter of ListTimeSeries: it has to name one metric type that there is.
func readFilter(text string) (*kind, filter.Filter, error) {
	wrong := func(why string) error {
		return invalid("Field filter had an invalid value of \"%s\": %s", text, why)
	}
	f, err := filter.Parse(text)
	if err != nil {
		return nil, f, wrong("The filter is not valid: " + err.Error())
	}
	var types []string
	_ = f.Each(func(c filter.Comparison) error {
		if c.Field == "metric.type" && c.Op == "=" && c.Func == "" {
			types = append(types, c.Values[0])
		}
		return nil
	})
	if len(types) != 1 {
		return nil, f, wrong("must specify a restriction on \"metric.type\" in the filter, to a single metric type.")
	}
	k := kindOf(types[0])
	if k == nil {
		return nil, f, status.Errorf(codes.NotFound, "Cannot find metric(s) that match type = \"%s\". If a metric was created recently, it could take up to 10 minutes to become available. Please try again soon.", types[0])
	}
	err = f.Each(func(c filter.Comparison) error {
		in, key, err := k.field(c.Field)
		if err != nil {
			return wrong("The filter is not valid: " + err.Error())
		}
		holds, understood := c.Compare(k.resource.name)
		switch {
		case !understood || c.Op == ":":
			return wrong("The filter is not valid: " + c.String() + " is not understood.")
		case in == itsType && key == "resource" && !holds:
			return wrong("The supplied filter does not specify a valid combination of metric and monitored resource descriptors. The query will not return any time series.")
		}
		return nil
	})
	return k, f, err
}

// fits says whether a series passes a filter.
func (x *series) fits(k *kind, f filter.Filter) bool {
	return f.Match(func(c filter.Comparison) bool {
		holds, _ := c.Compare(x.get(k, c.Field))
		return holds
	})
}
