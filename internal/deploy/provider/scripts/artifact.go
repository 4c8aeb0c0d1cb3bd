package scripts

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/egress"
)

// title is where tools write the name of a file that is a layer of its own.
const title = "org.opencontainers.image.title"

// fromArtifact pulls an artifact: its layers are scripts with a title, or archives of scripts.
func (s *Scripts) fromArtifact(ctx context.Context, source string, c *collection) error {
	ref, err := name.ParseReference(strings.TrimPrefix(source, "oci://"), name.StrictValidation)
	if err != nil {
		return &deploy.Error{Code: deploy.Invalid, Msg: fmt.Sprintf("%.200q is not the name of an artifact", source),
			Hint: "write oci://host/repository:tag, or oci://host/repository@sha256:…", Err: err}
	}
	desc, err := remote.Get(ref, remote.WithContext(ctx), remote.WithTransport(s.registries), remote.WithAuthFromKeychain(s.keychain),
		remote.WithUserAgent("slipway"), remote.WithRetryBackoff(remote.Backoff{Steps: 1}))
	if err != nil {
		return refusedBy(ref, err)
	}
	if !desc.MediaType.IsImage() {
		return &deploy.Error{Code: deploy.Invalid, Msg: ref.Name() + " is no artifact with files", Hint: "push the scripts with `oras push`"}
	}
	content, err := desc.Image()
	if err != nil {
		return refusedBy(ref, err)
	}
	manifest, err := content.Manifest()
	if err != nil {
		return refusedBy(ref, err)
	}
	for _, layer := range manifest.Layers {
		if err := c.layer(content, layer); err != nil {
			return refusedBy(ref, err)
		}
	}
	return nil
}

// layer adds what is in a layer. A layer is an archive if its kind says so, whatever its title is.
func (c *collection) layer(content v1.Image, d v1.Descriptor) error {
	file, archive := d.Annotations[title], strings.Contains(string(d.MediaType), "tar")
	if !archive && !wanted(file) {
		return nil
	}
	if d.Size > maxBytes {
		return tooLarge()
	}
	layer, err := content.LayerByDigest(d.Digest)
	if err != nil {
		return err
	}
	blob, err := layer.Compressed()
	if err != nil {
		return err
	}
	defer blob.Close()
	if !archive || wanted(file) {
		return c.add(path.Clean(file), blob)
	}
	return c.archive(blob)
}

// archive adds the scripts of an archive, in whatever folder they are.
func (c *collection) archive(blob io.Reader) error {
	in := bufio.NewReader(blob)
	var from io.Reader = in
	if magic, err := in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		unzip, err := gzip.NewReader(in)
		if err != nil {
			return noArchive(err)
		}
		from = unzip
	}
	// What is not wanted is read over, which takes time but no memory; not more than some times what may be wanted.
	files := tar.NewReader(io.LimitReader(from, 4*maxBytes))
	for {
		h, err := files.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return noArchive(err)
		case h.Typeflag != tar.TypeReg || !wanted(h.Name):
			continue
		}
		if err := c.add(path.Clean(h.Name), files); err != nil {
			if known := (*deploy.Error)(nil); errors.As(err, &known) {
				return err
			}
			return noArchive(err)
		}
	}
}

func noArchive(err error) error {
	if status := (*transport.Error)(nil); errors.As(err, &status) {
		return err
	}
	return &deploy.Error{Code: deploy.Invalid, Msg: "a layer of it is no archive that can be read, or one of more than 40 MiB", Hint: "push the scripts with `oras push`", Err: err}
}

// refusedBy makes an error of a registry one of ours.
func refusedBy(ref name.Reference, err error) error {
	host := ref.Context().RegistryStr()
	if known := (*deploy.Error)(nil); errors.As(err, &known) {
		return err
	}
	if no := (*egress.Refusal)(nil); errors.As(err, &no) {
		return &deploy.Error{Code: deploy.Invalid, Msg: host + " leads to " + no.Address + ", which is not called: it " + no.Why, Hint: "look at who answers as " + host, Err: err}
	}
	status := 0
	if answer := (*transport.Error)(nil); errors.As(err, &answer) {
		status = answer.StatusCode
	}
	switch {
	case status == http.StatusNotFound:
		return &deploy.Error{Code: deploy.NotFound, Msg: "there is no " + ref.Name(), Hint: "push the scripts, or correct the source in the catalog", Err: err}
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return &deploy.Error{Code: deploy.Forbidden, Msg: host + " does not let Slipway read " + ref.Context().RepositoryStr(), Hint: "grant the bot's account the right to read the repository, or run `docker login " + host + "`", Err: err}
	case status == http.StatusTooManyRequests:
		return &deploy.Error{Code: deploy.Unavailable, Msg: host + " asks Slipway to slow down", Err: err}
	case status >= 400 && status < 500:
		return &deploy.Error{Code: deploy.Invalid, Msg: host + " refuses the question", Hint: "check the source in the catalog", Err: err}
	}
	return &deploy.Error{Code: deploy.Unavailable, Msg: host + " does not answer", Err: err}
}
