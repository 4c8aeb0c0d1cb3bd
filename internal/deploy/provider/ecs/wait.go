package ecs

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// What is waited for at a deployment.
const (
	staged0   = "staged" // the target is up, and waits at 0 %
	pastHook  = "past="  // and a hook: the deployment has gone on from it, to the next or to its end
	live100   = "live"   // the target has replaced everything
	backAgain = "back"   // the target is gone again
	endOfIt   = "end"    // ECS has nothing more to do, whatever it came to
)

// wait is what rolling and native share. It is over when what was asked for is so, and has ended badly once ECS goes back.
func (p *Platform) wait(ctx context.Context, o operation) (done bool, err error) {
	doing := "look at deployment " + lastPart(o.arn)
	r, err := p.rollout(ctx, doing, o.region(), o.arn)
	if err != nil {
		return false, err
	}
	switch {
	case o.what == endOfIt:
		return r.over(), nil
	case o.what == backAgain:
		return wentBack(doing, r)
	case r.fallen():
		return true, tookBack(doing, r, p.fell(ctx, o.service(), r))
	case r.succeeded():
		return true, nil
	case o.what == staged0:
		why, err := p.doomed(ctx, doing, o.service(), r)
		if why != "" {
			return true, cannotStart(doing, r.definition.short(), why)
		}
		return err == nil && (r.hook() != "" || percentOf(r.TargetServiceRevision) > 0), err
	case strings.HasPrefix(o.what, pastHook):
		next := r.hook()
		return next != strings.TrimPrefix(o.what, pastHook) && (next != "" || percentOf(r.TargetServiceRevision) == 100), nil
	}
	return false, nil
}

// wentBack says how a return has ended. A deployment that went through before it could be stopped has to be undone by
// another one.
func wentBack(doing string, r *rollout) (done bool, err error) {
	switch {
	case !r.over():
		return false, nil
	case r.Status == types.ServiceDeploymentStatusRollbackSuccessful:
		return true, nil
	}
	return true, &deploy.Error{
		Code: deploy.Conflict, Op: doing, Msg: withWords("Amazon ECS did not go back from "+r.definition.short()+": "+words(string(r.Status)), r.why()),
		Hint: "look at the service",
	}
}
