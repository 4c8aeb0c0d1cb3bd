package reach

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"google.golang.org/api/option"
	apihttp "google.golang.org/api/transport/http"

	"slipway/internal/deploy"
)

const (
	storageOverride = "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE"
	readObjects     = "https://www.googleapis.com/auth/devstorage.read_only"
)

// buckets are names as Cloud Storage has them, with what lies under a name.
var buckets = regexp.MustCompile(`^gs://([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:/(.*))?$`)

// storage is Cloud Storage's JSON API, asked at an address that whoever runs the bot has chosen: no check leads it
// elsewhere, so that it is not looked at.
type storage struct {
	base  string // with the version, without a slash at its end
	plain bool   // without credentials

	mu   sync.Mutex
	made *http.Client
	idle func()
}

func newStorage(given string) (*storage, error) {
	if given == "" {
		return &storage{base: "https://storage.googleapis.com/storage/v1"}, nil
	}
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.User != nil {
		return nil, &deploy.Error{
			Code: deploy.Invalid, Op: "read the endpoint of cloud storage", Msg: fmt.Sprintf("%.100q is no address of Cloud Storage", given),
			Hint: "write " + storageOverride + " as http://host:port (plain text, no credentials) or https://host, or leave it out",
		}
	}
	path := strings.TrimRight(u.Path, "/")
	if path == "" {
		path = "/storage/v1"
	}
	return &storage{base: u.Scheme + "://" + u.Host + path, plain: u.Scheme == "http"}, nil
}

// client is made at the first use; what went wrong is not kept.
func (s *storage) client(ctx context.Context) (*http.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made != nil {
		return s.made, nil
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: connectWithin, ForceAttemptHTTP2: true}
	s.idle = transport.CloseIdleConnections
	if s.plain {
		s.made = &http.Client{Transport: transport, CheckRedirect: stay}
		return s.made, nil
	}
	// Credentials outlive the call that was first to need them.
	with, err := apihttp.NewTransport(context.WithoutCancel(ctx), transport, option.WithScopes(readObjects), option.WithTelemetryDisabled())
	if err != nil {
		return nil, err
	}
	s.made = &http.Client{Transport: with, CheckRedirect: stay}
	return s.made, nil
}

// stay follows no redirect: Cloud Storage has none, and the credentials would go with it.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func (s *storage) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		s.idle()
	}
	s.made, s.idle = nil, nil
}

// bucket asks for one object of a bucket: it exists, and what it holds may be listed.
func (c *Checker) bucket(ctx context.Context, a *address) (string, error) {
	m := buckets.FindStringSubmatch(a.text)
	if m == nil {
		return "", a.wrong("is not a gs:// URL", "gs://bucket, or gs://bucket/folder/")
	}
	name := a.where("gs://" + m[1])
	client, err := c.storage.client(ctx)
	if err != nil {
		return "", refused("there are no Google credentials to ask for the bucket "+name+" with", "run `gcloud auth application-default login`, or give the bot a service account")
	}
	query := url.Values{"maxResults": {"1"}, "fields": {"items/name"}, "prefix": {m[2]}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.storage.base+"/b/"+url.PathEscape(m[1])+"/o?"+query.Encode(), nil)
	if err != nil {
		return "", a.wrong("is not a gs:// URL", "gs://bucket, or gs://bucket/folder/")
	}
	req.Header.Set("User-Agent", "slipway")
	res, err := client.Do(req)
	if err != nil {
		if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return "", silence(ctx, "Cloud Storage", "Cloud Storage's", err)
	}
	defer res.Body.Close()
	return listed(name, m[2], res)
}

// listed says what an answer to a list of objects means.
func listed(name, prefix string, res *http.Response) (string, error) {
	switch {
	case res.StatusCode == http.StatusNotFound:
		return "", refused("there is no bucket "+name, "create it, or correct its name in the catalog")
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		return "", refused("the objects of the bucket "+name+" may not be listed from here", "grant who asks roles/storage.objectViewer on it: the bot's account, or that of the job")
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= http.StatusInternalServerError:
		return "", later(fmt.Sprintf("Cloud Storage answers %d when asked for the bucket %s", res.StatusCode, name), "see https://status.cloud.google.com if it goes on")
	case res.StatusCode != http.StatusOK:
		return "", unexpected(fmt.Sprintf("Cloud Storage answers %d when asked for the bucket %s", res.StatusCode, name), "check "+storageOverride)
	}
	var list struct {
		Items []struct{ Name string } `json:"items"`
	}
	if json.NewDecoder(io.LimitReader(res.Body, mostBody)).Decode(&list) != nil {
		return "", unexpected("what answers is not Cloud Storage", "check "+storageOverride)
	}
	if len(list.Items) == 0 {
		if prefix != "" {
			return "may be listed; there is nothing under this folder", nil
		}
		return "may be listed; it is empty", nil
	}
	return "may be listed", nil
}
