package runjobs

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
	jobs       *run.JobsClient
	executions *run.ExecutionsClient
}

// Close ends the connection of both.
func (c *clients) Close() error { return c.jobs.Close() }

func dial(ctx context.Context, opts ...option.ClientOption) (*clients, error) {
	jobs, err := run.NewJobsClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for jobs: %w", err)
	}
	shared := jobs.Connection() //nolint:staticcheck // there is one connection, not a pool: it is the one to share
	executions, err := run.NewExecutionsClient(ctx, option.WithGRPCConn(shared))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make the client for executions: %w", err), jobs.Close())
	}
	// Time-outs are in jobs.go, for all calls alike; retries are in google.Read.
	jobs.CallOptions = &run.JobsCallOptions{}
	executions.CallOptions = &run.ExecutionsCallOptions{}
	return &clients{jobs: jobs, executions: executions}, nil
}
