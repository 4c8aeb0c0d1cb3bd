package ecs

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

var _ deploy.Verifier = (*Platform)(nil)

// verification is one look at everything that a task definition needs to come up behind a service.
type verification struct {
	p       *Platform
	region  string
	ref     deploy.ServiceRef
	live    types.Service
	def     *sdk.RegisterTaskDefinitionInput
	kind    deploy.StrategyKind
	refused bool // nothing would be registered: said already, and def is what comes nearest to it
}

// Verify says what would keep a revision from coming up, all of it, each with a Hint: of the service, of the task
// definition that would be registered, and of what they name: roles, images, secrets, parameters, target groups, the rule.
// What may not be looked at, or does not answer, is left out. Values of secrets are looked at for their keys only.
func (p *Platform) Verify(ctx context.Context, q deploy.StageRequest) []error {
	doing := "look at what " + q.Service.String() + " needs"
	l, err := p.look(ctx, doing, q.Service)
	if err != nil {
		return telling(err)
	}
	v := &verification{p: p, region: q.Service.Region, ref: q.Service, live: l.service, kind: q.Rollout.Kind}
	f := &findings{doing: doing}
	v.prepare(ctx, f, l, q)
	v.everything(ctx, f)
	return f.wrong
}

// telling is an error that is a word against the release. No answer, and no right to ask, is none.
func telling(err error) []error {
	switch deploy.CodeOf(err) { //nolint:exhaustive // the rest is
	case deploy.Forbidden, deploy.Unavailable:
		return nil
	}
	return []error{err}
}

// prepare finds the task definition that a request would register, on the template that stage takes. Where there would be
// none, for what the catalog says, the template itself is looked at for the rest.
func (v *verification) prepare(ctx context.Context, f *findings, l *live, q deploy.StageRequest) {
	if v.live.ServiceArn != nil && l.ref.Rule != "" {
		if w, err := v.p.way(f.doing, l, v.kind); err == nil {
			if w, ok := w.(weighted); ok {
				_, _ = w.stand(ctx, f.doing, l) // which side is the template; what is wrong with the rule is said elsewhere
			}
		}
	}
	current, err := v.p.definition(ctx, f.doing, l.ref.Region, l.definition())
	if err != nil {
		f.wrong = append(f.wrong, telling(err)...)
		return
	}
	if v.def, err = registration(f.doing, l, current, q); err == nil {
		return
	}
	f.wrong, v.refused = append(f.wrong, telling(err)...), true
	if q.Settings.Template == "" {
		v.def = again(current)
	} else if v.def, err = written(f.doing, q.Settings.Template); err != nil {
		v.def = nil
	}
}

// everything looks at all there is, at once where it is asked of others, and adds it up in an order that stays.
func (v *verification) everything(ctx context.Context, f *findings) {
	f.checkService(v.ref, v.live, v.kind)
	looks := []func(context.Context, *findings){v.balancing, v.rules}
	if v.ref.Beside != "" {
		looks = append(looks, v.second)
	}
	if v.def != nil {
		launch, providers, network := v.placement()
		fargate := onFargate(v.def, launch, providers)
		f.checkNetwork(aws.ToString(v.live.ServiceName), v.def, network, fargate)
		f.checkSize(v.def, fargate)
		looks = append(looks, v.roles, v.images, func(ctx context.Context, f *findings) {
			v.checkReferences(ctx, f, v.def.ContainerDefinitions, v.def.ExecutionRoleArn)
		})
	}
	parts := make([]*findings, len(looks))
	var all sync.WaitGroup
	for i, look := range looks {
		parts[i] = &findings{doing: f.doing}
		all.Go(func() { look(ctx, parts[i]) })
	}
	all.Wait()
	for _, part := range parts {
		f.wrong, f.unseen = append(f.wrong, part.wrong...), append(f.unseen, part.unseen...)
	}
}

// placement is how tasks are placed: as the service says, or its primary task set, where it has task sets.
func (v *verification) placement() (types.LaunchType, []types.CapacityProviderStrategyItem, *types.NetworkConfiguration) {
	if controllerOf(v.live) == types.DeploymentControllerTypeExternal {
		for _, s := range v.live.TaskSets {
			if aws.ToString(s.Status) == "PRIMARY" {
				network := s.NetworkConfiguration
				if network == nil {
					network = v.live.NetworkConfiguration
				}
				return s.LaunchType, s.CapacityProviderStrategy, network
			}
		}
	}
	return v.live.LaunchType, v.live.CapacityProviderStrategy, v.live.NetworkConfiguration
}

// second looks at the other service of a pair, which takes its turn with the same task definitions.
func (v *verification) second(ctx context.Context, f *findings) {
	ref := v.ref
	ref.Name, ref.Beside = v.ref.Beside, v.ref.Name
	l, err := v.p.look(ctx, f.doing, ref)
	switch {
	case deploy.CodeOf(err) == deploy.NotFound:
		f.wrong = append(f.wrong, err)
		return
	case err != nil:
		f.blind("service "+ref.Name, "ecs:DescribeServices", err)
		return
	}
	other := *v
	other.ref, other.live = ref, l.service
	f.checkService(ref, l.service, v.kind)
	other.balancing(ctx, f)
	other.rules(ctx, f)
}

func (v *verification) roles(ctx context.Context, f *findings) {
	v.checkRole(ctx, f, "the execution role", v.def.ExecutionRoleArn)
	v.checkRole(ctx, f, "the task role", v.def.TaskRoleArn)
}

func (v *verification) images(ctx context.Context, f *findings) {
	for _, c := range v.def.ContainerDefinitions {
		v.checkImage(ctx, f, aws.ToString(c.Image))
	}
}
