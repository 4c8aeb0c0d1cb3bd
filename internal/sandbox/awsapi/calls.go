package awsapi

import (
	"fmt"
	"sync"
	"time"
)

// Call is one call as it was heard.
type Call struct {
	// At is when it arrived, on the server's clock.
	At time.Time
	// API and Operation are what was asked; of a call that nobody serves they are as far as they were understood.
	API, Operation string
	// Done says that it was carried out or refused; Code means something only then. Code is "" of one that was carried out.
	Done bool
	Code string
	// Fault is what went wrong with it on demand, or "".
	Fault FaultKind
	// Input is the SDK's type of the request, a pointer; nil where nobody serves it. It is for reading only.
	Input any
}

// String is the call on one line, without what it said.
func (c Call) String() string {
	came := "(unanswered)"
	if c.Done {
		came = "OK"
		if c.Code != "" {
			came = c.Code
		}
	}
	line := fmt.Sprintf("%s.%s → %s", c.API, c.Operation, came)
	if c.Fault != "" {
		line += " (" + string(c.Fault) + ")"
	}
	return line
}

// calls is the log of them.
type calls struct {
	mu    sync.Mutex
	list  []*Call
	heard []func(Call)
}

// Calls are all calls so far, in order of arrival.
func (s *Server) Calls() []Call {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	list := make([]Call, len(s.calls.list))
	for i, c := range s.calls.list {
		list[i] = *c
	}
	return list
}

// ForgetCalls empties the log.
func (s *Server) ForgetCalls() {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.list = nil
}

// OnCall has f told of every call twice: when it arrived, and, with Done, when it came to something, which is before it is
// answered. f runs on the call's own goroutine and holds it up; it may be called for several calls at once.
func (s *Server) OnCall(f func(Call)) {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.heard = append(s.calls.heard, f)
}

func (l *calls) arrived(c *Call) {
	l.mu.Lock()
	l.list = append(l.list, c)
	l.tell(c)
}

func (l *calls) done(c *Call, code string) {
	l.mu.Lock()
	c.Done, c.Code = true, code
	l.tell(c)
}

// went notes the fault that befell a call.
func (l *calls) went(c *Call, kind FaultKind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.Fault = kind
}

// tell lets go of mu, so that who hears of a call may ask about it.
func (l *calls) tell(c *Call) {
	told, heard := *c, l.heard[:len(l.heard):len(l.heard)]
	l.mu.Unlock()
	for _, f := range heard {
		f(told)
	}
}
