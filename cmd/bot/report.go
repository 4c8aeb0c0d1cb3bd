package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"slipway/internal/deploy"
	"slipway/internal/report"
	"slipway/internal/store"
)

// reportCommand is the button Export report of an incident, for when Slack is down or the release had none.
type reportCommand struct {
	ID     deploy.ReleaseID `arg:"" name:"release" help:"Such as coditect-app-42."`
	Output string           `placeholder:"FILE" help:"Write to this new file instead of standard output."`
}

// Run is `bot report`.
func (c reportCommand) Run(ctx context.Context) error {
	return withStore(func(s *store.Store) error { return c.write(ctx, s, os.Stdout) })
}

// write puts the report into the file that was named, or else to. People are named as they are stored, by user id:
// only Slack knows their names.
func (c reportCommand) write(ctx context.Context, s deploy.Reader, to io.Writer) error {
	r, err := s.Get(ctx, c.ID)
	if err != nil {
		return err
	}
	entries, err := s.Journal(ctx, c.ID, 0)
	if err != nil {
		return err
	}
	text := report.Markdown(r, entries, nil)
	if c.Output == "" {
		_, err := io.WriteString(to, text)
		return err
	}
	return newFile(c.Output, text)
}

// newFile writes a file that was not there. A report is evidence: one is not written over another.
func newFile(name, text string) error {
	wrong := func(msg, hint string, err error) error {
		return &deploy.Error{Code: deploy.Invalid, Op: "write " + name, Msg: msg, Hint: hint, Err: err}
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return wrong("the file is there already", "name another with --output, or remove it", err)
	case err != nil:
		return wrong("the file cannot be made", "name another with --output", err)
	}
	_, err = io.WriteString(f, text)
	if err = errors.Join(err, f.Close()); err != nil {
		return wrong("the file could not be written to its end", "look whether there is room for it", err)
	}
	return nil
}
