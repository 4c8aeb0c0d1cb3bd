package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"

	"slipway/internal/deploy"
	"slipway/internal/store"
)

type snapshotCommand struct {
	ID deploy.ReleaseID `arg:"" help:"Such as coditect-app-42."`
}

// Run is `bot release snapshot`.
func (c snapshotCommand) Run(ctx context.Context) error {
	return withStore(func(s *store.Store) error { return snapshot(ctx, s, c.ID, os.Stdout) })
}

// snapshot writes the configuration that a release kept, and nothing else, so that it can be given to the platform's own
// tools. NotFound if it kept none.
func snapshot(ctx context.Context, s deploy.Reader, id deploy.ReleaseID, to io.Writer) error {
	r, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	op := "show the configuration that " + string(id) + " kept"
	if len(r.Snapshot) == 0 {
		return &deploy.Error{Code: deploy.NotFound, Op: op, Msg: string(id) + " kept no configuration", Hint: whyNoSnapshot(r)}
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(r.Snapshot))
	if err != nil {
		return &deploy.Error{Code: deploy.Internal, Op: op, Msg: "what is stored is not what was packed", Err: err}
	}
	if _, err := io.Copy(to, unpacked); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// whyNoSnapshot says how it comes.
func whyNoSnapshot(r deploy.Release) string {
	switch {
	case !r.Spec.Snapshot:
		return "write snapshot: true in the catalog: releases keep it from then on"
	case r.Kind != deploy.Deploy:
		return "only a deploy keeps it"
	}
	return "it is kept before anything is changed: `bot release show " + string(r.ID) + "` says how far it came"
}
