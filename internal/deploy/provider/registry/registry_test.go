package registry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"go.uber.org/goleak"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/registry"
	sandbox "slipway/internal/sandbox/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func practice(t *testing.T, opts *sandbox.Options) *sandbox.Registry {
	t.Helper()
	r, err := sandbox.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func images(t *testing.T, opts *registry.Options) *registry.Images {
	t.Helper()
	o := registry.Options{Keychain: authn.NewMultiKeychain()}
	if opts != nil {
		o.Timeout, o.Suggestions = opts.Timeout, opts.Suggestions
	}
	i := registry.New(&o)
	t.Cleanup(i.Close)
	return i
}

// push returns the options and the name under which something is pushed.
func push(t *testing.T, r *sandbox.Registry, image string) (name.Tag, []remote.Option) {
	t.Helper()
	ref, err := name.NewTag(r.Addr() + "/" + image)
	if err != nil {
		t.Fatal(err)
	}
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return ref, []remote.Option{remote.WithTransport(tr), remote.WithContext(t.Context())}
}

var built = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

func imageFor(t *testing.T, os, architecture string) v1.Image {
	t.Helper()
	img, err := random.Image(700, 3)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	cfg = cfg.DeepCopy()
	cfg.OS, cfg.Architecture, cfg.Created = os, architecture, v1.Time{Time: built}
	if img, err = mutate.ConfigFile(img, cfg); err != nil {
		t.Fatal(err)
	}
	return img
}

func digest(t *testing.T, img v1.Image) string {
	t.Helper()
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

func TestATagIsResolvedToItsContent(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	img := imageFor(t, "linux", "amd64")
	ref, opts := push(t, r, "team/app:v2.0.0")
	if err := remote.Write(ref, img, opts...); err != nil {
		t.Fatal(err)
	}
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	size := manifest.Config.Size
	for _, l := range manifest.Layers {
		size += l.Size
	}
	repository := r.Addr() + "/team/app"
	want := deploy.Image{Repository: repository, Tag: "v2.0.0", Digest: digest(t, img), Size: size, Built: built}
	got, err := images(t, nil).Resolve(t.Context(), repository, "v2.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("image (-want +got):\n%s", diff)
	}
}

func TestOfAnIndexTheImageForOurMachinesIsTaken(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	arm, amd, windows := imageFor(t, "linux", "arm64"), imageFor(t, "linux", "amd64"), imageFor(t, "windows", "amd64")
	odd := imageFor(t, "unknown", "unknown") // as builders put attestations beside images
	add := func(img v1.Image, os, arch string) mutate.IndexAddendum {
		return mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: os, Architecture: arch}}}
	}
	both, opts := push(t, r, "team/app:both")
	index := mutate.AppendManifests(empty.Index, add(windows, "windows", "amd64"), add(arm, "linux", "arm64"), add(amd, "linux", "amd64"))
	if err := remote.WriteIndex(both, index, opts...); err != nil {
		t.Fatal(err)
	}
	others, opts := push(t, r, "team/app:others")
	if err := remote.WriteIndex(others, mutate.AppendManifests(empty.Index, add(windows, "windows", "amd64"), add(arm, "linux", "arm64"), add(odd, "unknown", "unknown")), opts...); err != nil {
		t.Fatal(err)
	}
	laptop, opts := push(t, r, "team/app:laptop")
	if err := remote.Write(laptop, arm, opts...); err != nil {
		t.Fatal(err)
	}

	i := images(t, nil)
	got, err := i.Resolve(t.Context(), r.Addr()+"/team/app", "both")
	if err != nil || got.Digest != digest(t, amd) {
		t.Errorf("digest %s, %v; want %s", got.Digest, err, digest(t, amd))
	}
	for tag, instead := range map[string]string{"others": "linux/arm64, windows/amd64", "laptop": "linux/arm64"} {
		_, err := i.Resolve(t.Context(), r.Addr()+"/team/app", tag)
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "--platform linux/amd64") ||
			deploy.Message(err) != "team/app:"+tag+" is not built for linux/amd64, only for "+instead {
			t.Errorf("%s: %v, hint %q", tag, err, deploy.Hint(err))
		}
	}
}

