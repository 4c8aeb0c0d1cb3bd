package awsapi

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// FaultKind is a way in which a call goes wrong.
type FaultKind string

// The kinds of fault. What happens after a call was carried out is not used up by calls that were refused anyway.
const (
	Refuse      FaultKind = "refuse"       // answered with Error, by default a ThrottlingException; nothing is carried out
	LoseAnswer  FaultKind = "lose-answer"  // carried out, and then the connection is cut
	NeverAnswer FaultKind = "never-answer" // nothing is carried out, and nothing is said until the caller goes
	Late        FaultKind = "late"         // carried out at once, and answered after Delay
	Expired     FaultKind = "expired"      // refused as one with an expired token
)

// FaultKinds are all of them.
var FaultKinds = []FaultKind{Refuse, LoseAnswer, NeverAnswer, Late, Expired}

// Fault is one thing that goes wrong with calls.
type Fault struct {
	Kind FaultKind
	// Operation limits it to one: "DescribeServices", or of one API only "ecs.DescribeServices"; "" is any.
	Operation string
	// Count is how often it happens; 0 is until ClearFaults.
	Count int
	// Error is what Refuse answers with; without a code it is a ThrottlingException.
	Error Error
	// Delay is that of Late.
	Delay time.Duration
}

// faults holds what goes wrong. Of several that fit, the first is used.
type faults struct {
	mu   sync.Mutex
	list []Fault
}

// Inject switches a fault on, for calls that arrive from now on.
func (s *Server) Inject(f Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = append(s.faults.list, f)
}

// ClearFaults switches every fault off. What a fault has done already stays done; a call that is not being answered is not
// answered later.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// Faults lists what is switched on, with what is left of each count.
func (s *Server) Faults() []Fault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return slices.Clone(s.faults.list)
}

// Serves says whether there is an operation of a name as Fault.Operation has it, so that a fault of it can befall a call.
func (s *Server) Serves(operation string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	bare := operation[strings.LastIndexByte(operation, '.')+1:]
	return slices.ContainsFunc(s.apis, func(a *API) bool {
		_, there := a.Operations[bare]
		return there && a.is(bare, operation)
	})
}

// take uses one occurrence of the first fault of one of the kinds that fits.
func (f *faults) take(api *API, operation string, kinds ...FaultKind) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.list {
		if !slices.Contains(kinds, x.Kind) || x.Operation != "" && !api.is(operation, x.Operation) {
			continue
		}
		switch {
		case x.Count == 1:
			f.list = slices.Delete(f.list, i, i+1)
		case x.Count > 1:
			f.list[i].Count--
		}
		return x, true
	}
	return Fault{}, false
}
