package ecs

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// native has ECS move the weights, and stop before each move until it is told to go on. All tasks of the new version are
// up before the first, and those of the old one stay until the end of the bake, so that a return is a matter of weights.
type native struct{ *Platform }

// The bounds that ECS sets.
const (
	leastStep             = 3              // per cent
	mostBake              = 24 * time.Hour // after the last move
	leastWait, mostWait   = 10 * time.Minute, 14 * 24 * time.Hour
	defaultWait           = 24 * time.Hour
	mostTasks, leastTasks = 200, 100 // tasks that there may be, and have to be, in per cent
)

func (w native) describe(ctx context.Context, l *live) (deploy.Service, error) {
	return w.Platform.describe(ctx, l)
}

func (w native) allows(ctx context.Context, l *live, q deploy.StageRequest, d *definition) (underway bool, err error) {
	doing := "create revision " + string(q.Candidate)
	s, err := w.course(ctx, doing, l)
	if err != nil {
		return false, err
	}
	if d != nil && s.asked(d) {
		return true, nil
	}
	if err := undisturbed(doing, q, s); err != nil {
		return false, err
	}
	if err := fit(doing, l); err != nil {
		return false, err
	}
	_, err = step(doing, q.Rollout.Shares)
	return false, err
}

// stage has ECS bring up all tasks of the new version, and stop before the first of its traffic.
func (w native) stage(ctx context.Context, l *live, q deploy.StageRequest, d *definition) (deploy.Operation, error) {
	doing := "create revision " + string(q.Candidate)
	config, err := moving(doing, l, q.Rollout)
	if err != nil {
		return "", err
	}
	in := &sdk.UpdateServiceInput{TaskDefinition: aws.String(d.arn()), DeploymentConfiguration: config}
	return w.update(ctx, doing, l, in, operation{way: nativeWay, what: staged0})
}

func (w native) shift(ctx context.Context, l *live, q deploy.ShiftRequest) (deploy.Operation, error) {
	return w.Platform.shift(ctx, l, q)
}

func (w native) status(ctx context.Context, l *live, d *definition, out *deploy.RevisionStatus) error {
	return w.Platform.status(ctx, l, d, out)
}

func (w native) wait(ctx context.Context, o operation) (bool, error) { return w.Platform.wait(ctx, o) }

// forward moves the weights of a deployment in progress on by one step; nil if it is there, or on its way. Each hook can
// be answered once, so that a call that comes too late answers none.
func (p *Platform) forward(ctx context.Context, doing string, s *course, want int) (move, error) {
	r := s.rollout
	no := func(msg string) (move, error) {
		return nil, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: msg, Hint: "bring all traffic back, then release again"}
	}
	hook := s.awaits()
	switch {
	case r.fallen():
		return nil, tookBack(doing, r, p.fell(ctx, s.ref, r))
	case !r.native() && want < 100:
		return no(fmt.Sprintf("%s is replaced task by task, and cannot be held at %d %%", s.ref.Name, want))
	case s.requested > want && s.requested == s.observed:
		return no(fmt.Sprintf("%d %% of the traffic is on %s already, and Amazon ECS only goes further, or back to nothing", s.observed, r.definition.short()))
	case hook == "", s.requested >= want:
		return nil, nil
	}
	return p.answer(doing, s, types.DeploymentLifecycleHookActionContinue, pastHook+hook), nil
}

// answer answers the hook that a deployment waits for. Conflict if it does not wait for it any more.
func (p *Platform) answer(doing string, s *course, action types.DeploymentLifecycleHookAction, what string) move {
	r, hook := s.rollout, s.awaits()
	return func(ctx context.Context) (deploy.Operation, error) {
		_, err := write(ctx, p, s.ref.Region, func(ctx context.Context, c *clients) (*sdk.ContinueServiceDeploymentOutput, error) {
			return c.ecs.ContinueServiceDeployment(ctx, &sdk.ContinueServiceDeploymentInput{
				ServiceDeploymentArn: r.ServiceDeploymentArn, HookId: aws.String(hook), Action: action,
			})
		})
		if err != nil {
			return "", tooLate(ctx, doing, r, err)
		}
		return operation{r.arn(), r.way(), what}.name(), nil
	}
}

// tooLate is explain where ECS refuses what was possible when we looked: a hook was answered or has run out of time, or a
// deployment has ended, which the next look sees.
func tooLate(ctx context.Context, doing string, r *rollout, err error) error {
	switch code := codeOf(err); {
	case ctx.Err() != nil:
	case code == "InvalidParameterException", code == "ClientException", gone[code]:
		return &deploy.Error{
			Code: deploy.Conflict, Op: doing, Msg: withWords("the deployment does not wait there any more; somebody else has answered, or it has ended", wordsOf(err)),
			Hint: "look at the service, then try again", Err: err,
		}
	}
	return explain(ctx, doing, aDeployment(r.arn()), err)
}

// fit says whether ECS can move the weights of a service.
func fit(doing string, l *live) error {
	for _, b := range l.service.LoadBalancers {
		if b.AdvancedConfiguration != nil {
			return nil
		}
	}
	if d, ok := l.primary(); ok && len(l.service.LoadBalancers) == 0 && d.ServiceConnectConfiguration != nil && d.ServiceConnectConfiguration.Enabled {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: l.ref.Name + " has no second target group between which Amazon ECS could move traffic",
		Hint: "give its load balancer an advancedConfiguration (alternateTargetGroupArn, productionListenerRule, roleArn), or use the strategy rolling",
	}
}
