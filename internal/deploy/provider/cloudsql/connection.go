package cloudsql

import (
	"context"
	"fmt"

	sql "cloud.google.com/go/sql/apiv1"

	"slipway/internal/deploy/provider/google"
)

var api = google.API{Name: "Cloud SQL", Override: "CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL"}

// connect prepares the way to the API, which is spoken over HTTP alone: there are generated clients for gRPC, but
// nothing at Google that would answer them.
func connect(endpoint string) (*google.Connection[*google.REST], error) {
	return google.NewRESTConnection(api, endpoint, sql.DefaultAuthScopes())
}

// clients are the three parts of the API that are needed, for one call. There is nothing about them to be closed.
type clients struct {
	instances  *sql.SqlInstancesClient
	runs       *sql.SqlBackupRunsClient
	operations *sql.SqlOperationsClient
}

func within(ctx context.Context, r *google.REST) (*clients, error) {
	opts := r.Within(ctx)
	instances, err := sql.NewSqlInstancesRESTClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for instances: %w", err)
	}
	runs, err := sql.NewSqlBackupRunsRESTClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for backups: %w", err)
	}
	operations, err := sql.NewSqlOperationsRESTClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for operations: %w", err)
	}
	// Time-outs are in call.go, for all calls alike; retries are in google.Read.
	instances.CallOptions = &sql.SqlInstancesCallOptions{}
	runs.CallOptions = &sql.SqlBackupRunsCallOptions{}
	operations.CallOptions = &sql.SqlOperationsCallOptions{}
	return &clients{instances: instances, runs: runs, operations: operations}, nil
}
