package elb

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Count is how many requests were answered, and how many of them with a 5xx.
type Count struct{ Requests, Errors int }

// Counts are the requests that a load balancer (ARN or name) answered by either listener, by the ARN of the target group
// that answered; under "" those that it answered itself.
func (s *Server) Counts(loadBalancer string) map[string]Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]Count{}
	if b := s.balancer(loadBalancer); b != nil {
		for g, c := range b.counts {
			out[g] = *c
		}
	}
	return out
}

// listen adds a listener to a load balancer, on a port of loopback of its own. Its default answer is 404.
func (s *Server) listen(b *balancer, port int32) (*listener, error) {
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for port %d: %w", port, err)
	}
	id := identity("listener", b.arn, strconv.Itoa(int(port)))
	l := &listener{
		balancer: b, port: port, url: "http://" + at.Addr().String(),
		arn: strings.Replace(b.arn, ":loadbalancer/", ":listener/", 1) + "/" + id,
	}
	if _, err := s.addRule(l, 0, nil, []types.Action{Answer(http.StatusNotFound, "no rule is for this request")}); err != nil {
		return nil, errors.Join(err, at.Close())
	}
	l.http = &http.Server{
		ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(l, w, r) }),
	}
	b.listeners = append(b.listeners, l)
	s.work.Go(func() { _ = l.http.Serve(at) })
	return l, nil
}

// answered notes the status of an answer.
type answered struct {
	http.ResponseWriter
	status int
}

func (a *answered) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach what is below.
func (a *answered) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (s *Server) serve(l *listener, w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.work.Add(1) // nothing is told after Close
	s.mu.Unlock()
	defer s.work.Done()
	began := s.clock.Now()
	a := &answered{ResponseWriter: w}
	group, by := s.answer(l, a, r)
	if a.status == 0 {
		a.status = http.StatusOK
	}
	s.report(l.balancer, group, by, a.status, s.clock.Now().Sub(began))
}

// who answered a request.
type who int

const (
	byTarget   who = iota
	byBalancer     // in the place of a target that was not there, or did not answer
	byRule         // it needs no target: a fixed response, a redirect, a login
)

// report counts an answer and tells it. group is the target group that was chosen; "" when none was.
func (s *Server) report(b *balancer, group string, by who, status int, took time.Duration) {
	answered := ""
	if by == byTarget {
		answered = group
	}
	s.mu.Lock()
	c := b.counts[answered]
	if c == nil {
		c = &Count{}
		b.counts[answered] = c
	}
	c.Requests++
	if status >= http.StatusInternalServerError {
		c.Errors++
	}
	s.mu.Unlock()
	switch {
	case s.opts.Metrics == nil:
	case by == byTarget:
		s.opts.Metrics.Request(dimension(group), dimension(b.arn), status, took)
	case by == byBalancer && status >= http.StatusInternalServerError:
		s.opts.Metrics.Unanswered(dimension(group), dimension(b.arn))
	}
}

// plan is what a request meets: the actions of its rule, and the target that its forwarding chose.
type plan struct {
	actions []types.Action
	group   string
	target  *Target      // nil when none is healthy
	cookie  *http.Cookie // nil when stickiness is off, or holds already
}

// plan finds the rule in effect for a request, and a target by it.
func (s *Server) plan(l *listener, r *http.Request) plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range l.rules {
		if !matches(x.conditions, r) {
			continue
		}
		p := plan{actions: x.effect}
		f := forward(x.effect)
		if f == nil {
			return p
		}
		if p.group = held(r, f, s.clock.Now()); p.group == "" {
			if p.group = x.choice.next(f.TargetGroups); p.group == "" {
				return p
			}
			p.cookie = hold(f, p.group, s.clock.Now())
		}
		// AWS sends requests to all targets of a group in which none is healthy. The practice does not: who takes targets away
		// too early would not see it.
		if g := s.group(p.group); g != nil {
			if t := g.turn(); t != nil {
				chosen := t.Target
				p.target = &chosen
			}
		}
		return p
	}
	return plan{}
}

// turn is the healthy target that is asked next; nil when none is.
func (g *group) turn() *target {
	healthy := g.healthy()
	if len(healthy) == 0 {
		return nil
	}
	g.next++
	return healthy[g.next%len(healthy)]
}

// answer answers a request and says for which target group and who did.
func (s *Server) answer(l *listener, w http.ResponseWriter, r *http.Request) (group string, by who) {
	p := s.plan(l, r)
	for _, a := range p.actions {
		switch a.Type { //nolint:exhaustive // checkActions lets in no others
		case types.ActionTypeEnumAuthenticateOidc:
			if !admitted(a.AuthenticateOidcConfig, w, r) {
				return "", byRule
			}
		case types.ActionTypeEnumFixedResponse:
			c := a.FixedResponseConfig
			status, _ := strconv.Atoi(aws.ToString(c.StatusCode)) // checkActions has read it
			w.Header().Set("Content-Type", aws.ToString(c.ContentType))
			w.WriteHeader(status)
			_, _ = io.WriteString(w, aws.ToString(c.MessageBody))
			return "", byRule
		case types.ActionTypeEnumRedirect:
			redirect(a.RedirectConfig, l, w, r)
			return "", byRule
		case types.ActionTypeEnumForward:
			if p.target == nil {
				http.Error(w, "503 Service Temporarily Unavailable", http.StatusServiceUnavailable)
				return "", byBalancer
			}
			if p.cookie != nil {
				http.SetCookie(w, p.cookie)
			}
			if !s.proxy(p.target.Addr, w, r) {
				return p.group, byBalancer
			}
			return p.group, byTarget
		}
	}
	return "", byRule
}
