package cloudrun

import (
	"net/http"
	"time"

	"slipway/internal/sandbox/sampleapp"
)

// Metrics hears what revisions do. It is called from many goroutines, for each request: it has to be quick, and must
// not call the server. Services and revisions are given by their short names.
type Metrics interface {
	// Record is one request that a revision answered, by whatever address, how long that took and when it ended.
	Record(service, revision string, status int, latency time.Duration, at time.Time)
	// Level is how many instances a revision has from now on, and what share of CPU and memory each uses; 0 where
	// nobody said so.
	Level(service, revision string, instances int, cpu, memory float64, at time.Time)
}

// Logs hears what revisions write. As Metrics, it has to be quick and must not call the server.
type Logs interface {
	Write(service, revision, log, severity, text string, at time.Time)
}

// The logs of a revision, and the severities that are used.
const (
	logStderr = "run.googleapis.com/stderr"
	logSystem = "run.googleapis.com/varlog/system"

	sevError   = "ERROR"
	sevWarning = "WARNING"
)

// serve is the revision's application, counted. A request whose client has left before there was an answer is not
// recorded.
func (s *Server) serve(r *revision, w http.ResponseWriter, req *http.Request) {
	r.requests.Add(1)
	began := s.clock.Now()
	seen := &statusWriter{ResponseWriter: w}
	r.app.ServeHTTP(seen, req)
	if seen.code >= 500 {
		r.errors.Add(1)
	}
	if s.opts.Metrics == nil || seen.code == 0 && req.Context().Err() != nil {
		return
	}
	now := s.clock.Now()
	s.opts.Metrics.Record(r.service.id, r.id, max(seen.code, http.StatusOK), now.Sub(began), now)
}

type statusWriter struct {
	http.ResponseWriter
	code int
}

func (w *statusWriter) WriteHeader(code int) {
	w.code = code
	w.ResponseWriter.WriteHeader(code)
}

// config is the sample application of a revision.
func (s *Server) config(r *revision, version string, env map[string]string) sampleapp.Config {
	cfg := sampleapp.Config{
		Version: version, Revision: r.id, Env: env, State: r.service.stored,
		Started: s.clock.Now(), Now: s.clock.Now, Behave: s.behaviour(r.service.id, version),
	}
	if s.opts.Logs != nil {
		cfg.Log = func(line string) { s.write(r, logStderr, sevError, line) }
	}
	r.behave = cfg.Behave
	return cfg
}

func (s *Server) write(r *revision, log, severity, line string) {
	if s.opts.Logs != nil {
		s.opts.Logs.Write(r.service.id, r.id, log, severity, line, s.clock.Now())
	}
}

// tellLevel reports a revision's instances and what they use. Under mu.
func (s *Server) tellLevel(r *revision) {
	if s.opts.Metrics == nil || r.behave == nil {
		return
	}
	cpu, memory := r.behave.Use()
	s.opts.Metrics.Level(r.service.id, r.id, r.instances(), cpu, memory, s.clock.Now())
}

// tellNone reports that a revision is gone. Under mu.
func (s *Server) tellNone(r *revision) {
	r.stay()
	if s.opts.Metrics != nil {
		s.opts.Metrics.Level(r.service.id, r.id, 0, 0, 0, s.clock.Now())
	}
}

// behaved tells of what revisions use after somebody changed how they behave.
func (s *Server) behaved(service string, b *sampleapp.Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, svc := range s.services {
		for _, r := range svc.revisions {
			if svc.id == service && r.behave == b && r.state == ready {
				s.tellLevel(r)
			}
		}
	}
}
