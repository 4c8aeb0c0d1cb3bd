package phase_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
)

func TestWayBackIsLookedAtWithEachLook(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		at   deploy.StepName
		does func(w *watched)
		want deploy.Way
	}{
		"all well: the former version serves most": {"traffic/10/bake", func(*watched) {}, deploy.Way{Warm: true}},
		"kept warm at 100 %":                       {"observe/watch", func(*watched) {}, deploy.Way{Warm: true}},
		"somebody took the tag off: it is cold": {"observe/watch", func(w *watched) {
			w.byHand(map[deploy.RevisionName]int32{candidate(2): 100})
		}, deploy.Way{}},
		"it was deleted": {"observe/watch", func(w *watched) {
			w.wrap(func(pf deploy.Platform) deploy.Platform { return &lagging{Platform: pf, name: baseline, hidden: 1000} })
		}, deploy.Way{Gone: true}},
		"traffic was moved to a third": {"traffic/10/bake", func(w *watched) {
			w.byHand(map[deploy.RevisionName]int32{candidate(1): 60, candidate(2): 10, baseline: 30})
		}, deploy.Way{Warm: true, Moved: "60 % of traffic is on " + string(candidate(1))}},
		"the share was changed": {"traffic/10/bake", func(w *watched) {
			w.byHand(map[deploy.RevisionName]int32{candidate(2): 40, baseline: 60})
		}, deploy.Way{Warm: true, Moved: string(candidate(2)) + " has 40 %, not 10 %"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWatched(t)
			w.release("v1.2.5").until("health/checks").back("U0BOB", "").end().is(deploy.Failed)
			p := w.short("v1.2.4").waits(c.at)
			c.does(w)
			p.looks(1).is(deploy.Running)
			got := p.r.Watch.Way
			if !got.Checked.Equal(p.r.Watch.At) {
				t.Errorf("looked at %s, the way back at %s", p.r.Watch.At, got.Checked)
			}
			got.Checked = time.Time{}
			if got != c.want {
				t.Errorf("the way back is %+v, want %+v", got, c.want)
			}
		})
	}
}

// Between the moment at which the platform has moved traffic and the one at which the release knows, a look finds
// the new share. Nobody has moved it by hand.
func TestShareThatIsJustBeingSetWasNotMovedByHand(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	p := w.short("v1.2.4").until("traffic/100")
	p.act() // asks for it
	w.wait(time.Minute)
	p.see()
	if way := p.r.Watch.Way; way.Moved != "" || way.Checked.IsZero() || !strings.Contains(w.serves(), "app-r1-1=100") {
		t.Errorf("the way back is %+v, traffic is %s", way, w.serves())
	}
	p.end().is(deploy.Succeeded)
}