func TestWhatIsNoImageIsRefused(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	ref, opts := push(t, r, "team/app:chart")
	odd := mutate.MediaType(empty.Image, types.MediaType("application/vnd.example.chart+json"))
	if err := remote.Write(ref, odd, opts...); err != nil {
		t.Fatal(err)
	}
	i := images(t, nil)
	_, err := i.Resolve(t.Context(), r.Addr()+"/team/app", "chart")
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "no container image") {
		t.Errorf("a chart: %v", err)
	}
	for _, bad := range [][2]string{{"app", "v1"}, {"gcr.io/p/app", "v 1"}, {"gcr.io/p/app", ""}, {"gcr.io/P/App", "v1"}, {"gcr.io/p/app:v1", "v1"}} {
		_, err := i.Resolve(t.Context(), bad[0], bad[1])
		if deploy.CodeOf(err) != deploy.Invalid || deploy.Hint(err) == "" {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestTheNearestTagsAreOffered(t *testing.T) {
	t.Parallel()
	r := practice(t, &sandbox.Options{
		Repositories: []string{"app"},
		Versions:     []string{"v1.2.3", "v1.2.8", "v1.2.9", "v1.2.10", "v1.10.0", "v0.9.0-rc1", "nightly"},
	})
	tests := map[string]struct{ repository, tag, want string }{
		"the newest of those one letter away":   {"app", "v1.2.7", "nearest: v1.2.9, v1.2.8, v1.2.3"},
		"numbers count as numbers":              {"app", "v1.2.1", "nearest: v1.2.10, v1.2.9, v1.2.8"},
		"the v that was forgotten":              {"app", "1.10.0", "nearest: v1.10.0"},
		"signatures are no versions":            {"app", "sha256-" + strings.Repeat("0", 64), "nearest: v"},
		"a repository that is not there at all": {"ap", "v1.2.3", "has no repository ap"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := images(t, nil).Resolve(t.Context(), r.Addr()+"/"+tc.repository, tc.tag)
			if deploy.CodeOf(err) != deploy.NotFound || !strings.Contains(deploy.Hint(err), tc.want) {
				t.Errorf("%v, hint %q; want not found with %q", err, deploy.Hint(err), tc.want)
			}
		})
	}
}

func TestARegistryThatDoesNotHelp(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	tests := map[string]struct {
		fault sandbox.Fault
		want  deploy.Code
		says  string
	}{
		"down":    {sandbox.Fault{Down: true}, deploy.Unavailable, "does not answer"},
		"slow":    {sandbox.Fault{Slow: time.Hour}, deploy.Unavailable, "did not answer within 100ms"},
		"refuses": {sandbox.Fault{Unauthorised: true}, deploy.Forbidden, "does not let Slipway read coditect"},
	}
	for name, tc := range tests {
		r.SetFault(tc.fault)
		opts := &registry.Options{}
		if tc.fault.Slow > 0 {
			opts.Timeout = 100 * time.Millisecond
		}
		_, err := images(t, opts).Resolve(t.Context(), r.Addr()+"/coditect", "v1.2.4")
		if deploy.CodeOf(err) != tc.want || !strings.Contains(deploy.Message(err), tc.says) {
			t.Errorf("%s: %v, want %s: %s", name, err, tc.want, tc.says)
		}
		if tc.want == deploy.Forbidden && !strings.Contains(deploy.Hint(err), "docker login") {
			t.Errorf("%s: hint %q", name, deploy.Hint(err))
		}
	}
	r.SetFault(sandbox.Fault{})
	if got, err := images(t, nil).Resolve(t.Context(), r.Addr()+"/coditect", "v1.2.4"); err != nil || got.Digest != r.Digest("v1.2.4") {
		t.Errorf("once it is back: %s, %v", got.Digest, err)
	}
}

func TestWhatAnHTTPStatusMeans(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]deploy.Code{
		http.StatusForbidden: deploy.Forbidden, http.StatusTooManyRequests: deploy.Unavailable,
		http.StatusInternalServerError: deploy.Unavailable, http.StatusServiceUnavailable: deploy.Unavailable,
		http.StatusBadRequest: deploy.Invalid, http.StatusNotFound: deploy.NotFound,
	} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/v2/" {
					w.WriteHeader(status)
				}
			}))
			defer s.Close()
			_, err := images(t, nil).Resolve(t.Context(), strings.TrimPrefix(s.URL, "http://")+"/app", "v1")
			if got := deploy.CodeOf(err); got != want {
				t.Errorf("code %s, want %s: %v", got, want, err)
			}
		})
	}
}

func TestOneBadAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.URL.Path, "/manifests/") {
			return
		}
		asked++
		if asked == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer s.Close()
	_, err := images(t, nil).Resolve(t.Context(), strings.TrimPrefix(s.URL, "http://")+"/app", "v1")
	if deploy.CodeOf(err) != deploy.NotFound || asked != 2 {
		t.Errorf("%v after %d questions, want the second answer", err, asked)
	}
}

func TestSuggestionsAreBoundedInPagesAndTime(t *testing.T) {
	t.Parallel()
	pages := make(chan int, 100)
	serve := func(slow bool) *httptest.Server {
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/v2/":
			case !strings.HasSuffix(r.URL.Path, "/tags/list"):
				w.WriteHeader(http.StatusNotFound)
			case slow:
				<-r.Context().Done()
			default:
				pages <- 1
				n := len(pages)
				w.Header().Set("Link", fmt.Sprintf("</v2/app/tags/list?last=%d>; rel=next", n))
				_ = json.NewEncoder(w).Encode(map[string]any{"name": "app", "tags": []string{fmt.Sprintf("v0.0.%d", n)}})
			}
		}))
	}
	endless, slow := serve(false), serve(true)
	defer endless.Close()
	defer slow.Close()

	_, err := images(t, nil).Resolve(t.Context(), strings.TrimPrefix(endless.URL, "http://")+"/app", "v0.0.5")
	if deploy.CodeOf(err) != deploy.NotFound || !strings.HasPrefix(deploy.Hint(err), "nearest: v0.0.5") || len(pages) != 10 {
		t.Errorf("%v, hint %q after %d pages, want 10", err, deploy.Hint(err), len(pages))
	}
	_, err = images(t, &registry.Options{Suggestions: 50 * time.Millisecond}).
		Resolve(t.Context(), strings.TrimPrefix(slow.URL, "http://")+"/app", "v0.0.5")
	if deploy.CodeOf(err) != deploy.NotFound || !strings.Contains(deploy.Hint(err), "push the image first") {
		t.Errorf("slow list: %v, hint %q", err, deploy.Hint(err))
	}
}

func TestACancelledSearchStops(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	r.SetFault(sandbox.Fault{Slow: time.Hour})
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(20*time.Millisecond, cancel)
	defer timer.Stop()
	_, err := images(t, nil).Resolve(ctx, r.Addr()+"/coditect", "v1.2.4")
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want unavailable with context.Canceled in its chain", err)
	}
}
