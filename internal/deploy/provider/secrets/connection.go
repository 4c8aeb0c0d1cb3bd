package secrets

import (
	"context"
	"fmt"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"google.golang.org/api/option"

	"slipway/internal/deploy/provider/google"
)

var api = google.API{Name: "Secret Manager", Override: "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER"}

func dial(ctx context.Context, opts ...option.ClientOption) (*secretmanager.Client, error) {
	client, err := secretmanager.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for secrets: %w", err)
	}
	// The time-out is in Secrets.Value, retries are in google.Read.
	client.CallOptions = &secretmanager.CallOptions{}
	return client, nil
}
