package cloudwatch

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// mostDatapoints is what one GetMetricStatistics answers with.
const mostDatapoints = 1440

func (s *Server) getMetricStatistics(_ context.Context, in *cloudwatch.GetMetricStatisticsInput) (*cloudwatch.GetMetricStatisticsOutput, error) {
	switch {
	case in.Namespace == nil:
		return nil, missing("Namespace")
	case in.MetricName == nil:
		return nil, missing("MetricName")
	case in.StartTime == nil:
		return nil, missing("StartTime")
	case in.EndTime == nil:
		return nil, missing("EndTime")
	case in.Period == nil:
		return nil, missing("Period")
	case !in.StartTime.Before(*in.EndTime):
		return nil, refuse("InvalidParameterValue", "The parameter StartTime must be less than the parameter EndTime.")
	case (len(in.Statistics) == 0) == (len(in.ExtendedStatistics) == 0):
		return nil, refuse("InvalidParameterCombination", "At least one of the parameters Statistics and ExtendedStatistics must be specified, and not both.")
	}
	period, err := readPeriod(*in.Period)
	if err != nil {
		return nil, err
	}
	if in.EndTime.Sub(*in.StartTime) > mostDatapoints*period {
		return nil, refuse("InvalidParameterCombination", "You have requested more than 1,440 datapoints, which exceeds the limit. You may reduce the datapoints requested by increasing Period, or decreasing the time range.")
	}
	stats := map[string]statistic{}
	names := append([]string{}, in.ExtendedStatistics...)
	for _, name := range in.Statistics {
		names = append(names, string(name))
	}
	for _, name := range names {
		stat, known := readStatistic(name)
		if !known || len(in.Statistics) > 0 && plain[name] == nil {
			return nil, refuse("InvalidParameterValue", "The value "+name+" for parameter Statistics is not supported.")
		}
		stats[name] = stat
	}
	return &cloudwatch.GetMetricStatisticsOutput{
		Label: in.MetricName, Datapoints: s.datapoints(keyOf(*in.Namespace, *in.MetricName, in.Dimensions), *in.StartTime, *in.EndTime, period, stats),
	}, nil
}

func (s *Server) datapoints(k key, from, to time.Time, period time.Duration, stats map[string]statistic) []types.Datapoint {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := []types.Datapoint{}
	for _, p := range s.visible(k, from, to, period) {
		d := types.Datapoint{Timestamp: aws.Time(p.at), Unit: s.series[k].unit}
		for name, stat := range stats {
			v, ok := stat(&p.bucket)
			if !ok {
				continue
			}
			v = s.spoilt(v)
			switch name {
			case "SampleCount":
				d.SampleCount = aws.Float64(v)
			case "Sum":
				d.Sum = aws.Float64(v)
			case "Average":
				d.Average = aws.Float64(v)
			case "Minimum":
				d.Minimum = aws.Float64(v)
			case "Maximum":
				d.Maximum = aws.Float64(v)
			default:
				if d.ExtendedStatistics == nil {
					d.ExtendedStatistics = map[string]float64{}
				}
				d.ExtendedStatistics[name] = v
			}
		}
		out = append(out, d)
	}
	return out
}
