package phase_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/cloudrun"
)

// carried is what a canary of release n asks of the platform, each share once.
func carried(number, from string) []string {
	c := "app-r" + number + "-1"
	return []string{
		"template,traffic: " + from + "=100, " + c + "=0 tag rc-" + number,
		"traffic: " + from + "=90, " + c + "=10, " + c + "=0 tag rc-" + number,
		"traffic: " + from + "=50, " + c + "=50, " + c + "=0 tag rc-" + number,
		"traffic: " + c + "=100, " + c + "=0 tag rc-" + number,
		"traffic: " + c + "=100",
	}
}

func TestCandidateThatDoesNotStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.Behaviour(serviceID, "v1.2.4").SetCrashOnStart(true)
	w.release("v1.2.4").end().is(deploy.Failed, "deploy/revision", "failed to start and listen on the port")
	w.wantServes("app-00001=100")

	// The service says "not ready" from here on; a good version must get past that.
	w.cloud.ForgetCalls()
	w.release("v1.2.5").end().is(deploy.Succeeded)
	if diff := cmp.Diff(carried("2", "app-00001"), w.effects()); diff != "" {
		t.Errorf("effects of the next release (-want +got):\n%s", diff)
	}
	w.wantServes("app-r2-1=100")
}

func TestCandidateThatIsUnhealthyGoesBackAt0Percent(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		sick func(w *world)
		says []string
	}{
		"its health check fails": {
			func(w *world) { w.cloud.Behaviour(serviceID, "v1.2.4").SetUnhealthy(true) },
			[]string{"health/checks", "/health answered 503, expected 200", "(5 times)"},
		},
		"it says another version": {
			func(w *world) { w.cloud.Behaviour(serviceID, "v1.2.4").SetVersion("v1.2.2") },
			[]string{`/health says version "v1.2.2", expected "v1.2.4"`},
		},
		"it does not answer": {
			func(w *world) { w.cloud.Behaviour(serviceID, "v1.2.4").SetLatency(time.Minute) },
			[]string{"did not answer within 100ms"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.sick(w)
			p := w.release("v1.2.4")
			p.r.Spec.Health[0].Timeout = 100 * time.Millisecond
			if name != "it does not answer" {
				p.r.Spec.Health[0].Timeout = 5 * time.Second
			}
			p.end().is(deploy.Failed, c.says...)
			w.wantServes("app-00001=100")
			if p.r.Facts.MaxShare != 0 {
				t.Errorf("users saw up to %d %%", p.r.Facts.MaxShare)
			}
			w.cloud.ForgetCalls()
			w.release("v1.2.5").end().is(deploy.Succeeded)
			if diff := cmp.Diff(carried("2", "app-00001"), w.effects()); diff != "" {
				t.Errorf("effects of the next release (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCandidateThatRecoversIsGivenTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sick := w.cloud.Behaviour(serviceID, "v1.2.4")
	sick.SetUnhealthy(true)
	looks := 0
	w.around = func(s deploy.Step) bool {
		if s.Kind == deploy.KindHealth {
			if looks++; looks == 4 {
				sick.SetUnhealthy(false)
			}
		}
		return false
	}
	w.release("v1.2.4").end().is(deploy.Succeeded)
}

func TestLostAnswersHaveOneEffect(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]codes.Code{"cut off": codes.Unavailable, "timed out": codes.DeadlineExceeded} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			last := deploy.StepName("")
			w.around = func(s deploy.Step) bool {
				if s.Name != last {
					last = s.Name
					w.cloud.Faults().Clear(sandbox.LoseAnswer)
					w.breaks(sandbox.Fault{Kind: sandbox.LoseAnswer, Method: "UpdateService", Code: code, Count: 1})
				}
				return false
			}
			w.release("v1.2.4").end().is(deploy.Succeeded)
			if diff := cmp.Diff(carried("1", "app-00001"), w.updates()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryStepMayRunTwiceWithTheSameFacts(t *testing.T) {
	t.Parallel()
	for name, settled := range map[string]bool{"at once": false, "after the platform has settled": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			kinds := map[deploy.StepKind]bool{}
			w.around = func(s deploy.Step) bool {
				kinds[s.Kind] = true
				return true
			}
			if settled {
				w.between = func() { w.clock.Advance(30 * time.Second) }
			}
			w.release("v1.2.4").end().is(deploy.Succeeded)
			if diff := cmp.Diff(carried("1", "app-00001"), w.updates()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			w.cloud.ForgetCalls()
			p := w.release("v1.2.5").until("traffic/50")
			p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}).end().is(deploy.RolledBack)
			want := append(carried("2", "app-r1-1")[:2], "traffic: app-r1-1=100, app-r2-1=0 tag rc-2", "traffic: app-r1-1=100")
			if diff := cmp.Diff(want, w.updates()); diff != "" {
				t.Errorf("calls of the rollback (-want +got):\n%s", diff)
			}
			p.ran(kinds)
		})
	}
}

func TestTrafficMovedByHandParks(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		shares map[deploy.RevisionName]int32
		says   []string
	}{
		"to a third revision": {
			map[deploy.RevisionName]int32{candidate(1): 100}, []string{"somebody moved traffic by hand", string(candidate(1)) + " has 100 %", "put it back and resume, or roll back"},
		},
		"more to the candidate": {
			map[deploy.RevisionName]int32{candidate(2): 30, "": 70}, []string{string(candidate(2)) + " has 30 %", "should have 10 %"},
		},
		"away from the candidate": {
			map[deploy.RevisionName]int32{"": 100}, []string{string(candidate(2)) + " has 0 %", "should have 10 %"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.release("v1.2.5").until("health/checks").say(deploy.Signal{Kind: deploy.SignalRollBack}).end().is(deploy.Failed)
			p := w.release("v1.2.4").until("traffic/50")
			shares := map[deploy.RevisionName]int32{}
			for name, percent := range c.shares {
				if name == "" {
					name = baseline
				}
				shares[name] = percent
			}
			w.byHand(shares)
			before := len(w.updates())
			p.end().is(deploy.Parked, c.says...)
			if got := w.updates()[before:]; len(got) > 0 {
				t.Errorf("it went on all the same: %v", got)
			}

			w.byHand(map[deploy.RevisionName]int32{baseline: 90, candidate(2): 10})
			p.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}).end().is(deploy.Succeeded)
			w.wantServes("app-r2-1=100")
		})
	}
}

