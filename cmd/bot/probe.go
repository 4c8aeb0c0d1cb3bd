package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/reach"
	"slipway/internal/deploy/provider/secrets"
)

// probeCommand is what a job of the platform runs in the service's own network, with Slipway's image: one dependency is
// tried by itself. It needs none of the bot's configuration.
type probeCommand struct {
	Kind    string        `required:"" help:"postgres, redis, bucket, http, tcp or dns."`
	Project string        `help:"Where the secrets are that the address names." env:"GOOGLE_CLOUD_PROJECT"`
	Within  time.Duration `default:"20s" help:"How long to try."`
	Public  bool          `help:"Connect to no private address."`
	Address string        `arg:"" help:"As in the catalog, secrets by their names; in single quotes in a shell."`
}

// Run is `bot probe`. It writes one line in any case: what was found, or, as main does of errors, why not.
func (c probeCommand) Run(ctx context.Context) error {
	return c.probe(ctx, os.Getenv, os.Stdout)
}

// probe tries the dependency. The error says all in one line, "redis: what is so; what to do": that is what is read of a
// job.
func (c probeCommand) probe(ctx context.Context, env func(string) string, to io.Writer) (err error) {
	defer func() {
		if err != nil {
			text := c.Kind + ": " + deploy.Message(err)
			if hint := deploy.Hint(err); hint != "" {
				text += "; " + hint
			}
			err = errors.New(text)
		}
	}()
	keys, err := secrets.New(ctx, &secrets.Options{Endpoint: env("CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER")})
	if err != nil {
		return err
	}
	defer keys.Close()
	checker, err := reach.New(&reach.Options{Secrets: keys, Storage: env("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE")})
	if err != nil {
		return err
	}
	defer checker.Close()
	report, err := checker.Run(ctx, deploy.CheckRequest{
		Check: deploy.Check{
			Name: "probe", Dependency: &deploy.Dependency{Kind: deploy.DependencyKind(c.Kind), Address: c.Address}, Within: c.Within, Tries: 1,
		},
		Service: deploy.ServiceRef{Project: c.Project}, Public: c.Public,
		Values: map[string]string{"VERSION": env("VERSION"), "ENVIRONMENT": env("ENVIRONMENT")},
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(to, report.Note)
	return err
}

// probeJob stands for Slipway's image in a job of the practice range: what `bot probe` would write, and its exit code.
func probeJob(ctx context.Context, args []string, env map[string]string) (output string, exit int) {
	var b strings.Builder
	var cli struct {
		Probe probeCommand `cmd:""`
	}
	line, err := kong.New(&cli, kong.Name("bot"), kong.Writers(&b, &b), kong.Exit(func(int) {}))
	if err == nil {
		_, err = line.Parse(args)
	}
	if err == nil {
		err = cli.Probe.probe(ctx, func(name string) string { return env[name] }, &b)
	}
	if err != nil {
		return b.String() + "bot: " + err.Error() + "\n", 1
	}
	return b.String(), 0
}
