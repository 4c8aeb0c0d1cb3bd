package ecs

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// The tags of a service that hold its fence.
const (
	epochTag = "slipway-epoch"
	sealTag  = "slipway-seal"
)

// fence keeps those out who were overtaken. Tags of a service are no precondition of its calls: between a look at them
// and the call after it somebody else may come. What is between the two is a fraction of a second; what keeps an old
// call out for good is that hooks and deployments can be used once. The zero fence keeps nobody out.
type fence struct {
	epoch deploy.Epoch
	gaps  []deploy.Gap
	seal  string
}

// check is Fenced if a later owner has been at the service, or one that Redis has forgotten. A fence that was edited by
// hand and is no number counts as none.
func (f fence) check(doing string, l *live) error {
	left, err := strconv.ParseInt(l.tag(epochTag), 10, 64)
	switch there := deploy.Epoch(left); {
	case f.epoch == 0 || err != nil:
		return nil
	case slices.ContainsFunc(f.gaps, func(g deploy.Gap) bool { return g.Has(there) }):
		return deploy.WentBack(doing, fmt.Sprintf("%s was changed under epoch %d, which Redis does not remember", l.ref.Name, left))
	case there <= f.epoch:
		return nil
	}
	return &deploy.Error{
		Code: deploy.Fenced, Op: doing,
		Msg: fmt.Sprintf("%s was changed under epoch %d, which is later than ours (%d): Redis has gone back in time, or another Slipway releases it",
			l.ref.Name, left, f.epoch),
		Hint: fmt.Sprintf("make sure that nothing else releases it, remove the tag %s from the service, then resume", epochTag),
	}
}

// sealed says whether the seal that has to be there is there.
func (f fence) sealed(l *live) bool {
	return f.epoch == 0 || f.seal == "" || l.tag(sealTag) == f.seal
}

// left says whether the service has the fence already.
func (f fence) left(l *live) bool {
	return f.epoch == 0 || l.tag(epochTag) == strconv.FormatInt(int64(f.epoch), 10) && f.sealed(l)
}

// leaveBack is leave on the way back, which goes on whether or not Slipway may write tags.
func (f fence) leaveBack(ctx context.Context, p *Platform, doing string, l *live) error {
	if err := f.leave(ctx, p, doing, l); err != nil && (f.seal == "" || deploy.Retryable(err)) {
		return err
	}
	return nil
}

// leave writes the fence at the service. Nothing is sent if it is there.
func (f fence) leave(ctx context.Context, p *Platform, doing string, l *live) error {
	if f.left(l) {
		return nil
	}
	tags := []types.Tag{{Key: aws.String(epochTag), Value: aws.String(strconv.FormatInt(int64(f.epoch), 10))}}
	if f.seal != "" {
		tags = append(tags, types.Tag{Key: aws.String(sealTag), Value: aws.String(f.seal)})
	}
	_, err := write(ctx, p, l.ref.Region, func(ctx context.Context, c *clients) (*sdk.TagResourceOutput, error) {
		return c.ecs.TagResource(ctx, &sdk.TagResourceInput{ResourceArn: l.service.ServiceArn, Tags: tags})
	})
	if err != nil {
		return explain(ctx, doing, aService(l.ref), err)
	}
	l.setTags(tags)
	return nil
}
