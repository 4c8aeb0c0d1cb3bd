package awsaround

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"slipway/internal/sandbox/awsapi"
)

func (s *Server) ecrAPI() awsapi.API {
	return awsapi.API{Name: "ecr", Target: "AmazonEC2ContainerRegistry_V20150921", JSONNames: awsapi.Camel, Operations: map[string]awsapi.Operation{
		"DescribeRepositories": awsapi.Op(s.describeRepositories),
		"DescribeImages":       awsapi.Op(s.describeImages),
		"BatchGetImage":        awsapi.Op(s.batchGetImage),
	}}
}

func (s *Server) describeRepositories(_ context.Context, in *ecr.DescribeRepositoriesInput) (*ecr.DescribeRepositoriesOutput, error) {
	names := in.RepositoryNames
	if len(names) == 0 && s.here(in.RegistryId) {
		names = s.opts.Repositories
	}
	for _, name := range names {
		if err := s.repository(in.RegistryId, &name); err != nil {
			return nil, err
		}
	}
	names, next, err := page(names, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	out := &ecr.DescribeRepositoriesOutput{Repositories: []types.Repository{}, NextToken: next}
	for _, name := range names {
		out.Repositories = append(out.Repositories, types.Repository{
			RepositoryName: aws.String(name), RegistryId: aws.String(s.opts.Account), RepositoryArn: aws.String(s.arn("ecr", "repository/"+name)),
			RepositoryUri: aws.String(s.RegistryHost() + "/" + name), CreatedAt: aws.Time(s.started), ImageTagMutability: types.ImageTagMutabilityImmutable,
		})
	}
	return out, nil
}

func (s *Server) describeImages(ctx context.Context, in *ecr.DescribeImagesInput) (*ecr.DescribeImagesOutput, error) {
	if err := s.repository(in.RegistryId, in.RepositoryName); err != nil {
		return nil, err
	}
	repository := *in.RepositoryName
	all, err := s.everyImage(ctx, repository)
	if err != nil {
		return nil, unavailable(err)
	}
	found, err := s.described(ctx, repository, in.ImageIds, all)
	if err != nil {
		return nil, err
	}
	if in.Filter != nil && in.Filter.TagStatus != "" && in.Filter.TagStatus != types.TagStatusAny {
		untagged := in.Filter.TagStatus == types.TagStatusUntagged
		found = slices.DeleteFunc(found, func(d types.ImageDetail) bool { return (len(d.ImageTags) == 0) != untagged })
	}
	found, next, err := page(found, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &ecr.DescribeImagesOutput{ImageDetails: found, NextToken: next}, nil
}

// described are the images that were asked for, or all.
func (s *Server) described(ctx context.Context, repository string, ids []types.ImageIdentifier, all []types.ImageDetail) ([]types.ImageDetail, error) {
	if len(ids) == 0 {
		return all, nil
	}
	found := []types.ImageDetail{}
	for _, id := range ids {
		img, failure, err := s.identified(ctx, repository, id)
		if err != nil {
			return nil, unavailable(err)
		}
		if failure != nil {
			return nil, refuse("ImageNotFoundException", "The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' in the registry with id '%s'",
				orNull(id.ImageDigest), orNull(id.ImageTag), repository, s.opts.Account)
		}
		detail := s.detail(repository, img, nil)
		if i := slices.IndexFunc(all, func(d types.ImageDetail) bool { return *d.ImageDigest == img.digest }); i >= 0 {
			detail = all[i]
		}
		found = append(found, detail)
	}
	return found, nil
}

func (s *Server) batchGetImage(ctx context.Context, in *ecr.BatchGetImageInput) (*ecr.BatchGetImageOutput, error) {
	if err := s.repository(in.RegistryId, in.RepositoryName); err != nil {
		return nil, err
	}
	out := &ecr.BatchGetImageOutput{Images: []types.Image{}, Failures: []types.ImageFailure{}}
	for _, id := range in.ImageIds {
		img, failure, err := s.identified(ctx, *in.RepositoryName, id)
		if err != nil {
			return nil, unavailable(err)
		}
		if failure != nil {
			out.Failures = append(out.Failures, *failure)
			continue
		}
		out.Images = append(out.Images, types.Image{
			ImageId:    &types.ImageIdentifier{ImageDigest: aws.String(img.digest), ImageTag: id.ImageTag},
			RegistryId: aws.String(s.opts.Account), RepositoryName: in.RepositoryName,
			ImageManifest: aws.String(img.manifest), ImageManifestMediaType: aws.String(img.mediaType),
		})
	}
	return out, nil
}

// identified finds an image by its digest, its tag, or both; failure says why there is none.
func (s *Server) identified(ctx context.Context, repository string, id types.ImageIdentifier) (img image, failure *types.ImageFailure, err error) {
	digest, tag := aws.ToString(id.ImageDigest), aws.ToString(id.ImageTag)
	failed := func(code types.ImageFailureCode, reason string) (image, *types.ImageFailure, error) {
		return image{}, &types.ImageFailure{ImageId: &id, FailureCode: code, FailureReason: aws.String(reason)}, nil
	}
	switch {
	case digest == "" && tag == "":
		return failed(types.ImageFailureCodeMissingDigestAndTag, "Invalid request parameters: both tag and digest cannot be null")
	case digest != "" && !strings.HasPrefix(digest, "sha256:"):
		return failed(types.ImageFailureCodeInvalidImageDigest, "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
	}
	reference := digest
	if tag != "" {
		reference = tag
	}
	img, err = s.look(ctx, repository, reference)
	switch {
	case errors.Is(err, errNoImage):
		return failed(types.ImageFailureCodeImageNotFound, "Requested image not found")
	case err != nil:
		return image{}, nil, err
	case digest != "" && img.digest != digest:
		return failed(types.ImageFailureCodeImageTagDoesNotMatchDigest, "Requested image tag does not match the digest")
	}
	return img, nil, nil
}

// everyImage lists the images that have a tag, the oldest first.
func (s *Server) everyImage(ctx context.Context, repository string) ([]types.ImageDetail, error) {
	tags, err := s.tags(ctx, repository)
	if err != nil {
		return nil, err
	}
	list := []types.ImageDetail{}
	for _, tag := range tags {
		img, err := s.look(ctx, repository, tag)
		if errors.Is(err, errNoImage) {
			continue // removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(list, func(d types.ImageDetail) bool { return *d.ImageDigest == img.digest })
		if i < 0 {
			list = append(list, s.detail(repository, img, nil))
			i = len(list) - 1
		}
		list[i].ImageTags = append(list[i].ImageTags, tag)
	}
	slices.SortStableFunc(list, func(a, b types.ImageDetail) int { return a.ImagePushedAt.Compare(*b.ImagePushedAt) })
	return list, nil
}

// detail is an image in ECR's words. It was pushed when it was built, or, if it does not say, when the sandbox began.
func (s *Server) detail(repository string, img image, tags []string) types.ImageDetail {
	pushed := img.built
	if pushed.IsZero() {
		pushed = s.started
	}
	return types.ImageDetail{
		RegistryId: aws.String(s.opts.Account), RepositoryName: aws.String(repository), ImageDigest: aws.String(img.digest), ImageTags: tags,
		ImageSizeInBytes: aws.Int64(img.size), ImagePushedAt: aws.Time(pushed), ImageManifestMediaType: aws.String(img.mediaType),
	}
}

// repository says whether there is one of that name in the account.
func (s *Server) repository(registry, name *string) error {
	if aws.ToString(name) == "" {
		return refuse("InvalidParameterException", "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must not be null'")
	}
	if !s.here(registry) || !slices.Contains(s.opts.Repositories, *name) {
		return refuse("RepositoryNotFoundException", "The repository with name '%s' does not exist in the registry with id '%s'", *name, orElse(registry, s.opts.Account))
	}
	return nil
}

func (s *Server) here(registry *string) bool {
	return orElse(registry, s.opts.Account) == s.opts.Account
}

// unavailable is ECR while the registry below it does not answer.
func unavailable(error) error {
	return awsapi.Error{Code: "ServerException", Message: "The practice registry does not answer.", Status: http.StatusInternalServerError}
}

func orNull(text *string) string { return orElse(text, "null") }
