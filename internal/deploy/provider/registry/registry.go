package registry

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/google"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
)

const (
	// dialWithin bounds one attempt to connect, like those of net/http.
	dialWithin = 30 * time.Second
	// maxConfig is the size of what an image says of itself, in bytes: some KiB as a rule.
	maxConfig = 8 << 20
)

var (
	_ deploy.Images         = (*Images)(nil)
	_ deploy.ImageInspector = (*Images)(nil)
	_ deploy.Scanner        = (*Images)(nil)
)

// platform is what the clouds run that Slipway knows.
var platform = v1.Platform{OS: "linux", Architecture: "amd64"}

// Images looks tags up, and what is known of the image behind one. Its methods may be called from any goroutine.
type Images struct {
	transport   *http.Transport
	keychain    authn.Keychain
	timeout     time.Duration
	suggestions time.Duration
}

// Options of New; nil means all defaults.
type Options struct {
	// Timeout bounds a question with its retries, not counting suggestions; default 10 s.
	Timeout time.Duration
	// Suggestions bounds the search for the nearest tags; default 2 s.
	Suggestions time.Duration
	// Logins are asked for credentials after docker's configuration and before gcloud.
	Logins []Login
	// Keychain replaces all credentials.
	Keychain authn.Keychain
}

// New makes a resolver. It connects to nothing.
func New(opts *Options) *Images {
	if opts == nil {
		opts = &Options{}
	}
	i := &Images{
		transport:   http.DefaultTransport.(*http.Transport).Clone(), //nolint:errcheck // net/http says what it is
		keychain:    authn.NewMultiKeychain(authn.DefaultKeychain, logins(opts.Logins), google.Keychain),
		timeout:     10 * time.Second,
		suggestions: 2 * time.Second,
	}
	if opts.Timeout > 0 {
		i.timeout = opts.Timeout
	}
	if opts.Suggestions > 0 {
		i.suggestions = opts.Suggestions
	}
	if opts.Keychain != nil {
		i.keychain = opts.Keychain
	}
	// What a registry leads to, by redirects or otherwise, is not everywhere it likes.
	i.transport.DialContext = egress.Guard{Local: true}.Dialer(dialWithin).DialContext
	return i
}

// Close gives idle connections up.
func (i *Images) Close() { i.transport.CloseIdleConnections() }

// Resolve finds the image of a tag; of an image for several platforms, the one for linux/amd64. Size is what has
// to be downloaded, in bytes. NotFound if there is no such tag, with the nearest tags in Hint; Invalid if the
// names make no sense or the image is for other machines; Forbidden if the registry refuses us; Unavailable if
// it does not answer.
func (i *Images) Resolve(ctx context.Context, repository, tag string) (deploy.Image, error) {
	doing := "find image " + repository + ":" + tag
	ref, err := name.NewTag(repository+":"+tag, name.StrictValidation)
	if err != nil {
		return deploy.Image{}, &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: repository + ":" + tag + " is not the name of an image",
			Hint: "a version is a tag such as v1.2.4; in the catalog, image is registry/repository without a tag", Err: err,
		}
	}
	within, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	desc, err := remote.Get(ref, i.options(within)...)
	if missing(err) {
		return deploy.Image{}, &deploy.Error{
			Code: deploy.NotFound, Op: doing, Msg: "there is no " + repository + ":" + tag,
			Hint: i.nearest(ctx, ref), Err: err,
		}
	}
	if err != nil {
		return deploy.Image{}, i.explain(ctx, doing, ref, err)
	}
	if !desc.MediaType.IsImage() && !desc.MediaType.IsIndex() {
		return deploy.Image{}, &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%s:%s is no container image but %q", repository, tag, desc.MediaType),
			Hint: "push an image under this tag",
		}
	}
	img, instead, err := pick(desc)
	if err != nil {
		return deploy.Image{}, i.explain(ctx, doing, ref, err)
	}
	if img == nil {
		return deploy.Image{}, otherMachines(doing, ref, instead)
	}
	out, runsOn, err := describe(img)
	if err != nil {
		return deploy.Image{}, i.explain(ctx, doing, ref, err)
	}
	if !runsOn.Satisfies(platform) {
		return deploy.Image{}, otherMachines(doing, ref, []string{runsOn.String()})
	}
	out.Repository, out.Tag = repository, tag
	return out, nil
}

func (i *Images) options(ctx context.Context) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx),
		remote.WithTransport(i.transport),
		remote.WithAuthFromKeychain(i.keychain),
		remote.WithPlatform(platform),
		remote.WithUserAgent("slipway"),
		remote.WithRetryBackoff(remote.Backoff{Duration: 150 * time.Millisecond, Factor: 3, Jitter: 0.5, Steps: 3}),
	}
}

// pick is the image itself, or the one of an index that is for our platform; where there is none, it says for which
// platforms there are images.
func pick(desc *remote.Descriptor) (img v1.Image, instead []string, err error) {
	if !desc.MediaType.IsIndex() {
		img, err = desc.Image()
		return img, nil, err
	}
	index, err := desc.ImageIndex()
	if err != nil {
		return nil, nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, nil, err
	}
	for _, child := range manifest.Manifests {
		if child.MediaType.IsImage() && child.Platform != nil && child.Platform.Satisfies(platform) {
			img, err = index.Image(child.Digest)
			return img, nil, err
		}
	}
	return nil, platforms(manifest), nil
}

// describe reads what an image is, and what it says it runs on. One that does not say runs on ours.
func describe(img v1.Image) (deploy.Image, v1.Platform, error) {
	digest, err := img.Digest()
	if err != nil {
		return deploy.Image{}, v1.Platform{}, err
	}
	manifest, err := img.Manifest()
	if err != nil {
		return deploy.Image{}, v1.Platform{}, err
	}
	config, err := configOf(img, manifest)
	if err != nil {
		return deploy.Image{}, v1.Platform{}, err
	}
	out := deploy.Image{Digest: digest.String(), Built: config.Created.Time, Size: manifest.Config.Size}
	for _, layer := range manifest.Layers {
		out.Size += layer.Size
	}
	return out, v1.Platform{
		OS:           cmp.Or(config.OS, platform.OS),
		Architecture: cmp.Or(config.Architecture, platform.Architecture),
	}, nil
}

// configOf reads what an image says of itself, if that is of a size that can be kept in memory: a size that is not said
// (-1) has no end.
func configOf(img v1.Image, manifest *v1.Manifest) (*v1.ConfigFile, error) {
	if size := manifest.Config.Size; size < 0 || size > maxConfig {
		return nil, &deploy.Error{
			Code: deploy.Invalid, Msg: fmt.Sprintf("the image says %s bytes of itself, and %s are read at most", deploy.Thousands(size), deploy.Thousands(maxConfig)),
			Hint: "build the image again, with fewer labels",
		}
	}
	return img.ConfigFile()
}
