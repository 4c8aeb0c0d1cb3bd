package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"
	"golang.org/x/term"

	"slipway/deployments"
	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox"
	"slipway/internal/sandbox/rehearsal"
	"slipway/internal/sandbox/terminal"
	"slipway/internal/sandbox/workspace"
	"slipway/internal/telemetry"
)

type sandboxCommand struct {
	Rehearse []string      `help:"Play these rehearsals, one after the other, each from a fresh start." placeholder:"FILE" type:"path"`
	NoBot    bool          `help:"Only Slack and the clouds; print the environment with which a separate bot run joins them."`
	Listen   string        `help:"Address of the HTTP API and of Slack." default:"127.0.0.1:0"`
	Speed    float64       `help:"How many times faster than the catalog says bakes and expiries pass." default:"30"`
	Catalog  string        `help:"Folder of the catalog to practise with; default the example." type:"path"`
	Create   time.Duration `help:"How long Cloud Run takes to bring up a revision." default:"1s"`
	Settle   time.Duration `help:"How long Cloud Run takes to move traffic." default:"500ms"`
	Traffic  float64       `help:"Requests a second that practice users send to production." default:"300"`
	Log      string        `help:"File for the bot's log; default none." type:"path"`
}

// Run is `bot sandbox`: interactive in a terminal, else the canary rehearsal.
func (c sandboxCommand) Run(ctx context.Context) error {
	switch {
	case c.NoBot:
		return c.withoutBot(ctx)
	case len(c.Rehearse) > 0:
		return c.rehearse(ctx, c.Rehearse)
	case !term.IsTerminal(int(os.Stdin.Fd())) || !term.IsTerminal(int(os.Stdout.Fd())):
		return c.rehearse(ctx, []string{"canary.txt"})
	}
	return c.withBot(ctx, func(ctx context.Context, s *sandbox.Sandbox) error {
		return interact(ctx, s)
	})
}

func (c sandboxCommand) options() sandbox.Options {
	o := sandbox.Options{
		Catalog: deployments.Catalog(), Speed: c.Speed, Listen: c.Listen, RedisURL: os.Getenv("REDIS_URL"),
		Create: c.Create, Settle: c.Settle, Traffic: c.Traffic,
		Slack: workspace.Options{Scopes: grantedScopes()}, Probe: probeJob, Databases: true,
	}
	if c.Catalog != "" {
		o.Catalog = os.DirFS(c.Catalog)
	}
	return o
}

// grantedScopes are those of the app's manifest, so that a call that needs more fails here as it would in Slack.
func grantedScopes() []string {
	var names []string
	for _, s := range slack.RequiredScopes() {
		names = append(names, s.Name)
	}
	return names
}

// withoutBot serves until ctx ends.
func (c sandboxCommand) withoutBot(ctx context.Context) error {
	s, err := sandbox.Start(c.options())
	if err != nil {
		return err
	}
	if err := c.attestFor(ctx, s); err != nil {
		return errors.Join(err, s.Close())
	}
	fmt.Println("# HTTP API: " + s.URL() + "/v1/ (docs/sandbox.md). In another terminal:")
	for _, e := range s.Environ() {
		fmt.Println("export " + e)
	}
	fmt.Println("go run ./cmd/bot run")
	<-ctx.Done()
	return s.Close()
}

// attest has everything attested, in a Redis of the sandbox's own: in another, people's words are theirs.
func (c sandboxCommand) attest(ctx context.Context, b *bot) error {
	if c.options().RedisURL != "" {
		return nil
	}
	return attestAll(ctx, b.catalog, b.store)
}

// attestFor does what withBot does for a bot that joins later.
func (c sandboxCommand) attestFor(ctx context.Context, s *sandbox.Sandbox) error {
	b, err := joinBot(ctx, s, zerolog.Nop())
	if err != nil {
		return err
	}
	defer b.close()
	return c.attest(ctx, b)
}

