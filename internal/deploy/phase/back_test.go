package phase_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/cloudrun"
)

func TestRollBackCallsThePlatformFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.release("v1.2.4").until("traffic/50")
	w.cloud.ForgetCalls()
	p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB", Reason: "errors"}).until("rollback/traffic")
	if calls := w.cloud.Calls(); len(calls) > 0 {
		t.Fatalf("called before it was asked to act: %v", calls)
	}
	p.act()
	var methods []string
	for _, c := range w.cloud.Calls() {
		methods = append(methods, c.Method)
	}
	// The read gives the etag, without which a change of somebody else could be overwritten.
	if diff := cmp.Diff([]string{"GetService", "UpdateService"}, methods); diff != "" {
		t.Errorf("the first act (-want +got):\n%s", diff)
	}
	if got := w.effects(); !slices.Equal(got, []string{"traffic: app-00001=100, app-r1-1=0 tag rc-1"}) {
		t.Errorf("effects %v", got)
	}
	p.end().is(deploy.RolledBack, "errors").tells("100 % on v1.2.3 ("+string(baseline)+"), as the platform reports", "/health 200 v1.2.3")
	w.wantServes("app-00001=100")
}

func TestRollBackNeedsNoRegistryAndNoHealthyCandidate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.release("v1.2.4").until("traffic/50")
	if err := w.registry.Close(); err != nil {
		t.Fatal(err)
	}
	w.cloud.Behaviour(serviceID, "v1.2.4").SetUnhealthy(true)
	p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}).end().is(deploy.RolledBack)
	w.wantServes("app-00001=100")
}

func TestRollBackOnABadDay(t *testing.T) {
	t.Parallel()
	cases := map[string][]sandbox.Fault{
		"refused seven times":                 {{Kind: sandbox.Refuse, Method: "UpdateService", Count: 7}},
		"the answer is lost":                  {{Kind: sandbox.LoseAnswer, Method: "UpdateService", Count: 1}},
		"somebody else keeps changing":        {{Kind: sandbox.EtagConflict, Count: 4}},
		"the platform gets stuck":             {{Kind: sandbox.SettleStuck, Count: 1}},
		"it reports success and moves nobody": {{Kind: sandbox.TrafficSkew, Count: 2}},
		"nothing can be read for a while":     {{Kind: sandbox.Refuse, Count: 7}},
	}
	for name, faults := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.release("v1.2.4").until("traffic/50")
			begun := w.clock.Now()
			for _, f := range faults {
				w.breaks(f)
			}
			p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}).until("rollback/verify").is(deploy.RollingBack)
			if took := w.clock.Now().Sub(begun); took > 2*time.Minute {
				t.Errorf("it took %s", took)
			}
			p.end().is(deploy.RolledBack)
			w.wantServes("app-00001=100")
		})
	}
}

func TestRefusalsDuringARollBackAreSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.release("v1.2.4").until("traffic/50")
	w.breaks(sandbox.Fault{Kind: sandbox.Refuse, Method: "UpdateService", Count: 4})
	p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}).end().is(deploy.RolledBack).
		tells("trouble rollback/traffic  Cloud Run does not answer", "attempt 3, trying again")
}

func TestRollBackToARevisionThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release("v1.2.4").end().is(deploy.Succeeded)
	p := w.ask(deploy.Ask{Kind: deploy.Rollback, Version: "v1.2.3", Spec: w.spec("v1.2.3"), Reason: "errors",
		Baseline: deploy.Revision{Name: baseline, Version: "v1.2.3"}})
	if _, err := w.cloud.DeleteRevision(t.Context(), &runpb.DeleteRevisionRequest{Name: w.service + "/revisions/" + string(baseline)}); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(time.Minute)
	begun := w.clock.Now()
	p.end().is(deploy.Parked, string(baseline), "does not exist any more")
	if took := w.clock.Now().Sub(begun); took > time.Minute {
		t.Errorf("people heard of it after %s", took)
	}
	w.wantServes("app-r1-1=100")
}

func TestRollBackThatUsersDoNotSee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.release("v1.2.4").until("traffic/50").say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}).until("rollback/verify")
	w.cloud.Behaviour(serviceID, "v1.2.3").SetVersion("v1.2.2")
	begun := w.clock.Now()
	p.end().is(deploy.Parked, "rollback/verify: not finished after 2 min", `says version "v1.2.2", expected "v1.2.3"`)
	if took := w.clock.Now().Sub(begun); took < 2*time.Minute {
		t.Errorf("it gave up after %s", took)
	}
	w.cloud.Behaviour(serviceID, "v1.2.3").Reset()
	p.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}).end().is(deploy.RolledBack)
}

func TestRollBackIsVerifiedWhereUsersAre(t *testing.T) {
	t.Parallel()
	t.Run("at the catalog's address", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.release("v1.2.4")
		p.r.Spec.URL = "http://127.0.0.1:1/" // nobody answers there
		p.until("traffic/50").say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}).end().
			is(deploy.Parked, "127.0.0.1:1 does not accept connections")
	})
	t.Run("by the platform's report alone where no check knows a version", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.release("v1.2.4")
		p.r.Spec.Health[0].Version = false
		p.until("traffic/50").say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}).end().
			is(deploy.RolledBack).tells("verified by the platform's report only")
	})
}

func TestRollBackAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.release("v1.2.4").end().is(deploy.Succeeded)
	p := w.ask(deploy.Ask{Kind: deploy.Rollback, Version: "v1.2.3", Spec: w.spec("v1.2.3"), Reason: "errors", Baseline: first.r.Facts.Baseline})
	w.cloud.ForgetCalls()
	p.end().is(deploy.RolledBack, "errors").tells("no tag to take off")
	if diff := cmp.Diff([]string{"traffic: app-00001=100"}, w.updates()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(w.serves(), "app-00001=100") {
		t.Errorf("traffic is %s", w.serves())
	}
	w.release("v1.2.5").end().is(deploy.Succeeded)
}
