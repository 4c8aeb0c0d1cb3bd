package logging

import (
	"context"
	"fmt"

	logging "cloud.google.com/go/logging/apiv2"
	"google.golang.org/api/option"

	"slipway/internal/deploy/provider/google"
)

var api = google.API{Name: "Cloud Logging", Override: "CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING"}

func dial(ctx context.Context, opts ...option.ClientOption) (*logging.Client, error) {
	client, err := logging.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for logs: %w", err)
	}
	// The time-out is in Logs.Errors, retries are in google.Read.
	client.CallOptions = &logging.CallOptions{}
	return client, nil
}
