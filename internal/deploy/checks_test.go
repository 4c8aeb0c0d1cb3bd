package deploy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

func TestChecksHaveTheirPlaceInThePlan(t *testing.T) {
	t.Parallel()
	check := func(stage deploy.CheckStage, within time.Duration) deploy.Check {
		return deploy.Check{Name: string(stage), Stage: stage, Within: within, Tries: 1}
	}
	for name, tc := range map[string]struct {
		checks []deploy.Check
		want   []deploy.Step // beside those that there are always
	}{
		"none": {},
		"smoke checks, before any traffic": {
			[]deploy.Check{check(deploy.Smoke, time.Second), check(deploy.Smoke, time.Minute)},
			[]deploy.Step{{Name: "health/smoke", Kind: deploy.KindSmoke, Phase: deploy.Health, Status: deploy.Pending, Within: 7 * time.Minute}},
		},
		"functional checks, at 100 %": {
			[]deploy.Check{check(deploy.Functional, 10*time.Minute)},
			[]deploy.Step{{Name: "validate/functional", Kind: deploy.KindFunctional, Phase: deploy.Validate, Status: deploy.Pending, Within: 25 * time.Minute}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := canary(t, func(s *deploy.Spec) { s.Checks = tc.checks })
			var got []deploy.Step
			for i, s := range r.Steps {
				if s.Kind == deploy.KindSmoke && r.Steps[i-1].Kind != deploy.KindHealth || s.Kind == deploy.KindFunctional && r.Steps[i-1].Kind != deploy.KindValidate {
					t.Errorf("%s comes after %s", s.Name, r.Steps[i-1].Name)
				}
				if s.Kind.InOneCall() {
					got = append(got, s)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSmokeChecksAreToldWithoutHealthChecksToo(t *testing.T) {
	t.Parallel()
	r := canary(t, func(s *deploy.Spec) {
		s.Health, s.Checks = nil, []deploy.Check{{Name: "A", Stage: deploy.Smoke, Within: time.Second, Tries: 1}}
	})
	i := slices.IndexFunc(r.Steps, func(s deploy.Step) bool { return s.Kind == deploy.KindSmoke })
	if i < 1 || r.Steps[i-1].Kind != deploy.KindRevision || r.Steps[i+1].Phase != deploy.Traffic {
		t.Errorf("the smoke checks are step %d of %+v", i, r.Steps)
	}
}
