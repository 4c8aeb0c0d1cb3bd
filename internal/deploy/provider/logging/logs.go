package logging

import (
	"context"
	"errors"
	"strconv"
	"time"

	logging "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/api/iterator"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// most is how many entries Cloud Logging gives on a page, and more than anybody reads.
const most = 1000

var _ deploy.Logs = (*Logs)(nil)

// Logs is Cloud Logging. Its methods may be called from any goroutine; all share one connection.
type Logs struct {
	connection *google.Connection[*logging.Client]
	timeout    time.Duration
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces logging.googleapis.com: the value of CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING.
	// http://host:port means plain text without credentials; https://host[:port] and host[:port] mean TLS with
	// credentials.
	Endpoint string
	// Timeout bounds a question with its pages and retries; default 10 s.
	Timeout time.Duration
}

// New prepares a source. It connects to nothing and looks for no credentials: the first call does, so that a bot
// starts while Google is away. Invalid if the endpoint cannot be understood.
func New(_ context.Context, opts *Options) (*Logs, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	conn, err := google.NewConnection(api, o.Endpoint, dial)
	if err != nil {
		return nil, err
	}
	l := &Logs{connection: conn, timeout: 10 * time.Second}
	if o.Timeout > 0 {
		l.timeout = o.Timeout
	}
	return l, nil
}

// Close ends the connection. Calls after it are Unavailable. Closing twice is harmless.
func (l *Logs) Close() error { return l.connection.Close() }

// Errors gives the newest entries of severity ERROR and above between From and To, both included; at most 1,000.
func (l *Logs) Errors(ctx context.Context, q deploy.LogQuery) ([]deploy.LogLine, error) {
	doing := "read the errors of " + string(q.Revision)
	limit := min(q.Limit, most)
	switch {
	case q.Revision == "":
		return nil, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "no revision is asked about"}
	case q.To.Before(q.From):
		return nil, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "the window to read ends before it begins"}
	case limit <= 0:
		return nil, nil
	}
	within, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	lines, err := google.Read(within, l.connection, func(ctx context.Context, c *logging.Client) ([]deploy.LogLine, error) {
		return list(ctx, c, request(&q, limit), limit)
	})
	return lines, explain(ctx, doing, err)
}

// request asks for the entries. All values are quoted, so that they can only be values there.
func request(q *deploy.LogQuery, limit int) *loggingpb.ListLogEntriesRequest {
	return &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{"projects/" + q.Service.Project},
		Filter: `resource.type="cloud_run_revision"` +
			` AND resource.labels.service_name=` + strconv.QuoteToASCII(q.Service.Name) +
			` AND resource.labels.revision_name=` + strconv.QuoteToASCII(string(q.Revision)) +
			` AND resource.labels.location=` + strconv.QuoteToASCII(q.Service.Region) +
			` AND severity>=ERROR` +
			` AND timestamp>="` + q.From.UTC().Format(time.RFC3339Nano) + `"` +
			` AND timestamp<="` + q.To.UTC().Format(time.RFC3339Nano) + `"`,
		OrderBy:  "timestamp desc",
		PageSize: int32(limit),
	}
}

// list reads until there are enough. Pages may be empty while Cloud Logging still searches; the iterator goes on.
func list(ctx context.Context, c *logging.Client, req *loggingpb.ListLogEntriesRequest, limit int) ([]deploy.LogLine, error) {
	var lines []deploy.LogLine
	for it := c.ListLogEntries(ctx, req); len(lines) < limit; {
		e, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, deploy.LogLine{At: at(e), Text: textOf(e)})
	}
	return lines, nil
}

// at is when it happened, or when it was received.
func at(e *loggingpb.LogEntry) time.Time {
	if t := e.GetTimestamp(); t.IsValid() {
		return t.AsTime()
	}
	if t := e.GetReceiveTimestamp(); t.IsValid() {
		return t.AsTime()
	}
	return time.Time{}
}
