package secrets

import "slices"

// Fault is what goes wrong with Secret Manager. The zero value is a healthy one; all of them may be combined.
type Fault struct {
	// Down answers every call with UNAVAILABLE.
	Down bool
	// Missing are secrets that do not exist, neither for callers nor for Cloud Run.
	Missing []string
	// Denied are secrets that callers may not look at. The account that revisions run as may: it is another one.
	Denied []string
}

// SetFault replaces what goes wrong, for calls that arrive from now on.
func (s *Server) SetFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = Fault{Down: f.Down, Missing: slices.Clone(f.Missing), Denied: slices.Clone(f.Denied)}
}

// Fault is what goes wrong at present.
func (s *Server) Fault() Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Fault{Down: s.fault.Down, Missing: slices.Clone(s.fault.Missing), Denied: slices.Clone(s.fault.Denied)}
}
