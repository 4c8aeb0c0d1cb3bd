package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/engine"
	"slipway/internal/store"
)

// releaseCommand is for the night when Slack is down: the same store and the same decisions, from a shell that
// has REDIS_URL. Each word is recorded as break-glass, with the operating system's user and a reason.
type releaseCommand struct {
	Show     showCommand     `cmd:"" help:"Where a release stands; without an id, every release that has not ended."`
	Journal  journalCommand  `cmd:"" help:"Everything recorded of a release, in order."`
	Snapshot snapshotCommand `cmd:"" help:"The service's whole configuration, as it was before a release changed it."`
	Resume   resumeCommand   `cmd:"" help:"Break-glass: go on from a hold, or try a stopped step again."`
	RollBack rollBackCommand `cmd:"" help:"Break-glass: go back now."`
	Unlock   unlockCommand   `cmd:"" help:"Break-glass: end a release where it stands and free its target. Traffic is not touched."`
	Clear    clearCommand    `cmd:"" name:"clear-lock" help:"Break-glass: open the target again that the rollback of this release has locked."`
}

const (
	// heardWithin is how long a running replica may take to act on a word before this process applies it itself.
	heardWithin = 3 * time.Second
	// claimWithin outlasts the lease of a replica that has just died.
	claimWithin = 20 * time.Second
	lookEvery   = 100 * time.Millisecond
)

type showCommand struct {
	ID deploy.ReleaseID `arg:"" optional:"" help:"Such as coditect-app-42."`
}

// Run is `bot release show`.
func (c showCommand) Run(ctx context.Context) error {
	return withStore(func(s *store.Store) error { return show(ctx, s, c.ID, os.Stdout) })
}

func show(ctx context.Context, s deploy.Reader, id deploy.ReleaseID, to io.Writer) error {
	if id != "" {
		r, err := s.Get(ctx, id)
		if err != nil {
			return err
		}
		return describe(r, to)
	}
	active, err := s.Active(ctx)
	if err != nil {
		return err
	}
	if len(active) == 0 {
		_, err := fmt.Fprintln(to, "nothing is under way")
		return err
	}
	for _, r := range active {
		if err := describe(r, to); err != nil {
			return err
		}
	}
	return nil
}

// describe writes a release in a few lines.
func describe(r deploy.Release, to io.Writer) error {
	text := fmt.Sprintf("%s  %s to %s  %s since %s, by %s\n", r.ID, r.Target, r.Version, r.State, r.Since.UTC().Format(time.RFC3339), r.By)
	if r.Why != "" {
		text += "  why       " + r.Why + "\n"
	}
	text += fmt.Sprintf("  baseline  %s %s\n  candidate %s %s, %d %% when last seen\n",
		r.Facts.Baseline.Name, r.Facts.Baseline.Version, r.Facts.Candidate.Name, r.Facts.Candidate.Version, r.Facts.Share)
	for _, step := range r.Plan() {
		text += fmt.Sprintf("  %-9s %s  %s\n", step.Status, step.Name, step.Note)
	}
	_, err := io.WriteString(to, text)
	return err
}

type journalCommand struct {
	ID deploy.ReleaseID `arg:"" help:"Such as coditect-app-42."`
}

// Run is `bot release journal`.
func (c journalCommand) Run(ctx context.Context) error {
	return withStore(func(s *store.Store) error { return journal(ctx, s, c.ID, os.Stdout) })
}

func journal(ctx context.Context, s deploy.Reader, id deploy.ReleaseID, to io.Writer) error {
	if _, err := s.Get(ctx, id); err != nil {
		return err
	}
	entries, err := s.Journal(ctx, id, 0)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := fmt.Fprintf(to, "%4d %s %-9s %-18s %-12s %s%s\n", e.Rev, e.At.UTC().Format(time.RFC3339), e.Kind, e.Step, e.By, e.State, text(e)); err != nil {
			return err
		}
	}
	return nil
}

func text(e deploy.Entry) string {
	if e.State != "" && e.Text != "" {
		return ": " + e.Text
	}
	return e.Text
}

// word is what the three break-glass commands have in common.
type word struct {
	ID     deploy.ReleaseID `arg:"" help:"Such as coditect-app-42."`
	Reason string           `required:"" help:"Why; recorded and shown."`
}

type (
	resumeCommand   struct{ word }
	rollBackCommand struct{ word }
	unlockCommand   struct {
		word
		Confirm deploy.ReleaseID `required:"" help:"The id once more: nobody looks after its traffic from then on."`
	}
)

// Run is `bot release resume`.
func (c resumeCommand) Run(ctx context.Context) error { return c.say(ctx, deploy.SignalResume) }

