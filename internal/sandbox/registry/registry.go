package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	gcrregistry "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Options of New; nil means all defaults.
type Options struct {
	// Listen is the loopback address; "" means 127.0.0.1 and a free port.
	Listen string
	// Repositories that hold the images; nil means "coditect" and, for image names as the guide writes
	// them with only the host replaced, "my-gcp-project/coditect".
	Repositories []string
	// Versions are the tags, oldest first; "latest" is put on the last. nil means v1.2.0 to v1.2.6, Vulnerable and
	// Unsigned.
	Versions []string
	// NoReferrers is a registry that does not know the referrers API, so that what is attached is found by a tag.
	NoReferrers bool
}

const (
	// Vulnerable is the version in which the practice scanner finds something.
	Vulnerable = "v1.2.8"
	// Unsigned is the version that nobody has signed. All others are signed with the practice key.
	Unsigned = "v1.2.9"
)

// Registry is a running registry. Its methods may be called from any goroutine.
type Registry struct {
	store    http.Handler
	http     *http.Server
	addr     string
	served   chan struct{}
	versions []string
	digests  map[string]string

	mu    sync.Mutex
	fault Fault
}

// New starts a registry and fills it. The caller closes it.
func New(opts *Options) (*Registry, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Repositories == nil {
		o.Repositories = []string{"coditect", "my-gcp-project/coditect"}
	}
	if o.Versions == nil {
		o.Versions = []string{"v1.2.0", "v1.2.1", "v1.2.2", "v1.2.3", "v1.2.4", "v1.2.5", "v1.2.6", Vulnerable, Unsigned, "v1.3.0", "v1.3.1", "v1.4.0"}
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for the registry: %w", err)
	}
	r := &Registry{
		store:    gcrregistry.New(gcrregistry.Logger(log.New(io.Discard, "", 0)), gcrregistry.WithReferrersSupport(!o.NoReferrers)),
		addr:     l.Addr().String(),
		served:   make(chan struct{}),
		versions: slices.Clone(o.Versions),
		digests:  map[string]string{},
	}
	r.http = &http.Server{Handler: http.HandlerFunc(r.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(r.served)
		_ = r.http.Serve(l)
	}()
	if err := r.fill(o.Repositories, o.Versions); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Addr is the host:port that image names begin with.
func (r *Registry) Addr() string { return r.addr }

// Digest is the sha256:… of a tag that New put there, or "" if it put none.
func (r *Registry) Digest(tag string) string { return r.digests[tag] }

// Versions are the tags that New put there, oldest first, without "latest".
func (r *Registry) Versions() []string { return slices.Clone(r.versions) }

// Close stops serving; requests in flight get a second. Closing twice is harmless.
func (r *Registry) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := r.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = r.http.Close()
	}
	<-r.served
	return err
}

func (r *Registry) fill(repositories, versions []string) error {
	pusher, err := remote.NewPusher(r.inside())
	if err != nil {
		return fmt.Errorf("fill the registry: %w", err)
	}
	for i, version := range versions {
		img, err := sampleImage(version)
		if err != nil {
			return fmt.Errorf("build image %s: %w", version, err)
		}
		digest, err := img.Digest()
		if err != nil {
			return fmt.Errorf("digest of image %s: %w", version, err)
		}
		tags := []string{version}
		if i == len(versions)-1 {
			tags = append(tags, "latest")
		}
		for _, repository := range repositories {
			for _, tag := range tags {
				r.digests[tag] = digest.String()
				ref, err := name.NewTag(r.addr + "/" + repository + ":" + tag)
				if err != nil {
					return fmt.Errorf("name image %s: %w", tag, err)
				}
				if err := remote.Write(ref, img, remote.Reuse(pusher)); err != nil {
					return fmt.Errorf("store image %s: %w", ref, err)
				}
			}
			if version == Unsigned {
				continue
			}
			if err := r.sign(repository, digest.String(), remote.Reuse(pusher)); err != nil {
				return err
			}
		}
	}
	return nil
}
