package monitoring

import (
	"context"
	"errors"
	"fmt"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc"

	"slipway/internal/deploy/provider/google"
)

// mostSeries is more than any answer can have: some revisions times some response codes.
const mostSeries = 20_000

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

// list gives all series of an answer, of all its pages.
func (m *Metrics) list(ctx context.Context, req *monitoringpb.ListTimeSeriesRequest) ([]*monitoringpb.TimeSeries, error) {
	return google.Read(ctx, m.connection, func(ctx context.Context, c *monitoring.MetricClient) ([]*monitoringpb.TimeSeries, error) {
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
