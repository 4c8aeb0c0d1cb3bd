package checkers

import (
	"context"
	"fmt"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/tries"
)

var _ deploy.Checker = (*Checker)(nil)

// Checker runs checks of every kind that it has somebody for. Its methods may be called from any goroutine.
type Checker struct {
	stories, dependencies, commands deploy.Checker
	jobs                            deploy.Jobs
	clock                           deploy.Clock
	plan                            tries.Plan
}

// Options of New. Who is nil is not there: a check for them is Invalid.
type Options struct {
	// Stories, Dependencies and Commands make checks of these kinds beside the bot.
	Stories, Dependencies, Commands deploy.Checker
	// Jobs runs those that have a job.
	Jobs deploy.Jobs
	// Clock measures and waits between the tries of a job; by default the computer's.
	Clock deploy.Clock
	// Pause is between two tries of a job; default 2 s.
	Pause time.Duration
}

// New makes a checker of those that it is given.
func New(o Options) *Checker {
	c := &Checker{
		stories: o.Stories, dependencies: o.Dependencies, commands: o.Commands, jobs: o.Jobs,
		clock: o.Clock, plan: tries.Plan{Clock: o.Clock, Pause: o.Pause},
	}
	if c.clock == nil {
		c.clock = deploy.SystemClock{}
	}
	return c
}

// Run gives a check to who knows its kind. Invalid if it is of none, of more than one, or of one that nobody is here for.
func (c *Checker) Run(ctx context.Context, q deploy.CheckRequest) (deploy.CheckReport, error) {
	check := &q.Check
	story, dependency, command := len(check.Calls) > 0, check.Dependency != nil, check.Command != nil
	wrong := func(msg, hint string) (deploy.CheckReport, error) {
		return deploy.CheckReport{}, &deploy.Error{Code: deploy.Invalid, Op: fmt.Sprintf("check %q", check.Name), Msg: msg, Hint: hint}
	}
	var by deploy.Checker
	what := "story"
	switch {
	case story && !dependency && !command && check.Job == "":
		by = c.stories
	case !story && dependency != command && check.Job != "":
		if c.jobs == nil {
			return wrong("this Slipway runs no jobs", "leave out the job: the check is then made beside the bot")
		}
		return c.inJob(ctx, &q)
	case !story && dependency && !command:
		by, what = c.dependencies, "dependency"
	case !story && command && !dependency:
		by, what = c.commands, "command"
	default:
		return wrong("a check is either a story, a dependency or a command, and a story is not told in a job", "correct the check in the catalog")
	}
	if by == nil {
		return wrong("this Slipway makes no check that is a "+what, "")
	}
	return by.Run(ctx, q)
}
