package cloudwatch

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// mostDescribed is how many groups or streams a page has, at most and by default.
const mostDescribed = 50

func (s *Server) describeLogGroups(_ context.Context, in *cloudwatchlogs.DescribeLogGroupsInput) (*cloudwatchlogs.DescribeLogGroupsOutput, error) {
	if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
		return nil, refuse("InvalidParameterException", "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	most, err := limit(in.Limit, mostDescribed)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &cloudwatchlogs.DescribeLogGroupsOutput{LogGroups: []types.LogGroup{}}
	for _, name := range slices.Sorted(maps.Keys(s.groups)) {
		switch {
		case !strings.HasPrefix(name, aws.ToString(in.LogGroupNamePrefix)) || !strings.Contains(name, aws.ToString(in.LogGroupNamePattern)) ||
			in.NextToken != nil && name <= *in.NextToken:
			continue
		case len(out.LogGroups) == most:
			out.NextToken = out.LogGroups[most-1].LogGroupName
			return out, nil
		}
		g, stored := s.groups[name], int64(0)
		for _, st := range g.streams {
			stored += st.bytes
		}
		out.LogGroups = append(out.LogGroups, types.LogGroup{
			LogGroupName: aws.String(name), Arn: aws.String(s.groupARN(name) + ":*"), LogGroupArn: aws.String(s.groupARN(name)),
			CreationTime: aws.Int64(g.created.UnixMilli()), StoredBytes: aws.Int64(stored), LogGroupClass: types.LogGroupClassStandard,
			MetricFilterCount: aws.Int32(0),
		})
	}
	return out, nil
}

func (s *Server) describeLogStreams(_ context.Context, in *cloudwatchlogs.DescribeLogStreamsInput) (*cloudwatchlogs.DescribeLogStreamsOutput, error) {
	byTime := in.OrderBy == types.OrderByLastEventTime
	if byTime && in.LogStreamNamePrefix != nil {
		return nil, refuse("InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix.")
	}
	most, err := limit(in.Limit, mostDescribed)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	g, err := s.named(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	var list []*stream
	for name, st := range g.streams {
		if strings.HasPrefix(name, aws.ToString(in.LogStreamNamePrefix)) {
			list = append(list, st)
		}
	}
	slices.SortFunc(list, func(a, b *stream) int {
		if byTime {
			return cmp.Or(a.last.Compare(b.last), cmp.Compare(a.name, b.name))
		}
		return cmp.Compare(a.name, b.name)
	})
	if in.Descending != nil && *in.Descending {
		slices.Reverse(list)
	}
	if in.NextToken != nil {
		list = list[slices.IndexFunc(list, func(st *stream) bool { return st.name == *in.NextToken })+1:]
	}
	out := &cloudwatchlogs.DescribeLogStreamsOutput{LogStreams: []types.LogStream{}}
	for i, st := range list {
		if i == most {
			out.NextToken = out.LogStreams[most-1].LogStreamName
			break
		}
		out.LogStreams = append(out.LogStreams, types.LogStream{
			LogStreamName: aws.String(st.name), Arn: aws.String(s.groupARN(g.name) + ":log-stream:" + st.name), CreationTime: milli(st.created),
			FirstEventTimestamp: milli(st.first), LastEventTimestamp: milli(st.last), LastIngestionTime: milli(st.written),
		})
	}
	return out, nil
}

func milli(t time.Time) *int64 { return aws.Int64(t.UnixMilli()) }
