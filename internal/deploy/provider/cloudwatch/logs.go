package cloudwatch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	logs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/lines"
)

const (
	// mostLines is more than anybody reads.
	mostLines = 1000
	// pageLines is how many lines are asked for at once, where those of other tasks are among them.
	pageLines = 1000
)

// errorPattern finds lines that say of themselves that they are errors: CloudWatch knows no severity. It is any of these
// words, anywhere in a line.
const errorPattern = `?ERROR ?Error ?error ?FATAL ?Fatal ?fatal ?PANIC ?Panic ?panic ?CRITICAL ?Critical ?critical ?SEVERE ?EMERGENCY ?Exception ?exception ?Traceback`

// Errors gives the newest lines of a revision's tasks that say that they are errors, between From and To, both included; at
// most 1,000. A structured line (JSON) with a level counts by its level. NotFound if the revision does not write to CloudWatch
// Logs, or its log group is not there.
func (c *CloudWatch) Errors(ctx context.Context, q deploy.LogQuery) ([]deploy.LogLine, error) {
	doing := "read the errors of " + string(q.Revision)
	limit := min(q.Limit, mostLines)
	switch {
	case q.Revision == "":
		return nil, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "no revision is asked about"}
	case q.To.Before(q.From):
		return nil, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "the window to read ends before it begins"}
	case limit <= 0:
		return nil, nil
	}
	within, cancel := context.WithTimeout(ctx, c.opts.Timeout)
	defer cancel()
	p, err := c.places.Place(within, q.Service, q.Revision)
	if err != nil {
		return nil, c.explain(ctx, ofLogs, doing, err)
	}
	if p.LogGroup == "" {
		return nil, &deploy.Error{
			Code: deploy.NotFound, Op: doing, Msg: "the tasks of " + string(q.Revision) + " write no log to CloudWatch",
			Hint: "let the container's logConfiguration in the task definition use awslogs",
		}
	}
	tasks, err := c.places.Tasks(within, q.Service, q.Revision)
	if err != nil {
		return nil, c.explain(ctx, ofLogs, doing, err)
	}
	region := cmp.Or(p.Region, q.Service.Region)
	found, err := c.list(within, region, &q, &writers{p, tasks}, limit)
	if err = c.explain(ctx, ofLogs, doing, err); deploy.CodeOf(err) == deploy.Forbidden {
		c.forget(region)
	}
	return found, err
}

// list reads until there are enough. Pages may be empty while CloudWatch still searches.
func (c *CloudWatch) list(ctx context.Context, region string, q *deploy.LogQuery, p *writers, limit int) ([]deploy.LogLine, error) {
	client, err := c.in(ctx, region)
	if err != nil {
		return nil, err
	}
	in := &logs.FilterLogEventsInput{
		LogGroupName: aws.String(p.LogGroup), FilterPattern: aws.String(errorPattern), Limit: aws.Int32(pageLines),
		StartTime: aws.Int64(q.From.Add(time.Millisecond - 1).UnixMilli()), EndTime: aws.Int64(q.To.UnixMilli()),
		StartFromHead: aws.Bool(false),
	}
	if p.LogStreamPrefix != "" {
		in.LogStreamNamePrefix = aws.String(p.LogStreamPrefix)
	}
	var found []deploy.LogLine
	for range mostPages {
		out, err := client.logs.FilterLogEvents(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, e := range out.Events {
			if !p.wrote(&e) {
				continue
			}
			if text, bad := read(aws.ToString(e.Message)); bad {
				found = append(found, deploy.LogLine{At: time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC(), Text: text})
			}
		}
		if aws.ToString(out.NextToken) == "" || len(found) >= limit {
			slices.SortStableFunc(found, func(a, b deploy.LogLine) int { return b.At.Compare(a.At) })
			return found[:min(limit, len(found))], nil
		}
		in.NextToken = out.NextToken
	}
	return nil, fmt.Errorf("%w: more than %d pages", errPart, mostPages)
}

// writers are a revision's tasks, as far as they are known, and where they write.
type writers struct {
	Place
	tasks []string
}

// wrote says whether a line is from one of them.
func (p *writers) wrote(e *types.FilteredLogEvent) bool {
	stream := aws.ToString(e.LogStreamName)
	return len(p.tasks) == 0 || slices.Contains(p.tasks, stream[strings.LastIndex(stream, "/")+1:])
}

// levels that are no errors, as logging libraries call them.
var harmless = []string{"trace", "debug", "info", "information", "notice", "warn", "warning", "default"}

// read makes a line of a message, and says whether it is an error: a word of the pattern is in it, which in a structured
// message may be a name only.
func read(message string) (text string, bad bool) {
	fields, structured := lines.Fields(message)
	if !structured {
		return lines.Text(message), true
	}
	for _, name := range []string{"level", "severity", "lvl", "log.level", "levelname"} {
		if level, is := fields[name].(string); is {
			return lines.Text(lines.Said(fields)), !slices.Contains(harmless, strings.ToLower(level))
		}
	}
	return lines.Text(lines.Said(fields)), true
}
