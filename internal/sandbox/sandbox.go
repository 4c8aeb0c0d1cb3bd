package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/cloudsql"
	"slipway/internal/sandbox/control"
	"slipway/internal/sandbox/logging"
	"slipway/internal/sandbox/monitoring"
	"slipway/internal/sandbox/registry"
	"slipway/internal/sandbox/scans"
	"slipway/internal/sandbox/secrets"
	"slipway/internal/sandbox/storage"
	"slipway/internal/sandbox/workspace"
)

// Options of a Sandbox; the zero value means the defaults.
type Options struct {
	Catalog  fs.FS         // the services to practise with, of which the sandbox makes a copy of its own
	Speed    float64       // bakes and expiries of that copy are this many times shorter; default 1
	Listen   string        // of the HTTP API and Slack; default a free port on loopback
	RedisURL string        // a Redis to use; default one of the sandbox's own, in memory
	Version  string        // live at the beginning; default v1.2.3
	Create   time.Duration // how long Cloud Run takes for a revision
	Settle   time.Duration // how long Cloud Run takes to move traffic
	Cool     time.Duration // how long a revision keeps its instances after no traffic and no tag leads to it
	Traffic  float64       // requests a second that practice users send to production; 0 = none
	Slack    workspace.Options
	// Databases gives the instances of the practice Cloud SQL real data, where PostgreSQL is installed; else the practice
	// catalog says why its databases are left alone.
	Databases bool
	// Instances are those of the practice Cloud SQL; nil: the guide's. CloudSQL is how long what is done to them takes.
	Instances []cloudsql.InstanceSpec
	CloudSQL  cloudsql.Options
	// OwnBot says that whoever starts the sandbox runs its bot, and heeds Switches.
	OwnBot bool
	// Probe stands for Slipway's own image in the job slipway-probe of the practice Cloud Run; nil: there is no such job.
	Probe func(ctx context.Context, args []string, env map[string]string) (output string, exit int)
}

// Sandbox is a running practice range.
type Sandbox struct {
	Workspace  *workspace.Workspace
	CloudRun   *cloudrun.Server
	Monitoring *monitoring.Server
	Logging    *logging.Server
	Secrets    *secrets.Server
	Registry   *registry.Registry
	Scans      *scans.Server
	Storage    *storage.Server
	CloudSQL   *cloudsql.Server
	Amazon     *Amazon

	url      string
	redisURL string
	catalog  string // folder of the copy
	redis    *miniredis.Miniredis
	http     *http.Server
	served   chan struct{}
	stopped  chan struct{}
	switches chan Switch
}

// Switch asks whoever runs the sandbox's bot to stop it, or to start another one.
type Switch struct {
	Up   bool
	Done chan<- error // takes one
}

// Switches are what is asked of the bot. Nobody asks unless somebody listens.
func (s *Sandbox) Switches() <-chan Switch { return s.switches }

// turn has the bot stopped or started, and waits until it is.
func (s *Sandbox) turn(ctx context.Context, up bool) error {
	done := make(chan error, 1)
	select {
	case s.switches <- Switch{Up: up, Done: done}:
	case <-s.stopped:
		return errors.New("the sandbox has ended")
	case <-ctx.Done():
		return errors.New("nobody runs a bot in this sandbox: stop yours")
	}
	select {
	case err := <-done:
		return err
	case <-s.stopped:
		return errors.New("the sandbox has ended")
	}
}

// Start brings everything up. On an error nothing is left running.
func Start(opts Options) (*Sandbox, error) {
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1:0"
	}
	if opts.Version == "" {
		opts.Version = "v1.2.3"
	}
	s := &Sandbox{redisURL: opts.RedisURL, stopped: make(chan struct{}), served: make(chan struct{}), switches: make(chan Switch)}
	for _, part := range []func(Options) error{s.startWatchers, s.startSecrets, s.startClouds, s.startSupplies, s.startAmazon, s.startDatabases, s.startRedis, s.putRedis, s.putDatabases, s.startSlack, s.copyCatalog, s.fillDatabases} {
		if err := part(opts); err != nil {
			return nil, errors.Join(fmt.Errorf("start the sandbox: %w", err), s.Close())
		}
	}
	return s, nil
}

