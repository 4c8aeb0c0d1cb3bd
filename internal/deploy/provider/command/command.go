package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/tries"
)

// standardPath is where commands find curl, jq and the like, whatever the bot's own PATH is.
const standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

var _ deploy.Checker = (*Checker)(nil)

// Checker runs commands. Its methods may be called from any goroutine; it holds nothing that has to be closed.
type Checker struct {
	folder string
	allow  bool
	path   string
	plan   tries.Plan
}

// Options of New; nil means all defaults.
type Options struct {
	// Folder is the catalog's: commands are files in it.
	Folder string
	// Allow says that commands may run beside the bot: SLIPWAY_COMMANDS=allow.
	Allow bool
	// Path is the commands' PATH; by default the usual folders of the system.
	Path string
	// Clock measures and waits between tries; by default the computer's.
	Clock deploy.Clock
	// Pause is between two tries; default 2 s.
	Pause time.Duration
}

// New makes a checker. It looks at no file before the first check.
func New(opts *Options) *Checker {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	c := &Checker{folder: o.Folder, allow: o.Allow, path: o.Path, plan: tries.Plan{Clock: o.Clock, Pause: o.Pause}}
	if c.path == "" {
		c.path = standardPath
	}
	return c
}

// Run runs a command until it succeeds. Forbidden if commands are not allowed here; Invalid if it is no command of the
// folder, ends badly (with its status and the last lines it wrote) or takes longer than there is time; its Note is the
// last line it wrote.
func (c *Checker) Run(ctx context.Context, q deploy.CheckRequest) (deploy.CheckReport, error) {
	doing := fmt.Sprintf("check %q", q.Check.Name)
	switch {
	case q.Check.Command == nil || len(q.Check.Command.Run) == 0 || q.Check.Job != "":
		return deploy.CheckReport{}, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: "it is no command to be run here"}
	case !c.allow:
		return deploy.CheckReport{}, &deploy.Error{
			Code: deploy.Forbidden, Op: doing, Msg: "commands beside the bot are not allowed here", Hint: "set SLIPWAY_COMMANDS=allow, or give the check a job",
		}
	}
	return c.plan.Run(ctx, &q.Check, func(ctx context.Context) (string, error) { return c.once(ctx, &q) })
}

// once runs the command one time, in a folder of its own.
func (c *Checker) once(ctx context.Context, q *deploy.CheckRequest) (note string, err error) {
	run := q.Check.Command.Run
	file, err := inside(c.folder, run[0])
	if err != nil {
		return "", tries.Final(err)
	}
	home, err := os.MkdirTemp("", "slipway-check")
	if err != nil {
		return "", &deploy.Error{Code: deploy.Unavailable, Msg: "there is no place for the command to work in", Hint: "look at the free space of the bot's machine", Err: err}
	}
	defer func() {
		if left := os.RemoveAll(home); left != nil {
			err = errors.Join(err, &deploy.Error{Code: deploy.Internal, Msg: "what the command has left could not be removed", Err: left})
		}
	}()
	p := &process{
		file: file, args: append(append([]string{}, run[1:]...), q.BaseURL), dir: home,
		env: []string{
			"PATH=" + c.path, "HOME=" + home, "TMPDIR=" + home, "LANG=C.UTF-8",
			"BASE_URL=" + q.BaseURL, "VERSION=" + q.Values["VERSION"], "ENVIRONMENT=" + q.Values["ENVIRONMENT"],
		},
	}
	e := p.run(ctx)
	if e.well {
		return e.output.lastLine(), nil
	}
	return "", verdict(ctx, run[0], &e)
}

// verdict says how a command has ended.
func verdict(ctx context.Context, name string, e *ended) error {
	switch {
	case e.unmade != nil:
		return tries.Final(&deploy.Error{
			Code: deploy.Invalid, Msg: name + " cannot be started", Err: e.unmade,
			Hint: "see that its first line names a program that is there (#!/bin/sh), or that it was built for this machine",
		})
	case errors.Is(context.Cause(ctx), tries.ErrTime):
		return &deploy.Error{
			Code: deploy.Invalid, Msg: name + " was ended: it took longer than there was time" + e.output.shown(),
			Hint: "give the check more time (within), or the command less to do",
		}
	case ctx.Err() != nil:
		return &deploy.Error{Code: deploy.Unavailable, Msg: name + " was broken off", Err: ctx.Err()}
	}
	return &deploy.Error{Code: deploy.Invalid, Msg: name + " ended with " + e.status + e.output.shown()}
}
