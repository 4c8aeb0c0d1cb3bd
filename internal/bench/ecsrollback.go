package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"slipway/internal/deploy"
)

const (
	ecsRounds   = 5
	ecsServices = 10 // of each way
)

// measureECSRollback takes releases back at ECS, one after the other: half of them bake at 10 %, where ECS waits at a hook, and
// of the other half the tasks are being replaced. What counts is when AWS receives the first call that moves traffic.
func measureECSRollback(ctx context.Context, g *ground) (err error) {
	w, err := g.surround(ctx, surroundings{services: 1, steps: bakes, seeded: true, atECS: ecsServices})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.warm(ctx); err != nil {
		return err
	}
	took := map[string]sample{}
	for range ecsRounds {
		for _, way := range []string{nativeWay, rollingWay} {
			more, err := w.takeAllBack(ctx, way)
			if err != nil {
				return err
			}
			took[way] = append(took[way], more...)
		}
	}
	all := slices.Concat(took[nativeWay], took[rollingWay])
	figure("ecs.rollback_first_call_ms", ms(all.p99()), "ms")
	figure("ecs.rollback_first_call_p50_ms", ms(all.p50()), "ms")
	figure("ecs.rollback_first_call_native_p50_ms", ms(took[nativeWay].p50()), "ms")
	figure("ecs.rollback_first_call_rolling_p50_ms", ms(took[rollingWay].p50()), "ms")
	return nil
}

// takeAllBack has a release of each service of a way stand in the middle, and takes one after the other back.
func (w *world) takeAllBack(ctx context.Context, way string) (took sample, err error) {
	var ids []deploy.ReleaseID
	for i := range ecsServices {
		if way == rollingWay {
			if err := w.Amazon.ECS.Hold(ecsName(way, i)); err != nil {
				return nil, err
			}
		}
		id, _, err := w.deploy(ctx, ecsName(way, i), insisted)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	middle := baking
	if way == rollingWay {
		middle = replacing
	}
	if err := w.reach(ctx, middle, ids...); err != nil {
		return nil, err
	}
	for _, id := range ids {
		d, err := w.takeBackAtECS(ctx, id)
		if err != nil {
			return nil, err
		}
		took = append(took, d)
	}
	return took, nil
}

// replacing is a release whose tasks ECS replaces.
func replacing(r deploy.Release) bool {
	cur := r.Current()
	return r.State == deploy.Running && cur != nil && cur.Kind == deploy.KindShift && r.Facts.Operation != ""
}

// takeBackAtECS says how long it takes from the envelope to the call.
func (w *world) takeBackAtECS(ctx context.Context, id deploy.ReleaseID) (took time.Duration, err error) {
	service, _, _ := id.Split()
	if err := w.quiet(ctx); err != nil {
		return 0, err
	}
	w.Amazon.Wire.ForgetCalls()
	e, err := w.say(ctx, service, "/rollback "+service+` --reason "measuring"`)
	if err != nil {
		return 0, err
	}
	if err := w.quiet(ctx); err != nil {
		return 0, err
	}
	if err := w.Amazon.ECS.Finish(service); err != nil {
		return 0, err
	}
	if err := w.reach(ctx, ended, id); err != nil {
		return 0, err
	}
	for _, c := range w.Amazon.Wire.Calls() {
		if movesTraffic(c.Input, service) && c.At.After(e.sent) {
			return c.At.Sub(e.sent), w.open(ctx, id)
		}
	}
	return 0, fmt.Errorf("no traffic of %s was moved after /rollback was answered with %q", service, e.said)
}

// movesTraffic says whether a call moves that of a service.
func movesTraffic(input any, service string) bool {
	switch in := input.(type) {
	case *sdk.ContinueServiceDeploymentInput:
		return strings.Contains(aws.ToString(in.ServiceDeploymentArn), "/"+service+"/")
	case *sdk.StopServiceDeploymentInput:
		return strings.Contains(aws.ToString(in.ServiceDeploymentArn), "/"+service+"/")
	case *sdk.UpdateServiceInput:
		return strings.HasSuffix(aws.ToString(in.Service), "/"+service)
	}
	return false
}
