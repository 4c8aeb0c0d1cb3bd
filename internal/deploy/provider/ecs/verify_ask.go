package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"slipway/internal/deploy"
)

// around is the clients of what a task needs beside ECS.
type around struct {
	iam     *iam.Client
	ecr     *ecr.Client
	secrets *secretsmanager.Client
	ssm     *ssm.Client
}

// around makes the clients for a region, over the connections of the region. Questions are rare: they are not kept.
func (p *Platform) around(ctx context.Context, name string) (*around, error) {
	r, err := p.in(ctx, name)
	if err != nil {
		return nil, err
	}
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(name), config.WithRetryer(reading))
	if err != nil {
		return nil, &deploy.Error{
			Code: deploy.Forbidden, Msg: "AWS's configuration cannot be read",
			Hint: "look at AWS_PROFILE, AWS_CONFIG_FILE and ~/.aws/config of the account the bot runs as", Err: err,
		}
	}
	if p.opts.Credentials != nil {
		cfg.Credentials = p.opts.Credentials
	}
	cfg.Credentials, cfg.HTTPClient = explained{cfg.Credentials}, r.http
	if p.opts.Endpoint != "" {
		cfg.BaseEndpoint = aws.String(p.opts.Endpoint)
	}
	return &around{iam: iam.NewFromConfig(cfg), ecr: ecr.NewFromConfig(cfg), secrets: secretsmanager.NewFromConfig(cfg), ssm: ssm.NewFromConfig(cfg)}, nil
}

// ask puts one question to what is around, within the read time-out. The error is as the client gave it.
func ask[T any](ctx context.Context, p *Platform, region string, call func(context.Context, *around) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, p.opts.ReadTimeout)
	defer cancel()
	a, err := p.around(ctx, region)
	if err != nil {
		var none T
		return none, err
	}
	return call(ctx, a)
}
