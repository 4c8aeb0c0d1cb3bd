package cloudrun

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

const (
	// DefaultRate is the synthetic traffic in requests per second when none is given.
	DefaultRate = 20
	// loadPath is what synthetic users ask for; the error rate applies to it, unlike to /health.
	loadPath = "/api/v1/status"
	// maxInFlight bounds the requests of one service that wait for an answer: a second of 500 a second.
	maxInFlight = 500
)

// RevisionStats counts what a revision was asked over HTTP, by any address, since it was created.
type RevisionStats struct {
	Revision string
	Requests int64
	// Errors are the answers with a 5xx.
	Errors int64
}

// Stats counts the requests of each revision of a service (short name), oldest revision first.
func (s *Server) Stats(service string) []RevisionStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []RevisionStats
	if svc := s.byID(service); svc != nil {
		for _, r := range svc.revisions {
			out = append(out, RevisionStats{Revision: r.id, Requests: r.requests.Load(), Errors: r.errors.Load()})
		}
	}
	return out
}

// byID finds a service by short name; with the same name in two locations, either.
func (s *Server) byID(id string) *service {
	for _, svc := range s.services {
		if svc.id == id {
			return svc
		}
	}
	return nil
}

// StartTraffic sends perSecond requests (0 means DefaultRate) each second to the address of a service
// (short name), at even intervals and without waiting for answers, until StopTraffic or Close. What it
// could not send in time it sends late. Traffic that runs already is replaced.
func (s *Server) StartTraffic(service string, perSecond float64) error {
	if perSecond == 0 {
		perSecond = DefaultRate
	}
	if perSecond < 0 {
		return fmt.Errorf("start traffic: %g requests per second", perSecond)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	svc := s.byID(service)
	if svc == nil || s.closed {
		return fmt.Errorf("start traffic: no service is called %q", service)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	l := &load{cancel: cancel, done: make(chan struct{}), perSecond: perSecond}
	if running := s.loads[service]; running != nil {
		running.cancel()
	}
	s.loads[service] = l
	url, began, interval := svc.endpoint.url+loadPath, s.clock.Now(), time.Duration(float64(time.Second)/perSecond)
	s.work.Go(func() {
		defer close(l.done)
		s.generate(ctx, url, began, interval)
	})
	return nil
}

// StopTraffic ends a service's synthetic traffic and returns when no request of it is in flight.
func (s *Server) StopTraffic(service string) {
	s.mu.Lock()
	l := s.loads[service]
	delete(s.loads, service)
	s.mu.Unlock()
	if l != nil {
		l.stop()
	}
}

// TrafficRate is how many requests a second are being sent to a service (short name).
func (s *Server) TrafficRate(service string) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.loads[service]; l != nil {
		return l.perSecond
	}
	return 0
}

type load struct {
	cancel    context.CancelFunc
	done      chan struct{}
	perSecond float64
}

func (l *load) stop() {
	l.cancel()
	<-l.done
}

func (s *Server) generate(ctx context.Context, url string, began time.Time, interval time.Duration) {
	tr := &http.Transport{MaxIdleConnsPerHost: maxInFlight}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr, Timeout: 10 * time.Second}
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
			request(ctx, client, url)
		})
	}
}

// rest is pause for somebody whom nobody waits for: at hundreds a second, waking them all would be most of the work.
func (s *Server) rest(ctx context.Context, d time.Duration) bool {
	over := make(chan struct{})
	t := s.clock.AfterFunc(d, func() { close(over) })
	defer t.Stop()
	select {
	case <-over:
		return true
	case <-ctx.Done():
		return false
	}
}

// request asks once. What came of it is counted where it is served.
func request(ctx context.Context, client *http.Client, url string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return
	}
	res, err := client.Do(req)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()
}
