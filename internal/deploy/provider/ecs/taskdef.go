package ecs

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// The tags of a task definition that Slipway has registered.
const (
	revisionTag = "slipway-revision" // the name that Slipway gave it
	releaseTag  = "slipway-release"
	tagTag      = "slipway-tag"       // under which it can be spoken of
	strategyTag = "slipway-strategy"  // what the release means to do with it
	mainTag     = "slipway-container" // which of its containers the release is about
)

// mostDefinitions is how far back a name is looked for.
const mostDefinitions = 100

// definition is a task definition with its tags.
type definition struct {
	types.TaskDefinition
	tags []types.Tag
}

func (d *definition) arn() string { return aws.ToString(d.TaskDefinitionArn) }

// name is what Slipway calls it: the name that it was registered under, or family:revision.
func (d *definition) name() deploy.RevisionName {
	if n := tagged(d.tags, revisionTag); n != "" {
		return deploy.RevisionName(n)
	}
	return deploy.RevisionName(d.short())
}

// short is family:revision, which people know it by.
func (d *definition) short() string {
	return aws.ToString(d.Family) + ":" + strconv.Itoa(int(d.Revision))
}

// describeDefinition reads a task definition by ARN or family:revision, and remembers it.
func (p *Platform) describeDefinition(ctx context.Context, region, name string) (*definition, error) {
	got, err := read(ctx, p, region, func(ctx context.Context, c *clients) (*sdk.DescribeTaskDefinitionOutput, error) {
		return c.ecs.DescribeTaskDefinition(ctx, &sdk.DescribeTaskDefinitionInput{
			TaskDefinition: aws.String(name), Include: []types.TaskDefinitionField{types.TaskDefinitionFieldTags},
		})
	})
	if err != nil {
		return nil, err
	}
	d := &definition{TaskDefinition: *got.TaskDefinition, tags: got.Tags}
	keep(&p.known, p.known.definitions, d.arn(), d)
	return d, nil
}

// definition gives the task definition of an ARN, from memory if it was read before.
func (p *Platform) definition(ctx context.Context, doing, region, arn string) (*definition, error) {
	if known, ok := recall(&p.known, p.known.definitions, arn); ok {
		return known, nil
	}
	d, err := p.describeDefinition(ctx, region, arn)
	return d, explainDefinition(ctx, doing, deploy.RevisionName(lastPart(arn)), err)
}

// explainDefinition is explain where ECS says that it cannot describe a task definition, which is a ClientException.
func explainDefinition(ctx context.Context, doing string, name deploy.RevisionName, err error) error {
	if err != nil && ctx.Err() == nil && codeOf(err) == "ClientException" {
		return missing(doing, name, err)
	}
	return explain(ctx, doing, aRevision(name), err)
}

func missing(doing string, name deploy.RevisionName, err error) error {
	about := aRevision(name)
	return &deploy.Error{Code: deploy.NotFound, Op: doing, Msg: about.name + " does not exist", Hint: about.hint, Err: err}
}

// numbered is a name of a task definition as ECS gives it.
var numbered = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}:[1-9][0-9]*$`)

// find finds a revision of a service by its name, as it is now. NotFound also if it was deregistered: ECS runs no
// service with it any more.
func (p *Platform) find(ctx context.Context, doing string, l *live, name deploy.RevisionName) (*definition, error) {
	where := string(name)
	if !numbered.MatchString(where) {
		arn, err := p.registered(ctx, doing, l, name)
		if err != nil {
			return nil, err
		}
		where = arn
	}
	d, err := p.describeDefinition(ctx, l.ref.Region, where)
	if err != nil {
		return nil, explainDefinition(ctx, doing, name, err)
	}
	if d.Status != "" && d.Status != types.TaskDefinitionStatusActive {
		return nil, missing(doing, name, nil)
	}
	return d, nil
}

// registered finds the ARN of a task definition of ours, among the newest of the family. It ends at one of ours of an
// earlier release. Of several of the same name it is the oldest, which whoever looked before has found, too: what comes
// later, from a process that is dead or from a person who registers it again with its tags, is not deployed beside it.
func (p *Platform) registered(ctx context.Context, doing string, l *live, name deploy.RevisionName) (string, error) {
	number, ok := releaseNumber(l.ref, name)
	if !ok {
		return "", missing(doing, name, nil)
	}
	family := familyOf(l.definition())
	key := called{l.ref.Region, family, name}
	if arn, known := recall(&p.known, p.known.names, key); known {
		return arn, nil
	}
	got, err := read(ctx, p, l.ref.Region, func(ctx context.Context, c *clients) (*sdk.ListTaskDefinitionsOutput, error) {
		return c.ecs.ListTaskDefinitions(ctx, &sdk.ListTaskDefinitionsInput{
			FamilyPrefix: aws.String(family), Sort: types.SortOrderDesc, Status: types.TaskDefinitionStatusActive, MaxResults: aws.Int32(mostDefinitions),
		})
	})
	if err != nil {
		return "", explain(ctx, doing, aService(l.ref), err)
	}
	oldest := ""
	for _, arn := range got.TaskDefinitionArns { // newest first
		d, err := p.definition(ctx, doing, l.ref.Region, arn)
		if err != nil {
			return "", err
		}
		if d.name() == name {
			oldest = arn
			continue
		}
		if other, ours := releaseNumber(l.ref, d.name()); ours && other < number {
			break
		}
	}
	if oldest != "" {
		keep(&p.known, p.known.names, key, oldest)
		return oldest, nil
	}
	return p.deployed(ctx, doing, l, name)
}

// deployed finds the ARN of a task definition that the newest deployment leads to, or began with: others may have
// registered more of the family since than are looked through.
func (p *Platform) deployed(ctx context.Context, doing string, l *live, name deploy.RevisionName) (string, error) {
	r, err := p.newest(ctx, doing, l)
	if err != nil {
		return "", err
	}
	if r != nil {
		for _, d := range []*definition{r.definition, r.source} {
			if d != nil && d.name() == name {
				return d.arn(), nil
			}
		}
	}
	return "", missing(doing, name, nil)
}

// releaseNumber reads a name that deploy.CandidateName gave.
func releaseNumber(s deploy.ServiceRef, name deploy.RevisionName) (number int, ok bool) {
	n, a, found := strings.Cut(strings.TrimPrefix(string(name), s.Name+"-r"), "-")
	number, badNumber := strconv.Atoi(n)
	attempt, badAttempt := strconv.Atoi(a)
	ok = found && badNumber == nil && badAttempt == nil && deploy.CandidateName(s.Name, number, attempt) == name
	return number, ok
}

// familyOf is the family in the ARN of a task definition.
func familyOf(arn string) string {
	family, _, _ := strings.Cut(lastPart(arn), ":")
	return family
}
