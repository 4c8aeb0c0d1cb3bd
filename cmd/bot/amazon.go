package main

import (
	"context"
	"errors"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudwatch"
	"slipway/internal/deploy/provider/ecs"
)

// amazon is what speaks to AWS.
type amazon struct {
	ecs   *ecs.Platform
	watch *cloudwatch.CloudWatch
}

// awsConfig is what the environment says of AWS. The rest is found where all of AWS's tools find it.
type awsConfig struct {
	endpoint    string // override of every API's endpoint; empty: AWS itself, or what the variable of one API says
	credentials aws.CredentialsProvider
}

// readAWS takes what is not in the environment of the process, where AWS's SDK reads it itself, with what is said of one
// API before what is said of all: a sandbox's bot has no environment of its own.
func readAWS(get func(string) string) awsConfig {
	var c awsConfig
	if url := get("AWS_ENDPOINT_URL"); url != os.Getenv("AWS_ENDPOINT_URL") {
		c.endpoint = url
	}
	key, secret := get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY")
	if key != "" && secret != "" && key != os.Getenv("AWS_ACCESS_KEY_ID") {
		c.credentials = credentials.NewStaticCredentialsProvider(key, secret, get("AWS_SESSION_TOKEN"))
	}
	return c
}

func (b *bot) makeAmazon(context.Context) error {
	b.amazon.ecs = ecs.New(&ecs.Options{Endpoint: b.cfg.aws.endpoint, Credentials: b.cfg.aws.credentials, Now: b.clock.Now, Lines: logsOf{b}})
	b.amazon.watch = cloudwatch.New(places{b.amazon.ecs}, &cloudwatch.Options{
		Endpoint: b.cfg.aws.endpoint, Credentials: b.cfg.aws.credentials, Period: b.cfg.watchPeriod,
	})
	return nil
}

func (a amazon) close() error {
	var errs []error
	if a.watch != nil {
		errs = append(errs, a.watch.Close())
	}
	if a.ecs != nil {
		errs = append(errs, a.ecs.Close())
	}
	return errors.Join(errs...)
}

// platforms are where services run.
func (b *bot) platforms() map[deploy.PlatformKind]deploy.Platform {
	return map[deploy.PlatformKind]deploy.Platform{deploy.CloudRun: b.cloudRun, deploy.ECS: b.amazon.ecs}
}

// logsOf gives ECS the lines that CloudWatch has, which in turn asks ECS where they are.
type logsOf struct{ b *bot }

// Errors is that of CloudWatch.
func (l logsOf) Errors(ctx context.Context, q deploy.LogQuery) ([]deploy.LogLine, error) {
	return l.b.amazon.watch.Errors(ctx, q)
}

// places is ECS as CloudWatch asks it.
type places struct{ ecs *ecs.Platform }

// Place is where CloudWatch has what it knows of a revision.
func (p places) Place(ctx context.Context, s deploy.ServiceRef, revision deploy.RevisionName) (cloudwatch.Place, error) {
	at, err := p.ecs.Place(ctx, s, revision)
	return cloudwatch.Place(at), err
}

// Tasks are those of a revision.
func (p places) Tasks(ctx context.Context, s deploy.ServiceRef, revision deploy.RevisionName) ([]string, error) {
	return p.ecs.Tasks(ctx, s, revision)
}
