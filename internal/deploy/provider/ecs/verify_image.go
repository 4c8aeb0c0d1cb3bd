package ecs

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// registries are the hosts of ECR: account, then region.
var registries = regexp.MustCompile(`^(\d{12})\.(?:dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?|dkr-ecr(?:-fips)?\.([a-z0-9-]+)\.on\.(?:aws|amazonwebservices\.com\.cn))$`)

// checkImage looks whether ECR has an image. Images of other registries were found before.
func (v *verification) checkImage(ctx context.Context, f *findings, image string) {
	host, rest, _ := strings.Cut(image, "/")
	parts := registries.FindStringSubmatch(host)
	if parts == nil {
		return
	}
	id := types.ImageIdentifier{}
	repository, digest, byDigest := strings.Cut(rest, "@")
	name, tag, byTag := strings.Cut(repository, ":")
	switch {
	case byDigest:
		id.ImageDigest = aws.String(digest)
	case byTag:
		id.ImageTag = aws.String(tag)
	default:
		id.ImageTag = aws.String("latest")
	}
	_, err := ask(ctx, v.p, parts[2]+parts[3], func(ctx context.Context, a *around) (*ecr.DescribeImagesOutput, error) {
		return a.ecr.DescribeImages(ctx, &ecr.DescribeImagesInput{RegistryId: aws.String(parts[1]), RepositoryName: aws.String(name), ImageIds: []types.ImageIdentifier{id}})
	})
	switch codeOf(err) {
	case "ImageNotFoundException":
		f.missing("push the image again, or release another version; a lifecycle policy of the repository may have removed it", "ECR has no image %s", image)
	case "RepositoryNotFoundException":
		f.missing("correct image in the catalog, or create the repository", "ECR has no repository %s in account %s", name, parts[1])
	default:
		if err != nil {
			f.blind("image "+image, "ecr:DescribeImages on the repository "+name, explain(ctx, f.doing, thing{"image " + image, "push it"}, err))
		}
	}
}
