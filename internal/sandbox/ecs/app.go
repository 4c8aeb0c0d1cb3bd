package ecs

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"slipway/internal/sandbox/sampleapp"
)

// app is the practice application of one task definition of a service. All tasks of it share the listener.
type app struct {
	addr     string
	http     *http.Server
	done     chan struct{}
	behave   *sampleapp.Behaviour
	requests atomic.Int64
	writer   atomic.Pointer[task] // whose stream lines go to: the task that started last
}

// app is the application of a task definition, listening.
func (s *Server) app(svc *service, d *taskDef, v *verdict) (*app, error) {
	if a := svc.apps[d]; a != nil {
		return a, nil
	}
	if s.closed {
		return nil, errors.New("the platform is closed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if s.stores[svc.arn] == nil {
		s.stores[svc.arn] = sampleapp.NewState()
	}
	a := &app{addr: l.Addr().String(), done: make(chan struct{}), behave: s.behaviour(svc.name, v.version)}
	h := sampleapp.Handler(sampleapp.Config{
		Version: v.version, Revision: d.short(), Env: v.env, State: s.stores[svc.arn], Started: s.clock.Now(), Now: s.clock.Now,
		Behave: a.behave, Log: func(line string) {
			if t := a.writer.Load(); t != nil {
				s.write(t, "ERROR "+line)
			}
		},
	})
	a.http = &http.Server{
		ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.requests.Add(1)
			h.ServeHTTP(w, r)
		}),
	}
	svc.apps[d] = a
	go func() {
		defer close(a.done)
		_ = a.http.Serve(l)
	}()
	return a, nil
}

func (a *app) close() error {
	err := a.http.Close()
	<-a.done
	return err
}
