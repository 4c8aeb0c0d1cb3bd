package cloudwatch

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// mostDatums is what one PutMetricData takes.
const mostDatums = 1000

func (s *Server) putMetricData(_ context.Context, in *cloudwatch.PutMetricDataInput) (*cloudwatch.PutMetricDataOutput, error) {
	namespace := aws.ToString(in.Namespace)
	switch {
	case namespace == "":
		return nil, missing("Namespace")
	case strings.HasPrefix(namespace, "AWS/"):
		return nil, refuse("InvalidParameterValue", "The value AWS/ for parameter Namespace is invalid: names that begin with it are reserved.")
	case len(in.MetricData) == 0:
		return nil, missing("MetricData")
	case len(in.MetricData) > mostDatums:
		return nil, refuse("InvalidParameterValue", "The collection MetricData must not have a size greater than 1000.")
	}
	for i := range in.MetricData {
		if err := sensible(&in.MetricData[i]); err != nil {
			return nil, err
		}
	}
	now := s.opts.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range in.MetricData {
		s.put(namespace, &in.MetricData[i], now)
	}
	return &cloudwatch.PutMetricDataOutput{}, nil
}

// sensible refuses what is not one value, or several, or a set of statistics.
func sensible(d *types.MetricDatum) error {
	ways := 0
	for _, has := range []bool{d.Value != nil, len(d.Values) > 0, d.StatisticValues != nil} {
		if has {
			ways++
		}
	}
	v := d.StatisticValues
	switch {
	case aws.ToString(d.MetricName) == "":
		return missing("MetricData.member.MetricName")
	case ways == 0:
		return missing("MetricData.member.Value")
	case ways > 1:
		return refuse("InvalidParameterCombination", "The parameters Value, Values and StatisticValues are mutually exclusive.")
	case len(d.Counts) > 0 && len(d.Counts) != len(d.Values):
		return refuse("InvalidParameterValue", "The parameters Values and Counts must have the same number of elements.")
	case v != nil && (v.SampleCount == nil || v.Sum == nil || v.Minimum == nil || v.Maximum == nil):
		return missing("MetricData.member.StatisticValues")
	}
	return nil
}

// put keeps one. Under mu.
func (s *Server) put(namespace string, d *types.MetricDatum, now time.Time) {
	at := now
	if d.Timestamp != nil {
		at = *d.Timestamp
	}
	x := s.of(namespace, *d.MetricName, d.Unit, d.Dimensions)
	b := x.sample(floor(at.UnixNano(), int64(s.opts.Period)))
	switch {
	case d.Value != nil:
		b.add(*d.Value, 1)
	case d.StatisticValues != nil:
		v := d.StatisticValues
		b.set(*v.SampleCount, *v.Sum, *v.Minimum, *v.Maximum)
		b.blurred = true
	default:
		for i, v := range d.Values {
			n := int64(1)
			if len(d.Counts) > 0 {
				n = int64(d.Counts[i])
			}
			b.add(v, n)
		}
	}
}
