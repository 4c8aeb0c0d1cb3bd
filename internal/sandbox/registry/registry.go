// Package registry is the practice range's container registry: the real distribution protocol on
// loopback, filled with small images of the sample application, one per version.
//
// The images are built from constants, so a version has the same digest at every start and on every
// machine. They are never run: the practice clouds read the version from their label and serve the
// sample application themselves. Anyone may push more.
//
// Start reading at New.
package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
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
	// Versions are the tags, oldest first; "latest" is put on the last. nil means v1.2.0 to v1.2.6.
	Versions []string
}

// Registry is a running registry. Its methods may be called from any goroutine.
type Registry struct {
	store   http.Handler
	http    *http.Server
	addr    string
	served  chan struct{}
	digests map[string]string

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
		o.Versions = []string{"v1.2.0", "v1.2.1", "v1.2.2", "v1.2.3", "v1.2.4", "v1.2.5", "v1.2.6"}
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for the registry: %w", err)
	}
	r := &Registry{
		store:   gcrregistry.New(gcrregistry.Logger(log.New(io.Discard, "", 0))),
		addr:    l.Addr().String(),
		served:  make(chan struct{}),
		digests: map[string]string{},
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
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
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
		for _, tag := range tags {
			r.digests[tag] = digest.String()
			for _, repository := range repositories {
				ref, err := name.NewTag(r.addr + "/" + repository + ":" + tag)
				if err != nil {
					return fmt.Errorf("name image %s: %w", tag, err)
				}
				if err := remote.Write(ref, img, remote.WithTransport(tr)); err != nil {
					return fmt.Errorf("store image %s: %w", ref, err)
				}
			}
		}
	}
	return nil
}
