package phase_test

import (
	"context"
	"testing"

	"slipway/internal/deploy"
)

// closed is a store that knows what was taken back, once it answers.
type closed struct {
	bars  []deploy.Bar
	fails int
}

func (c *closed) Closure(_ context.Context, t deploy.Target) (deploy.Closure, error) {
	if c.fails > 0 {
		c.fails--
		return deploy.Closure{}, &deploy.Error{Code: deploy.Unavailable, Op: "read the closure of " + t.String(), Msg: "Redis does not answer"}
	}
	return deploy.Closure{Bars: c.bars}, nil
}

func TestContentThatWasTakenBackIsRefusedUnderAnyTag(t *testing.T) {
	t.Parallel()
	bar := func(w *world, of string) deploy.Bar {
		return deploy.Bar{Digest: w.registry.Digest(of), Version: "v1.2.4-hotfix", Release: "coditect-app-41", Why: "error rate 12 %"}
	}
	cases := map[string]struct {
		of    string
		again bool
		fails int
		want  deploy.State
		says  []string
	}{
		"the same content under another tag": {"v1.2.4", false, 0, deploy.Failed, []string{"preflight/image: v1.2.4 is sha256:", "which coditect-app-41 took back: error rate 12 %",
			"insist: /deploy coditect-app v1.2.4 production --again"}},
		"unless somebody insists":             {"v1.2.4", true, 0, deploy.Succeeded, nil},
		"other content is not meant":          {"v1.2.5", false, 0, deploy.Succeeded, nil},
		"a store that is away is asked again": {"v1.2.4", false, 2, deploy.Failed, []string{"took back: error rate 12 %"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			store := &closed{bars: []deploy.Bar{{Digest: "sha256:other"}, bar(w, c.of)}, fails: c.fails}
			ports := w.ports
			ports.Targets = store
			w.use(ports)
			p := w.release("v1.2.4")
			p.r.Again = c.again
			p.end().is(c.want, c.says...)
			if c.want == deploy.Failed && len(w.updates()) > 0 {
				t.Errorf("a refused release called %v", w.updates())
			}
			if store.fails > 0 {
				t.Error("the store was not asked again")
			}
		})
	}
}
