package scans

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	containeranalysis "cloud.google.com/go/containeranalysis/apiv1"
	"google.golang.org/api/iterator"
	grafeaspb "google.golang.org/genproto/googleapis/grafeas/v1"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

const (
	pageSize = 1000
	// mostOccurrences of an image are read. Images of operating systems at the end of their lives have some 3,000
	// findings. The worst need not come first: what is beyond cannot be left out.
	mostOccurrences = 20_000
)

var _ deploy.Scanner = (*Scans)(nil)

// Scans is Artifact Analysis. Its methods may be called from any goroutine; all share one connection.
type Scans struct {
	connection *google.Connection[*containeranalysis.Client]
	timeout    time.Duration
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces containeranalysis.googleapis.com: the value of
	// CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINERANALYSIS. http://host:port means plain text without credentials, and a
	// stand-in that is asked about every image, whatever registry it is in; https://host[:port] and host[:port] mean TLS
	// with credentials.
	Endpoint string
	// Timeout bounds a question with its pages and retries; default 10 s.
	Timeout time.Duration
}

// New prepares a source. It connects to nothing and looks for no credentials: the first call does, so that a bot
// starts while Google is away. Invalid if the endpoint cannot be understood.
func New(_ context.Context, opts *Options) (*Scans, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	conn, err := google.NewConnection(api, o.Endpoint, dial)
	if err != nil {
		return nil, err
	}
	s := &Scans{connection: conn, timeout: 10 * time.Second}
	if o.Timeout > 0 {
		s.timeout = o.Timeout
	}
	return s, nil
}

// Close ends the connection. Calls after it are Unavailable. Closing twice is harmless.
func (s *Scans) Close() error { return s.connection.Close() }

// Scan is what Artifact Analysis found in an image, by its digest. Codes: NotFound (the image lies in another registry:
// at once, without a question; nobody has scanned it, or that failed), NotYet (the scan is still going on), Invalid
// (there are more findings than are read, too), Forbidden, Unavailable.
func (s *Scans) Scan(ctx context.Context, img deploy.Image) (deploy.Scan, error) {
	doing := "read the scan of " + img.Ref()
	project, ok := s.project(img.Repository)
	if !ok {
		return deploy.Scan{}, &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: "Artifact Analysis scans images of Artifact Registry and gcr.io only"}
	}
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	occurrences, err := google.Read(within, s.connection, func(ctx context.Context, c *containeranalysis.Client) ([]*grafeaspb.Occurrence, error) {
		return list(ctx, c, &grafeaspb.ListOccurrencesRequest{
			Parent: "projects/" + project, PageSize: pageSize,
			Filter: fmt.Sprintf(`(kind = "VULNERABILITY" OR kind = "DISCOVERY") AND resourceUrl = %q`, "https://"+img.Ref()),
		})
	})
	if err != nil {
		return deploy.Scan{}, explain(ctx, doing, project, err)
	}
	at, err := finished(doing, img, occurrences)
	if err != nil {
		return deploy.Scan{}, err
	}
	return deploy.Scan{Source: api.Name, At: at, Vulnerabilities: found(occurrences)}, nil
}

func list(ctx context.Context, c *containeranalysis.Client, req *grafeaspb.ListOccurrencesRequest) ([]*grafeaspb.Occurrence, error) {
	var out []*grafeaspb.Occurrence
	for pages := c.GetGrafeasClient().ListOccurrences(ctx, req); len(out) <= mostOccurrences; {
		o, err := pages.Next()
		if errors.Is(err, iterator.Done) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return nil, &deploy.Error{
		Code: deploy.Invalid, Msg: api.Name + " has found more in the image than " + deploy.Thousands(mostOccurrences) + " vulnerabilities",
		Hint: "build it on a base image that is looked after",
	}
}

// project is whose image it is: the first part of its path, with the domain where a project belongs to one
// (gcr.io/example.com/project/app).
func (s *Scans) project(repository string) (project string, ok bool) {
	host, path, _ := strings.Cut(repository, "/")
	googles := host == "gcr.io" || strings.HasSuffix(host, ".gcr.io") || strings.HasSuffix(host, ".pkg.dev")
	if !googles && !s.connection.Plain() {
		return "", false
	}
	parts := strings.Split(path, "/")
	if len(parts) > 2 && strings.Contains(parts[0], ".") {
		return parts[0] + ":" + parts[1], true
	}
	return parts[0], parts[0] != ""
}
