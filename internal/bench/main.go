// Command bench measures what Slipway promises in numbers and prints one line each:
//
//	figure NAME VALUE UNIT
//
// It starts what it needs and ends it again: a redis-server, the practice Slack and Cloud Run in this process, and the
// real bot, built and run as a process of its own that joins them through its environment; what is said of the engine
// alone is measured with one in this process. Nothing else is on standard output. It judges nothing: docs/figures.md has
// the goals and says what each figure is. The exit code is not 0 only when something could not be measured.
//
// Start reading at figures, below, then in the file of a figure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// within bounds a whole run.
const within = 10 * time.Minute

// group is figures that are measured together.
type group struct {
	name    string
	measure func(context.Context, *ground) error
}

// figures are what is measured, in this order; each starts from an empty database, and from a fresh bot if it has one.
var figures = []group{
	{"idle", measureIdle},
	{"ack", measureAck},
	{"rollback", measureRollback},
	{"auto", measureAuto},
	{"total", measureTotal},
	{"release", measureRelease},
	{"storm", measureStorm},
	{"rollback-without-slack", measureRollbackWithoutSlack},
	{"engine", measureEngine},
	{"waiting", measureWaiting},
	{"judge", measureJudge},
	{"checks", measureChecks},
	{"migrate", measureMigrate},
	{"ecs-rollback", measureECSRollback},
	{"ecs-noticed", measureECSNoticed},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, within)
	err := begin(ctx)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// begin is this program, or a child of it that some figures need.
func begin(ctx context.Context) error {
	if len(os.Args) == 4 && os.Args[1] == floorArgument {
		return answerFloor(ctx, os.Args[2], os.Args[3])
	}
	if len(os.Args) == 3 && os.Args[1] == targetArgument {
		return answerChecks(ctx, os.Args[2])
	}
	only := flag.String("only", "", "measure only one of: "+names())
	flag.Parse()
	if *only != "" && !slices.ContainsFunc(figures, func(g group) bool { return g.name == *only }) {
		return fmt.Errorf("there is nothing named %q to measure", *only)
	}
	return run(ctx, *only)
}

func names() string {
	all := make([]string, len(figures))
	for i, g := range figures {
		all[i] = g.name
	}
	return strings.Join(all, ", ")
}

func run(ctx context.Context, only string) (err error) {
	g, err := prepare(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := g.close(); err == nil {
			err = closeErr
		}
	}()
	for _, f := range figures {
		if only != "" && only != f.name {
			continue
		}
		started := time.Now()
		say("measuring %s …", f.name)
		if err := f.measure(ctx, g); err != nil {
			return fmt.Errorf("measure %s: %w", f.name, err)
		}
		say("%s took %s", f.name, time.Since(started).Round(time.Second))
	}
	return nil
}

// say tells how far it is, to whoever watches.
func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
