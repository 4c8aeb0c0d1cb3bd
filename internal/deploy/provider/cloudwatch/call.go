package cloudwatch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	metrics "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"slipway/internal/deploy"
)

const (
	// mostQueries is what one GetMetricData takes.
	mostQueries = 500
	// mostPages is more than any answer has: a page holds 100,800 points.
	mostPages = 100
)

// answer asks all questions about periods that end in a window, and puts the points into them.
func (c *CloudWatch) answer(ctx context.Context, region string, all []*question, w window) error {
	client, err := c.in(ctx, region)
	if err != nil {
		return err
	}
	for part := range slices.Chunk(all, mostQueries) {
		if err := c.answerPart(ctx, client.metrics, part, w); err != nil {
			return err
		}
	}
	return nil
}

func (c *CloudWatch) answerPart(ctx context.Context, client *metrics.Client, part []*question, w window) error {
	in := &metrics.GetMetricDataInput{
		// Points bear the time at which they begin.
		StartTime: aws.Time(w.from.Add(-c.opts.Period).Truncate(c.opts.Period)), EndTime: aws.Time(w.to),
		ScanBy: types.ScanByTimestampAscending,
	}
	byID := map[string]*question{}
	for i, q := range part {
		id := "q" + strconv.Itoa(i)
		byID[id], q.points, q.status = q, nil, ""
		in.MetricDataQueries = append(in.MetricDataQueries, q.query(id, c.opts.Period))
	}
	for range mostPages {
		out, err := client.GetMetricData(ctx, in)
		if err != nil {
			return err
		}
		if err := c.take(out, byID, w); err != nil {
			return err
		}
		if aws.ToString(out.NextToken) == "" {
			return whole(part)
		}
		in.NextToken = out.NextToken
	}
	return fmt.Errorf("%w: more than %d pages", errPart, mostPages)
}

// take puts a page's points into the questions. A part of an answer is gone on with on the next page.
func (c *CloudWatch) take(out *metrics.GetMetricDataOutput, byID map[string]*question, w window) error {
	for _, m := range out.Messages {
		return fmt.Errorf("%w: %s: %s", errPart, aws.ToString(m.Code), aws.ToString(m.Value))
	}
	for _, r := range out.MetricDataResults {
		q := byID[aws.ToString(r.Id)]
		if q == nil {
			return fmt.Errorf("%w: an answer to nothing that was asked", errPart)
		}
		for _, m := range r.Messages {
			return fmt.Errorf("%w: %s: %s", errPart, aws.ToString(m.Code), aws.ToString(m.Value))
		}
		if len(r.Timestamps) != len(r.Values) {
			return wrong(q.metric, "it has %d values at %d times", len(r.Values), len(r.Timestamps))
		}
		q.status = r.StatusCode
		for i, begin := range r.Timestamps {
			// What ends later is not over yet.
			if end := begin.Add(c.opts.Period); !end.After(w.to) {
				q.points = append(q.points, point{end.UTC(), r.Values[i]})
			}
		}
	}
	return nil
}

// whole refuses answers of which AWS says that they are not.
func whole(part []*question) error {
	for _, q := range part {
		switch q.status {
		case types.StatusCodeComplete:
		case types.StatusCodeForbidden:
			return &deploy.Error{Code: deploy.Forbidden, Msg: "CloudWatch does not let Slipway read " + q.metric, Hint: forbidden.hint}
		case types.StatusCodeInternalError, types.StatusCodePartialData:
			return fmt.Errorf("%w: %s is %s", errPart, q.metric, q.status)
		default:
			return fmt.Errorf("%w: nothing is said of %s (%q)", errPart, q.metric, q.status)
		}
	}
	return nil
}

// lookback is how far before its end a reading looks for the newest point, at least. A source that is further behind is as
// good as silent.
const lookback = 10 * time.Minute
