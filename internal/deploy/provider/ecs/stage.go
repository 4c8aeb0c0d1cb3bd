package ecs

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"slipway/internal/deploy"
)

// staging is all that is known before anything is sent for a request.
type staging struct {
	live     *live
	way      way
	current  *definition                      // the template
	made     *definition                      // registered already; nil if it is not
	draft    *sdk.RegisterTaskDefinitionInput // what is to be registered; nil if it is
	underway bool                             // an earlier call of ours has been at it
}

// Stage registers a task definition for the candidate, once, and brings it up without traffic: how, is for the way. With
// a rolling deployment nothing of it is started. What was registered is never deregistered.
//
// An empty operation means that nothing was sent, or that there is nothing to wait for; see Revision. Conflict if the name
// is taken by another image, if traffic is not all on the baseline, or if ECS is busy with a deployment of somebody else.
// Invalid if the service is not fit for the strategy, or the settings cannot be had.
func (p *Platform) Stage(ctx context.Context, q deploy.StageRequest) (deploy.Operation, error) {
	doing := "create revision " + string(q.Candidate)
	s, err := p.prepare(ctx, doing, q)
	if err != nil || s.underway {
		return "", err
	}
	if err := (fence{epoch: q.Epoch, gaps: q.Gaps}).leave(ctx, p, doing, s.live); err != nil {
		return "", err
	}
	if s.made == nil {
		if s.made, err = p.register(ctx, doing, s.live, q, s.draft); err != nil {
			return "", err
		}
	}
	return s.way.stage(ctx, s.live, q, s.made)
}

// prepare looks at everything that a request needs, and refuses what cannot be. It changes nothing.
func (p *Platform) prepare(ctx context.Context, doing string, q deploy.StageRequest) (*staging, error) {
	if err := whole(doing, q); err != nil {
		return nil, err
	}
	l, err := p.look(ctx, doing, q.Service)
	if err != nil {
		return nil, err
	}
	if err := (fence{epoch: q.Epoch, gaps: q.Gaps}).check(doing, l); err != nil {
		return nil, err
	}
	s := &staging{live: l}
	if s.way, err = p.way(doing, l, q.Rollout.Kind); err != nil {
		return nil, err
	}
	if w, ok := s.way.(weighted); ok {
		if _, err := w.stand(ctx, doing, l); err != nil { // the template is what has the traffic
			return nil, err
		}
	}
	if s.current, err = p.definition(ctx, doing, q.Service.Region, l.definition()); err != nil {
		return nil, err
	}
	s.made, err = p.find(ctx, doing, l, q.Candidate)
	switch {
	case err == nil:
		if err := sameImage(doing, q, l.image(s.made)); err != nil {
			return nil, err
		}
	case deploy.CodeOf(err) != deploy.NotFound:
		return nil, err
	default:
		s.made = nil
		if s.draft, err = registration(doing, l, s.current, q); err != nil {
			return nil, err
		}
	}
	s.underway, err = s.way.allows(ctx, l, q, s.made)
	return s, err
}

func whole(doing string, q deploy.StageRequest) error {
	if q.Candidate != "" && q.Baseline != "" && q.Tag != "" && q.Image != "" {
		return nil
	}
	return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "candidate, tag, image and baseline are all needed"}
}

func sameImage(doing string, q deploy.StageRequest, image string) error {
	if image == q.Image {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Conflict, Op: doing,
		Msg:  fmt.Sprintf("revision %s is registered already, with image %s instead of %s", q.Candidate, image, q.Image),
		Hint: "what is registered stays as it is: release again under another name",
	}
}

// register registers a task definition, and gives the first of its name. After a lost answer it is found by its tags; see
// registered.
func (p *Platform) register(ctx context.Context, doing string, l *live, q deploy.StageRequest, in *sdk.RegisterTaskDefinitionInput) (*definition, error) {
	got, err := write(ctx, p, q.Service.Region, func(ctx context.Context, c *clients) (*sdk.RegisterTaskDefinitionOutput, error) {
		return c.ecs.RegisterTaskDefinition(ctx, in)
	})
	if err != nil {
		return nil, explain(ctx, doing, aService(q.Service), err)
	}
	d := &definition{TaskDefinition: *got.TaskDefinition, tags: in.Tags}
	keep(&p.known, p.known.definitions, d.arn(), d)
	return p.first(ctx, doing, l, q, d)
}

// first is what of a name was registered first: d, or what somebody has registered between our look and our call. From
// here on everybody finds the same; see registered.
func (p *Platform) first(ctx context.Context, doing string, l *live, q deploy.StageRequest, d *definition) (*definition, error) {
	arn, err := p.registered(ctx, doing, l, q.Candidate)
	switch {
	case deploy.CodeOf(err) == deploy.NotFound: // it is not listed yet, or its family is not that of the service
		keep(&p.known, p.known.names, called{q.Service.Region, familyOf(d.arn()), q.Candidate}, d.arn())
		return d, nil
	case err != nil:
		return nil, err
	case arn == d.arn():
		return d, nil
	}
	if d, err = p.definition(ctx, doing, q.Service.Region, arn); err != nil {
		return nil, err
	}
	return d, sameImage(doing, q, l.image(d))
}

// update asks the service for a task definition in a way. The operation is empty if ECS does
// not say yet what its deployment is called.
func (p *Platform) update(ctx context.Context, doing string, l *live, in *sdk.UpdateServiceInput, o operation) (deploy.Operation, error) {
	in.Cluster, in.Service = l.service.ClusterArn, l.service.ServiceArn
	got, err := write(ctx, p, l.ref.Region, func(ctx context.Context, c *clients) (*sdk.UpdateServiceOutput, error) {
		return c.ecs.UpdateService(ctx, in)
	})
	if err != nil {
		return "", explain(ctx, doing, aService(l.ref), err)
	}
	if o.arn = aws.ToString(got.Service.CurrentServiceDeployment); o.arn == "" || o.arn == aws.ToString(l.service.CurrentServiceDeployment) {
		return "", nil
	}
	return o.name(), nil
}
