package ecs

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// Shift sends the next thing that brings these shares about; it is asked again until the service reports them. Which
// shares can be had is for the way: tasks that are replaced one by one only have 100 %, weights that ECS moves only rise,
// or go back to where they began.
//
// With a Seal it is a return of traffic: the call that moves it comes first, and the fence after it.
// Invalid unless the shares add up to 100, and if they cannot be had.
func (p *Platform) Shift(ctx context.Context, q deploy.ShiftRequest) (deploy.Operation, error) {
	doing := "set traffic of " + q.Service.String()
	if err := sensible(doing, q); err != nil {
		return "", err
	}
	l, err := p.look(ctx, doing, q.Service)
	if err != nil {
		return "", err
	}
	l.urgent = q.Seal != ""
	if err := (fence{epoch: q.Epoch, gaps: q.Gaps, seal: q.Seal}).check(doing, l); err != nil {
		return "", err
	}
	w, err := p.way(doing, l, "")
	if err != nil {
		return "", err
	}
	return w.shift(ctx, l, q)
}

func sensible(doing string, q deploy.ShiftRequest) error {
	sum := 0
	for name, percent := range q.Shares {
		if percent < 0 || name == "" {
			return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%d %% for revision %q makes no sense", percent, name)}
		}
		sum += percent
	}
	if sum != 100 {
		return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("the shares add up to %d %%, not to 100 %%", sum)}
	}
	return nil
}

// Retire lets go of what a release held: what ECS still has to finish of its deployment is waited for; with weights of
// our own, what has none is stopped. Asked again once that is over, it takes our pause out of how the service is deployed.
func (p *Platform) Retire(ctx context.Context, s deploy.ServiceRef, tags ...string) (deploy.Operation, error) {
	doing := "tidy up after " + s.String()
	if slices.Contains(tags, "") {
		return "", &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "a tag without a name was to be taken off"}
	}
	if len(tags) == 0 {
		return "", nil
	}
	l, err := p.look(ctx, doing, s)
	if err != nil {
		return "", err
	}
	w, err := p.way(doing, l, "")
	if err != nil {
		return "", err
	}
	return w.retire(ctx, l, tags)
}

// shift is what rolling and native share. Who is asked for 100 % may be where the deployment leads, or where it began:
// the same call goes forward or back.
func (p *Platform) shift(ctx context.Context, l *live, q deploy.ShiftRequest) (deploy.Operation, error) {
	doing := "set traffic of " + l.ref.String()
	f := fence{epoch: q.Epoch, gaps: q.Gaps, seal: q.Seal}
	s, err := p.course(ctx, doing, l)
	if err != nil {
		return "", err
	}
	move, err := p.next(ctx, doing, s, q)
	switch {
	case err != nil:
		return "", err
	case move == nil && f.seal == "":
		return "", nil
	case move == nil:
		return "", f.leaveBack(ctx, p, doing, l)
	case f.seal == "":
		if err := f.leave(ctx, p, doing, l); err != nil {
			return "", err
		}
		return move(ctx)
	}
	op, err := move(ctx)
	if err != nil {
		return "", err
	}
	if err := f.leaveBack(ctx, p, doing, l); err != nil {
		return "", err
	}
	return op, nil
}

// move is a call that is to be sent.
type move func(context.Context) (deploy.Operation, error)

// next finds what has to be sent for shares; nil if nothing does.
func (p *Platform) next(ctx context.Context, doing string, s *course, q deploy.ShiftRequest) (move, error) {
	var top deploy.RevisionName
	for name, percent := range q.Shares {
		if percent == 100 {
			top = name
		}
	}
	r := s.rollout
	switch {
	case s.hidden():
		if top != "" && top != s.current.name() && q.Seal != "" {
			return nil, notYet(doing, s)
		}
		return nil, nil
	case r != nil && !r.over():
		if want := q.Shares[r.definition.name()]; want > 0 {
			return p.forward(ctx, doing, s, want)
		}
		return p.backward(ctx, doing, s, q, top)
	case top == "":
		return nil, apart(doing, s)
	case s.current.name() == top && (q.Seal == "" || !s.astray()):
		return nil, s.alone(doing)
	}
	return p.begin(ctx, doing, s, q, top)
}

// backward takes a deployment back that is in progress. Native ones return to where they began, whatever is asked for;
// what is to be had beyond that is asked for when they have. Rolling ones are replaced by the next.
func (p *Platform) backward(ctx context.Context, doing string, s *course, q deploy.ShiftRequest, to deploy.RevisionName) (move, error) {
	r := s.rollout
	home := r.source != nil && r.source.name() == to
	if to == "" || !home && q.Seal == "" {
		return nil, foreign(doing, s)
	}
	switch {
	case r.fallen() && (home || r.native()):
		return nil, nil // on its way already
	case !home && !r.native():
		return p.begin(ctx, doing, s, q, to)
	case s.awaits() != "":
		return p.answer(doing, s, types.DeploymentLifecycleHookActionRollback, backAgain), nil
	}
	return func(ctx context.Context) (deploy.Operation, error) {
		_, err := write(ctx, p, s.ref.Region, func(ctx context.Context, c *clients) (*sdk.StopServiceDeploymentOutput, error) {
			return c.ecs.StopServiceDeployment(ctx, &sdk.StopServiceDeploymentInput{
				ServiceDeploymentArn: r.ServiceDeploymentArn, StopType: types.StopServiceDeploymentStopTypeRollback,
			})
		})
		if err != nil {
			return "", tooLate(ctx, doing, r, err)
		}
		return operation{r.arn(), r.way(), backAgain}.name(), nil
	}, nil
}

// begin starts a deployment where none is in progress: a rolling one forward, or one back to a version of before, as the
// service's tasks are replaced otherwise, but at once. Back is what is sealed, and what no release of ours has made.
func (p *Platform) begin(ctx context.Context, doing string, s *course, q deploy.ShiftRequest, to deploy.RevisionName) (move, error) {
	d, err := p.find(ctx, doing, s.live, to)
	if err != nil {
		return nil, err
	}
	kind := deploy.StrategyKind(tagged(d.tags, strategyTag))
	config, way := replacing(s.live), rollingWay
	switch back := q.Seal != "" || kind == ""; {
	case back && s.strategy() != types.DeploymentStrategyRolling:
		config, way = emergency(s.live), nativeWay
	case back:
	case s.rollout != nil && s.rollout.definition.arn() == d.arn() && s.rollout.fallen():
		return nil, tookBack(doing, s.rollout, p.fell(ctx, s.ref, s.rollout))
	case kind != deploy.Rolling:
		return nil, apart(doing, s)
	}
	return func(ctx context.Context) (deploy.Operation, error) {
		in := &sdk.UpdateServiceInput{TaskDefinition: aws.String(d.arn()), DeploymentConfiguration: config}
		in.ForceNewDeployment = s.current.arn() == d.arn() // else ECS would do nothing
		return p.update(ctx, doing, s.live, in, operation{way: way, what: live100})
	}, nil
}
