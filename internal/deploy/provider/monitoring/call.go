package monitoring

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// readTries is how often a call is made before Unavailable is believed.
	readTries = 3
	// mostSeries is more than any answer can have: some revisions times some response codes.
	mostSeries = 20_000
)

// errPart says that an answer is not whole.
var errPart = errors.New("the answer is not complete")

// refuseParts makes an error of an answer that Cloud Monitoring calls incomplete. The iterator of the client passes
// over a page without series, and what is said there with it.
func refuseParts(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if err := invoke(ctx, method, req, reply, cc, opts...); err != nil {
		return err
	}
	if page, ok := reply.(*monitoringpb.ListTimeSeriesResponse); ok && len(page.GetExecutionErrors()) > 0 {
		return fmt.Errorf("%w: %s", errPart, page.GetExecutionErrors()[0].GetMessage())
	}
	return nil
}

// read makes a call. It is repeated while Cloud Monitoring is unavailable, until ctx ends. The error is as the client
// gave it; explain makes it one of ours.
func read[T any](ctx context.Context, m *Metrics, call func(context.Context, *monitoring.MetricClient) (T, error)) (T, error) {
	var none T
	c, err := m.connection.get(ctx)
	if err != nil {
		return none, err
	}
	for try := 1; ; try++ {
		got, err := call(ctx, c)
		if err == nil {
			return got, nil
		}
		if status.Code(err) != codes.Unavailable || try == readTries || !pause(ctx, try) {
			return none, err
		}
	}
}

// pause waits between two tries: 100 ms, then twice as long each time, give or take half. It reports false when ctx
// ended first.
func pause(ctx context.Context, try int) bool {
	base := 100 * time.Millisecond << (try - 1)
	t := time.NewTimer(base/2 + rand.N(base))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// list gives all series of an answer, of all its pages.
func (m *Metrics) list(ctx context.Context, req *monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, error) {
	return read(ctx, m, func(ctx context.Context, c *monitoring.MetricClient) ([]*monitoringpb.TimeSeries, error) {
		var all []*monitoringpb.TimeSeries
		for it := c.ListTimeSeries(ctx, req); ; {
			s, err := it.Next()
			if errors.Is(err, iterator.Done) {
				return all, nil
			}
			if err != nil {
				return nil, err
			}
			if len(all) == mostSeries {
				return nil, fmt.Errorf("%w: more than %d series", errPart, mostSeries)
			}
			all = append(all, s)
		}
	})
}
