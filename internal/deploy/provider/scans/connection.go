package scans

import (
	"context"
	"fmt"

	containeranalysis "cloud.google.com/go/containeranalysis/apiv1"
	grafeas "cloud.google.com/go/grafeas/apiv1"
	"google.golang.org/api/option"

	"slipway/internal/deploy/provider/google"
)

var api = google.API{Name: "Artifact Analysis", Override: "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINERANALYSIS"}

func dial(ctx context.Context, opts ...option.ClientOption) (*containeranalysis.Client, error) {
	client, err := containeranalysis.NewClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for scans: %w", err)
	}
	// The time-out is in Scans.Scan, retries are in google.Read.
	client.GetGrafeasClient().CallOptions = &grafeas.CallOptions{}
	return client, nil
}
