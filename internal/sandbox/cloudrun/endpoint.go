package cloudrun

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
)

// endpoint is one address that answers: a service's, or a tag's. Each has a port of its own, so that
// plain HTTP clients reach it without name resolution or special headers.
type endpoint struct {
	url      string
	http     *http.Server
	balancer balancer
}

func (s *Server) newEndpoint() (*endpoint, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &endpoint{url: "http://" + l.Addr().String()}
	e.http = &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if rev := e.balancer.next(); rev != nil {
				s.serve(rev, w, r)
				s.wake.soon()
				return
			}
			http.Error(w, "no revision serves this address", http.StatusNotFound)
		}),
	}
	s.work.Go(func() { _ = e.http.Serve(l) })
	return e, nil
}

// closeEndpoint stops an address in the background; requests in flight get a second.
func (s *Server) closeEndpoint(e *endpoint) {
	s.work.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if e.http.Shutdown(ctx) != nil {
			_ = e.http.Close()
		}
		s.wake.signal()
	})
}

func (s *Server) closeEndpoints(svc *service) {
	s.closeEndpoint(svc.endpoint)
	for tag, e := range svc.tags {
		s.closeEndpoint(e)
		delete(svc.tags, tag)
	}
}

// route puts the routes in force: the statuses that are reported, the split of the service's address,
// and an address for each tag. A tag that moves to another revision keeps its address; one that goes
// takes its address with it.
func (s *Server) route(svc *service) {
	var shares []share
	statuses := make([]*runpb.TrafficTargetStatus, len(svc.routes))
	tags := map[string]*endpoint{}
	for i, r := range svc.routes {
		t := r.target
		statuses[i] = &runpb.TrafficTargetStatus{Type: t.Type, Revision: t.Revision, Percent: t.Percent, Tag: t.Tag}
		shares = append(shares, share{rev: r.rev, percent: int(t.Percent)})
		if t.Tag == "" {
			continue
		}
		e := svc.tags[t.Tag]
		if e == nil {
			var err error
			if e, err = s.newEndpoint(); err != nil {
				// Out of ports: the status says so by having no address.
				continue
			}
		}
		e.balancer.set([]share{{rev: r.rev, percent: 100}})
		tags[t.Tag], statuses[i].Uri = e, e.url
	}
	for tag, e := range svc.tags {
		if tags[tag] == nil {
			s.closeEndpoint(e)
		}
	}
	svc.tags, svc.pb.TrafficStatuses = tags, statuses
	svc.endpoint.balancer.set(shares)
}

type share struct {
	rev     *revision
	percent int
	credit  int
}

// balancer spreads requests by percent, evenly rather than by chance: of any hundred in a row, each
// revision gets its exact share.
type balancer struct {
	mu     sync.Mutex
	shares []share
}

func (b *balancer) set(shares []share) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shares = shares
}

func (b *balancer) next() *revision {
	b.mu.Lock()
	defer b.mu.Unlock()
	var best *share
	total := 0
	for i := range b.shares {
		x := &b.shares[i]
		x.credit += x.percent
		total += x.percent
		if x.percent > 0 && (best == nil || x.credit > best.credit) {
			best = x
		}
	}
	if best == nil {
		return nil
	}
	best.credit -= total
	return best.rev
}
