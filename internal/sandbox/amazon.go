package sandbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/awsaround"
	"slipway/internal/sandbox/cloudwatch"
	"slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/elb"
)

// Amazon is the practice AWS: one address at which all of its APIs answer.
type Amazon struct {
	Wire   *awsapi.Server
	ECS    *ecs.Server
	ELB    *elb.Server
	Watch  *cloudwatch.Server
	Around *awsaround.Server
	Guide  *ecs.Guide
	speed  float64
}

const (
	// stageShare is how much of the time for a task each stage of a native deployment takes.
	stageShare = 20
	// stopAfter is how long a task takes to end, and its target to drain.
	stopAfter = 100 * time.Millisecond
	// webTraffic is how much of the practice users' traffic goes to each of ECS's services that has users.
	webTraffic = 3
	// The services of the example that has two: one on Cloud Run, and its worker on ECS.
	duoService, workerService = "coditect-duo-production", "coditect-worker"
	workers                   = 2
)

// periods are those by which CloudWatch can be asked.
var periods = []time.Duration{time.Minute, 30 * time.Second, 20 * time.Second, 10 * time.Second, 5 * time.Second, time.Second}

// startAmazon brings up ECS with the guide's services, and what they need.
func (s *Sandbox) startAmazon(opts Options) error {
	_, delay := sampling(opts.Speed)
	a := &Amazon{
		Wire:   awsapi.New(nil),
		Watch:  cloudwatch.New(&cloudwatch.Options{Period: cloudWatchPeriod(opts.Speed), Delay: delay}),
		Around: awsaround.New(&awsaround.Options{Registry: s.Registry.Addr()}),
	}
	s.Amazon, a.speed = a, opts.Speed
	a.ELB = elb.New(&elb.Options{Settle: opts.Settle, HealthAfter: opts.Create / stageShare, HealthEvery: time.Second, Drain: stopAfter, Metrics: a.Watch})
	a.ECS = ecs.New(&ecs.Options{
		Balancer: a.ELB, Start: opts.Create, Stop: stopAfter, Stage: opts.Create / stageShare, Speed: opts.Speed,
		Image: a.Around.Image, Secret: a.Around.Value, Logs: a.Watch.Log,
		Version: func(ref string) string {
			version, err := a.Around.Version(context.Background(), ref)
			if err != nil {
				return ""
			}
			return version
		},
		Metrics: func(t ecs.Tasks) { a.Watch.Task(cloudwatch.Tasks(t)) },
	})
	for _, api := range append(append(a.Around.APIs(), a.Watch.APIs()...), a.ECS.API(), a.ELB.API()) {
		a.Wire.Handle(api)
	}
	if err := a.Wire.Start(""); err != nil {
		return err
	}
	a.Watch.Group(ecs.GuideLogGroup) // people make it; ECS does not
	digest := s.Registry.Digest(opts.Version)
	if digest == "" {
		return fmt.Errorf("the practice registry has no version %s", opts.Version)
	}
	image := ecs.GuideRepository + "@" + digest
	guide, err := a.ECS.SeedGuide(image, nil)
	if err != nil {
		return err
	}
	a.Guide = guide
	if _, err := a.ECS.Seed(ecs.ServiceSpec{Name: workerService, Image: image, Tasks: workers}); err != nil {
		return err
	}
	if opts.Traffic > 0 {
		return a.ELB.StartTraffic(guide.Balancers[ecs.NativeService].ARN, opts.Traffic/webTraffic)
	}
	return nil
}

// cloudWatchPeriod is how often CloudWatch reports at a speed.
func cloudWatchPeriod(speed float64) time.Duration {
	period, _ := sampling(speed)
	for _, p := range periods {
		if p <= period {
			return p
		}
	}
	return periods[len(periods)-1]
}

// places are the addresses of those of ECS's services that a catalog names, as they are here.
func (a *Amazon) places(specs []deploy.Spec) map[deploy.ServiceRef]catalog.Place {
	found := map[deploy.ServiceRef]catalog.Place{}
	for _, spec := range specs {
		for _, part := range spec.PartNames() {
			ref := deploy.Release{Spec: spec}.Of(part).Spec.Platform.Service
			lb, here := a.Guide.Balancers[ref.Name]
			if ref.Kind != deploy.ECS || ref.Project != ecs.GuideCluster || ref.Region != ecs.Region || !here {
				continue
			}
			ref.Rule, ref.Beside = "", ""
			found[ref] = catalog.Place{URL: lb.URL(), TestURL: lb.TestURL(), Rule: lb.Rule}
		}
	}
	return found
}

// rule is where the weights of a service are.
func (a *Amazon) rule(service string) (rule string, groups []string) {
	lb, ok := a.Guide.Balancers[service]
	if !ok {
		return "", nil
	}
	return lb.Rule, a.Guide.Groups[service]
}

// environ points AWS's own tools and SDKs here.
func (a *Amazon) environ() []string {
	return []string{
		"AWS_ENDPOINT_URL=" + a.Wire.URL(), "AWS_REGION=" + ecs.Region, "AWS_DEFAULT_REGION=" + ecs.Region,
		"SLIPWAY_CLOUDWATCH_PERIOD=" + cloudWatchPeriod(a.speed).String(),
		"AWS_ACCESS_KEY_ID=practice", "AWS_SECRET_ACCESS_KEY=practice", "AWS_EC2_METADATA_DISABLED=true",
	}
}

func (a *Amazon) close() error {
	if a == nil {
		return nil
	}
	var errs []error
	if a.ECS != nil {
		errs = append(errs, a.ECS.Close())
	}
	if a.ELB != nil {
		errs = append(errs, a.ELB.Close())
	}
	errs = append(errs, a.Around.Close(), a.Wire.Close())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("end the practice AWS: %w", err)
	}
	return nil
}
