package elb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// DefaultRate is the practice traffic in requests per second when none is given.
	DefaultRate = 20
	// loadPath is what practice users ask for; the application's error rate applies to it, unlike to /health.
	loadPath = "/api/v1/status"
	// maxInFlight bounds the requests of one load balancer that wait for an answer.
	maxInFlight = 500
)

type load struct {
	cancel    context.CancelFunc
	done      chan struct{}
	perSecond float64
}

// StartTraffic sends perSecond requests (0 means DefaultRate) each second to the users' listener of a load balancer (ARN
// or name), at even intervals and without waiting for answers, until StopTraffic or Close. What it could not send in time
// it sends late. Every request is that of a new user, logged in and held to no target group. Traffic that runs already is replaced.
func (s *Server) StartTraffic(loadBalancer string, perSecond float64) error {
	if perSecond == 0 {
		perSecond = DefaultRate
	}
	if perSecond < 0 {
		return fmt.Errorf("start traffic: %g requests per second", perSecond)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.balancer(loadBalancer)
	if b == nil || s.closed {
		return fmt.Errorf("start traffic: no load balancer is called %q", loadBalancer)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	l := &load{cancel: cancel, done: make(chan struct{}), perSecond: perSecond}
	if running := s.loads[b.arn]; running != nil {
		running.cancel()
	}
	s.loads[b.arn] = l
	url, began, interval := b.listeners[0].url+loadPath, s.clock.Now(), time.Duration(float64(time.Second)/perSecond)
	s.work.Go(func() {
		defer close(l.done)
		s.generate(ctx, url, began, interval)
	})
	return nil
}

// StopTraffic ends the practice traffic of a load balancer (ARN or name) and returns when no request of it is in flight.
func (s *Server) StopTraffic(loadBalancer string) {
	s.mu.Lock()
	var l *load
	if b := s.balancer(loadBalancer); b != nil {
		l = s.loads[b.arn]
		delete(s.loads, b.arn)
	}
	s.mu.Unlock()
	if l != nil {
		l.cancel()
		<-l.done
	}
}

// TrafficRate is how many requests a second are being sent to a load balancer (ARN or name).
func (s *Server) TrafficRate(loadBalancer string) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.balancer(loadBalancer); b != nil && s.loads[b.arn] != nil {
		return s.loads[b.arn].perSecond
	}
	return 0
}

func (s *Server) generate(ctx context.Context, url string, began time.Time, interval time.Duration) {
	tr := &http.Transport{MaxIdleConnsPerHost: maxInFlight}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr, Timeout: 10 * time.Second, CheckRedirect: stay}
	var inFlight sync.WaitGroup
	defer inFlight.Wait()
	slots := make(chan struct{}, maxInFlight)
	for next := began.Add(interval); ; next = next.Add(interval) {
		if d := next.Sub(s.clock.Now()); d > 0 && !s.rest(ctx, d) {
			return
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		inFlight.Go(func() {
			defer func() { <-slots }()
			ask(ctx, client, url)
		})
	}
}

func (s *Server) rest(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	stop := s.clock.AfterFunc(d, func() { close(over) })
	defer stop()
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}

// ask asks once. What came of it is counted where it is served.
func ask(ctx context.Context, client *http.Client, url string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	req.AddCookie(&http.Cookie{Name: sessionCookie + "-0", Value: "practice"})
	res, err := client.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}