// Run is `bot release roll-back`.
func (c rollBackCommand) Run(ctx context.Context) error { return c.say(ctx, deploy.SignalRollBack) }

// Run is `bot release unlock`.
func (c unlockCommand) Run(ctx context.Context) error {
	if c.Confirm != c.ID {
		return &deploy.Error{Code: deploy.Invalid, Op: "unlock " + string(c.ID), Msg: "--confirm names another release",
			Hint: fmt.Sprintf("bot release unlock %s --confirm %s --reason %q", c.ID, c.ID, c.Reason)}
	}
	return c.say(ctx, deploy.SignalAbandon)
}

type clearCommand struct{ word }

// Run is `bot release clear-lock`.
func (c clearCommand) Run(ctx context.Context) error {
	return withStore(func(s *store.Store) error { return clearLock(ctx, s, c.ID, c.Reason, os.Stdout) })
}

// clearLock clears the lock that a release left, and no other.
func clearLock(ctx context.Context, s *store.Store, id deploy.ReleaseID, reason string, to io.Writer) error {
	r, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	event := deploy.EventID("cli:" + rand.Text())
	cleared, err := s.Unlock(ctx, r.Target, id, event)
	if err != nil {
		return err
	}
	if !cleared {
		return &deploy.Error{Code: deploy.NotFound, Op: "clear the lock of " + r.Target.String(), Msg: r.Target.String() + " is not locked"}
	}
	note := deploy.Note{Kind: deploy.NoteUnlocked, By: operator(), Text: "break-glass: " + reason, Done: true}
	if _, _, err := s.Note(ctx, id, note, event+"/note"); err != nil {
		return fmt.Errorf("the lock is cleared, but who did so could not be stored: %w", err)
	}
	_, err = fmt.Fprintf(to, "%s is open again; %s itself takes /deploy … --again\n", r.Target, r.Version)
	return err
}

func (w word) say(ctx context.Context, kind deploy.SignalKind) error {
	return withStore(func(s *store.Store) error {
		signal := deploy.Signal{Kind: kind, By: operator(), Reason: "break-glass: " + w.Reason}
		return say(ctx, s, w.ID, signal, os.Stdout)
	})
}

// say stores a word and waits until it was acted upon: by a replica, or by this process if none does. What was
// stored is heard sooner or later, whatever becomes of this process.
func say(ctx context.Context, s *store.Store, id deploy.ReleaseID, signal deploy.Signal, to io.Writer) error {
	if _, err := s.Signal(ctx, id, signal, deploy.EventID("cli:"+rand.Text())); err != nil {
		return err
	}
	heard, err := waitUntilHeard(ctx, s, id, heardWithin)
	if err != nil {
		return err
	}
	if !heard {
		if err := hearOurselves(ctx, s, id); err != nil {
			return fmt.Errorf("the word is stored and will be heard, but not yet: %w", err)
		}
	}
	return show(ctx, s, id, to)
}

func waitUntilHeard(ctx context.Context, s *store.Store, id deploy.ReleaseID, within time.Duration) (bool, error) {
	for end := time.Now().Add(within); time.Now().Before(end); {
		inbox, err := s.Inbox(ctx, id)
		if err != nil || len(inbox) == 0 {
			return err == nil, err
		}
		if err := pause(ctx, lookEvery); err != nil {
			return false, err
		}
	}
	return false, nil
}

// hearOurselves applies the word with nobody else's help. The replica that had the release may have died: its
// lease is waited for.
func hearOurselves(ctx context.Context, s *store.Store, id deploy.ReleaseID) error {
	ears := engine.New(s, nil, &engine.Options{Owner: "cli " + newOwner()})
	for end := time.Now().Add(claimWithin); ; {
		err := ears.Hear(ctx, id)
		if deploy.CodeOf(err) != deploy.Conflict || time.Now().After(end) {
			return err
		}
		if heard, err := waitUntilHeard(ctx, s, id, time.Second); err != nil || heard {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer, stop := deploy.SystemClock{}.NewTimer(d)
	defer stop()
	select {
	case <-timer:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// operator is who types, as the operating system knows them.
func operator() deploy.UserID {
	name := os.Getenv("SUDO_USER")
	if u, err := user.Current(); name == "" && err == nil {
		name = u.Username
	}
	return deploy.UserID("os:" + name)
}

func withStore(do func(*store.Store) error) (err error) {
	address := os.Getenv("REDIS_URL")
	if address == "" {
		return &deploy.Error{Code: deploy.Invalid, Op: "read the environment", Msg: "REDIS_URL is not set", Hint: "for example redis://127.0.0.1:6379/0"}
	}
	s, err := store.Dial(address, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return do(s)
}
