package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"slipway/internal/chart"
	"slipway/internal/commands"
	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/deploy/engine"
	"slipway/internal/deploy/phase"
	"slipway/internal/deploy/provider/cloudrun"
	"slipway/internal/deploy/provider/httpprobe"
	"slipway/internal/report"
	"slipway/internal/store"
	"slipway/internal/telemetry"
)

// bot is one replica of Slipway, wired.
type bot struct {
	cfg       config
	owner     string
	log       zerolog.Logger
	clock     deploy.Clock
	catalog   *catalog.Catalog
	store     *store.Store
	cloudRun  *cloudrun.Platform
	amazon    amazon
	prober    *httpprobe.Prober
	watching  watching
	checking  checking
	databases databases
	bugs      deploy.Notifier // nil: nowhere
	slack     *slack.Client
	people    *slack.Directory
	metrics   *telemetry.Metrics

	socket atomic.Pointer[slack.Socket]
	ready  chan struct{} // closed when commands can be taken
	once   sync.Once
}

// newBot makes the parts of a replica. It calls nobody: a bot starts while Redis, Slack or a cloud is away.
func newBot(ctx context.Context, cfg config, log zerolog.Logger) (b *bot, err error) {
	b = unmade(cfg, log)
	for _, part := range []func(context.Context) error{b.loadCatalog, b.makeStore, b.makeCloudRun, b.makeAmazon, b.makeWatching, b.makeChecking, b.makeDatabases} {
		if err := part(ctx); err != nil {
			b.close()
			return nil, err
		}
	}
	b.makeSlack()
	b.prober = httpprobe.New(nil)
	if b.bugs, err = bugReports(cfg); err != nil {
		b.close()
		return nil, err
	}
	b.metrics = telemetry.NewMetrics(b.sockets)
	return b, nil
}

func unmade(cfg config, log zerolog.Logger) *bot {
	return &bot{cfg: cfg, log: log, owner: newOwner(), clock: deploy.SystemClock{}, ready: make(chan struct{})}
}

func (b *bot) loadCatalog(context.Context) (err error) {
	b.catalog, err = catalog.Load(b.cfg.catalog)
	return err
}

func (b *bot) makeStore(context.Context) (err error) {
	b.store, err = store.Dial(b.cfg.redisURL, &store.Options{Replicas: b.cfg.replicas})
	return err
}

func (b *bot) makeCloudRun(ctx context.Context) (err error) {
	b.cloudRun, err = cloudrun.New(ctx, &cloudrun.Options{Endpoint: b.cfg.runURL})
	return err
}

func (b *bot) makeSlack() {
	b.slack = slack.New(b.cfg.tokens, &slack.Options{APIURL: b.cfg.slackURL, Clock: b.clock, Log: b.log, Hurry: slackHurry})
	b.people = slack.NewDirectory(b.slack)
}

func (b *bot) close() {
	if b.slack != nil {
		b.slack.Close()
	}
	var errs []error
	if b.cloudRun != nil {
		errs = append(errs, b.cloudRun.Close())
	}
	if b.store != nil {
		errs = append(errs, b.store.Close())
	}
	errs = append(errs, b.amazon.close(), b.watching.close(), b.checking.close(), b.databases.close())
	if err := errors.Join(errs...); err != nil {
		b.log.Warn().Err(err).Msg("a connection did not close")
	}
}

func (b *bot) sockets() int {
	if s := b.socket.Load(); s != nil {
		return s.Connected()
	}
	return 0
}

// run serves until ctx ends, which is not an error. Releases are driven, and taken back, whether Slack can be
// reached or not.
func (b *bot) run(ctx context.Context) error {
	defer b.close()
	listener, err := net.Listen("tcp", b.cfg.listen)
	if err != nil {
		return fmt.Errorf("listen on SLIPWAY_LISTEN: %w", err)
	}
	b.log.Info().Str("version", version).Str("owner", b.owner).Str("listen", listener.Addr().String()).Msg("slipway starts")

	releases := engine.New(b.store, phase.Runners(b.ports()), &engine.Options{Owner: b.owner, Lease: b.cfg.lease, Clock: b.clock, Log: b.log, Observe: b.metrics.Observe, Boundary: boundary})
	announcer := slack.NewAnnouncer(b.slack, b.store, b.people, b.owner, &slack.AnnouncerOptions{
		Channel: b.cfg.channel, Bugs: b.bugs, Draw: draw, Load: chart.Load, Report: report.Markdown,
	})

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.serveHealth(ctx, listener) })
	g.Go(func() error { return releases.Run(ctx) })
	g.Go(func() error { return announcer.Run(ctx) })
	g.Go(func() error { return b.people.Run(ctx, b.principals()) })
	g.Go(func() error { return b.listen(ctx) })
	err = g.Wait()
	b.log.Info().Err(err).Msg("slipway stops")
	return err
}

