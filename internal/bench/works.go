package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
	"slipway/internal/deploy/engine"
	"slipway/internal/store"
)

const (
	requester = "U0ALICE"
	approver  = "U0BOB"
	// writers is how many write to the store at once while releases are put there: as many as it has connections.
	writers = 16
)

// kinds are the steps of a release that goes forward and acts outside.
var kinds = []deploy.StepKind{
	deploy.KindService, deploy.KindImage, deploy.KindRevision, deploy.KindHealth, deploy.KindShift,
	deploy.KindValidate, deploy.KindRetire,
}

// works is a database for an engine in this process. Its steps do nothing outside, so that what is measured is the
// engine, the store and Redis alone.
type works struct {
	store *store.Store
	spec  deploy.Spec // of service-0
}

// newWorks has a database of its own and no release yet.
func (g *ground) newWorks(ctx context.Context, strategy string) (*works, error) {
	spec, err := g.measuredSpec(strategy)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, g.database(), nil)
	return &works{store: s, spec: spec}, err
}

// measuredSpec is what the catalog says about a measured service.
func (g *ground) measuredSpec(strategy string) (deploy.Spec, error) {
	folder, err := os.MkdirTemp(g.dir, "catalog-")
	if err != nil {
		return deploy.Spec{}, err
	}
	if err := writeCatalog(folder, 1, strategy, ""); err != nil {
		return deploy.Spec{}, err
	}
	c, err := catalog.LoadFS(os.DirFS(folder), "catalog")
	if err != nil {
		return deploy.Spec{}, err
	}
	return c.Resolve(target(0), next)
}

func target(i int) deploy.Target {
	return deploy.Target{Service: serviceName(i), Environment: environment}
}

// create stores a release for each of n services, beginning with the one of number first.
func (w *works) create(ctx context.Context, first, n int) ([]deploy.Release, error) {
	created := make([]deploy.Release, n)
	err := each(ctx, n, func(ctx context.Context, i int) error {
		spec, to := w.spec, target(first+i)
		spec.Platform.Service.Name, spec.Channel = to.Service, "#"+to.Service
		r, err := deploy.NewRelease(deploy.Ask{Kind: deploy.Deploy, Target: to, Version: next, Requester: requester, Spec: spec})
		if err != nil {
			return err
		}
		stored, err := w.store.Create(ctx, r, deploy.EventID("created "+to.Service))
		created[i] = stored.Release
		return err
	})
	return created, err
}

// rest carries releases as far as they come without time and people, and leaves them there. They are told that it is
// now what clock says, so that it can be chosen when a bake ends.
func (w *works) rest(ctx context.Context, releases []deploy.Release, clock func(deploy.Claim) time.Time) error {
	return each(ctx, len(releases), func(ctx context.Context, i int) error {
		claim, err := w.store.Claim(ctx, releases[i].ID, "bench", time.Minute)
		if err != nil {
			return err
		}
		r, entries, until := carry(claim.Release, clock(claim))
		_, err = w.store.Commit(ctx, deploy.Commit{Release: r, Epoch: claim.Epoch, Entries: entries, Yield: true, After: until.Sub(claim.Now)})
		return err
	})
}

func serverTime(c deploy.Claim) time.Time { return c.Now }

// carry is the way of a release up to where it waits, with nothing stored in between.
func carry(r deploy.Release, now time.Time) (deploy.Release, []deploy.Entry, time.Time) {
	var entries []deploy.Entry
	for {
		decided, begun, action := deploy.Decide(r, now)
		entries = append(entries, begun...)
		if action.Do != deploy.Act {
			return decided, entries, action.Until
		}
		out, _ := pretend(context.Background(), decided, *decided.Current())
		concluded, ended := deploy.Conclude(decided, action.Step, out, nil, now)
		r, entries = concluded, append(entries, ended...)
	}
}

// pretend is what a step learns on Cloud Run, without asking it.
func pretend(_ context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	f := r.Facts
	service := r.Spec.Platform.Service.Name
	switch s.Kind {
	case deploy.KindService:
		f.Baseline = deploy.Revision{Name: deploy.RevisionName(service + "-00041-abc"), Version: live, Image: r.Spec.Image + "@" + digest}
	case deploy.KindImage:
		f.Image = deploy.Image{Repository: r.Spec.Image, Tag: next, Digest: digest, Size: 48 << 20}
	case deploy.KindRevision:
		f.Candidate = deploy.Revision{Name: deploy.RevisionName(service + "-00042-def"), Version: next, Image: f.Image.Ref(),
			Tag: "r42", URL: "https://r42---" + service + "-abcdefghij-uc.a.run.app"}
	case deploy.KindShift:
		f.Share = s.Percent
	default: // learns nothing
	}
	return deploy.Outcome{Facts: f, Note: fmt.Sprintf("%d %% on %s-00042-def, as the platform reports", s.Percent, service)}, nil
}

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// ears hear what the engine does; nil hears nothing.
type ears struct {
	called  func(deploy.Step)  // a runner is called
	stored  func(deploy.Entry) // an entry is stored
	claimed func()             // a release has been claimed
}

// drive runs an engine as the bot does, with a log that nobody reads, until the function it returns ends it.
func (w *works) drive(ctx context.Context, e ears) (stop func() error) {
	runner := deploy.RunnerFunc(func(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
		if e.called != nil {
			e.called(s)
		}
		return pretend(ctx, r, s)
	})
	runners := map[deploy.StepKind]deploy.Runner{}
	for _, k := range kinds {
		runners[k] = runner
	}
	opts := &engine.Options{Owner: "bench", Log: zerolog.New(io.Discard).With().Timestamp().Logger()}
	if e.stored != nil {
		opts.Observe = func(_ deploy.Release, entry deploy.Entry) { e.stored(entry) }
	}
	var owners deploy.Owners = w.store
	if e.claimed != nil {
		owners = heardClaims{w.store, e.claimed}
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- engine.New(owners, runners, opts).Run(ctx) }()
	return func() error {
		cancel()
		return <-done
	}
}

// heardClaims is a store that says when a claim has been granted.
type heardClaims struct {
	deploy.Owners
	claimed func()
}

// Claim claims, and says so.
func (h heardClaims) Claim(ctx context.Context, id deploy.ReleaseID, owner string, lease time.Duration) (deploy.Claim, error) {
	c, err := h.Owners.Claim(ctx, id, owner, lease)
	if err == nil {
		h.claimed()
	}
	return c, err
}

// receive waits for n to come.
func receive[T any](ctx context.Context, from <-chan T, n int) (last T, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, releaseWithin, errors.New("it does not come"))
	defer cancel()
	for i := range n {
		select {
		case last = <-from:
		case <-ctx.Done():
			return last, fmt.Errorf("wait for number %d of %d: %w", i+1, n, context.Cause(ctx))
		}
	}
	return last, nil
}

// each does something n times, some at once.
func each(ctx context.Context, n int, do func(context.Context, int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(writers)
	for i := range n {
		g.Go(func() error { return do(ctx, i) })
	}
	return g.Wait()
}
