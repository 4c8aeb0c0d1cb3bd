package elb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// checkIn checks a target after d, and from then on every Options.HealthEvery, until it is removed. The caller holds the lock.
func (s *Server) checkIn(g *group, t *target, d time.Duration) {
	life := t.life
	s.clock.AfterFunc(d, func() {
		s.mu.Lock()
		gone, used, addr := s.closed || t.life != life, s.leading(g) != nil, t.Addr
		if !gone {
			s.work.Add(1)
		}
		s.mu.Unlock()
		if gone {
			return
		}
		defer s.work.Done()
		var result verdict
		if used {
			result = s.check(addr, g.healthPath)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed || t.life != life {
			return
		}
		before := t.state
		switch {
		case !used:
			t.begin() // as in AWS, a target that nothing leads to is not checked, and begins when something does
		case t.Addr == addr:
			t.judge(result)
		}
		if t.state != before {
			s.moved(g)
		}
		s.checkIn(g, t, s.opts.HealthEvery)
	})
}

// moved tells that the health of a group is another. The caller holds the lock.
func (s *Server) moved(g *group) {
	s.tell()
	if s.opts.Metrics == nil {
		return
	}
	healthy, all := len(g.healthy()), 0
	for _, t := range g.targets {
		if t.state != types.TargetHealthStateEnumDraining {
			all++
		}
	}
	for _, b := range s.leading(g) {
		s.opts.Metrics.Hosts(dimension(g.arn), dimension(b), healthy, all-healthy)
	}
}

type verdict struct {
	ok          bool
	reason      types.TargetHealthReasonEnum
	description string
}

func (t *target) judge(v verdict) {
	if v.ok {
		t.state, t.reason, t.description, t.failed = types.TargetHealthStateEnumHealthy, "", "", 0
		return
	}
	t.failed++
	if t.failed >= tolerated {
		t.state, t.reason, t.description = types.TargetHealthStateEnumUnhealthy, v.reason, v.description
	} else if t.state == types.TargetHealthStateEnumInitial {
		t.reason, t.description = types.TargetHealthReasonEnumInitialHealthChecking, "Initial health checks in progress"
	}
}

// check asks a target's health check path once.
func (s *Server) check(addr, path string) verdict {
	refused := verdict{reason: types.TargetHealthReasonEnumFailedHealthChecks, description: "Health checks failed"}
	if addr == "" {
		return refused
	}
	ctx, cancel := context.WithTimeout(s.ctx, checkTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		return refused
	}
	req.Header.Set("User-Agent", "ELB-HealthChecker/2.0")
	res, err := s.checks.Do(req)
	var slow net.Error
	switch {
	case errors.As(err, &slow) && slow.Timeout():
		return verdict{reason: types.TargetHealthReasonEnumTimeout, description: "Request timed out"}
	case err != nil:
		return refused
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return verdict{reason: types.TargetHealthReasonEnumResponseCodeMismatch, description: fmt.Sprintf("Health checks failed with these codes: [%d]", res.StatusCode)}
	}
	return verdict{ok: true}
}

func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