const (
	slackAgain = time.Second // between two tries to find out who we are at Slack
	slackMost  = time.Minute // the longest of them, and the pause after Slack refused the app for good
)

// listen takes commands from Slack for as long as ctx lasts. When Slack refuses the app for good, which only a
// person can mend, it says so and tries again later; the releases go on meanwhile.
func (b *bot) listen(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := b.listenOnce(ctx); err != nil {
			b.log.Error().Err(err).Msg("Slack does not take us; releases go on, commands are not heard. `bot check` says what to mend")
			b.pause(ctx, slackMost)
		}
	}
	return nil
}

func (b *bot) listenOnce(ctx context.Context) error {
	self, ok := b.identity(ctx)
	if !ok {
		return nil
	}
	handler := commands.New(b.store, b.catalog, b.people, &commands.Options{Team: self.Team, Clock: b.clock,
		Bugs: placeOf(b.bugs), Planner: b.ports(), Backups: b.databases.instances,
		Report: func(_ context.Context, err error) {
			b.log.Warn().Err(err).Msg("a command could not be answered in full")
		}})
	socket := slack.NewSocket(b.slack, handler, &slack.SocketOptions{Regrouped: b.people.Forget})
	b.socket.Store(socket)
	running, stop := context.WithCancel(ctx)
	defer stop()
	go b.sayReady(running, socket)
	return socket.Run(ctx)
}

// sayReady says once that commands can be taken, if it comes to that while running lasts.
func (b *bot) sayReady(running context.Context, socket *slack.Socket) {
	select {
	case <-socket.Ready():
		b.log.Info().Msg("listening to Slack")
		b.once.Do(func() { close(b.ready) })
	case <-running.Done():
	}
}

// identity asks Slack who we are until it answers; false when ctx ended first.
func (b *bot) identity(ctx context.Context) (slack.Identity, bool) {
	for wait := slackAgain; ; wait = min(2*wait, slackMost) {
		self, err := b.slack.Identity(ctx)
		if err == nil {
			return self, true
		}
		if ctx.Err() != nil {
			return slack.Identity{}, false
		}
		b.log.Error().Err(err).Dur("again", wait).Msg("Slack does not say who we are")
		b.pause(ctx, wait)
	}
}

func (b *bot) pause(ctx context.Context, d time.Duration) {
	timer, stop := b.clock.NewTimer(d)
	defer stop()
	select {
	case <-timer:
	case <-ctx.Done():
	}
}

func (b *bot) serveHealth(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: b.metrics.Handler(b.readiness), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve health: %w", err)
	case <-ctx.Done():
		return server.Close()
	}
}

// readiness is nil when a command would be taken now.
func (b *bot) readiness(ctx context.Context) error {
	if n := b.sockets(); n == 0 {
		return errors.New("no connection to Slack")
	}
	return b.store.Ping(ctx)
}

// unreleased is a version that nothing has: what is asked about a target does not depend on one.
const unreleased = "v0.0.0"

// specs are those of every target of the catalog, as for a release of some version; none without a catalog.
func (b *bot) specs() map[deploy.Target]deploy.Spec {
	specs := map[deploy.Target]deploy.Spec{}
	if b.catalog == nil {
		return specs
	}
	for _, t := range b.catalog.Targets() {
		if spec, err := b.catalog.Resolve(t, unreleased); err == nil {
			specs[t] = spec
		}
	}
	return specs
}

// principals are everybody the catalog speaks of, to be known before the first command.
func (b *bot) principals() []deploy.Principal {
	var all []deploy.Principal
	for _, spec := range b.specs() {
		all = slices.Concat(all, []deploy.Principal{deploy.Principal(spec.OnCall)}, spec.Policy.Deploy, spec.Policy.Approve)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(p deploy.Principal) bool { return p == "" })
}

// channels are those that releases are shown in.
func (b *bot) channels() []string {
	all := []string{b.cfg.channel}
	for _, spec := range b.specs() {
		all = append(all, spec.Channel)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
