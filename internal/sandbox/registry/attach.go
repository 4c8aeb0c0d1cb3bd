package registry

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const emptyConfig = types.MediaType("application/vnd.oci.empty.v1+json")

// Attachment is something about an image.
type Attachment struct {
	Kind        string            // artifact type
	MediaType   string            // of Data
	Title       string            // file name; may be empty
	Annotations map[string]string // such as org.opencontainers.image.created
	Data        []byte
}

// artifact is a manifest that can be put.
type artifact []byte

// RawManifest is the manifest.
func (a artifact) RawManifest() ([]byte, error) { return a, nil }

// MediaType is an OCI manifest's.
func (a artifact) MediaType() (types.MediaType, error) { return types.OCIManifestSchema1, nil }

// Attach puts something beside an image of a repository, as `oras attach` does: an artifact that refers to it.
func (r *Registry) Attach(repository, digest string, a Attachment) error {
	repo, err := name.NewRepository(r.addr + "/" + repository)
	if err != nil {
		return fmt.Errorf("name the repository %s: %w", repository, err)
	}
	layer, config := static.NewLayer(a.Data, types.MediaType(a.MediaType)), static.NewLayer([]byte("{}"), emptyConfig)
	for _, l := range []v1.Layer{layer, config} {
		if err := remote.WriteLayer(repo, l, r.inside()); err != nil {
			return fmt.Errorf("store what is attached to %s: %w", digest, err)
		}
	}
	manifest, sum, err := a.manifest(repo, digest, layer, config, r.inside())
	if err != nil {
		return fmt.Errorf("attach to %s: %w", digest, err)
	}
	if err := remote.Put(repo.Digest(sum), manifest, r.inside()); err != nil {
		return fmt.Errorf("attach to %s: %w", digest, err)
	}
	return nil
}

// manifest is that of an artifact, with its digest.
func (a Attachment) manifest(repo name.Repository, digest string, layer, config v1.Layer, opts ...remote.Option) (artifact, string, error) {
	subject, err := remote.Head(repo.Digest(digest), opts...)
	if err != nil {
		return nil, "", err
	}
	content, err := partial.Descriptor(layer)
	if err != nil {
		return nil, "", err
	}
	if a.Title != "" {
		content.Annotations = map[string]string{"org.opencontainers.image.title": a.Title}
	}
	nothing, err := partial.Descriptor(config)
	if err != nil {
		return nil, "", err
	}
	raw, err := json.Marshal(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: a.Kind, Config: *nothing, Layers: []v1.Descriptor{*content},
		Annotations: a.Annotations, Subject: &v1.Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size},
	})
	if err != nil {
		return nil, "", err
	}
	sum, _, err := v1.SHA256(bytes.NewReader(raw))
	return raw, sum.String(), err
}
