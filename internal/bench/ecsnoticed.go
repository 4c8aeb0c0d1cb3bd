package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"golang.org/x/sync/errgroup"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/ecs"
)

// The rollouts that are noticed: so many of each, which take so long, and a little more each, so that they end at all moments
// between two looks.
const (
	noticedEach = 10
	apart       = 210 * time.Millisecond
	waiterMost  = time.Minute
)

var rollouts = []time.Duration{2 * time.Second, 10 * time.Second}

// measureECSNoticed has tasks replaced in times that are known, and says how long it takes from the end of it at ECS to the
// intent of the next step. Beside the first of each length the SDK's own waiter waits for the same.
func measureECSNoticed(ctx context.Context, g *ground) (err error) {
	w, err := g.surround(ctx, surroundings{services: 1, steps: bakes, seeded: true, atECS: len(rollouts) * noticedEach})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.warm(ctx); err != nil {
		return err
	}
	client := sdk.New(sdk.Options{Region: ecs.Region, BaseEndpoint: aws.String(w.Amazon.Wire.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("practice", "practice", "")})
	took, waited := make([]sample, len(rollouts)), make(sample, len(rollouts))
	all, inTurn := errgroup.WithContext(ctx)
	for i, lasts := range rollouts {
		took[i] = make(sample, noticedEach)
		for j := range noticedEach {
			all.Go(func() error {
				service := ecsName(rollingWay, i*noticedEach+j)
				done := &noticed{w: w, client: client, service: service}
				var err error
				took[i][j], err = done.measure(inTurn, lasts+time.Duration(j)*apart, j == 0, &waited[i])
				return err
			})
		}
	}
	if err := all.Wait(); err != nil {
		return err
	}
	for i, lasts := range rollouts {
		figure(fmt.Sprintf("ecs.noticed_%ds_ms", int(lasts.Seconds())), ms(took[i].p50()), "ms")
		say("noticed after %s: %v; the waiter: %s", lasts, took[i], waited[i])
	}
	together := slices.Concat(took...)
	figure("ecs.noticed_ms", ms(together.p50()), "ms")
	figure("ecs.noticed_p99_ms", ms(together.p99()), "ms")
	figure("ecs.noticed_waiter_ms", ms(waited.mean()), "ms")
	return nil
}

// noticed is one rollout.
type noticed struct {
	w       *world
	client  *sdk.Client
	service string
}

func (n *noticed) measure(ctx context.Context, lasts time.Duration, beside bool, waited *time.Duration) (time.Duration, error) {
	if err := n.w.Amazon.ECS.Hold(n.service); err != nil {
		return 0, err
	}
	id, _, err := n.w.deploy(ctx, n.service, next)
	if err != nil {
		return 0, err
	}
	if err := n.w.reach(ctx, replacing, id); err != nil {
		return 0, err
	}
	waiting, ctx := errgroup.WithContext(ctx)
	var stable time.Time
	if beside {
		waiting.Go(func() error {
			err := sdk.NewServicesStableWaiter(n.client).Wait(ctx, n.services(), waiterMost)
			stable = time.Now()
			return err
		})
	}
	pause(ctx, lasts)
	if err := n.w.Amazon.ECS.Finish(n.service); err != nil {
		return 0, err
	}
	if err := n.w.reach(ctx, succeeded, id); err != nil {
		return 0, err
	}
	if err := waiting.Wait(); err != nil {
		return 0, err
	}
	finished, err := n.finished(context.WithoutCancel(ctx))
	if err != nil {
		return 0, err
	}
	if beside {
		*waited = stable.Sub(finished)
	}
	return n.next(context.WithoutCancel(ctx), id, finished)
}

func (n *noticed) services() *sdk.DescribeServicesInput {
	return &sdk.DescribeServicesInput{Cluster: aws.String(ecs.GuideCluster), Services: []string{n.service}}
}

// finished is when ECS was done with the service's last deployment.
func (n *noticed) finished(ctx context.Context) (time.Time, error) {
	list, err := n.client.ListServiceDeployments(ctx, &sdk.ListServiceDeploymentsInput{Cluster: aws.String(ecs.GuideCluster), Service: aws.String(n.service)})
	if err != nil {
		return time.Time{}, err
	}
	if len(list.ServiceDeployments) == 0 || list.ServiceDeployments[0].FinishedAt == nil {
		return time.Time{}, fmt.Errorf("the deployment of %s has not finished", n.service)
	}
	return *list.ServiceDeployments[0].FinishedAt, nil
}

// next is how long after a moment the first step was begun.
func (n *noticed) next(ctx context.Context, id deploy.ReleaseID, finished time.Time) (time.Duration, error) {
	journal, err := n.w.store.Journal(ctx, id, 0)
	for _, e := range journal {
		if e.Kind == deploy.EntryIntent && e.At.After(finished) {
			return e.At.Sub(finished), nil
		}
	}
	return 0, errors.Join(err, fmt.Errorf("%s has begun nothing after its tasks were replaced", id))
}
