package providertest

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// RunPreviewer runs the suite of a platform that can say beforehand what a revision would be like. harness is called once
// for each case.
func RunPreviewer(t *testing.T, harness func(t *testing.T) Harness) { run(t, previewing, harness) }

var previewing = []fact{
	{"what is previewed is what is staged then", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		v := previewer(t, p)
		q := elaborate(h)
		said := preview(t, v, q)
		stage(t, h, p, q)
		is := settingsOf(t, h, p, q.Candidate)
		if diff := cmp.Diff(is, said); diff != "" {
			t.Errorf("what was previewed (-staged +previewed):\n%s", diff)
		}
		if len(said) < 5 || said["cpu"] != h.Sizes.MoreCPU || said["secret API_KEY"] != h.Sizes.Secret {
			t.Errorf("previewed %v", said)
		}
	}},
	{"what is left out stays as it is live, and what was staged before is built upon", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		v := previewer(t, p)
		stage(t, h, p, elaborate(h))
		makeRoom(t, h, p)
		q := h.request(2, h.Other)
		said := preview(t, v, q)
		stage(t, h, p, q)
		if diff := cmp.Diff(settingsOf(t, h, p, q.Candidate), said); diff != "" {
			t.Errorf("what was previewed (-staged +previewed):\n%s", diff)
		}
	}},
	{"of what is being staged, and of what is there, a preview gives what it is", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		v := previewer(t, p)
		q := elaborate(h)
		before := preview(t, v, q)
		if _, err := p.Stage(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		during := preview(t, v, q)
		rest(t, h, p)
		if diff := cmp.Diff(before, during); diff != "" {
			t.Errorf("while it comes up (-before +during):\n%s", diff)
		}
		if diff := cmp.Diff(before, preview(t, v, q)); diff != "" {
			t.Errorf("once it is there (-before +after):\n%s", diff)
		}
		q.Image = h.Other.Ref
		_, err := v.Preview(t.Context(), q)
		wantCode(t, "preview another image under its name", err, deploy.Conflict)
	}},
	{"a preview changes nothing", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		v := previewer(t, p)
		live := describe(t, h, p)
		wantChanges(t, h, 0, func() { preview(t, v, elaborate(h)) })
		if diff := cmp.Diff(live, describe(t, h, p)); diff != "" {
			t.Errorf("the service (-before +after):\n%s", diff)
		}
	}},
	{"nothing is previewed once a person has moved traffic", Splits, func(t *testing.T, h Harness, p deploy.Platform) {
		v := previewer(t, p)
		first := stage(t, h, p, h.request(1, h.Image))
		h.MoveTraffic(map[deploy.RevisionName]int{h.Baseline: 70, first: 30})
		_, err := v.Preview(t.Context(), h.request(2, h.Other))
		wantCode(t, "preview over split traffic", err, deploy.Conflict)
	}},
	{"nothing is previewed without a baseline", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		q := h.request(3, h.Other)
		q.Baseline = ""
		_, err := previewer(t, p).Preview(t.Context(), q)
		wantCode(t, "preview without a baseline", err, deploy.Invalid)
	}},
	{"nothing is previewed by who was overtaken", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		v := previewer(t, p)
		q := h.request(1, h.Image)
		q.Epoch = 7
		stage(t, h, p, q)
		q = h.request(2, h.Other)
		q.Epoch = 6
		_, err := v.Preview(t.Context(), q)
		wantCode(t, "preview under an epoch of before", err, deploy.Fenced)
	}},
	{"a preview is refused as other calls are", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		v := previewer(t, p)
		q := h.request(1, h.Image)
		unknown := q
		unknown.Service.Name = "nobody-knows-it"
		_, err := v.Preview(t.Context(), unknown)
		wantCode(t, "of an unknown service", err, deploy.NotFound)
		for name, c := range map[string]struct {
			lever func()
			code  deploy.Code
		}{"without rights": {h.Forbid, deploy.Forbidden}, "while it is down": {h.Down, deploy.Unavailable}} {
			c.lever()
			_, err := v.Preview(t.Context(), q)
			wantCode(t, name, err, c.code)
			h.Heal()
		}
		preview(t, v, q)
	}},
	{"a preview that is cancelled stops at once", Any, func(t *testing.T, h Harness, p deploy.Platform) {
		v := previewer(t, p)
		h.Hang()
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(10*time.Millisecond, cancel)
		defer timer.Stop()
		_, err := v.Preview(ctx, h.request(1, h.Image))
		wantCode(t, "preview", err, deploy.Unavailable)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("context.Canceled is not in the chain of %v", err)
		}
	}},
}

func previewer(t *testing.T, p deploy.Platform) deploy.Previewer {
	t.Helper()
	v, ok := p.(deploy.Previewer)
	if !ok {
		t.Fatalf("%T has no previews", p)
	}
	return v
}

func preview(t *testing.T, v deploy.Previewer, q deploy.StageRequest) map[string]string {
	t.Helper()
	config, err := v.Preview(t.Context(), q)
	if err != nil {
		t.Fatalf("preview %s: %v", q.Candidate, err)
	}
	return maps.Clone(config)
}

func settingsOf(t *testing.T, h Harness, p deploy.Platform, name deploy.RevisionName) map[string]string {
	t.Helper()
	r, err := p.Revision(t.Context(), h.Service, name)
	if err != nil {
		t.Fatal(err)
	}
	return r.Config
}

// elaborate asks for every setting that the catalog has.
func elaborate(h Harness) deploy.StageRequest {
	q := h.request(1, h.Image)
	q.Settings = deploy.Settings{
		CPU: h.Sizes.MoreCPU, Memory: h.Sizes.Memory,
		Env: map[string]string{"VERSION": h.Image.Version, "FEATURE": "on"}, Secrets: map[string]string{"API_KEY": h.Sizes.Secret},
	}
	h.scale(&q.Settings)
	return q
}