func TestTrafficMovedByHandWhileTheCandidateIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release("v1.2.5").until("health/checks").say(deploy.Signal{Kind: deploy.SignalRollBack}).end().is(deploy.Failed)
	p := w.release("v1.2.4").until("deploy/revision")
	p.act()
	w.byHand(map[deploy.RevisionName]int32{baseline: 40, candidate(1): 60})
	p.end().is(deploy.Parked, string(candidate(1))+" has 60 %", string(baseline)+" should have 100 %")
	p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}).end().is(deploy.Failed)
	if got := w.serves(); !strings.HasPrefix(got, "app-00001=100") {
		t.Errorf("after the roll back traffic is %s", got)
	}
}

func TestTrafficMovedByHandBeforeTheCandidateIsMade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release("v1.2.5").until("health/checks").say(deploy.Signal{Kind: deploy.SignalRollBack}).end().is(deploy.Failed)
	p := w.release("v1.2.4").until("deploy/revision")
	w.byHand(map[deploy.RevisionName]int32{baseline: 40, candidate(1): 60})
	before := len(w.effects())
	p.until("rollback/traffic").is(deploy.RollingBack, "somebody moved it")
	if got := w.effects()[before:]; len(got) > 0 {
		t.Errorf("it overwrote what somebody did: %v", got)
	}
}

func TestPlatformThatNeverSettles(t *testing.T) {
	t.Parallel()
	t.Run("moving traffic: after five minutes it goes back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.release("v1.2.4").until("traffic/50")
		w.breaks(sandbox.Fault{Kind: sandbox.SettleStuck, Count: 1})
		p.until("rollback/verify").is(deploy.RollingBack, "traffic/50: not finished after 5 min", "asked for 50 %")
		p.end().is(deploy.RolledBack)
		w.wantServes("app-00001=100")
	})
	t.Run("reporting success without moving anything: asked again until it moves", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.release("v1.2.4").until("traffic/50")
		w.breaks(sandbox.Fault{Kind: sandbox.TrafficSkew, Count: 2})
		p.end().is(deploy.Succeeded)
	})
	t.Run("creating the revision: after ten minutes it goes back, and the target is free", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.breaks(sandbox.Fault{Kind: sandbox.RevisionStuck, Count: 1})
		w.release("v1.2.4").end().is(deploy.Failed, "deploy/revision: not finished after 10 min")
		if p := w.release("v1.2.5").end(); p.r.State == deploy.Failed && !strings.Contains(p.r.Why, "settle") {
			t.Errorf("the next release does not say why it cannot begin: %s", p.r.Why)
		}
	})
}

func TestPlatformThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.release("v1.2.4").until("traffic/50")
	w.breaks(sandbox.Fault{Kind: sandbox.Refuse, Method: "UpdateService", Count: 3})
	w.breaks(sandbox.Fault{Kind: sandbox.EtagConflict, Count: 2})
	p.end().is(deploy.Succeeded).tells("traffic/50  Cloud Run does not answer", "attempt 3, trying again")
	if diff := cmp.Diff(carried("1", "app-00001"), w.effects()); diff != "" {
		t.Errorf("effects (-want +got):\n%s", diff)
	}
}

// Somebody's own broken deployment, without traffic, makes the whole service "not ready" while its traffic moves
// as it should. A canary has to get past it.
func TestStrangersFailedRevisionDoesNotStopTraffic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cloud.Behaviour(serviceID, "v6.6.6").SetCrashOnStart(true)
	p := w.release("v1.2.4").until("traffic/50")
	w.strangersRevision("v6.6.6")
	p.end().is(deploy.Succeeded)
	w.wantServes("app-r1-1=100")
}

func (w *world) strangersRevision(version string) {
	w.t.Helper()
	template := w.cloud.Service(w.service).GetTemplate()
	template.Revision = ""
	for _, e := range template.GetContainers()[0].GetEnv() {
		if e.GetName() == "VERSION" {
			e.Values = &runpb.EnvVar_Value{Value: version}
		}
	}
	w.edit(&runpb.Service{Template: template}, "template")
	if r := w.cloud.Service(w.service); slices.Contains([]string{"", string(candidate(1))}, r.GetLatestCreatedRevision()) {
		w.t.Fatalf("no revision was made: %v", r.GetLatestCreatedRevision())
	}
}
