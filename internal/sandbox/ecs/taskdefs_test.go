package ecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/ecs"
)

func TestTaskDefinitionsAreNumberedAndTagged(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	second, third := p.register(ecs.RollingService, next), p.register(ecs.RollingService, newest)
	first := p.guide.Services[ecs.RollingService].TaskDefinition

	out, err := p.client.DescribeTaskDefinition(t.Context(), &sdk.DescribeTaskDefinitionInput{
		TaskDefinition: aws.String("coditect-app:2"), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
	})
	p.ok(err)
	if *out.TaskDefinition.TaskDefinitionArn != second || out.TaskDefinition.Revision != 2 ||
		*out.TaskDefinition.ContainerDefinitions[0].Image != next || len(out.Tags) != 1 || *out.Tags[0].Value != "r42" {
		t.Errorf("revision 2 is %+v with %v", out.TaskDefinition, out.Tags)
	}

	list := func(in *sdk.ListTaskDefinitionsInput) []string {
		in.FamilyPrefix = aws.String(ecs.RollingService)
		var arns []string
		for pages := sdk.NewListTaskDefinitionsPaginator(p.client, in); pages.HasMorePages(); {
			page, err := pages.NextPage(t.Context())
			p.ok(err)
			arns = append(arns, page.TaskDefinitionArns...)
		}
		return arns
	}
	one := aws.Int32(1)
	if diff := cmp.Diff([]string{third, second, first}, list(&sdk.ListTaskDefinitionsInput{Sort: types.SortOrderDesc, MaxResults: one})); diff != "" {
		t.Errorf("the newest first, a page each (-want +got):\n%s", diff)
	}
	_, err = p.client.DeregisterTaskDefinition(t.Context(), &sdk.DeregisterTaskDefinitionInput{TaskDefinition: aws.String(second)})
	p.ok(err)
	if diff := cmp.Diff([]string{first, third}, list(&sdk.ListTaskDefinitionsInput{})); diff != "" {
		t.Errorf("after revision 2 was deregistered (-want +got):\n%s", diff)
	}
	_, err = p.client.UpdateService(t.Context(), &sdk.UpdateServiceInput{
		Cluster: aws.String(cluster), Service: aws.String(ecs.RollingService), TaskDefinition: aws.String(second),
	})
	p.refused(err, "ClientException", "inactive")
	if fourth := p.register(ecs.RollingService, next); fourth[len(fourth)-2:] != ":4" {
		t.Errorf("a number was used again: %s", fourth)
	}
	if n := p.ecs.Registrations(); n != 3 {
		t.Errorf("%d registrations, want 3", n)
	}
}

func TestTagsComeAndGo(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	arn := aws.String(p.guide.Services[ecs.RollingService].ServiceARN)
	tags := func() map[string]string {
		out, err := p.client.ListTagsForResource(t.Context(), &sdk.ListTagsForResourceInput{ResourceArn: arn})
		p.ok(err)
		m := map[string]string{}
		for _, tag := range out.Tags {
			m[*tag.Key] = *tag.Value
		}
		return m
	}
	for _, value := range []string{"r41", "r42"} {
		_, err := p.client.TagResource(t.Context(), &sdk.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{
			{Key: aws.String("release"), Value: aws.String(value)}, {Key: aws.String("team"), Value: aws.String("core")},
		}})
		p.ok(err)
	}
	if diff := cmp.Diff(map[string]string{"release": "r42", "team": "core"}, tags()); diff != "" {
		t.Errorf("tagged (-want +got):\n%s", diff)
	}
	_, err := p.client.UntagResource(t.Context(), &sdk.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team"}})
	p.ok(err)
	if diff := cmp.Diff(map[string]string{"release": "r42"}, tags()); diff != "" {
		t.Errorf("untagged (-want +got):\n%s", diff)
	}
}

func TestRegisteringRefuses(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	container := types.ContainerDefinition{Name: aws.String("a"), Image: aws.String(good)}
	for name, tc := range map[string]struct {
		in   sdk.RegisterTaskDefinitionInput
		text string
	}{
		"two containers of one name":   {sdk.RegisterTaskDefinitionInput{ContainerDefinitions: []types.ContainerDefinition{container, container}}, "more than once"},
		"a container without an image": {sdk.RegisterTaskDefinitionInput{ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("a")}}}, "image"},
		"Fargate without awsvpc": {sdk.RegisterTaskDefinitionInput{
			ContainerDefinitions: []types.ContainerDefinition{container}, RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		}, "awsvpc"},
	} {
		tc.in.Family = aws.String("x")
		_, err := p.client.RegisterTaskDefinition(t.Context(), &tc.in)
		t.Log(name)
		p.refused(err, "ClientException", tc.text)
	}
}
