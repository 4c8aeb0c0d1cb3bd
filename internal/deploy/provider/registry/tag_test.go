package registry_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/registry"
	sandbox "slipway/internal/sandbox/registry"
)

// watched is a registry behind a host that counts what is sent, and may answer to that by itself.
func watched(t *testing.T, r *sandbox.Registry, answer int) (host string, puts *atomic.Int64) {
	t.Helper()
	puts = &atomic.Int64{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: r.Addr()})
	own := &http.Transport{}
	proxy.Transport = own
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPut {
			puts.Add(1)
			if answer != 0 {
				w.WriteHeader(answer)
				return
			}
		}
		proxy.ServeHTTP(w, req)
	}))
	t.Cleanup(func() {
		server.Close()
		own.CloseIdleConnections()
	})
	return strings.TrimPrefix(server.URL, "http://"), puts
}

func TestATagIsMadeToLeadToADigest(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	host, puts := watched(t, r, 0)
	i, repository := images(t, nil), host+"/coditect"
	for n, tc := range []struct {
		version string
		sent    int64
	}{{"v1.2.3", 1}, {"v1.2.3", 1}, {"v1.2.4", 2}} { // it is put there, it is so already, it is moved
		if err := i.Tag(t.Context(), repository, r.Digest(tc.version), "rollback-production"); err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		got, err := i.Resolve(t.Context(), repository, "rollback-production")
		if err != nil || got.Digest != r.Digest(tc.version) || puts.Load() != tc.sent {
			t.Errorf("%d: %+v, %v, %d sent; want %s and %d", n, got, err, puts.Load(), r.Digest(tc.version), tc.sent)
		}
	}
}

func TestAnIndexIsTaggedAsItIs(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	to, opts := push(t, r, "team/app:v2.0.0")
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: imageFor(t, "linux", "amd64")})
	if err := remote.WriteIndex(to, index, opts...); err != nil {
		t.Fatal(err)
	}
	want, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	if err := images(t, nil).Tag(t.Context(), r.Addr()+"/team/app", want.String(), "rollback"); err != nil {
		t.Fatal(err)
	}
	tag, opts := push(t, r, "team/app:rollback")
	if got, err := remote.Get(tag, opts...); err != nil || got.Digest != want {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWhatCannotBeTagged(t *testing.T) {
	t.Parallel()
	nobody := "sha256:" + strings.Repeat("0", 64)
	for fact, tc := range map[string]struct {
		fault  sandbox.Fault
		answer int
		digest string
		tag    string
		code   deploy.Code
		hint   string
	}{
		"a digest that is not there":    {digest: nobody, tag: "t", code: deploy.NotFound, hint: "push it again"},
		"what is no digest":             {digest: "v1.2.3", tag: "t", code: deploy.Invalid, hint: "sha256:"},
		"what is no tag":                {tag: "a tag", code: deploy.Invalid, hint: "tag is made of"},
		"no tag":                        {tag: "", code: deploy.Invalid, hint: "tag is made of"},
		"a registry that is down":       {fault: sandbox.Fault{Down: true}, tag: "t", code: deploy.Unavailable},
		"a registry that refuses us":    {fault: sandbox.Fault{Unauthorised: true}, tag: "t", code: deploy.Forbidden, hint: "docker login"},
		"who may read, but not write":   {answer: http.StatusForbidden, tag: "t", code: deploy.Forbidden, hint: "roles/artifactregistry.writer"},
		"tags that cannot be moved":     {answer: http.StatusBadRequest, tag: "v1.2.4", code: deploy.Invalid, hint: "take another tag"},
		"a registry that is too busy":   {answer: http.StatusTooManyRequests, tag: "t", code: deploy.Unavailable},
		"a registry that has no answer": {fault: sandbox.Fault{Slow: 20 * time.Second}, tag: "t", code: deploy.Unavailable},
	} {
		t.Run(fact, func(t *testing.T) {
			t.Parallel()
			r := practice(t, nil)
			host, _ := watched(t, r, tc.answer)
			if tc.digest == "" {
				tc.digest = r.Digest("v1.2.3")
			}
			r.SetFault(tc.fault)
			opts := &registry.Options{}
			if tc.fault.Slow > 0 {
				opts.Timeout = 100 * time.Millisecond
			}
			err := images(t, opts).Tag(t.Context(), host+"/coditect", tc.digest, tc.tag)
			if deploy.CodeOf(err) != tc.code || !strings.Contains(deploy.Hint(err), tc.hint) || deploy.Message(err) == "" {
				t.Errorf("%v, hint %q", err, deploy.Hint(err))
			}
			if strings.Contains(fmt.Sprint(deploy.Message(err)), "http://") {
				t.Errorf("%q shows an address", deploy.Message(err))
			}
		})
	}
}
