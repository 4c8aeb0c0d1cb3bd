// Package sampleapp is the coditect-app of the deployment guide, reduced to the endpoints that a
// release looks at: health, readiness, liveness, the four calls of the guide's smoke tests, and users, login and
// resources, which its functional tests walk through.
//
// One handler is one revision; what it stores is in a State, which the revisions of a service share. It never listens,
// keeps a log or starts a goroutine: whoever hosts it (the practice clouds) does. What goes wrong with it is said by a Behaviour, which may be changed while
// the handler serves and may be shared by several handlers.
//
// Start reading at Handler.
package sampleapp

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Config is one revision of the application.
type Config struct {
	// Version is what the image says it is. Env["VERSION"], which the guide sets at deployment, wins over it.
	Version string
	// Revision is the platform's name for this revision; it is echoed in the X-Revision header.
	Revision string
	// Env holds the environment variables, those from secrets too. With an API_KEY in it, /api/v1/me accepts only
	// that key; without, any bearer token.
	Env map[string]string
	// Started is when the revision began to serve; zero means when Handler was called.
	Started time.Time
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Behave is what goes wrong; nil means nothing.
	Behave *Behaviour
	// State is what is stored; nil means an empty one of its own.
	State *State
	// Log takes why a request was answered with 5xx, one line for each; nil means that nobody reads it.
	Log func(line string)
}

// Handler serves one revision. Requests under /health are never hit by the error rate, so that a
// canary can be bad for its users while its health checks stay green.
func Handler(cfg Config) http.Handler {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Started.IsZero() {
		cfg.Started = cfg.Now()
	}
	if cfg.Behave == nil {
		cfg.Behave = &Behaviour{}
	}
	if cfg.State == nil {
		cfg.State = NewState()
	}
	if cfg.Log == nil {
		cfg.Log = func(string) {}
	}
	a := &app{cfg: cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", a.health)
	mux.HandleFunc("GET /health/ready", a.ready)
	mux.HandleFunc("GET /health/live", a.live)
	mux.HandleFunc("GET /api/v1/status", a.status)
	mux.HandleFunc("GET /api/v1/db/ping", a.dbPing)
	mux.HandleFunc("GET /api/v1/me", a.me)
	mux.HandleFunc("POST /api/v1/users", a.register)
	mux.HandleFunc("POST /api/v1/auth/login", a.login)
	mux.HandleFunc("POST /api/v1/resources", a.signedIn(a.createResource))
	mux.HandleFunc("GET /api/v1/resources", a.signedIn(a.listResources))
	mux.HandleFunc("GET /api/v1/resources/{id}", a.signedIn(a.getResource))
	mux.HandleFunc("DELETE /api/v1/resources/{id}", a.signedIn(a.deleteResource))
	return a.misbehave(mux)
}

// noDatabase is what an unhealthy revision says of itself.
const noDatabase = "database: dial tcp 10.0.0.5:5432: connect: connection refused"

type app struct{ cfg Config }

func (a *app) misbehave(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Revision", a.cfg.Revision)
		if d := a.cfg.Behave.Latency(); d > 0 {
			t := time.NewTimer(d)
			defer t.Stop()
			select {
			case <-t.C:
			case <-r.Context().Done():
				return
			}
		}
		if a.cfg.Behave.Broken(r.URL.Path) {
			a.cfg.Log(a.cfg.Behave.Message())
			// As the debug page of a framework does, it repeats what it was sent, a secret too, and under a name that says
			// nothing of it. Nobody may pass that on.
			answer(w, http.StatusInternalServerError, map[string]any{
				"error": "internal error", "request": r.Method + " " + r.URL.Path, "caller": bearer(r),
			})
			return
		}
		isHealth := r.URL.Path == "/health" || strings.HasPrefix(r.URL.Path, "/health/")
		if !isHealth && a.cfg.Behave.fails() {
			a.cfg.Log(a.cfg.Behave.Message())
			answer(w, http.StatusInternalServerError, map[string]any{"error": "internal error"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (a *app) version() string {
	if v := a.cfg.Behave.Version(); v != "" {
		return v
	}
	if v := a.cfg.Env["VERSION"]; v != "" {
		return v
	}
	return a.cfg.Version
}

func (a *app) health(w http.ResponseWriter, _ *http.Request) {
	code, status := http.StatusOK, "ok"
	if a.cfg.Behave.Unhealthy() {
		code, status = http.StatusServiceUnavailable, "error"
		a.cfg.Log(noDatabase)
	}
	answer(w, code, map[string]any{
		"status": status, "version": a.version(), "timestamp": a.cfg.Now().UTC().Format(time.RFC3339),
	})
}

func (a *app) ready(w http.ResponseWriter, _ *http.Request) {
	code, status, database := http.StatusOK, "ready", "ok"
	if a.cfg.Behave.Unhealthy() {
		code, status, database = http.StatusServiceUnavailable, "not ready", "error"
		a.cfg.Log(noDatabase)
	}
	answer(w, code, map[string]any{
		"status": status, "checks": map[string]string{"database": database, "redis": "ok", "storage": "ok"},
	})
}

func (a *app) live(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"status":       "alive",
		"uptime":       int64(a.cfg.Now().Sub(a.cfg.Started) / time.Second),
		"memory_usage": "450MB/2GB",
	})
}

func (a *app) status(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"online": true})
}

func (a *app) dbPing(w http.ResponseWriter, _ *http.Request) {
	if a.cfg.Behave.Unhealthy() {
		a.cfg.Log(noDatabase)
		answer(w, http.StatusServiceUnavailable, map[string]any{"connected": false})
		return
	}
	answer(w, http.StatusOK, map[string]any{"connected": true})
}

func (a *app) me(w http.ResponseWriter, r *http.Request) {
	token := bearer(r)
	if want := a.cfg.Env["API_KEY"]; token == "" || want != "" && token != want {
		unauthorised(w)
		return
	}
	answer(w, http.StatusOK, map[string]any{"user": map[string]string{"id": "user-1", "email": "test@example.com"}})
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	// The client may be gone already; there is nobody else to tell.
	_ = json.NewEncoder(w).Encode(body)
}
