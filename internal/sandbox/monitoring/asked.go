package monitoring

import (
	"slices"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
)

// mostAsked is how many questions are remembered.
const mostAsked = 10_000

// Asked is a question for time series that has arrived, whatever came of it.
type Asked struct {
	At     time.Time
	Filter string
}

// Asked lists the questions, oldest first: the newest 10,000 since the beginning or ForgetAsked.
func (s *Server) Asked() []Asked {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// ForgetAsked begins the list anew.
func (s *Server) ForgetAsked() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = nil
}

func (s *Server) note(req any) {
	r, ok := req.(*monitoringpb.ListTimeSeriesRequest)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.asked) == mostAsked {
		s.asked = slices.Delete(s.asked, 0, mostAsked/10)
	}
	s.asked = append(s.asked, Asked{At: s.opts.Clock.Now(), Filter: r.GetFilter()})
}
