package awsaround

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// RegistryHost is the host in the names of ECR's images: 123456789012.dkr.ecr.us-east-1.amazonaws.com.
func (s *Server) RegistryHost() string {
	return s.opts.Account + ".dkr.ecr." + s.opts.Region + ".amazonaws.com"
}

// Image says why ECS cannot pull an image, HOST/REPOSITORY:TAG or …@sha256:…, in the words that it has for a stopped task;
// nil if it can. It looks at the registry, so that an image which was pushed a moment ago is there.
func (s *Server) Image(ref string) error {
	_, err := s.Version(context.Background(), ref)
	return err
}

// Version is that of an image by its label, "v1.2.3", or "" if it has none. Its error is the one of Image.
func (s *Server) Version(ctx context.Context, ref string) (version string, err error) {
	repository, reference, ok := takeApart(ref)
	if !ok {
		return "", fmt.Errorf("CannotPullContainerError: invalid reference format: %s", ref)
	}
	if !slices.Contains(s.opts.Repositories, repository) {
		return "", fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: "+
			"pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials", ref)
	}
	img, err := s.look(ctx, repository, reference)
	switch {
	case errors.Is(err, errNoImage):
		return "", fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref %s: %s: not found", ref, ref)
	case err != nil:
		return "", fmt.Errorf("CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref %s: "+
			"failed to do request: dial tcp: i/o timeout", ref)
	}
	return img.version, nil
}

// takeApart splits HOST/REPOSITORY[:TAG][@DIGEST]; a digest counts before a tag.
func takeApart(ref string) (repository, reference string, ok bool) {
	_, rest, ok := strings.Cut(ref, "/")
	if !ok || rest == "" {
		return "", "", false
	}
	repository, digest, byDigest := strings.Cut(rest, "@")
	repository, tag, byTag := strings.Cut(repository, ":")
	switch {
	case byDigest:
		return repository, digest, strings.HasPrefix(digest, "sha256:")
	case byTag:
		return repository, tag, tag != ""
	default:
		return repository, "latest", true
	}
}
