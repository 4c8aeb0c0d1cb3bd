package registry

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"slipway/internal/deploy"
)

const (
	// maxAttached is how many attachments of an image are looked at, the newest first.
	maxAttached = 50
	// unknownKind is what a registry says of an attachment of which it only knows that its configuration is empty.
	unknownKind = "application/vnd.oci.empty.v1+json"
)

// created is where tools write when something was attached; the second is what they wrote before OCI 1.1.
var created = []string{"org.opencontainers.image.created", "org.opencontainers.artifact.created"}

// attachment is an artifact that refers to an image.
type attachment struct {
	kind     string    // artifact type
	at       time.Time // zero: it does not say
	content  v1.Image
	manifest *v1.Manifest
}

// subjects are what things may be attached to that are about an image: the image itself, and the index that its tag is,
// because that is what people sign and scan.
func (i *Images) subjects(ctx context.Context, ref name.Digest, img deploy.Image) ([]name.Digest, error) {
	out := []name.Digest{ref}
	digest, index, err := i.index(ctx, img)
	if err != nil {
		return nil, err
	}
	if index != nil {
		out = append(out, ref.Context().Digest(digest.String()))
	}
	return out, nil
}

// attached finds what refers to a subject, by the referrers API or, where a registry has none, by the tag that stands in
// for it; the newest first, those without a date last. Kinds that are known and not wanted are left out unread.
func (i *Images) attached(ctx context.Context, subject name.Digest, wanted func(kind string) bool) ([]attachment, error) {
	// One puller, so that a registry is greeted once however much is attached.
	puller, err := remote.NewPuller(i.options(ctx)...)
	if err != nil {
		return nil, err
	}
	list, err := remote.Referrers(subject, append(i.options(ctx), remote.Reuse(puller))...)
	if err != nil {
		return nil, err
	}
	manifest, err := list.IndexManifest()
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(slices.Clone(manifest.Manifests), func(d v1.Descriptor) bool {
		return !d.MediaType.IsImage() || d.ArtifactType != "" && d.ArtifactType != unknownKind && !wanted(d.ArtifactType)
	})
	slices.SortStableFunc(found, func(a, b v1.Descriptor) int { return createdAt(b.Annotations).Compare(createdAt(a.Annotations)) })
	var out []attachment
	for _, d := range found[:min(maxAttached, len(found))] {
		a, err := read(ctx, puller, subject.Context().Digest(d.Digest.String()), d)
		if missing(err) {
			continue // it was removed in the meantime
		}
		if err != nil {
			return nil, err
		}
		if wanted(a.kind) {
			out = append(out, a)
		}
	}
	return out, nil
}

// read makes an attachment of what a list says of it and what it says itself.
func read(ctx context.Context, puller *remote.Puller, ref name.Digest, d v1.Descriptor) (a attachment, err error) {
	desc, err := puller.Get(ctx, ref)
	if err != nil {
		return a, err
	}
	if a.content, err = desc.Image(); err != nil {
		return a, err
	}
	if a.manifest, err = a.content.Manifest(); err != nil {
		return a, err
	}
	for _, kind := range []string{d.ArtifactType, a.manifest.ArtifactType, string(a.manifest.Config.MediaType)} {
		if a.kind = kind; kind != "" && kind != unknownKind {
			break
		}
	}
	if a.at = createdAt(d.Annotations); a.at.IsZero() {
		a.at = createdAt(a.manifest.Annotations)
	}
	return a, nil
}

func createdAt(annotations map[string]string) time.Time {
	for _, key := range created {
		if at, err := time.Parse(time.RFC3339, annotations[key]); err == nil {
			return at
		}
	}
	return time.Time{}
}

// blob reads a layer of an attachment; nothing larger than most bytes, whatever the registry says of its size.
func blob(content v1.Image, d v1.Descriptor, most int64) ([]byte, error) {
	layer, err := content.LayerByDigest(d.Digest)
	if err != nil {
		return nil, err
	}
	r, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("the blob %s is larger than %d bytes", d.Digest, most)
	}
	return data, nil
}
