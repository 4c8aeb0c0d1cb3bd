package registry_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"go.uber.org/goleak"

	"slipway/internal/sandbox/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, opts *registry.Options) *registry.Registry {
	t.Helper()
	r, err := registry.New(opts)
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

// client is remote's without its connection pool and its retries.
func client(t *testing.T) []remote.Option {
	tr := &http.Transport{}
	t.Cleanup(tr.CloseIdleConnections)
	return []remote.Option{
		remote.WithTransport(tr), remote.WithContext(t.Context()),
		remote.WithRetryBackoff(remote.Backoff{Steps: 1}),
	}
}

func ref(t *testing.T, r *registry.Registry, image string) name.Reference {
	t.Helper()
	n, err := name.ParseReference(r.Addr() + "/" + image)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEveryVersionIsAnImageWithItsLabels(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	opts := client(t)
	for _, repository := range []string{"coditect", "my-gcp-project/coditect"} {
		img, err := remote.Image(ref(t, r, repository+":v1.2.4"), opts...)
		if err != nil {
			t.Fatal(err)
		}
		cfg, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{
			"platform": cfg.OS + "/" + cfg.Architecture,
			"version":  cfg.Config.Labels["org.opencontainers.image.version"],
			"created":  cfg.Config.Labels["org.opencontainers.image.created"],
			"revision": cfg.Config.Labels["org.opencontainers.image.revision"],
		}
		want := map[string]string{
			"platform": "linux/amd64", "version": "v1.2.4", "created": cfg.Created.Format(time.RFC3339),
			"revision": "f7d64811614daa5aa417d42fe93ae28d0b9d8d38",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", repository, diff)
		}
		if layers, err := img.Layers(); err != nil || len(layers) != 2 {
			t.Errorf("%s has layers %v, %v; want two", repository, layers, err)
		}
	}
}

func TestTagsAreListedAndLatestIsTheNewest(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	tags, err := remote.List(ref(t, r, "coditect").Context(), client(t)...)
	if err != nil {
		t.Fatal(err)
	}
	tags = slices.DeleteFunc(tags, func(tag string) bool { return strings.HasSuffix(tag, ".sig") })
	want := []string{"latest", "v1.2.0", "v1.2.1", "v1.2.2", "v1.2.3", "v1.2.4", "v1.2.5", "v1.2.6", "v1.2.8", "v1.2.9", "v1.3.0", "v1.3.1", "v1.4.0"}
	if diff := cmp.Diff(want, tags); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:], r.Versions()); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	if r.Digest("latest") != r.Digest("v1.4.0") || r.Digest("v1.2.9") == r.Digest("v1.2.8") {
		t.Errorf("latest %s, v1.4.0 %s, v1.2.9 %s, v1.2.8 %s", r.Digest("latest"), r.Digest("v1.4.0"), r.Digest("v1.2.9"), r.Digest("v1.2.8"))
	}
	if d := r.Digest("v9.9.9"); d != "" {
		t.Errorf("a tag that is not there has digest %s", d)
	}
}

func TestDigestsAreTheSameAtEveryStart(t *testing.T) {
	t.Parallel()
	a, b := start(t, nil), start(t, &registry.Options{Versions: []string{"v1.2.4"}, Repositories: []string{"elsewhere"}})
	if a.Digest("v1.2.4") == "" || a.Digest("v1.2.4") != b.Digest("v1.2.4") {
		t.Errorf("digests %q and %q", a.Digest("v1.2.4"), b.Digest("v1.2.4"))
	}
	desc, err := remote.Head(ref(t, a, "coditect@"+a.Digest("v1.2.4")), client(t)...)
	if err != nil {
		t.Fatal(err)
	}
	want, err := v1.NewHash(a.Digest("v1.2.4"))
	if err != nil {
		t.Fatal(err)
	}
	if desc.Digest != want {
		t.Errorf("head by digest says %s, want %s", desc.Digest, want)
	}
}

func TestWhatIsMissingIsNotFound(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	for _, image := range []string{"coditect:v9.9.9", "nothing:v1.2.3"} {
		_, err := remote.Head(ref(t, r, image), client(t)...)
		if te, ok := errors.AsType[*transport.Error](err); !ok || te.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %v, want 404", image, err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	target := ref(t, r, "coditect:v1.2.3")
	opts := client(t)

	r.SetFault(registry.Fault{Unauthorised: true})
	_, err := remote.Head(target, opts...)
	if te, ok := errors.AsType[*transport.Error](err); !ok || te.StatusCode != http.StatusUnauthorized {
		t.Errorf("unauthorised: %v, want 401", err)
	}

	r.SetFault(registry.Fault{Down: true})
	if _, err := remote.Head(target, opts...); err == nil {
		t.Error("down: an answer came")
	}

	r.SetFault(registry.Fault{Slow: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, err := remote.Head(target, append(opts, remote.WithContext(ctx))...); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow: %v, want the deadline", err)
	}

	r.SetFault(registry.Fault{})
	if _, err := remote.Head(target, opts...); err != nil {
		t.Errorf("healthy again: %v", err)
	}
}

func TestAnOccupiedAddressIsAnError(t *testing.T) {
	t.Parallel()
	r := start(t, nil)
	if second, err := registry.New(&registry.Options{Listen: r.Addr()}); err == nil {
		t.Errorf("a second registry started on %s", second.Addr())
	}
}
