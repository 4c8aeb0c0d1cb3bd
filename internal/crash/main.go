// Command crash tries to break what Slipway promises about crashes and pauses, on real processes: two replicas of the
// bot over one redis-server, with the practice Slack and clouds as witnesses, and a PostgreSQL for each
// database. It kills replicas at every boundary of
// every kind of step, stops others for longer than their lease, and then counts what took place outside.
//
//	go run ./internal/crash [-short] [-kills N] [-pauses N] [-seed S]
//
// It prints a line "figure NAME VALUE UNIT" for each result, and ends with 0 only if what must be zero is. It never
// touches a Redis or a process that it did not start.
//
// Start reading at run, then matrix.go for where replicas die, story.go for what they are doing meanwhile, and
// check.go for what has to hold. What is of services at Amazon ECS is in the files that begin with amazon.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"slipway/internal/sandbox/cloudsql"
)

// plan is how much is tried.
type plan struct {
	kills   int
	atECS   int // kills while services of ECS are released
	pauses  int
	killFor time.Duration // no kill begins later than this after the first
	seed    uint64
}

var (
	fullPlan  = plan{kills: 500, atECS: 200, pauses: 30, killFor: 40 * time.Minute}
	shortPlan = plan{kills: 500, atECS: 200, pauses: 5, killFor: 22 * time.Second}
)

// within bounds a whole run.
const within = time.Hour

func main() {
	short := flag.Bool("short", false, "try for a minute, not until the matrix has been gone through")
	kills := flag.Int("kills", 0, "kill this often, in each of two worlds; default 500, and 200 at ECS")
	pauses := flag.Int("pauses", 0, "pause this often; default 30, short 5")
	seed := flag.Uint64("seed", 0, "repeat the order of a run that printed this; default another each time")
	flag.Parse()
	p := fullPlan
	if *short {
		p = shortPlan
	}
	if *kills > 0 {
		p.kills, p.atECS = *kills, *kills
	}
	if *pauses > 0 {
		p.pauses = *pauses
	}
	if p.seed = *seed; p.seed == 0 {
		p.seed = rand.Uint64()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	if err := run(ctx, p); err != nil {
		fmt.Fprintf(os.Stderr, "crash: %v\nto try the same order again: go run ./internal/crash -seed %d\n", err, p.seed)
		os.Exit(1) //nolint:gocritic // the system ends what the contexts would have
	}
}

// run kills in one world, kills where services are at ECS in another, and pauses in a third, at the same time.
func run(ctx context.Context, p plan) (err error) {
	if !cloudsql.Installed() {
		return errors.New("PostgreSQL is not installed, without which no database goes with a release: run make setup")
	}
	say("seed %d", p.seed)
	b, err := prepare(ctx)
	defer func() { err = errors.Join(err, b.close()) }()
	if err != nil {
		return err
	}
	t := &toll{}
	g, trying := errgroup.WithContext(ctx)
	g.Go(func() error { return b.try(trying, p, 1, services, t, killing) })
	g.Go(func() error { return b.try(trying, p, 2, pausedServices, t, pausing) })
	g.Go(func() error { return b.try(trying, p, 3, 0, t, killingAtAmazon) })
	if err := g.Wait(); err != nil {
		return errors.Join(err, t.verdict())
	}
	t.show()
	return t.verdict()
}

// try does something to the replicas of a world of its own, and then looks at what Slack shows of it and at what the
// store still has.
func (b *base) try(ctx context.Context, p plan, number, services int, t *toll, do func(context.Context, *world, plan, *toll) error) (err error) {
	w, err := b.newWorld(ctx, number, services, p.seed)
	defer func() { err = errors.Join(err, w.close()) }()
	if err != nil {
		return err
	}
	if err := do(ctx, w, p, t); err != nil {
		return err
	}
	if err := w.checkSlack(ctx, t); err != nil {
		return err
	}
	return w.checkLeftovers(ctx, t)
}

// say tells how far it is, to whoever watches.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s "+format+"\n", append([]any{time.Now().Format("15:04:05")}, args...)...)
}
