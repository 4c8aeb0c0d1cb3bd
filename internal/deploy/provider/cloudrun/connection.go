package cloudrun

import (
	"context"
	"errors"
	"fmt"

	run "cloud.google.com/go/run/apiv2"
	"google.golang.org/api/option"

	"slipway/internal/deploy/provider/google"
)

var api = google.API{Name: "Cloud Run", Override: "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN"}

// clients are the two halves of the API that are needed, on one connection.
type clients struct {
	services  *run.ServicesClient
	revisions *run.RevisionsClient
}

// Close ends the connection of both.
func (c *clients) Close() error { return c.services.Close() }

func dial(ctx context.Context, opts ...option.ClientOption) (*clients, error) {
	services, err := run.NewServicesClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for services: %w", err)
	}
	shared := services.Connection() //nolint:staticcheck // there is one connection, not a pool: it is the one to share
	revisions, err := run.NewRevisionsClient(ctx, option.WithGRPCConn(shared))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the client for revisions: %w", err), services.Close())
	}
	// Time-outs are in call.go, for all calls alike; retries are in google.Read.
	services.CallOptions = &run.ServicesCallOptions{}
	revisions.CallOptions = &run.RevisionsCallOptions{}
	return &clients{services: services, revisions: revisions}, nil
}
