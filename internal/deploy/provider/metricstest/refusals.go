package metricstest

import (
	"context"
	"errors"
	"testing"
	"time"

	"slipway/internal/deploy"
)

var refusals = []fact{
	{"without rights every call is forbidden, with the remedy", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.report()
		h.Forbid()
		for name, call := range calls(h, m) {
			err := call(t.Context())
			wantCode(t, name, err, deploy.Forbidden)
			if deploy.Hint(err) == "" {
				t.Errorf("%s: no hint", name)
			}
		}
	}},
	{"a source that asks to slow down is unavailable", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.report()
		h.Throttle()
		for name, call := range calls(h, m) {
			wantCode(t, name, call(t.Context()), deploy.Unavailable)
		}
	}},
	{"a source that is down is unavailable, and is believed when it is back", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.report()
		h.Down()
		for name, call := range calls(h, m) {
			wantCode(t, name, call(t.Context()), deploy.Unavailable)
		}
		h.Heal()
		for name, call := range calls(h, m) {
			if err := call(t.Context()); err != nil {
				t.Errorf("%s, once it is back: %v", name, err)
			}
		}
	}},
	{"numbers that cannot be are no answer", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.report()
		h.Garble()
		for _, name := range deploy.MetricNames() {
			q := h.query(5, 15)
			q.Spec = objectives(h.Spec, name)
			got, err := m.Read(t.Context(), q)
			wantCode(t, string(name), err, deploy.Unavailable)
			if len(got.Revisions) != 0 {
				t.Errorf("%s: an error, and %+v", name, got)
			}
		}
	}},
	{"a cancelled call stops at once", func(t *testing.T, h Harness, m deploy.Metrics) {
		h.report()
		h.Hang()
		for name, call := range calls(h, m) {
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
	{"a question that makes no sense is not asked", func(t *testing.T, h Harness, m deploy.Metrics) {
		nobody, backwards, nameless := h.query(5, 15), h.query(15, 5), h.query(5, 15)
		nobody.Revisions, nameless.Spec.Database = nil, nil
		for name, q := range map[string]deploy.MetricsQuery{
			"no revisions": nobody, "a window that ends before it begins": backwards, "connections of no database": nameless,
		} {
			if n := countCalls(h, func() {
				_, err := m.Read(t.Context(), q)
				wantCode(t, name, err, deploy.Invalid)
			}); n != 0 {
				t.Errorf("%s: %d calls", name, n)
			}
		}
	}},
}

// calls is one of each kind.
func calls(h Harness, m deploy.Metrics) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"read": func(ctx context.Context) error {
			_, err := m.Read(ctx, h.query(5, 15))
			return err
		},
		"check": func(ctx context.Context) error { return m.Check(ctx, h.Service, h.Spec) },
	}
}
