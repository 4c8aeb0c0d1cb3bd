package ecs

import (
	"context"

	"slipway/internal/deploy"
)

// Describe reports the service as ECS and its load balancer have it now: weights are those of the listener rule, and of a
// rolling deployment the tasks are counted.
func (p *Platform) Describe(ctx context.Context, s deploy.ServiceRef) (deploy.Service, error) {
	doing := "look at " + s.String()
	l, err := p.look(ctx, doing, s)
	if err != nil {
		return deploy.Service{}, err
	}
	w, err := p.way(doing, l, "")
	if err != nil {
		w = rolling{p} // a service that Slipway cannot change can still be looked at
	}
	out, err := w.describe(ctx, l)
	if err != nil {
		return deploy.Service{}, err
	}
	d, err := p.definition(ctx, doing, s.Region, l.definition())
	if err != nil {
		return deploy.Service{}, err
	}
	out.Ref, out.Image, out.Env = s, l.image(d), l.env(d)
	return out, nil
}

// Revision reports one revision by its name, which is that of a release, or family:revision. NotFound if it does not
// exist, or was deregistered, or if its service does not exist.
func (p *Platform) Revision(ctx context.Context, s deploy.ServiceRef, name deploy.RevisionName) (deploy.RevisionStatus, error) {
	doing := "look at task definition " + string(name)
	l, err := p.look(ctx, doing, s)
	if err != nil {
		return deploy.RevisionStatus{}, err
	}
	d, err := p.find(ctx, doing, l, name)
	if err != nil {
		return deploy.RevisionStatus{}, err
	}
	out := deploy.RevisionStatus{Name: name, Image: l.image(d), Version: l.env(d)["VERSION"], Config: configOf(d.TaskDefinition, l.main(d))}
	w, err := p.way(doing, l, "")
	if err != nil {
		w = rolling{p}
	}
	return out, w.status(ctx, l, d, &out)
}

// describe is how a service stands by its deployments, whichever way they go.
func (p *Platform) describe(ctx context.Context, l *live) (deploy.Service, error) {
	s, err := p.course(ctx, "look at "+l.ref.String(), l)
	if err != nil {
		return deploy.Service{}, err
	}
	out := deploy.Service{Busy: s.busy(), Unrest: s.unrest(), Traffic: s.traffic(), Back: s.back(p.opts.Now())}
	out.Settled = out.Unrest == "" && !out.Busy
	if s.rollout != nil && s.rollout.fallen() {
		out.Fell = deploy.Fall{Revision: s.rollout.definition.name(), Why: p.fell(ctx, l.ref, s.rollout)}
	}
	return out, nil
}

// status is how a revision stands by the service's deployments. What was registered and is none of them could be run.
func (p *Platform) status(ctx context.Context, l *live, d *definition, out *deploy.RevisionStatus) error {
	doing := "look at task definition " + string(out.Name)
	s, err := p.course(ctx, doing, l)
	if err != nil {
		return err
	}
	_, running, _ := s.running()
	out.Ready, out.Warm = true, running[d.name()] > 0
	switch r := s.rollout; {
	case r == nil, r.definition.arn() != d.arn(), r.succeeded():
		if s.hidden() && s.current.arn() == d.arn() {
			out.Ready, out.Reason = false, s.unrest()
		}
		return nil
	case r.fallen():
		out.Ready, out.Failed, out.Reason = false, true, p.fell(ctx, l.ref, r)
		return nil
	case s.awaits() != "", s.observed > 0 && r.native():
		return nil
	}
	out.Ready, out.Reason = false, s.unrest()
	why, err := p.doomed(ctx, doing, l.ref, s.rollout)
	if why != "" {
		out.Failed, out.Reason = true, why
	}
	return err
}
