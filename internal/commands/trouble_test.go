package commands_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// failing is a store whose writes go wrong.
type failing struct {
	commands.Store
	create, signal error
}

func (f failing) Create(ctx context.Context, r deploy.Release, e deploy.EventID) (deploy.Created, error) {
	if f.create != nil {
		return deploy.Created{}, f.create
	}
	return f.Store.Create(ctx, r, e)
}

func (f failing) Signal(ctx context.Context, id deploy.ReleaseID, s deploy.Signal, e deploy.EventID) (bool, error) {
	if f.signal != nil {
		return false, f.signal
	}
	return f.Store.Signal(ctx, id, s, e)
}

var noAnswer = &deploy.Error{Code: deploy.Unavailable, Op: "test", Msg: "no answer"}

func TestWithoutRedisNothingIsPromised(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{
		"/deploy coditect-app v1.2.4", "/deploy coditect-app v1.2.4 --plan", "/deploy status", "/deploy status coditect-app",
		"/deploy history coditect-app", "/promote coditect-app", `/rollback coditect-app --reason "slow"`,
	} {
		t.Run(typed, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.redis.Close()
			want := "Redis does not answer; nothing was stored, nothing was started. Try again in a moment: " + typed
			if d := cmp.Diff(want, w.says("UALICE", typed)); d != "" {
				t.Error(d)
			}
			if len(w.reported) != 1 || deploy.CodeOf(w.reported[0]) != deploy.Unavailable {
				t.Errorf("reported: %v", w.reported)
			}
		})
	}
}

func TestWithoutRedisAPressPromisesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.redis.Close()
	want := "Redis does not answer; nothing was stored, nothing was started. Press the button again in a moment."
	if d := cmp.Diff(want, w.presses("UBOB", commands.RollBack, "coditect-app-1", "")); d != "" {
		t.Error(d)
	}
}

func TestAWriteThatIsNotConfirmedIsNotDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	w.handler = w.over(failing{Store: w.store, create: noAnswer, signal: noAnswer})

	has(t, w.says("UALICE", "/rollback coditect-app --reason slow"),
		"Redis does not answer: whether this was stored is not known, and nothing is promised. Look first: /deploy status coditect-app production.",
		`Try again in a moment: /rollback coditect-app --reason "slow"`)
	has(t, w.says("UDAVE", "/deploy coditect-app v1.2.4 staging"),
		"whether this was stored is not known", "/deploy status coditect-app staging", "/deploy coditect-app v1.2.4 staging")
	has(t, w.presses("UBOB", commands.Pause, "coditect-app-1", ""), "whether this was stored is not known", "Press the button again")
}

func TestADefectSaysThatNothingWasStarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := errors.New("some library's words")
	w.handler = w.over(failing{Store: w.store, create: broken})
	if d := cmp.Diff("This did not work: internal error. Nothing was started.", w.says("UALICE", "/deploy coditect-app v1.2.4")); d != "" {
		t.Error(d)
	}
	if len(w.reported) != 1 || !errors.Is(w.reported[0], broken) {
		t.Errorf("reported: %v", w.reported)
	}
}

func TestASignalToAReleaseThatEndedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.says("UALICE", "/deploy coditect-app v1.2.4")
	w.drive("coditect-app-1")
	w.handler = w.over(ending{w: w, failing: failing{Store: w.store}})
	has(t, w.says("UALICE", "/rollback coditect-app --reason slow"),
		"coditect-app-1 (v1.2.4, @UALICE) has ended: it went back to v1.2.3 at 2026-03-02 14:00 UTC, by @UBOB: enough. Nothing was changed.")
}

// ending is a store in which somebody else's roll back is carried out just before each signal.
type ending struct {
	failing
	w *world
}

func (e ending) Signal(ctx context.Context, id deploy.ReleaseID, s deploy.Signal, event deploy.EventID) (bool, error) {
	if _, err := e.Store.Signal(ctx, id, deploy.Signal{Kind: deploy.SignalRollBack, By: "UBOB", Reason: "enough"}, "E-other"); err != nil {
		return false, err
	}
	e.w.drive(id)
	return e.Store.Signal(ctx, id, s, event)
}
