package awsaround_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/awsaround"
	"slipway/internal/sandbox/registry"
)

const host = "123456789012.dkr.ecr.us-east-1.amazonaws.com"

func byTag(tag string) types.ImageIdentifier {
	return types.ImageIdentifier{ImageTag: aws.String(tag)}
}

func byDigest(digest string) types.ImageIdentifier {
	return types.ImageIdentifier{ImageDigest: aws.String(digest)}
}

var nowhere = "sha256:" + strings.Repeat("0", 64)

func TestECRDescribesTheImagesOfTheRegistry(t *testing.T) {
	t.Parallel()
	p := start(t, true)
	client := ecr.NewFromConfig(p.cfg)
	for _, c := range []struct {
		fact string
		id   types.ImageIdentifier
		of   string // the version whose image it is
		tags []string
	}{
		{"by tag", byTag("v1.2.3"), "v1.2.3", []string{"v1.2.3"}},
		{"by digest", byDigest(p.registry.Digest("v1.2.2")), "v1.2.2", []string{"v1.2.2"}},
		{"the latest has its version too", byTag("latest"), "v1.2.4", []string{"latest", "v1.2.4"}},
		{"by both", types.ImageIdentifier{ImageTag: aws.String("v1.2.3"), ImageDigest: aws.String(p.registry.Digest("v1.2.3"))}, "v1.2.3", []string{"v1.2.3"}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			out, err := client.DescribeImages(t.Context(), &ecr.DescribeImagesInput{RepositoryName: aws.String("coditect"), ImageIds: []types.ImageIdentifier{c.id}})
			if err != nil || len(out.ImageDetails) != 1 {
				t.Fatalf("%v, %v", out, err)
			}
			got := out.ImageDetails[0]
			slices.Sort(got.ImageTags)
			if diff := cmp.Diff(c.tags, got.ImageTags); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
			if *got.ImageDigest != p.registry.Digest(c.of) || aws.ToInt64(got.ImageSizeInBytes) < 1024 || *got.RegistryId != awsaround.Account {
				t.Errorf("%s of %d bytes in %s, want %s", *got.ImageDigest, aws.ToInt64(got.ImageSizeInBytes), *got.RegistryId, p.registry.Digest(c.of))
			}
			// Images of the registry say that they were built in December 2025.
			if got.ImagePushedAt == nil || got.ImagePushedAt.Format("2006-01") != "2025-12" {
				t.Errorf("pushed %v", got.ImagePushedAt)
			}
		})
	}
}

func TestECRListsInPages(t *testing.T) {
	t.Parallel()
	p := start(t, true)
	var found []string
	var pushed []time.Time
	pages := 0
	list := ecr.NewDescribeImagesPaginator(ecr.NewFromConfig(p.cfg), &ecr.DescribeImagesInput{RepositoryName: aws.String("coditect"), MaxResults: aws.Int32(2),
		Filter: &types.DescribeImagesFilter{TagStatus: types.TagStatusTagged}})
	for list.HasMorePages() {
		out, err := list.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, d := range out.ImageDetails {
			found = append(found, d.ImageTags...)
			pushed = append(pushed, *d.ImagePushedAt)
		}
	}
	for _, tag := range []string{"v1.2.2", "v1.2.3", "v1.2.4", "latest"} {
		if n := len(found) - len(slices.DeleteFunc(slices.Clone(found), func(x string) bool { return x == tag })); n != 1 {
			t.Errorf("%s is listed %d times in %v", tag, n, found)
		}
	}
	if !slices.IsSortedFunc(pushed, time.Time.Compare) {
		t.Errorf("pushed in the order %v", pushed)
	}
	if pages < 2 {
		t.Errorf("%d pages for %v", pages, found)
	}
}

func TestECRHasRepositories(t *testing.T) {
	t.Parallel()
	p := start(t, true)
	client := ecr.NewFromConfig(p.cfg)
	for _, names := range [][]string{nil, {"coditect"}} {
		out, err := client.DescribeRepositories(t.Context(), &ecr.DescribeRepositoriesInput{RepositoryNames: names})
		if err != nil || len(out.Repositories) != 1 {
			t.Fatalf("%v: %v, %v", names, out, err)
		}
		r := out.Repositories[0]
		if *r.RepositoryUri != host+"/coditect" || *r.RepositoryArn != "arn:aws:ecr:us-east-1:123456789012:repository/coditect" || !r.CreatedAt.Equal(noon) {
			t.Errorf("repository %s, %s, %s", *r.RepositoryUri, *r.RepositoryArn, r.CreatedAt)
		}
	}
}

