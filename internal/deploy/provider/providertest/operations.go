package providertest

import (
	"testing"

	"slipway/internal/deploy"
)

var operations = []fact{
	{"an operation is found again by its name, by another process", Starts, func(t *testing.T, h Harness, p deploy.Platform) {
		op, err := p.Stage(t.Context(), h.request(1, h.Image))
		if err != nil || op == "" {
			t.Fatalf("operation %q, %v", op, err)
		}
		other := h.Connect()
		if done, err := other.Wait(t.Context(), op); done || err != nil {
			t.Errorf("in progress: done %v, %v", done, err)
		}
		if err := finish(t, h, other, op); err != nil {
			t.Errorf("it ended with %v", err)
		}
	}},
	{"an operation that is over stays over", Starts | Several, func(t *testing.T, h Harness, p deploy.Platform) {
		good, err := p.Stage(t.Context(), h.request(1, h.Image))
		if err != nil {
			t.Fatal(err)
		}
		if err := finish(t, h, p, good); err != nil {
			t.Fatal(err)
		}
		rest(t, h, p)
		bad, err := p.Stage(t.Context(), h.request(2, h.Crashing))
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, "the crash", finish(t, h, p, bad), deploy.Invalid)
		for range 2 {
			if done, err := p.Wait(t.Context(), good); !done || err != nil {
				t.Errorf("the good one: done %v, %v", done, err)
			}
			done, err := p.Wait(t.Context(), bad)
			wantCode(t, "the bad one", err, deploy.Invalid)
			if !done {
				t.Error("the bad one is not done")
			}
		}
	}},
	{"no operation is over", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		h.Down()
		if done, err := p.Wait(t.Context(), ""); !done || err != nil {
			t.Errorf("done %v, %v", done, err)
		}
	}},
}