// startSecrets brings up what Cloud Run starts its revisions with.
func (s *Sandbox) startSecrets(Options) error {
	s.Secrets = secrets.New(nil)
	return s.Secrets.Start("")
}

func (s *Sandbox) startClouds(opts Options) (err error) {
	if s.Registry, err = registry.New(nil); err != nil {
		return err
	}
	run := cloudrun.New(&cloudrun.Options{
		Create: opts.Create, Settle: opts.Settle, Pull: cloudrun.FromRegistry(s.Registry.Addr()), Cool: opts.Cool,
		Metrics: s.Monitoring, Logs: s.Logging, Secrets: s.Secrets.Value,
	})
	if err := run.Start("127.0.0.1:0"); err != nil {
		return err
	}
	s.CloudRun = run
	if _, err := run.Seed(cloudrun.ServiceSpec{Name: duoService, Environment: "production"}, opts.Version); err != nil {
		return err
	}
	for _, spec := range cloudrun.GuideServices() {
		if _, err := run.Seed(spec, opts.Version); err != nil {
			return err
		}
		if opts.Traffic > 0 && spec.Environment == "production" {
			if err := run.StartTraffic(spec.Name, opts.Traffic); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Sandbox) startRedis(opts Options) error {
	if opts.RedisURL != "" {
		return nil
	}
	s.redis = miniredis.NewMiniRedis()
	if err := s.redis.Start(); err != nil {
		return err
	}
	s.redisURL = "redis://" + s.redis.Addr()
	return nil
}

func (s *Sandbox) startSlack(opts Options) error {
	s.Workspace = workspace.New(&opts.Slack)
	api := &control.Server{Workspace: s.Workspace, CloudRun: s.CloudRun, Registry: s.Registry, Stopped: s.stopped, Monitoring: s.Monitoring, Logging: s.Logging, Secrets: s.Secrets, Scans: s.Scans, Storage: s.Storage, CloudSQL: s.CloudSQL}
	api.AWS, api.ECS, api.ELB, api.Rules = s.Amazon.Wire, s.Amazon.ECS, s.Amazon.ELB, s.Amazon.rule
	if opts.OwnBot {
		api.Bot = s.turn
	}
	if s.redis != nil {
		api.Redis, api.Forget = s.setRedis, s.forget
	}
	listener, err := net.Listen("tcp", opts.Listen)
	if err != nil {
		return err
	}
	s.url = "http://" + listener.Addr().String()
	s.Workspace.SetBaseURL(s.url)
	mux := http.NewServeMux()
	mux.Handle("/v1/", api.Handler())
	mux.HandleFunc("GET "+externalPath, external)
	mux.Handle("/", s.Workspace.Handler())
	s.http = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(listener) // returns at Close
	}()
	return nil
}

func (s *Sandbox) setRedis(down bool) error {
	if down {
		s.redis.SetError("LOADING Redis is loading the dataset in memory")
	} else {
		s.redis.SetError("")
	}
	return nil
}

// forget takes back what people have attested.
func (s *Sandbox) forget() error {
	for _, key := range s.redis.Keys() {
		if strings.Contains(key, ":att:") {
			s.redis.Del(key)
		}
	}
	return nil
}

// copyCatalog writes the practice catalog: shorter times, images from the sandbox's registry, and the public URL
// of each service as it is here.
func (s *Sandbox) copyCatalog(opts Options) (err error) {
	if s.catalog, err = os.MkdirTemp("", "slipway-catalog-"); err != nil {
		return err
	}
	urls := map[deploy.Target]string{}
	var specs []deploy.Spec
	if c, wrong := catalog.LoadFS(opts.Catalog, ""); wrong == nil { // else Rewrite says what
		for _, t := range c.Targets() {
			spec, err := c.Resolve(t, opts.Version)
			if err != nil {
				continue
			}
			specs = append(specs, spec)
			ref := spec.Platform.Service
			here := deploy.ServiceRef{Kind: deploy.CloudRun, Project: cloudrun.GuideProject, Region: cloudrun.GuideRegion, Name: ref.Name}
			if there := s.CloudRun.Service(serviceName(ref.Name)); there != nil && ref == here {
				urls[t] = there.GetUri()
			}
		}
	}
	return catalog.Rewrite(opts.Catalog, s.catalog, catalog.Rewriting{
		Speed: opts.Speed, LoadFor: loadFor, Registry: s.Registry.Addr(), URLs: urls, Addresses: s.addresses(specs), Places: s.Amazon.places(specs), DatabaseOff: s.databaseOff(),
	})
}

// serviceName is the full name of one of Cloud Run's services.
func serviceName(name string) string {
	return fmt.Sprintf("projects/%s/locations/%s/services/%s", cloudrun.GuideProject, cloudrun.GuideRegion, name)
}

// URL is where the HTTP API and Slack listen.
func (s *Sandbox) URL() string { return s.url }

// Environ is the environment with which `bot run` joins the sandbox.
func (s *Sandbox) Environ() []string {
	return append(s.Amazon.environ(),
		"SLACK_APP_TOKEN="+workspace.AppToken,
		"SLACK_BOT_TOKEN="+workspace.BotToken,
		"SLACK_API_URL="+s.url+"/api/",
		"REDIS_URL="+s.redisURL,
		"SLIPWAY_CATALOG="+s.catalog,
		"SLIPWAY_CHANNEL=#"+workspace.DefaultChannel,
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN=http://"+s.CloudRun.Addr(),
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_MONITORING=http://"+s.Monitoring.Addr(),
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_LOGGING=http://"+s.Logging.Addr(),
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER=http://"+s.Secrets.Addr(),
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINERANALYSIS=http://"+s.Scans.Addr(),
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE=http://"+s.Storage.Addr(),
		"CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL=http://"+s.CloudSQL.Addr(),
	)
}

// Client drives the sandbox over its HTTP API.
func (s *Sandbox) Client() *control.Client {
	return &control.Client{URL: s.url, HTTP: http.DefaultClient}
}

// Close ends everything that was started and removes the practice catalog.
func (s *Sandbox) Close() error {
	var errs []error
	select {
	case <-s.stopped:
		return nil
	default:
		close(s.stopped)
	}
	if s.Workspace != nil {
		errs = append(errs, s.Workspace.Close())
	}
	if s.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.http.Shutdown(ctx); err != nil {
			errs = append(errs, s.http.Close())
		}
		<-s.served
	}
	if s.CloudRun != nil {
		errs = append(errs, s.CloudRun.Close())
	}
	if s.Monitoring != nil {
		errs = append(errs, s.Monitoring.Close())
	}
	if s.Logging != nil {
		errs = append(errs, s.Logging.Close())
	}
	if s.Secrets != nil {
		errs = append(errs, s.Secrets.Close())
	}
	if s.Scans != nil {
		errs = append(errs, s.Scans.Close())
	}
	if s.Storage != nil {
		errs = append(errs, s.Storage.Close())
	}
	if s.CloudSQL != nil {
		errs = append(errs, s.CloudSQL.Close())
	}
	errs = append(errs, s.Amazon.close())
	if s.Registry != nil {
		errs = append(errs, s.Registry.Close())
	}
	if s.redis != nil {
		s.redis.Close()
	}
	if s.catalog != "" {
		errs = append(errs, os.RemoveAll(s.catalog))
	}
	return errors.Join(errs...)
}
