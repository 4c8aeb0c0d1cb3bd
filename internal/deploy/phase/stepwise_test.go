package phase_test

import (
	"context"
	"strings"
	"testing"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

// stepwise is a platform that has come to a share by itself, and takes any share that it is asked for.
type stepwise struct {
	deploy.Platform // nothing else is asked of it

	has   int
	asked int
}

func (s *stepwise) Describe(context.Context, deploy.ServiceRef) (deploy.Service, error) {
	return deploy.Service{Traffic: []deploy.Share{{Revision: "app-1", Percent: 100 - s.has}, {Revision: "app-r42-1", Percent: s.has}}}, nil
}

func (s *stepwise) Shift(_ context.Context, q deploy.ShiftRequest) (deploy.Operation, error) {
	s.asked = q.Shares["app-r42-1"]
	return "on its way", nil
}

// A replica that has asked for the first of several steps is gone, and left nothing in the journal but its intent.
func TestSharesThatECSPassesOnItsWayAreNotMovedByHand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  deploy.PlatformKind
		has   int
		parks bool
	}{
		"where the last step left it":              {kind: deploy.ECS, has: 50},
		"on its way":                               {kind: deploy.ECS, has: 60},
		"less than the last step left":             {kind: deploy.ECS, has: 40, parks: true},
		"more than is to be had":                   {kind: deploy.ECS, has: 90, parks: true},
		"a platform that goes there in one stride": {kind: deploy.CloudRun, has: 60, parks: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pf := &stepwise{has: c.has}
			r := deploy.Release{ID: "app-42", Number: 42, Spec: deploy.Spec{Platform: deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: c.kind, Name: "app"}}},
				Facts: deploy.Facts{Baseline: deploy.Revision{Name: "app-1"}, Candidate: deploy.Revision{Name: "app-r42-1"}, Share: 50, MaxShare: 50}}
			shift := phase.Runners(phase.Ports{Platforms: map[deploy.PlatformKind]deploy.Platform{c.kind: pf}})[deploy.KindShift]
			out, err := shift.Run(t.Context(), r, deploy.Step{Name: "traffic/80", Kind: deploy.KindShift, Percent: 80, Begun: begun})
			if err != nil {
				t.Fatal(err)
			}
			if parks := strings.Contains(out.Park, "by hand"); parks != c.parks || (pf.asked == 80) == c.parks {
				t.Errorf("parks: %q; asked for %d %%", out.Park, pf.asked)
			}
		})
	}
}
