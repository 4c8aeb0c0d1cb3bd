package registry_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/registry"
	sandbox "slipway/internal/sandbox/registry"
)

// sample is a version of the sample application.
func sample(r *sandbox.Registry, version string) deploy.Image {
	return deploy.Image{Repository: r.Addr() + "/coditect", Tag: version, Digest: r.Digest(version)}
}

// pair pushes an index of two images under team/app:both, and returns ours, resolved, and the digest of the index.
func pair(t *testing.T, r *sandbox.Registry) (img deploy.Image, index string) {
	t.Helper()
	add := func(arch string) mutate.IndexAddendum {
		return mutate.IndexAddendum{Add: imageFor(t, "linux", arch), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}}}
	}
	ref, opts := push(t, r, "team/app:both")
	both := mutate.AppendManifests(empty.Index, add("arm64"), add("amd64"))
	if err := remote.WriteIndex(ref, both, opts...); err != nil {
		t.Fatal(err)
	}
	img, err := images(t, nil).Resolve(t.Context(), r.Addr()+"/team/app", "both")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := both.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return img, digest.String()
}

func TestWhatAnImageSaysOfItself(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	got, err := images(t, nil).Inspect(t.Context(), sample(r, "v1.2.4"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Layers != 2 || got.Labels["org.opencontainers.image.version"] != "v1.2.4" || len(got.Labels["org.opencontainers.image.revision"]) != 40 {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"linux/amd64"}, got.Platforms); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}

	img, _ := pair(t, r)
	got, err = images(t, nil).Inspect(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(deploy.ImageDetails{Platforms: []string{"linux/amd64", "linux/arm64"}, Layers: 3}, got); diff != "" {
		t.Errorf("of an index (-want +got):\n%s", diff)
	}
}

func TestThePlatformsOfATagThatWasMovedAreNotTheImages(t *testing.T) {
	t.Parallel()
	r := practice(t, nil)
	img, _ := pair(t, r)
	ref, opts := push(t, r, "team/app:both")
	other := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: imageFor(t, "linux", "s390x"), Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "s390x"}}})
	if err := remote.WriteIndex(ref, other, opts...); err != nil {
		t.Fatal(err)
	}
	got, err := images(t, nil).Inspect(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"linux/amd64"}, got.Platforms); diff != "" {
		t.Errorf("platforms (-want +got):\n%s", diff)
	}
	img.Tag = "gone"
	if _, err := images(t, nil).Inspect(t.Context(), img); err != nil {
		t.Errorf("once its tag is gone: %v", err)
	}
}

// looks are the questions about an image that was resolved.
var looks = map[string]func(context.Context, *registry.Images, deploy.Image) error{
	"inspect": func(ctx context.Context, i *registry.Images, img deploy.Image) error {
		_, err := i.Inspect(ctx, img)
		return err
	},
	"scan": func(ctx context.Context, i *registry.Images, img deploy.Image) error {
		_, err := i.Scan(ctx, img)
		return err
	},
	"signed": func(ctx context.Context, i *registry.Images, img deploy.Image) error {
		return i.Signed(ctx, img, []string{sandbox.PracticeKey()})
	},
}

func TestALookAtARegistryThatDoesNotHelp(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault sandbox.Fault
		want  deploy.Code
		says  string
	}{
		"down":    {sandbox.Fault{Down: true}, deploy.Unavailable, "does not answer"},
		"slow":    {sandbox.Fault{Slow: time.Hour}, deploy.Unavailable, "did not answer within 100ms"},
		"refuses": {sandbox.Fault{Unauthorised: true}, deploy.Forbidden, "does not let Slipway read coditect"},
	}
	for fault, tc := range tests {
		for name, look := range looks {
			t.Run(name+" "+fault, func(t *testing.T) {
				t.Parallel()
				r := practice(t, &sandbox.Options{Repositories: []string{"coditect"}, Versions: []string{"v1.2.4"}})
				r.SetFault(tc.fault)
				opts := &registry.Options{}
				if tc.fault.Slow > 0 {
					opts.Timeout = 100 * time.Millisecond
				}
				err := look(t.Context(), images(t, opts), sample(r, "v1.2.4"))
				if deploy.CodeOf(err) != tc.want || !strings.Contains(deploy.Message(err), tc.says) {
					t.Errorf("%v, want %s: %s", err, tc.want, tc.says)
				}
			})
		}
	}
}

func TestWhatIsNoImageCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	r := practice(t, &sandbox.Options{Repositories: []string{"coditect"}, Versions: []string{"v1.2.4"}})
	for name, look := range looks {
		if err := look(t.Context(), images(t, nil), deploy.Image{Repository: "gcr.io/p/app", Digest: "v1"}); deploy.CodeOf(err) != deploy.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	gone := deploy.Image{Repository: r.Addr() + "/coditect", Digest: "sha256:" + strings.Repeat("0", 64)}
	_, err := images(t, nil).Inspect(t.Context(), gone)
	if deploy.CodeOf(err) != deploy.NotFound || !strings.Contains(deploy.Message(err), "has no image sha256:0000") || deploy.Hint(err) == "" {
		t.Errorf("an image that is gone: %v", err)
	}
}

func TestLogins(t *testing.T) {
	t.Parallel()
	asked := make(chan string, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, ok := r.BasicAuth()
		if !ok {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if r.URL.Path != "/v2/" {
			asked <- user + ":" + password
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	none := func(context.Context, string) (string, string, error) { return "", "", nil }
	ours := func(_ context.Context, h string) (string, string, error) { return "AWS", "token for " + h, nil }
	broken := func(context.Context, string) (string, string, error) {
		return "", "", &deploy.Error{Code: deploy.Forbidden, Msg: "there are no credentials", Hint: "get some"}
	}
	resolve := func(logins ...registry.Login) error {
		i := registry.New(&registry.Options{Logins: logins})
		defer i.Close()
		_, err := i.Resolve(t.Context(), host+"/app", "v1")
		return err
	}
	if err := resolve(none, ours, broken); deploy.CodeOf(err) != deploy.NotFound {
		t.Errorf("%v", err)
	}
	if got := <-asked; got != "AWS:token for "+host {
		t.Errorf("it came as %s", got)
	}
	if err := resolve(none, broken); deploy.CodeOf(err) != deploy.Forbidden || deploy.Message(err) != "there are no credentials" || deploy.Hint(err) != "get some" {
		t.Errorf("%v", err)
	}
	if err := resolve(none); deploy.CodeOf(err) != deploy.Forbidden || !strings.Contains(deploy.Hint(err), "docker login") {
		t.Errorf("%v", err)
	}
}
