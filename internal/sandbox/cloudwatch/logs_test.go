package cloudwatch_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/cloudwatch"
)

const written = "/ecs/coditect-app"

func lines(t *testing.T, c *logs.Client, in *logs.FilterLogEventsInput) []string {
	t.Helper()
	in.LogGroupName = aws.String(written)
	var got []string
	for p := logs.NewFilterLogEventsPaginator(c, in); p.HasMorePages(); {
		out, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range out.Events {
			got = append(got, *e.Message)
		}
	}
	return got
}

func TestLinesAreFound(t *testing.T) {
	t.Parallel()
	s, _, c := practice(t, cloudwatch.Options{})
	for i, line := range []string{"INFO up", "ERROR no table", `WARN "odd"`, "ERROR but known"} {
		s.Log(written, fmt.Sprintf("web/app/%d", i%2), start.Add(time.Duration(i)*time.Second), line)
	}
	s.Log("/ecs/other", "web/app/0", start, "ERROR of another")
	ms := func(d time.Duration) *int64 { return aws.Int64(start.Add(d).UnixMilli()) }
	tests := map[string]struct {
		in   logs.FilterLogEventsInput
		want []string
	}{
		"all, oldest first":             {logs.FilterLogEventsInput{}, []string{"INFO up", "ERROR no table", `WARN "odd"`, "ERROR but known"}},
		"newest first":                  {logs.FilterLogEventsInput{StartFromHead: aws.Bool(false)}, []string{"ERROR but known", `WARN "odd"`, "ERROR no table", "INFO up"}},
		"a page at a time":              {logs.FilterLogEventsInput{StartFromHead: aws.Bool(false), Limit: aws.Int32(1)}, []string{"ERROR but known", `WARN "odd"`, "ERROR no table", "INFO up"}},
		"from and to, both included":    {logs.FilterLogEventsInput{StartTime: ms(time.Second), EndTime: ms(2 * time.Second)}, []string{"ERROR no table", `WARN "odd"`}},
		"of some streams":               {logs.FilterLogEventsInput{LogStreamNames: []string{"web/app/0"}}, []string{"INFO up", `WARN "odd"`}},
		"of streams with a prefix":      {logs.FilterLogEventsInput{LogStreamNamePrefix: aws.String("web/app/1")}, []string{"ERROR no table", "ERROR but known"}},
		"with a term":                   {logs.FilterLogEventsInput{FilterPattern: aws.String("ERROR")}, []string{"ERROR no table", "ERROR but known"}},
		"with one of several":           {logs.FilterLogEventsInput{FilterPattern: aws.String("?WARN ?INFO")}, []string{"INFO up", `WARN "odd"`}},
		"with one and without another":  {logs.FilterLogEventsInput{FilterPattern: aws.String("ERROR -known")}, []string{"ERROR no table"}},
		"with a term in quotes":         {logs.FilterLogEventsInput{FilterPattern: aws.String(`"\"odd\""`)}, []string{`WARN "odd"`}},
		"optional terms beside another": {logs.FilterLogEventsInput{FilterPattern: aws.String("?WARN INFO")}, []string{"INFO up"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, lines(t, c, &tc.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPageMayBeEmptyAndHaveANext(t *testing.T) {
	t.Parallel()
	s, _, c := practice(t, cloudwatch.Options{})
	s.Log(written, "a", start, "ERROR at last")
	for i := range 1200 {
		s.Log(written, "a", start.Add(time.Duration(i+1)*time.Second), "INFO")
	}
	in := &logs.FilterLogEventsInput{LogGroupName: aws.String(written), FilterPattern: aws.String("ERROR"), StartFromHead: aws.Bool(false)}
	out, err := c.FilterLogEvents(t.Context(), in)
	if err != nil || len(out.Events) != 0 || out.NextToken == nil {
		t.Fatalf("%+v, %v", out, err)
	}
	if got := lines(t, c, in); len(got) != 1 {
		t.Errorf("%q", got)
	}
}

func TestLinesCanBeFoundOnlyWhenTheyAreDue(t *testing.T) {
	t.Parallel()
	clock := &moving{now: start}
	s, _, c := practice(t, cloudwatch.Options{Clock: clock, LogDelay: time.Minute})
	s.Log(written, "a", start, "one")
	before := lines(t, c, &logs.FilterLogEventsInput{})
	clock.set(start.Add(time.Minute))
	if after := lines(t, c, &logs.FilterLogEventsInput{}); len(before) != 0 || len(after) != 1 {
		t.Errorf("%q, then %q", before, after)
	}
}

func TestAStreamIsReadFromEitherEnd(t *testing.T) {
	t.Parallel()
	s, _, c := practice(t, cloudwatch.Options{})
	for i := range 5 {
		s.Log(written, "a", start.Add(time.Duration(i)*time.Second), fmt.Sprint(i))
		s.Log(written, "b", start, "of another")
	}
	read := func(in logs.GetLogEventsInput) (got []string, out *logs.GetLogEventsOutput) {
		in.LogGroupName, in.LogStreamName, in.Limit = aws.String(written), aws.String("a"), aws.Int32(2)
		out, err := c.GetLogEvents(t.Context(), &in)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range out.Events {
			got = append(got, *e.Message)
		}
		return got, out
	}
	last, out := read(logs.GetLogEventsInput{})
	before, _ := read(logs.GetLogEventsInput{NextToken: out.NextBackwardToken})
	end, again := read(logs.GetLogEventsInput{NextToken: out.NextForwardToken})
	first, head := read(logs.GetLogEventsInput{StartFromHead: aws.Bool(true)})
	second, _ := read(logs.GetLogEventsInput{NextToken: head.NextForwardToken})
	if diff := cmp.Diff([][]string{{"3", "4"}, {"1", "2"}, nil, {"0", "1"}, {"2", "3"}}, [][]string{last, before, end, first, second}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if *again.NextForwardToken != *out.NextForwardToken {
		t.Error("the token at the end is another one each time")
	}
}

func TestGroupsAndStreamsAreDescribed(t *testing.T) {
	t.Parallel()
	s, _, c := practice(t, cloudwatch.Options{})
	s.Log(written, "old", start, "x")
	s.Log(written, "new", start.Add(time.Second), "x")
	s.Group("/ecs/empty")
	s.Group("/aws/other")
	groups, err := c.DescribeLogGroups(t.Context(), &logs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/ecs/"), Limit: aws.Int32(1)})
	if err != nil || len(groups.LogGroups) != 1 || *groups.LogGroups[0].Arn != "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/coditect-app:*" {
		t.Fatalf("%+v, %v", groups, err)
	}
	groups, err = c.DescribeLogGroups(t.Context(), &logs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/ecs/"), NextToken: groups.NextToken})
	if err != nil || len(groups.LogGroups) != 1 || *groups.LogGroups[0].LogGroupName != "/ecs/empty" || groups.NextToken != nil {
		t.Fatalf("%+v, %v", groups, err)
	}
	streams, err := c.DescribeLogStreams(t.Context(), &logs.DescribeLogStreamsInput{LogGroupName: aws.String(written), OrderBy: "LastEventTime", Descending: aws.Bool(true), Limit: aws.Int32(1)})
	if err != nil || len(streams.LogStreams) != 1 || *streams.LogStreams[0].LogStreamName != "new" || *streams.LogStreams[0].LastEventTimestamp != start.Add(time.Second).UnixMilli() {
		t.Fatalf("%+v, %v", streams, err)
	}
}

func TestWhatLogsRefuse(t *testing.T) {
	t.Parallel()
	s, _, c := practice(t, cloudwatch.Options{})
	s.Group(written)
	tests := map[string]struct {
		in   logs.FilterLogEventsInput
		want string
	}{
		"a group that there is not":  {logs.FilterLogEventsInput{LogGroupName: aws.String("/none")}, "ResourceNotFoundException"},
		"no group":                   {logs.FilterLogEventsInput{}, "InvalidParameterException"},
		"a stream that there is not": {logs.FilterLogEventsInput{LogGroupName: aws.String(written), LogStreamNames: []string{"x"}}, "ResourceNotFoundException"},
		"streams and a prefix":       {logs.FilterLogEventsInput{LogGroupName: aws.String(written), LogStreamNames: []string{"x"}, LogStreamNamePrefix: aws.String("x")}, "InvalidParameterException"},
		"a pattern with a dot":       {logs.FilterLogEventsInput{LogGroupName: aws.String(written), FilterPattern: aws.String("a.b")}, "InvalidParameterException"},
		"a structured pattern":       {logs.FilterLogEventsInput{LogGroupName: aws.String(written), FilterPattern: aws.String(`{ $.a = "b" }`)}, "InvalidParameterException"},
		"a token that is none":       {logs.FilterLogEventsInput{LogGroupName: aws.String(written), NextToken: aws.String("b:7")}, "InvalidParameterException"},
		"a limit above the most":     {logs.FilterLogEventsInput{LogGroupName: aws.String(written), Limit: aws.Int32(10_001)}, "InvalidParameterException"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := c.FilterLogEvents(t.Context(), &tc.in)
			var refused smithy.APIError
			if !errors.As(err, &refused) || refused.ErrorCode() != tc.want {
				t.Errorf("%v, want %s", err, tc.want)
			}
		})
	}
}