// withBot starts the sandbox and the bot, waits until the bot listens, and calls do.
func (c sandboxCommand) withBot(ctx context.Context, do func(context.Context, *sandbox.Sandbox) error) (err error) {
	options := c.options()
	options.OwnBot = true
	s, err := sandbox.Start(options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	log, closeLog, err := c.log()
	if err != nil {
		return err
	}
	defer closeLog()
	b, err := joinBot(ctx, s, log)
	if err != nil {
		return err
	}
	if err := c.attest(ctx, b); err != nil {
		b.close()
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	g, ctx := errgroup.WithContext(ctx)
	ready := b.ready
	g.Go(func() error {
		return keep(ctx, b, s.Switches(), func() (*bot, error) { return joinBot(ctx, s, log) })
	})
	g.Go(func() error {
		defer cancel()
		select {
		case <-ready:
			return do(ctx, s)
		case <-ctx.Done():
			return nil
		}
	})
	return g.Wait()
}

func (c sandboxCommand) log() (zerolog.Logger, func(), error) {
	if c.Log == "" {
		return zerolog.Nop(), func() {}, nil
	}
	f, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return zerolog.Nop(), nil, err
	}
	log, err := telemetry.NewLog(f, "debug")
	return log, func() { _ = f.Close() }, err
}

// joinBot makes the bot that the sandbox's environment describes, as `bot run` would in a process of its own.
func joinBot(ctx context.Context, s *sandbox.Sandbox, log zerolog.Logger) (*bot, error) {
	env := map[string]string{"SLIPWAY_LISTEN": "127.0.0.1:0"}
	for _, e := range s.Environ() {
		key, value, _ := strings.Cut(e, "=")
		env[key] = value
	}
	cfg, wrong := readConfig(func(key string) string { return env[key] })
	if err := wrong.err("read the environment"); err != nil {
		return nil, err
	}
	return newBot(ctx, cfg, log)
}

// rehearse plays each file against a sandbox of its own.
func (c sandboxCommand) rehearse(ctx context.Context, files []string) error {
	for _, file := range files {
		script, err := readScript(file)
		if err != nil {
			return err
		}
		err = c.withBot(ctx, func(ctx context.Context, s *sandbox.Sandbox) error {
			return play(ctx, s, script)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readScript reads a file, or one of the rehearsals that ship with Slipway if there is no such file.
func readScript(file string) (rehearsal.Script, error) {
	var in io.ReadCloser
	in, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		in, err = deployments.Rehearsals().Open(filepath.Base(file))
	}
	if err != nil {
		return rehearsal.Script{}, fmt.Errorf("read the rehearsal: %w", err)
	}
	defer func() { _ = in.Close() }()
	return rehearsal.Parse(filepath.Base(file), in)
}

func play(ctx context.Context, s *sandbox.Sandbox, script rehearsal.Script) error {
	fmt.Printf("== %s\n", script.Name)
	client := s.Client()
	err := rehearsal.Play(ctx, script, client, deploy.SystemClock{}, os.Stdout)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	show := func(text string, lookErr error) {
		if lookErr == nil {
			fmt.Printf("\n%s", text)
		}
	}
	show(client.Channel(ctx, workspace.DefaultChannel))
	show(client.Thread(ctx, workspace.DefaultChannel))
	if err != nil {
		for _, person := range script.People() {
			show(client.Private(ctx, person))
		}
		return err
	}
	fmt.Printf("\n== %s: all as expected\n\n", script.Name)
	return nil
}

func interact(ctx context.Context, s *sandbox.Sandbox) error {
	before, err := term.MakeRaw(int(os.Stdin.Fd()))
	if err != nil {
		return fmt.Errorf("take the terminal: %w", err)
	}
	defer func() { _ = term.Restore(int(os.Stdin.Fd()), before) }()
	lines := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{os.Stdin, os.Stdout}, "")
	if width, height, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		_ = lines.SetSize(width, height)
	}
	return terminal.Run(ctx, s.Client(), lines)
}
