package deploy_test

import (
	"testing"

	"slipway/internal/deploy"
)

func TestAbandonEndsAReleaseWhereverItStands(t *testing.T) {
	t.Parallel()
	for name, reach := range map[string]func(*world){
		"at a gate":               func(w *world) { w.until("") },
		"in the middle of a step": func(w *world) { w.until("traffic/10") },
		"parked": func(w *world) {
			w.until("traffic/10")
			w.conclude("traffic/10", deploy.Outcome{}, fault(deploy.Internal))
		},
		"going back": func(w *world) {
			w.until("traffic/10")
			w.say(deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"})
			w.until("rollback/traffic")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := play(t, canary(t))
			reach(w)
			w.say(deploy.Signal{Kind: deploy.SignalAbandon, By: "os:root", Reason: "break-glass: x"})
			if w.r.State != deploy.Abandoned || w.r.By != "os:root" || w.r.Ended.IsZero() {
				t.Errorf("%s by %s, ended %v", w.r.State, w.r.By, w.r.Ended)
			}
			if a := w.decide(); a.Do != deploy.End {
				t.Errorf("then %v, want the end", a)
			}
		})
	}
}
