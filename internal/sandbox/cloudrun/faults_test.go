package cloudrun_test

import (
	"context"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"slipway/internal/sandbox/cloudrun"
)

// shift moves all traffic to a fresh tag on the baseline, without an etag or a read before it.
func shift(ctx context.Context, p *platform, tag string) error {
	_, err := p.services.UpdateService(ctx, &runpb.UpdateServiceRequest{
		Service:    &runpb.Service{Name: full, Traffic: []*runpb.TrafficTarget{to(baseline, 100, tag)}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"traffic"}},
	})
	return err
}

func tagNow(p *platform) string { return p.Service(full).Traffic[0].Tag }

func TestFaultsOfCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact  string
		fault cloudrun.Fault
		code  codes.Code
		acted bool
	}{
		{"refused, by default as unavailable", cloudrun.Fault{Kind: cloudrun.Refuse}, codes.Unavailable, false},
		{"refused for want of permission", cloudrun.Fault{Kind: cloudrun.Refuse, Code: codes.PermissionDenied}, codes.PermissionDenied, false},
		{"refused for want of quota", cloudrun.Fault{Kind: cloudrun.Refuse, Code: codes.ResourceExhausted}, codes.ResourceExhausted, false},
		{"acted and the answer lost", cloudrun.Fault{Kind: cloudrun.LoseAnswer}, codes.DeadlineExceeded, true},
		{"acted and the connection cut", cloudrun.Fault{Kind: cloudrun.LoseAnswer, Code: codes.Unavailable}, codes.Unavailable, true},
		{"another method's fault is not ours", cloudrun.Fault{Kind: cloudrun.Refuse, Method: "GetService"}, codes.OK, true},
		{"another service's fault is not ours", cloudrun.Fault{Kind: cloudrun.Refuse, Service: "coditect-app-staging"}, codes.OK, true},
		{"our method and service", cloudrun.Fault{Kind: cloudrun.Refuse, Method: "UpdateService", Service: app}, codes.Unavailable, false},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, nil)
			inject(t, p, c.fault)
			wantCode(t, "update", shift(t.Context(), p, "new"), c.code)
			if acted := tagNow(p) == "new"; acted != c.acted {
				t.Errorf("acted: %v, want %v", acted, c.acted)
			}
			if call := p.Calls()[0]; !call.Done || call.Code != c.code || call.Changed != c.acted {
				t.Errorf("the log says %+v", call)
			}
		})
	}
}

func TestAFaultHappensAsOftenAsItIsCounted(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	inject(t, p, cloudrun.Fault{Kind: cloudrun.Refuse, Method: "UpdateService", Count: 2})
	for i, want := range []codes.Code{codes.Unavailable, codes.Unavailable, codes.OK} {
		same(t, "left", 2-i, remaining(p))
		wantCode(t, "update", shift(t.Context(), p, "new"), want)
	}
	inject(t, p, cloudrun.Fault{Kind: cloudrun.Refuse})
	inject(t, p, cloudrun.Fault{Kind: cloudrun.Delay})
	p.Faults().Clear(cloudrun.Refuse)
	same(t, "left after clearing one kind", []cloudrun.Fault{{Kind: cloudrun.Delay}}, p.Faults().Active())
	p.Faults().Clear("")
	if left := p.Faults().Active(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	if p.Faults().Inject(cloudrun.Fault{Kind: "gremlins"}) == nil || p.Faults().Inject(cloudrun.Fault{Kind: cloudrun.Delay, Count: -1}) == nil {
		t.Error("a fault that means nothing was taken")
	}
}

func TestAnEffectThatIsLateDoesNotNeedItsClient(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock})
	inject(t, p, cloudrun.Fault{Kind: cloudrun.LateEffect, Delay: time.Minute, Count: 1})
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	go func() { answer <- shift(ctx, p, "new") }()
	until(t, p, "the call has taken the fault", func() bool { return remaining(p) == 0 && len(p.Calls()) == 1 })
	cancel()
	wantCode(t, "update", <-answer, codes.Canceled)
	same(t, "the tag while the call is on its way", "", tagNow(p))
	clock.Advance(time.Minute)
	until(t, p, "the call has arrived", func() bool { return p.Calls()[0].Done })
	same(t, "the tag when it has arrived", "new", tagNow(p))
	if !p.Calls()[0].Changed {
		t.Errorf("the log says %s", p.Calls()[0])
	}
}

func remaining(p *platform) int {
	for _, f := range p.Faults().Active() {
		return f.Count
	}
	return 0
}

