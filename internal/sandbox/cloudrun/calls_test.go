package cloudrun_test

import (
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudrun"
)

func TestEveryCallIsWrittenDown(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock})
	etag := p.get().Etag
	clock.Advance(time.Minute)
	op := p.mustUpdate(staged(app+"-r42-1", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	if _, _, err := p.poll(op); err != nil {
		t.Fatal(err)
	}
	_ = p.revision(baseline)
	_, err := p.update(func(svc *runpb.Service) { svc.Etag = etag; svc.Labels = map[string]string{"a": "b"} }, "labels")
	wantCode(t, "stale", err, codes.Aborted)
	p.mustUpdate(traffic(latest(100)), "traffic")

	now := noon.Add(time.Minute)
	fresh := p.Service(full)
	calls := p.Calls()
	last := calls[len(calls)-1].Etag
	if last == "" || last == etag || last == fresh.Etag {
		t.Errorf("the last update carried %q", last)
	}
	get := cloudrun.Call{At: now, Method: "GetService", Service: app, Done: true}
	first := get
	first.At = noon
	same(t, "calls", []cloudrun.Call{
		first, get,
		{At: now, Method: "UpdateService", Service: app, Etag: etag, Mask: "template,traffic", Done: true, Changed: true,
			Traffic: "coditect-app-production-00001=100, coditect-app-production-r42-1=0 tag rc"},
		{At: now, Method: "GetOperation", Service: app, Done: true},
		{At: now, Method: "GetRevision", Service: app, Done: true},
		get,
		{At: now, Method: "UpdateService", Service: app, Etag: etag, Mask: "labels", Done: true, Code: codes.Aborted},
		get,
		{At: now, Method: "UpdateService", Service: app, Etag: last, Mask: "traffic", Traffic: "LATEST=100", Done: true, Changed: true},
	}, calls)
	want := "UpdateService coditect-app-production mask[labels] etag[" + etag + "] → Aborted"
	if got := calls[6].String(); got != want {
		t.Errorf("as text:\n%s\nwant\n%s", got, want)
	}
	p.ForgetCalls()
	if left := p.Calls(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestChangedWakesWhoeverWaits(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Settle: time.Minute})
	p.mustUpdate(traffic(to(baseline, 100, "a")), "traffic")
	changed := p.Changed()
	select {
	case <-changed:
		t.Fatal("woken by nothing")
	default:
	}
	clock.Advance(time.Minute)
	select {
	case <-changed:
	default:
		t.Error("traffic moved and nobody was woken")
	}
}
