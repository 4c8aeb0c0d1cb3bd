package ecs

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy/provider/lines"
)

// noPlace are ECS's words for tasks that it has no room for, in the events of a service.
var noPlace = []string{"was unable to place a task", "Capacity is unavailable at this time", "RESOURCE:"}

// noRoom says why tasks of the deployment in progress are not even begun with, as ECS has said it last; empty while as many
// are there or on their way as are wanted. DescribeServices has the events with it.
func (s *course) noRoom() string {
	t := s.rollout.TargetServiceRevision
	if t == nil || t.RunningTaskCount+t.PendingTaskCount >= max(t.RequestedTaskCount, s.service.DesiredCount) {
		return ""
	}
	if e, ok := newestEvent(s.service.Events, aws.ToTime(s.rollout.CreatedAt)); ok {
		return "; Amazon ECS " + shortened(e, mostOfLine)
	}
	return ""
}

// newestEvent is the newest that says so since a time, without the service that it is about.
func newestEvent(events []types.ServiceEvent, since time.Time) (text string, ok bool) {
	var at time.Time
	for _, e := range events {
		when, said := aws.ToTime(e.CreatedAt), aws.ToString(e.Message)
		about := func(words string) bool { return strings.Contains(said, words) }
		if when.Before(since) || ok && !when.After(at) || !slices.ContainsFunc(noPlace, about) {
			continue
		}
		if _, rest, found := strings.Cut(said, ") "); found && strings.HasPrefix(said, "(service ") {
			said = rest
		}
		said, _, _ = strings.Cut(said, " For more information, see")
		text, at, ok = strings.TrimSuffix(lines.Text(said), "."), when, true
	}
	return text, ok
}
