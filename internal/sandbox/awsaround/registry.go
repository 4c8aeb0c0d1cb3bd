package awsaround

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// registryWithin bounds a look into the registry, which is on this machine.
	registryWithin = 10 * time.Second
	// mostManifest is how long a manifest or a configuration may be, in bytes.
	mostManifest = 4 << 20
	versionLabel = "org.opencontainers.image.version"
)

// errNoImage says that the registry has neither the tag nor the digest.
var errNoImage = errors.New("not found")

// image is what the registry knows of one.
type image struct {
	digest, mediaType, manifest string
	size                        int64
	version                     string    // of its label, "" without one
	built                       time.Time // zero if it does not say
}

// look finds an image by tag or digest.
func (s *Server) look(ctx context.Context, repository, reference string) (image, error) {
	body, header, err := s.fetch(ctx, repository+"/manifests/"+reference)
	if err != nil {
		return image{}, err
	}
	digest := header.Get("Docker-Content-Digest")
	s.mu.Lock()
	known, ok := s.images[digest]
	s.mu.Unlock()
	if ok {
		return known, nil
	}
	found := image{digest: digest, mediaType: header.Get("Content-Type"), manifest: string(body)}
	if err := s.describe(ctx, repository, body, &found); err != nil {
		return image{}, err
	}
	s.mu.Lock()
	s.images[digest] = found
	s.mu.Unlock()
	return found, nil
}

// describe reads what a manifest and its configuration say.
func (s *Server) describe(ctx context.Context, repository string, manifest []byte, into *image) error {
	type blob struct {
		Digest string `json:"digest"`
		Size   int64  `json:"size"`
	}
	var parts struct {
		Config blob   `json:"config"`
		Layers []blob `json:"layers"`
	}
	if err := json.Unmarshal(manifest, &parts); err != nil {
		return fmt.Errorf("read the manifest: %w", err)
	}
	into.size = parts.Config.Size
	for _, layer := range parts.Layers {
		into.size += layer.Size
	}
	if parts.Config.Digest == "" {
		return nil // an index has none
	}
	body, _, err := s.fetch(ctx, repository+"/blobs/"+parts.Config.Digest)
	if errors.Is(err, errNoImage) {
		return nil // what is attached to an image may do without
	}
	if err != nil {
		return err
	}
	var configuration struct {
		Created time.Time `json:"created"`
		Config  struct {
			Labels map[string]string `json:"Labels"`
		} `json:"config"`
	}
	if json.Unmarshal(body, &configuration) == nil {
		into.version, into.built = configuration.Config.Labels[versionLabel], configuration.Created
	}
	return nil
}

// tags of a repository, in the registry's order.
func (s *Server) tags(ctx context.Context, repository string) ([]string, error) {
	body, _, err := s.fetch(ctx, repository+"/tags/list")
	if errors.Is(err, errNoImage) {
		return nil, nil // a repository that is empty
	}
	if err != nil {
		return nil, err
	}
	var list struct {
		Tags []string `json:"tags"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("read the list of tags: %w", err)
	}
	return list.Tags, nil
}

func (s *Server) fetch(ctx context.Context, path string) ([]byte, http.Header, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.opts.Registry+"/v2/"+path, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("ask the registry: %w", err)
	}
	r.Header.Set("Accept", strings.Join([]string{
		"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
		"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
	}, ", "))
	answer, err := s.registry.Do(r)
	if err != nil {
		return nil, nil, fmt.Errorf("ask the registry: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostManifest))
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("read the registry's answer: %w", err)
	case answer.StatusCode == http.StatusNotFound:
		return nil, nil, errNoImage
	case answer.StatusCode != http.StatusOK:
		return nil, nil, fmt.Errorf("the registry answered %s", answer.Status)
	}
	return body, answer.Header, nil
}
