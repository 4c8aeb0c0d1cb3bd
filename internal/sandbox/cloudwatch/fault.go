package cloudwatch

import (
	"slices"
	"time"
)

// Fault is what goes wrong with the metrics, beside what goes wrong with every API (awsapi.Fault). The zero value is a
// healthy service; all of them may be combined. What was sampled meanwhile is there again when the fault is over.
type Fault struct {
	// Late shows new samples this much later. What could be read before stays readable.
	Late time.Duration
	// Missing has no samples at all.
	Missing bool
	// Unknown are names of metrics that were never reported.
	Unknown []string
	// NaN answers with values that are not a number.
	NaN bool
	// Partial answers GetMetricData with half of each metric's points, with the status PartialData and no next page.
	Partial bool
}

// SetFault replaces what goes wrong, for calls that arrive from now on.
func (s *Server) SetFault(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = s.horizon()
	f.Unknown = slices.Clone(f.Unknown)
	s.fault = f
}

// Fault is what goes wrong at present.
func (s *Server) Fault() Fault {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f := s.fault
	f.Unknown = slices.Clone(f.Unknown)
	return f
}

// horizon is up to when samples can be read. Under mu.
func (s *Server) horizon() time.Time {
	h := s.opts.Clock.Now().Add(-s.opts.Delay - s.fault.Late)
	if h.Before(s.shown) {
		return s.shown
	}
	return h
}

// hides says whether a metric is as if it had never been. Under mu.
func (s *Server) hides(name string) bool {
	return s.fault.Missing || slices.Contains(s.fault.Unknown, name)
}
