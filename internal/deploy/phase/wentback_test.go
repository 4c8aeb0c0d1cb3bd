package phase_test

import (
	"strings"
	"testing"

	"slipway/internal/deploy"
)

// What was done outside under an epoch that Redis does not remember stops every step that would change the service.
func TestWhatRedisHasForgottenStopsEveryChangeOfAService(t *testing.T) {
	t.Parallel()
	const forgotten = 100
	for _, c := range []struct {
		step  deploy.StepName
		after func(p *play) *play // brings a release to the step after a change under the forgotten epoch
	}{
		{"traffic/50", func(p *play) *play { return p.until("traffic/50") }},
		{"rollback/traffic", func(p *play) *play {
			p.until("traffic/50")
			p.r, _ = deploy.Apply(p.r, deploy.Signal{Kind: deploy.SignalRollBack, By: "U0BOB"}, p.clock.Now())
			return p.until("rollback/traffic")
		}},
		{"deploy/revision", func(p *play) *play {
			p.until("")
			next := p.release("v1.2.5")
			return next.until("deploy/revision")
		}},
	} {
		t.Run(string(c.step), func(t *testing.T) {
			t.Parallel()
			p := newWorld(t).release("v1.2.4")
			p.r.Epoch = forgotten
			p = c.after(p)
			changes := changed(p)
			p.r.Epoch, p.r.Gaps = 200, []deploy.Gap{{After: forgotten - 1, Before: forgotten + 1}}
			p.act()
			if p.r.State != deploy.Parked || !strings.Contains(p.r.Why, "Redis has gone back in time") || !strings.Contains(p.r.Why, "then resume") {
				t.Errorf("%s: %s\n%s", p.r.State, p.r.Why, p.story())
			}
			if n := changed(p) - changes; n != 0 {
				t.Errorf("%d changes", n)
			}
			p.r.Gaps = nil // people were asked
			p.r, _ = deploy.Apply(p.r, deploy.Signal{Kind: deploy.SignalResume, By: "U0BOB"}, p.clock.Now())
			p.act()
			if n := changed(p) - changes; n != 1 {
				t.Errorf("%d changes after people said so\n%s", n, p.story())
			}
		})
	}
}

func changed(p *play) (n int) {
	for _, c := range p.cloud.Calls() {
		if c.Changed {
			n++
		}
	}
	return n
}
