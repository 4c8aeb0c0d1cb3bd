package alerts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

const (
	pageSize     = 500
	mostPolicies = 10_000 // more than a project may have
)

var api = google.API{Name: "Cloud Monitoring", Override: "CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING"}

var _ deploy.Alerts = (*Alerts)(nil)

// Alerts is Cloud Monitoring's alert policies. Its methods may be called from any goroutine; all share one connection.
type Alerts struct {
	connection *google.Connection[*monitoring.AlertPolicyClient]
	timeout    time.Duration
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces monitoring.googleapis.com: the value of CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING.
	// http://host:port means plain text without credentials; https://host[:port] and host[:port] mean TLS with
	// credentials.
	Endpoint string
	// Timeout bounds a question with all of its calls; default 10 s.
	Timeout time.Duration
}

// New prepares a source. It connects to nothing and looks for no credentials: the first call does, so that a bot
// starts while Google is away. Invalid if the endpoint cannot be understood.
func New(_ context.Context, opts *Options) (*Alerts, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	conn, err := google.NewConnection(api, o.Endpoint, dial)
	if err != nil {
		return nil, err
	}
	a := &Alerts{connection: conn, timeout: 10 * time.Second}
	if o.Timeout > 0 {
		a.timeout = o.Timeout
	}
	return a, nil
}

func dial(ctx context.Context, opts ...option.ClientOption) (*monitoring.AlertPolicyClient, error) {
	client, err := monitoring.NewAlertPolicyClient(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("make the client for alert policies: %w", err)
	}
	// The time-out is in About, retries in google.Read.
	client.CallOptions = &monitoring.AlertPolicyCallOptions{}
	return client, nil
}

// Close ends the connection. Calls after it are Unavailable. Closing twice is harmless.
func (a *Alerts) Close() error { return a.connection.Close() }

// About names the enabled alert policies that are about a service, sorted; none is no error. Codes: NotFound (no such
// project), Forbidden, Invalid (the API is not enabled), Unavailable.
func (a *Alerts) About(ctx context.Context, s deploy.ServiceRef) ([]string, error) {
	within, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	names, err := google.Read(within, a.connection, func(ctx context.Context, c *monitoring.AlertPolicyClient) ([]string, error) {
		return list(ctx, c, s)
	})
	if err != nil {
		return nil, explain(ctx, "look for alert policies about "+s.String(), s.Project, err)
	}
	slices.Sort(names)
	return names, nil
}

func list(ctx context.Context, c *monitoring.AlertPolicyClient, s deploy.ServiceRef) ([]string, error) {
	var names []string
	seen := 0
	for it := c.ListAlertPolicies(ctx, &monitoringpb.ListAlertPoliciesRequest{Name: "projects/" + s.Project, PageSize: pageSize}); ; {
		p, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
		if seen++; seen > mostPolicies {
			return nil, status.Errorf(codes.Internal, "more than %d alert policies", mostPolicies)
		}
		if isAbout(p, s.Name) {
			names = append(names, p.GetDisplayName())
		}
	}
}

// meanings is for the status of a call. What is not here means what it does for all of Google's APIs.
var meanings = map[codes.Code]google.Meaning{
	codes.InvalidArgument:    {Code: deploy.Invalid, Msg: "Cloud Monitoring refuses the question", Hint: "compare the project in the catalog with what is at Google"},
	codes.FailedPrecondition: {Code: deploy.Invalid, Msg: "Cloud Monitoring refuses the question", Hint: "see that the Monitoring API is enabled in the project"},
	codes.PermissionDenied:   {Code: deploy.Forbidden, Msg: "Cloud Monitoring does not let Slipway see alert policies", Hint: "grant the bot roles/monitoring.alertPolicyViewer on the project"},
	codes.ResourceExhausted:  {Code: deploy.Unavailable, Msg: "Cloud Monitoring asks Slipway to slow down", Hint: "look at the project's Monitoring quotas if it goes on"},
}

func explain(ctx context.Context, op, project string, err error) error {
	return api.Explain(ctx, op, err, func(st *status.Status) google.Meaning {
		if st.Code() == codes.NotFound {
			return google.Meaning{
				Code: deploy.NotFound, Msg: "Cloud Monitoring does not know the project " + project, Hint: "see that the project is right in the catalog",
			}
		}
		return meanings[st.Code()]
	})
}
