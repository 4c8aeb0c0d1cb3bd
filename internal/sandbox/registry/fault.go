package registry

import (
	"net/http"
	"time"
)

// Fault is what goes wrong with the registry. The zero value is a healthy one; Slow may be combined
// with the others.
type Fault struct {
	// Down cuts the connection of every request.
	Down bool
	// Unauthorised refuses every request with 401.
	Unauthorised bool
	// Slow delays every request.
	Slow time.Duration
}

// SetFault replaces what goes wrong, for requests that arrive from now on.
func (r *Registry) SetFault(f Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = f
}

func (r *Registry) serve(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	fault := r.fault
	r.mu.Unlock()
	if fault.Slow > 0 {
		t := time.NewTimer(fault.Slow)
		defer t.Stop()
		select {
		case <-t.C:
		case <-req.Context().Done():
			return
		}
	}
	switch {
	case fault.Down:
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
	case fault.Unauthorised:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("WWW-Authenticate", `Basic realm="sandbox"`)
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`))
	default:
		r.store.ServeHTTP(w, req)
	}
}
