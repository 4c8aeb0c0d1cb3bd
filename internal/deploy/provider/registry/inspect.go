package registry

import (
	"context"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"slipway/internal/deploy"
)

// Inspect reads what the image says of itself, by its digest. Where its tag is an index with this very image in it, the
// platforms are those of the index. Codes: Invalid (that is no image), NotFound (it is gone), Forbidden, Unavailable.
func (i *Images) Inspect(ctx context.Context, img deploy.Image) (deploy.ImageDetails, error) {
	doing := "look at image " + img.Ref()
	within, cancel := context.WithTimeout(ctx, i.timeout)
	defer cancel()
	ref, err := byDigest(doing, img)
	if err != nil {
		return deploy.ImageDetails{}, err
	}
	image, err := remote.Image(ref, i.options(within)...)
	if err != nil {
		return deploy.ImageDetails{}, i.gone(ctx, doing, ref, err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		return deploy.ImageDetails{}, i.explain(ctx, doing, ref, err)
	}
	config, err := configOf(image, manifest)
	if err != nil {
		return deploy.ImageDetails{}, i.explain(ctx, doing, ref, err)
	}
	out := deploy.ImageDetails{Layers: len(manifest.Layers), Labels: config.Config.Labels}
	_, index, err := i.index(within, img)
	switch {
	case err != nil:
		return deploy.ImageDetails{}, i.explain(ctx, doing, ref, err)
	case index != nil:
		out.Platforms = platforms(index)
	case config.OS != "" && config.Architecture != "":
		out.Platforms = []string{config.Platform().String()}
	}
	return out, nil
}

func byDigest(doing string, img deploy.Image) (name.Digest, error) {
	ref, err := name.NewDigest(img.Ref(), name.StrictValidation)
	if err != nil {
		return name.Digest{}, &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: img.Ref() + " is not the name of an image", Hint: "resolve its tag first", Err: err,
		}
	}
	return ref, nil
}

// gone is explain where the image itself was asked for.
func (i *Images) gone(ctx context.Context, doing string, ref name.Digest, err error) error {
	if !missing(err) {
		return i.explain(ctx, doing, ref, err)
	}
	return &deploy.Error{
		Code: deploy.NotFound, Op: doing, Msg: ref.Context().Name() + " has no image " + ref.DigestStr() + " any more",
		Hint: "push the image again, and deploy it again", Err: err,
	}
}

// index is what the tag of an image is now, if that is an index with this image in it; nil if it is not.
func (i *Images) index(ctx context.Context, img deploy.Image) (v1.Hash, *v1.IndexManifest, error) {
	if img.Tag == "" {
		return v1.Hash{}, nil, nil
	}
	ref, err := name.NewTag(img.Repository + ":" + img.Tag)
	if err != nil {
		return v1.Hash{}, nil, nil //nolint:nilerr // what cannot be a tag leads to no index
	}
	desc, err := remote.Get(ref, i.options(ctx)...)
	switch {
	case missing(err):
		return v1.Hash{}, nil, nil
	case err != nil:
		return v1.Hash{}, nil, err
	case !desc.MediaType.IsIndex():
		return v1.Hash{}, nil, nil
	}
	index, err := desc.ImageIndex()
	if err != nil {
		return v1.Hash{}, nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return v1.Hash{}, nil, err
	}
	if !slices.ContainsFunc(manifest.Manifests, func(d v1.Descriptor) bool { return d.Digest.String() == img.Digest }) {
		return v1.Hash{}, nil, nil
	}
	return desc.Digest, manifest, nil
}

// platforms are what an index has images for, sorted. What a builder adds to an index beside images is for "unknown".
func platforms(index *v1.IndexManifest) []string {
	var out []string
	for _, child := range index.Manifests {
		if p := child.Platform; child.MediaType.IsImage() && p != nil && !strings.HasPrefix(p.String(), "unknown/") {
			out = append(out, p.String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
