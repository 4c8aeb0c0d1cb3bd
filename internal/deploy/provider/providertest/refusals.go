package providertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway/internal/deploy"
)

var refusals = []fact{
	{"an unknown service is not found", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		h.Service.Name = "nobody-knows-it"
		for name, call := range calls(h, p, "") {
			err := call(t.Context())
			wantCode(t, name, err, deploy.NotFound)
			if deploy.Hint(err) == "" {
				t.Errorf("%s: no hint", name)
			}
		}
	}},
	{"an unknown revision is not found", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		_, err := p.Revision(t.Context(), h.Service, "nobody-knows-it-00001")
		wantCode(t, "revision", err, deploy.NotFound)
	}},
	{"without rights every call is forbidden, with the remedy", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		op := someOperation(t, h, p)
		h.Forbid()
		for name, call := range calls(h, p, op) {
			err := call(t.Context())
			wantCode(t, name, err, deploy.Forbidden)
			if deploy.Hint(err) == "" {
				t.Errorf("%s: no hint", name)
			}
		}
	}},
	{"a platform that is down is unavailable, and is believed when it is back", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		op := someOperation(t, h, p)
		h.Down()
		wantChanges(t, h, 0, func() {
			for name, call := range calls(h, p, op) {
				wantCode(t, name, call(t.Context()), deploy.Unavailable)
			}
		})
		h.Heal()
		for _, name := range []string{"describe", "revision", "wait"} {
			if err := calls(h, p, op)[name](t.Context()); err != nil {
				t.Errorf("%s, once it is back: %v", name, err)
			}
		}
	}},
	{"a cancelled call stops at once", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		op := someOperation(t, h, p)
		h.Hang()
		for name, call := range calls(h, p, op) {
			ctx, cancel := context.WithCancel(t.Context())
			begun := time.Now()
			timer := time.AfterFunc(10*time.Millisecond, cancel)
			err := call(ctx)
			timer.Stop()
			cancel()
			wantCode(t, name, err, deploy.Unavailable)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: context.Canceled is not in the chain of %v", name, err)
			}
			if took := time.Since(begun); took > time.Second {
				t.Errorf("%s: it took %s to stop", name, took)
			}
		}
	}},
}

// calls is one of each kind. Without an operation, waiting is left out.
func calls(h Harness, p deploy.Platform, op deploy.Operation) map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"describe": func(ctx context.Context) error {
			_, err := p.Describe(ctx, h.Service)
			return err
		},
		"revision": func(ctx context.Context) error {
			_, err := p.Revision(ctx, h.Service, h.Baseline)
			return err
		},
		"stage": func(ctx context.Context) error {
			_, err := p.Stage(ctx, h.request(9, h.Image))
			return err
		},
		"shift": func(ctx context.Context) error {
			_, err := p.Shift(ctx, deploy.ShiftRequest{Service: h.Service, Shares: map[deploy.RevisionName]int{h.Baseline: 100}})
			return err
		},
		"retire": func(ctx context.Context) error {
			_, err := p.Retire(ctx, h.Service, h.UserTag)
			return err
		},
	}
	if op != "" {
		all["wait"] = func(ctx context.Context) error {
			_, err := p.Wait(ctx, op)
			return err
		}
	}
	return all
}

// someOperation starts one and lets it end.
func someOperation(t *testing.T, h Harness, p deploy.Platform) deploy.Operation {
	t.Helper()
	q := h.request(1, h.Image)
	op, err := p.Stage(t.Context(), q)
	if err == nil && !h.Has.has(Starts) {
		op, err = p.Shift(t.Context(), deploy.ShiftRequest{Service: h.Service, Shares: map[deploy.RevisionName]int{q.Candidate: 100}})
	}
	if err != nil || op == "" {
		t.Fatalf("operation %q, %v", op, err)
	}
	if err := finish(t, h, p, op); err != nil {
		t.Fatal(err)
	}
	return op
}
