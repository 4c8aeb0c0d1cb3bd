// Command bot is Slipway: a Slack bot that releases software. It reads its environment, joins the rooms under
// internal/ and looks after their life cycle; everything else is in those rooms, and nothing imports this one.
//
//	bot run       the bot, against real Slack, Redis and clouds
//	bot check     says whether `bot run` would work, and what to do where not
//	bot release   look at a release, or tell it something, while Slack is down
//	bot report    what is known of a release, as a Markdown document
//	bot probe     try one dependency from where this runs, as jobs of checks do
//	bot sandbox   the bot against a practice Slack, Redis and clouds, all on this machine
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"slipway/internal/deploy"
)

// version is set when the binary is built.
var version = "dev"

type commandLine struct {
	Run     runCommand     `cmd:"" help:"Run the bot. Configured by the environment; see docs/configuration.md."`
	Check   checkCommand   `cmd:"" help:"Check catalog, credentials, Slack scopes and Redis, and name every problem with a remedy."`
	Release releaseCommand `cmd:"" help:"Look at a release, or tell it something, while Slack is down. Needs REDIS_URL only."`
	Report  reportCommand  `cmd:"" help:"Write what is known of a release as Markdown. Needs REDIS_URL only."`
	Probe   probeCommand   `cmd:"" help:"Try one dependency from here and say in a line what was found; what the job of a check runs."`
	Sandbox sandboxCommand `cmd:"" help:"Practise: Slack, Redis, Cloud Run and the bot in one process on this machine."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var cli commandLine
	line := kong.Parse(&cli, kong.Name("bot"), kong.Description("Slipway releases software from Slack."),
		kong.UsageOnError(), kong.BindTo(ctx, (*context.Context)(nil)))
	err := line.Run()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bot:", err)
		if hint := deploy.Hint(err); hint != "" {
			fmt.Fprintln(os.Stderr, "    →", hint)
		}
		os.Exit(1)
	}
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run() error {
	_, err := fmt.Println(version)
	return err
}
