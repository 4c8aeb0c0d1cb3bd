package phase_test

import (
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/cloudrun"
)

// Cloud Run puts a traffic table into force as a whole or not at all. Somebody's tag on a revision that is not ready
// must not keep users on a candidate that is being taken back.
func TestStrangersTagDoesNotStopARollBack(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*world){
		"on a revision that failed": func(w *world) { w.cloud.Behaviour(serviceID, "v6.6.6").SetCrashOnStart(true) },
		"on a revision that takes its time": func(w *world) {
			w.breaks(sandbox.Fault{Kind: sandbox.RevisionStuck, Count: 1})
		},
	}
	for name, breaks := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.release("v1.2.4").until("traffic/50")
			breaks(w)
			w.strangersTag("v6.6.6")
			begun := w.clock.Now()
			p.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}).until("rollback/verify")
			if took := w.clock.Now().Sub(begun); took > 40*time.Second {
				t.Errorf("it took %s", took)
			}
			p.end().is(deploy.RolledBack)
			w.wantServes("app-00001=100")
		})
	}
}

// strangersTag is a person who tries a version out on a revision of their own, without traffic.
func (w *world) strangersTag(version string) {
	w.t.Helper()
	live := w.cloud.Service(w.service)
	template := live.GetTemplate()
	template.Revision = serviceID + "-mine"
	for _, e := range template.GetContainers()[0].GetEnv() {
		if e.GetName() == "VERSION" {
			e.Values = &runpb.EnvVar_Value{Value: version}
		}
	}
	traffic := append(live.GetTraffic(), &runpb.TrafficTarget{
		Type:     runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
		Revision: template.Revision, Tag: "mine",
	})
	w.edit(&runpb.Service{Template: template, Traffic: traffic}, "template", "traffic")
}
