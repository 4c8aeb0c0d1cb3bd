package scripts

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"

	"slipway/internal/deploy"
)

const (
	pageSize  = 1000
	maxPages  = 10
	maxAnswer = 8 << 20 // bytes of a page
	atOnce    = 8       // objects that are read at the same time
)

// buckets are names as Cloud Storage has them, with what lies under a name.
var buckets = regexp.MustCompile(`^gs://([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:/(.*))?$`)

// object is one script of a bucket as it was listed.
type object struct {
	Name       string
	Generation string
	Size       int64 `json:",string"`
}

func (s *Scripts) fromBucket(ctx context.Context, source string, c *collection) error {
	m := buckets.FindStringSubmatch(source)
	if m == nil {
		return &deploy.Error{Code: deploy.Invalid, Msg: fmt.Sprintf("%.200q is no address of a bucket", source), Hint: "write gs://bucket/prefix/"}
	}
	bucket, prefix := m[1], m[2]
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	objects, err := s.storage.list(ctx, bucket, prefix)
	if err != nil {
		return err
	}
	if files, same := s.last.of(source, objects); same {
		c.files = files
		return nil
	}
	if err := s.storage.readAll(ctx, bucket, objects, c); err != nil {
		return err
	}
	s.last.keep(source, objects, c)
	return nil
}

// list finds the scripts that lie under a prefix, not those deeper.
func (s *storage) list(ctx context.Context, bucket, prefix string) ([]object, error) {
	var found []object
	var size int64
	query := url.Values{
		"prefix": {prefix}, "delimiter": {"/"}, "maxResults": {fmt.Sprint(pageSize)},
		"fields": {"items(name,generation,size),nextPageToken"},
	}
	for range maxPages {
		var page struct {
			Items         []object
			NextPageToken string
		}
		if err := s.page(ctx, bucket, query, &page); err != nil {
			return nil, err
		}
		for _, o := range page.Items {
			if wanted(o.Name) {
				found, size = append(found, o), size+o.Size
			}
		}
		switch {
		case len(found) > maxFiles:
			return nil, tooMany()
		case size > maxBytes:
			return nil, tooLarge()
		case page.NextPageToken == "":
			return found, nil
		}
		query.Set("pageToken", page.NextPageToken)
	}
	return nil, &deploy.Error{Code: deploy.Invalid, Msg: "there are more than " + deploy.Thousands(maxPages*pageSize) + " objects", Hint: "keep the scripts under a prefix of their own"}
}

func (s *storage) page(ctx context.Context, bucket string, query url.Values, into any) error {
	res, err := s.get(ctx, "/b/"+url.PathEscape(bucket)+"/o?"+query.Encode())
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotFound {
		return &deploy.Error{Code: deploy.NotFound, Msg: "there is no bucket gs://" + bucket, Hint: "create it, or correct the source in the catalog"}
	}
	if err := refusal(bucket, res.StatusCode); err != nil {
		return err
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxAnswer)).Decode(into); err != nil {
		if ctx.Err() != nil {
			return silence(err)
		}
		return &deploy.Error{Code: deploy.Invalid, Msg: "what answers is not Cloud Storage", Hint: "check " + storageOverride, Err: err}
	}
	return nil
}

// readAll reads objects, some at a time; the first that fails ends it.
func (s *storage) readAll(ctx context.Context, bucket string, objects []object, c *collection) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan object)
	var readers sync.WaitGroup
	for range min(atOnce, len(objects)) {
		readers.Go(func() {
			for o := range next {
				if err := s.read(ctx, bucket, o, c); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, o := range objects {
		select {
		case next <- o:
		case <-ctx.Done():
		}
	}
	close(next)
	readers.Wait()
	return context.Cause(ctx)
}

// read gets an object as it was listed.
func (s *storage) read(ctx context.Context, bucket string, o object, c *collection) error {
	query := url.Values{"alt": {"media"}, "ifGenerationMatch": {o.Generation}}
	res, err := s.get(ctx, "/b/"+url.PathEscape(bucket)+"/o/"+url.PathEscape(o.Name)+"?"+query.Encode())
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusPreconditionFailed {
		return &deploy.Error{Code: deploy.Conflict, Msg: path.Base(o.Name) + " was changed while the scripts were read", Hint: "wait until they are all uploaded"}
	}
	if err := refusal(bucket, res.StatusCode); err != nil {
		return err
	}
	if err := c.add(path.Base(o.Name), res.Body); err != nil {
		if deploy.CodeOf(err) == deploy.Invalid {
			return err
		}
		return silence(err)
	}
	return nil
}

// refusal is what a status says that is no answer.
func refusal(bucket string, status int) error {
	switch {
	case status == http.StatusOK:
		return nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return &deploy.Error{Code: deploy.Forbidden, Msg: "the objects of gs://" + bucket + " may not be read from here", Hint: "grant the bot's account roles/storage.objectViewer on the bucket"}
	case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout, status >= http.StatusInternalServerError:
		return &deploy.Error{Code: deploy.Unavailable, Msg: fmt.Sprintf("Cloud Storage answers %d when asked for gs://%s", status, bucket), Hint: "see https://status.cloud.google.com if it goes on"}
	}
	return &deploy.Error{Code: deploy.Invalid, Msg: fmt.Sprintf("Cloud Storage answers %d when asked for gs://%s", status, bucket), Hint: "check " + storageOverride}
}
