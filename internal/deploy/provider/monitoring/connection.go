package monitoring

import (
	"context"
	"fmt"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"

	"slipway/internal/deploy/provider/google"
)

var api = google.API{Name: "Cloud Monitoring", Override: "CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING"}

func dial(ctx context.Context, opts ...option.ClientOption) (*monitoring.MetricClient, error) {
	client, err := monitoring.NewMetricClient(ctx, append(opts, option.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(refuseParts)))...)
	if err != nil {
		return nil, fmt.Errorf("make the client for metrics: %w", err)
	}
	// Time-outs are in Metrics.Read and Check, retries in google.Read.
	client.CallOptions = &monitoring.MetricCallOptions{}
	return client, nil
}