func TestECRHandsManifestsOut(t *testing.T) {
	t.Parallel()
	p := start(t, true)
	out, err := ecr.NewFromConfig(p.cfg).BatchGetImage(t.Context(), &ecr.BatchGetImageInput{RepositoryName: aws.String("coditect"), ImageIds: []types.ImageIdentifier{
		byTag("v1.2.3"), byTag("v9"), byDigest(nowhere), {}, byDigest("v1.2.3"),
		{ImageTag: aws.String("v1.2.3"), ImageDigest: aws.String(p.registry.Digest("v1.2.2"))},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Images) != 1 || *out.Images[0].ImageId.ImageDigest != p.registry.Digest("v1.2.3") || *out.Images[0].ImageId.ImageTag != "v1.2.3" {
		t.Errorf("images %v", out.Images)
	}
	var manifest struct{ Layers []any }
	if err := json.Unmarshal([]byte(*out.Images[0].ImageManifest), &manifest); err != nil || len(manifest.Layers) != 2 {
		t.Errorf("manifest %s: %v", *out.Images[0].ImageManifest, err)
	}
	var failures []types.ImageFailureCode
	for _, f := range out.Failures {
		failures = append(failures, f.FailureCode)
	}
	want := []types.ImageFailureCode{types.ImageFailureCodeImageNotFound, types.ImageFailureCodeImageNotFound, types.ImageFailureCodeMissingDigestAndTag,
		types.ImageFailureCodeInvalidImageDigest, types.ImageFailureCodeImageTagDoesNotMatchDigest}
	if diff := cmp.Diff(want, failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

func TestECRRefuses(t *testing.T) {
	t.Parallel()
	p := start(t, true)
	client := ecr.NewFromConfig(p.cfg)
	describe := func(in *ecr.DescribeImagesInput) error {
		_, err := client.DescribeImages(t.Context(), in)
		return err
	}
	const noRepository = "The repository with name 'theirs' does not exist in the registry with id '123456789012'"
	_, noneOfThat := client.DescribeRepositories(t.Context(), &ecr.DescribeRepositoriesInput{RepositoryNames: []string{"coditect", "theirs"}})
	_, noImages := client.BatchGetImage(t.Context(), &ecr.BatchGetImageInput{RepositoryName: aws.String("theirs"), ImageIds: []types.ImageIdentifier{byTag("x")}})
	for _, c := range []struct{ fact, want, got string }{
		{"a repository that there is none of", noRepository, message[*types.RepositoryNotFoundException](describe(&ecr.DescribeImagesInput{RepositoryName: aws.String("theirs")}))},
		{"one of several", noRepository, message[*types.RepositoryNotFoundException](noneOfThat)},
		{"images of it", noRepository, message[*types.RepositoryNotFoundException](noImages)},
		{"another account", "The repository with name 'coditect' does not exist in the registry with id '210987654321'",
			message[*types.RepositoryNotFoundException](describe(&ecr.DescribeImagesInput{RepositoryName: aws.String("coditect"), RegistryId: aws.String("210987654321")}))},
		{"a tag that there is none of", "The image with imageId {imageDigest:'null', imageTag:'v9'} does not exist within the repository with name 'coditect' in the registry with id '123456789012'",
			message[*types.ImageNotFoundException](describe(&ecr.DescribeImagesInput{RepositoryName: aws.String("coditect"), ImageIds: []types.ImageIdentifier{byTag("v1.2.3"), byTag("v9")}}))},
		{"a page that there is none of", "Invalid parameter at 'nextToken'",
			message[*types.InvalidParameterException](describe(&ecr.DescribeImagesInput{RepositoryName: aws.String("coditect"), NextToken: aws.String("99999")}))},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.fact, c.got, c.want)
		}
	}
	p.registry.SetFault(registry.Fault{Down: true})
	if got := message[*types.ServerException](describe(&ecr.DescribeImagesInput{RepositoryName: aws.String("coditect")})); got != "The practice registry does not answer." {
		t.Errorf("the registry is down: %s", got)
	}
}

func TestWhetherAnImageCanBePulled(t *testing.T) {
	t.Parallel()
	p := start(t, true)
	for _, c := range []struct{ fact, ref, version, says string }{
		{"by digest", host + "/coditect@" + p.registry.Digest("v1.2.3"), "v1.2.3", ""},
		{"by tag", host + "/coditect:v1.2.2", "v1.2.2", ""},
		{"by a tag and a digest, of which the digest counts", host + "/coditect:v1.2.2@" + p.registry.Digest("v1.2.3"), "v1.2.3", ""},
		{"by neither", host + "/coditect", "v1.2.4", ""},
		{"on a registry with a port", p.registry.Addr() + "/coditect:v1.2.2", "v1.2.2", ""},
		{"no such tag", host + "/coditect:v9", "", "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref " + host + "/coditect:v9: " + host + "/coditect:v9: not found"},
		{"no such digest", host + "/coditect@" + nowhere, "", "not found"},
		{"no such repository", host + "/theirs:v1.2.3", "", "repository does not exist or may require authorization"},
		{"no reference", "coditect", "", "CannotPullContainerError: invalid reference format: coditect"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			version, err := p.Version(t.Context(), c.ref)
			if version != c.version || (err != nil) != (c.says != "") || !strings.Contains(text(err), c.says) {
				t.Errorf("%q, %v; want %q, %q", version, err, c.version, c.says)
			}
			if again := p.Image(c.ref); text(again) != text(err) {
				t.Errorf("Image says %v, Version %v", again, err)
			}
		})
	}
	p.registry.SetFault(registry.Fault{Unauthorised: true})
	if err := p.Image(host + "/coditect:v1.2.2"); err == nil || !strings.HasPrefix(err.Error(), "CannotPullContainerError") {
		t.Errorf("the registry lets nobody in: %v", err)
	}
}

func TestWithoutARegistryThereAreNoRepositories(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	out, err := ecr.NewFromConfig(p.cfg).DescribeRepositories(t.Context(), &ecr.DescribeRepositoriesInput{})
	if err != nil || len(out.Repositories) != 0 {
		t.Errorf("%v, %v", out, err)
	}
	if err := p.Image(host + "/coditect:v1.2.3"); err == nil {
		t.Error("an image can be pulled from nowhere")
	}
}
