package phase_test

import (
	"testing"
	"time"

	"slipway/internal/deploy"
)

func TestVersionThatUsersDoNotReachIsAskedForAgainAndThenTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.release("v1.2.4").until("validate/service")
	w.cloud.Behaviour(serviceID, "v1.2.4").SetVersion("v1.2.2")
	looks, begun := 0, w.clock.Now()
	w.around = func(s deploy.Step) bool {
		if s.Kind == deploy.KindValidate {
			looks++
		}
		return false
	}
	p.until("rollback/traffic").is(deploy.RollingBack, "validate/service: not finished after 2 min", `/health says version "v1.2.2", expected "v1.2.4"`)
	if took := w.clock.Now().Sub(begun); looks < 60 || took < 2*time.Minute || took > 3*time.Minute {
		t.Errorf("asked %d times in %s", looks, took)
	}
	p.end().is(deploy.RolledBack)
	w.wantServes("app-00001=100")
	if in := p.evidence(); in.Share != 100 || in.Began.IsZero() || in.Trigger != p.r.Why {
		t.Errorf("%+v", in)
	}
}

func TestVersionThatUsersReachAMomentLaterIsGivenTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.release("v1.2.4").until("validate/service")
	w.cloud.Behaviour(serviceID, "v1.2.4").SetVersion("v1.2.2")
	p.act()
	p.is(deploy.Running)
	w.cloud.Behaviour(serviceID, "v1.2.4").Reset()
	p.end().is(deploy.Succeeded).tells("100 % on " + string(candidate(1)) + ", as the platform reports; /health 200 v1.2.4")
}

func TestValidationIsMadeWhereUsersAre(t *testing.T) {
	t.Parallel()
	t.Run("at the catalog's address", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.release("v1.2.4")
		p.r.Spec.URL = "http://127.0.0.1:1/" // nobody answers there
		p.until("rollback/traffic").is(deploy.RollingBack, "validate/service", "127.0.0.1:1 does not accept connections")
	})
	t.Run("by the platform's report alone where no check knows a version", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		p := w.release("v1.2.4")
		p.r.Spec.Health[0].Version, p.r.Spec.URL = false, "http://127.0.0.1:1/"
		p.end().is(deploy.Succeeded).tells("as the platform reports; no health check with a version")
	})
}

func TestTrafficMovedByHandBeforeItIsValidatedParks(t *testing.T) {
	t.Parallel()
	for name, shares := range map[string]map[deploy.RevisionName]int32{
		"all of it": {baseline: 100}, "some of it": {baseline: 40, candidate(1): 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.release("v1.2.4").until("validate/service")
			w.byHand(shares)
			before := len(w.updates())
			p.end().is(deploy.Parked, "somebody moved traffic by hand", string(baseline)+" has ", "where "+string(candidate(1))+" should have 100 %")
			if got := w.updates()[before:]; len(got) > 0 {
				t.Errorf("it went on all the same: %v", got)
			}
			w.byHand(map[deploy.RevisionName]int32{candidate(1): 100})
			p.say(deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}).end().is(deploy.Succeeded)
		})
	}
}