func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind string
		// early says whether it has acted while the client still waits, late after the delay.
		early, late string
	}{
		{cloudrun.Delay, "", "new"},
		{cloudrun.LateAnswer, "new", "new"},
		{cloudrun.NeverAnswer, "", ""},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			clock := cloudrun.NewManualClock(noon)
			p := start(t, &cloudrun.Options{Clock: clock})
			inject(t, p, cloudrun.Fault{Kind: c.kind, Delay: time.Minute, Count: 1})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			answer := make(chan error, 1)
			go func() { answer <- shift(ctx, p, "new") }()
			until(t, p, "the call has taken the fault", func() bool { return remaining(p) == 0 && len(p.Calls()) == 1 && tagNow(p) == c.early })
			if p.Calls()[0].Done {
				t.Errorf("answered: %s", p.Calls()[0])
			}
			if c.kind == cloudrun.NeverAnswer {
				clock.Advance(time.Hour)
				cancel()
				wantCode(t, "the client gave up", <-answer, codes.Canceled)
			} else {
				until(t, p, "the answer", func() bool {
					clock.Advance(time.Minute)
					return p.Calls()[0].Done
				})
				wantCode(t, "the late answer", <-answer, codes.OK)
			}
			if got := tagNow(p); got != c.late {
				t.Errorf("tag %q, want %q", got, c.late)
			}
		})
	}
}

func TestAnEtagStormAbortsCallsThatCarryOne(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	inject(t, p, cloudrun.Fault{Kind: cloudrun.EtagConflict, Count: 2})
	for i, want := range []codes.Code{codes.Aborted, codes.Aborted, codes.OK} {
		before := p.get().Etag
		_, err := p.update(traffic(to(baseline, 100, "new")), "traffic")
		wantCode(t, "update with a fresh etag", err, want)
		if p.get().Etag == before {
			t.Errorf("round %d: nobody changed the etag", i)
		}
	}
	inject(t, p, cloudrun.Fault{Kind: cloudrun.EtagConflict, Count: 1})
	wantCode(t, "update without an etag", shift(t.Context(), p, "newer"), codes.OK)
}

func TestTrafficThatNeverSettles(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Settle: time.Second})
	inject(t, p, cloudrun.Fault{Kind: cloudrun.SettleStuck, Count: 1})
	stuck := p.mustUpdate(traffic(to(baseline, 100, "new")), "traffic")
	clock.Advance(24 * time.Hour)
	if _, done, err := p.poll(stuck); done || err != nil {
		t.Errorf("done %v, %v", done, err)
	}
	if svc := p.get(); !svc.Reconciling || svc.ObservedGeneration == svc.Generation {
		t.Errorf("reconciling %v, observed %d of %d", svc.Reconciling, svc.ObservedGeneration, svc.Generation)
	}
	again := p.mustUpdate(traffic(to(baseline, 100, "new")), "traffic")
	clock.Advance(time.Second)
	for _, op := range []string{stuck.Name(), again.Name()} {
		if svc, err := p.services.UpdateServiceOperation(op).Poll(t.Context()); err != nil || svc == nil {
			t.Errorf("after the second try: %v, %v", svc, err)
		}
	}
}

func TestARevisionThatNeverBecomesReady(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(noon)
	p := start(t, &cloudrun.Options{Clock: clock, Create: time.Second})
	inject(t, p, cloudrun.Fault{Kind: cloudrun.RevisionStuck, Service: app, Count: 1})
	op := p.mustUpdate(staged(app+"-r1", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	clock.Advance(24 * time.Hour)
	if _, done, err := p.poll(op); done || err != nil {
		t.Errorf("done %v, %v", done, err)
	}
	if r := p.revision(app + "-r1"); !r.Reconciling {
		t.Errorf("revision %v", r.Conditions)
	}
	back := p.mustUpdate(traffic(to(baseline, 100, "")), "traffic")
	if _, done, err := p.poll(back); !done || err != nil {
		t.Errorf("traffic away from it: done %v, %v", done, err)
	}
}

func TestTrafficThatIsReportedOtherwiseThanAsked(t *testing.T) {
	t.Parallel()
	p := start(t, nil)
	p.mustUpdate(staged(app+"-r1", image+"v1.2.4", "v1.2.4"), "template", "traffic")
	inject(t, p, cloudrun.Fault{Kind: cloudrun.TrafficSkew, Count: 1})
	all := traffic(to(baseline, 0, ""), to(app+"-r1", 100, "rc"))
	if _, done, err := p.poll(p.mustUpdate(all, "traffic")); !done || err != nil {
		t.Errorf("done %v, %v; want a success that is none", done, err)
	}
	svc := p.get()
	same(t, "reported", []*runpb.TrafficTarget{to(baseline, 100, ""), to(app+"-r1", 0, "rc")}, statuses(svc))
	if v := body(t, svc.Uri+"/health"); v != "v1.2.3" || svc.Reconciling {
		t.Errorf("serves %s, reconciling %v", v, svc.Reconciling)
	}
	p.mustUpdate(all, "traffic")
	if v := body(t, svc.Uri+"/health"); v != "v1.2.4" {
		t.Errorf("asked again, it serves %s", v)
	}
}
