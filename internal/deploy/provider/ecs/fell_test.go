package ecs_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/ecs"
	sandbox "slipway/internal/sandbox/ecs"
)

// spoken is a log that says the same whoever asks.
type spoken struct {
	mu    sync.Mutex
	asked []deploy.LogQuery
}

func (s *spoken) Errors(_ context.Context, q deploy.LogQuery) ([]deploy.LogLine, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, q)
	return []deploy.LogLine{{Text: "panic: no route to the database"}, {Text: strings.Repeat("long ", 100)}}, nil
}

func TestWhatECSTookBackIsToldWithItsReasons(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service string
		image   string
		version string
		want    []string
	}{
		"the circuit breaker, and containers that ended": {
			sandbox.RollingService, crashingImage.Ref, crashingImage.Version,
			[]string{"circuit breaker threshold was exceeded", " tasks stopped: Essential container in task exited (container coditect, exit code 1)"},
		},
		"the circuit breaker, and an image that is not there": {
			sandbox.RollingService, missingImage.Ref, missingImage.Version, []string{"circuit breaker threshold was exceeded", "CannotPullContainerError"},
		},
		"no circuit breaker, so that tasks would be started for ever": {
			sandbox.NativeService, crashingImage.Ref, crashingImage.Version, []string{"coditect-web:2 does not come up", "exit code 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &spoken{}
			r := newRelease(t, tc.service, &ecs.Options{Lines: log})
			r.q.Image, r.q.Settings.Env["VERSION"] = tc.image, tc.version
			op, err := r.p.Stage(t.Context(), r.q)
			r.ok(err)
			if tc.service == sandbox.RollingService {
				op = r.shift(100)
			}
			err = r.finish(op)
			for _, want := range append(tc.want, "last lines: panic: no route to the database | long long", "…") {
				if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), want) {
					t.Errorf("it ended with %v, want %q", err, want)
				}
			}
			log.mu.Lock()
			defer log.mu.Unlock()
			for _, q := range log.asked {
				if q.Revision != r.q.Candidate || q.Service.Name != tc.service || q.Service.Region != sandbox.Region || q.Limit != 3 || q.From.IsZero() || q.To.Before(q.From) {
					t.Errorf("asked for the lines of %+v", q)
				}
			}
		})
	}
}

func TestServiceSaysWhatFell(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		service string
		fall    func(r *release)
		want    string
	}{
		"the circuit breaker": {sandbox.RollingService, func(r *release) {
			r.q.Image, r.q.Settings.Env["VERSION"] = crashingImage.Ref, crashingImage.Version
			r.begin()
			r.shift(100)
			r.Finish()
		}, "circuit breaker"},
		"somebody who stops it": {sandbox.NativeService, func(r *release) {
			r.begin()
			r.reach(10)
			d, _ := r.current()
			_, err := r.client.StopServiceDeployment(r.t.Context(), &sdk.StopServiceDeploymentInput{ServiceDeploymentArn: d.ServiceDeploymentArn})
			r.ok(err)
		}, "a user stopped it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRelease(t, tc.service, nil)
			tc.fall(r)
			s := r.look()
			if s.Fell.Revision != r.q.Candidate || !strings.Contains(s.Fell.Why, tc.want) {
				t.Errorf("fell: %+v, want %q", s.Fell, tc.want)
			}
			rev, err := r.p.Revision(t.Context(), r.ref, r.q.Candidate)
			if err != nil || rev.Ready || !rev.Failed || !strings.Contains(rev.Reason, tc.want) {
				t.Errorf("the candidate is %+v, %v", rev, err)
			}
			if op, err := r.p.Shift(t.Context(), r.to(100)); op != "" || deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), tc.want) {
				t.Errorf("asked for more: %q, %v", op, err)
			}
			r.Finish()
			if s := r.look(); !s.Settled || s.Fell.Revision != r.q.Candidate || s.Percent(r.q.Baseline) != 100 {
				t.Errorf("after it: %+v", s)
			}
			if op, err := r.p.Stage(t.Context(), r.q); op != "" || err != nil {
				t.Errorf("staged again, it is %q, %v; want nothing sent", op, err)
			}
		})
	}
}

func TestReleaseThatNobodySpeaksOfGoesBackByItself(t *testing.T) {
	t.Parallel()
	h := newPracticeAt(t, sandbox.NativeService, 60_000) // an hour is 60 ms
	r := &release{h, h.connect(nil), deploy.StageRequest{
		Service: h.ref, Candidate: deploy.CandidateName(h.service, 42, 1), Tag: "rc-42", Image: goodImage.Ref, Baseline: h.base(),
		Settings: deploy.Settings{Env: map[string]string{"VERSION": goodImage.Version}},
		Rollout:  deploy.Rollout{Kind: deploy.Canary, Shares: []int{10, 100}, Silent: time.Hour},
	}}
	_, err := r.p.Stage(t.Context(), r.q)
	r.ok(err)
	r.ok(r.ecs.Finish(r.service))
	r.until("it went back", func() bool { s := r.look(); return s.Settled && s.Fell.Revision == r.q.Candidate })
	if s := r.look(); !strings.Contains(s.Fell.Why, "timed out") {
		t.Errorf("fell: %+v", s.Fell)
	}
}

func TestReturnThatFailsIsAskedForAgainOtherwise(t *testing.T) {
	t.Parallel()
	r := newRelease(t, sandbox.RollingService, nil)
	r.begin()
	r.shift(100)
	r.ok(r.ecs.FailRollback(r.service, true))
	op, err := r.p.Shift(t.Context(), r.home())
	r.ok(err)
	if err := r.finish(op); deploy.CodeOf(err) != deploy.Conflict || !deploy.Retryable(err) {
		t.Errorf("the return ended with %v", err)
	}
	if s := r.look(); s.Settled || !strings.Contains(s.Unrest, "half-way") {
		t.Errorf("settled %v, unrest %q", s.Settled, s.Unrest)
	}
	r.ok(r.ecs.FailRollback(r.service, false))
	r.goHome()
	if in := sent[sdk.UpdateServiceInput](r.practice); !strings.HasSuffix(aws.ToString(in.TaskDefinition), "coditect-app:1") {
		t.Errorf("sent %v", in.TaskDefinition)
	}
}
