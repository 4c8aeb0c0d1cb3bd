package cloudwatch

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// mostEvents is how many lines a page has, at most and by default.
const mostEvents = 10_000

func (s *Server) filterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	if in.LogStreamNamePrefix != nil && len(in.LogStreamNames) > 0 {
		return nil, refuse("InvalidParameterException", "logStreamNamePrefix and logStreamNames must not both be given.")
	}
	most, err := limit(in.Limit, mostEvents)
	if err != nil {
		return nil, err
	}
	matches, err := readPattern(aws.ToString(in.FilterPattern))
	if err != nil {
		return nil, err
	}
	l, place, err := lookOf(in, matches, most)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	g, err := s.named(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	for _, name := range in.LogStreamNames {
		if g.streams[name] == nil {
			return nil, refuse("ResourceNotFoundException", "The specified log stream does not exist.")
		}
	}
	found, next, err := g.page(&l, place, s.opts.Clock.Now().Add(-s.opts.LogDelay))
	if err != nil {
		return nil, err
	}
	out := &cloudwatchlogs.FilterLogEventsOutput{Events: []types.FilteredLogEvent{}}
	for _, e := range found {
		out.Events = append(out.Events, types.FilteredLogEvent{
			EventId: aws.String(e.id()), LogStreamName: aws.String(e.stream), Message: aws.String(e.text),
			Timestamp: aws.Int64(e.at.UnixMilli()), IngestionTime: aws.Int64(e.ingested.UnixMilli()),
		})
	}
	if next != "" {
		way := "f:"
		if l.newest {
			way = "b:"
		}
		out.NextToken = aws.String(way + next)
	}
	return out, nil
}

// lookOf is what is asked for, and the place to go on from.
func lookOf(in *cloudwatchlogs.FilterLogEventsInput, matches func(string) bool, most int) (l look, place string, err error) {
	l = look{from: aws.ToInt64(in.StartTime), to: math.MaxInt64, matches: matches, most: most, newest: in.StartFromHead != nil && !*in.StartFromHead}
	if in.EndTime != nil {
		l.to = *in.EndTime
	}
	l.wanted = func(stream string) bool {
		return strings.HasPrefix(stream, aws.ToString(in.LogStreamNamePrefix)) &&
			(len(in.LogStreamNames) == 0 || slices.Contains(in.LogStreamNames, stream))
	}
	if in.NextToken == nil {
		return l, "", nil
	}
	// The direction of the first page is kept in the token.
	direction, place, _ := strings.Cut(*in.NextToken, ":")
	if direction != "b" && direction != "f" {
		return look{}, "", refuse("InvalidParameterException", "The specified nextToken is invalid.")
	}
	l.newest = direction == "b"
	return l, place, nil
}

// getLogEvents gives one page of a stream. It has no end to go on from but a line that there is: the tokens that it gives
// are those with which a caller comes to the same end, as AWS's do at the end of a stream.
func (s *Server) getLogEvents(_ context.Context, in *cloudwatchlogs.GetLogEventsInput) (*cloudwatchlogs.GetLogEventsOutput, error) {
	most, err := limit(in.Limit, mostEvents)
	if err != nil {
		return nil, err
	}
	if in.LogStreamName == nil {
		return nil, refuse("InvalidParameterException", "logStreamName must be given.")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	g, err := s.named(in.LogGroupName, in.LogGroupIdentifier)
	if err != nil {
		return nil, err
	}
	if g.streams[*in.LogStreamName] == nil {
		return nil, refuse("ResourceNotFoundException", "The specified log stream does not exist.")
	}
	all := g.of(in, s.opts.Clock.Now().Add(-s.opts.LogDelay))
	from, to, err := span(aws.ToString(in.NextToken), in.StartFromHead != nil && *in.StartFromHead, all, most)
	if err != nil {
		return nil, err
	}
	out := &cloudwatchlogs.GetLogEventsOutput{
		Events: []types.OutputLogEvent{}, NextForwardToken: aws.String(token('f', all, to)), NextBackwardToken: aws.String(token('b', all, from)),
	}
	for _, e := range all[from:to] {
		out.Events = append(out.Events, types.OutputLogEvent{
			Message: aws.String(e.text), Timestamp: aws.Int64(e.at.UnixMilli()), IngestionTime: aws.Int64(e.ingested.UnixMilli()),
		})
	}
	return out, nil
}

// of are the lines of a stream that are asked for, oldest first. Under mu.
func (g *group) of(in *cloudwatchlogs.GetLogEventsInput, horizon time.Time) []event {
	first, last := aws.ToInt64(in.StartTime), int64(math.MaxInt64)
	if in.EndTime != nil {
		last = *in.EndTime - 1 // excluded here
	}
	var all []event
	for _, e := range g.events {
		if ms := e.at.UnixMilli(); e.stream == *in.LogStreamName && ms >= first && ms <= last && !e.ingested.After(horizon) {
			all = append(all, e)
		}
	}
	return all
}

// limit is how many are wanted.
func limit(n *int32, most int) (int, error) {
	if n == nil {
		return most, nil
	}
	if *n < 1 || int(*n) > most {
		return 0, refuse("InvalidParameterException", "The limit must be between 1 and "+strconv.Itoa(most)+".")
	}
	return int(*n), nil
}
