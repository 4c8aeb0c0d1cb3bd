package workspace

import "time"

// A Fault is what goes wrong with a Web API method. Its fields combine: a delayed call may also lose its reply.
type Fault struct {
	Status     int           `json:"status,omitempty"`      // answer with this HTTP status instead of doing anything
	Error      string        `json:"error,omitempty"`       // answer ok:false with this error instead of doing anything
	RetryAfter time.Duration `json:"retry_after,omitempty"` // answer 429 with this header instead of doing anything
	Delay      time.Duration `json:"delay,omitempty"`       // wait before anything else
	LoseReply  bool          `json:"lose_reply,omitempty"`  // do it, then hang up without an answer
	Times      int           `json:"times,omitempty"`       // how many calls; 0 until it is cleared
}

// ResponseURL is the name under which posts to response_urls are logged and can be given faults.
const ResponseURL = "response_url"

type faultTable struct {
	faults     map[string]*Fault
	down       bool
	refuseAcks bool
}

// SetFault makes calls of a method go wrong; the method "*" means each that has no fault of its own.
// The zero Fault clears it.
func (w *Workspace) SetFault(method string, f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f == (Fault{}) {
		delete(w.faults, method)
		return
	}
	w.faults[method] = &f
}

// ClearFaults ends all faults of methods, lets acknowledgements through and forgets ghosts; it does not bring
// a workspace up that is down.
func (w *Workspace) ClearFaults() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = map[string]*Fault{}
	w.refuseAcks = false
	w.ghosts = 0
}

// fault takes the fault that the next call of the method meets. Callers hold mu.
func (t *faultTable) fault(method string) Fault {
	key := method
	f := t.faults[key]
	if f == nil {
		key = "*"
		f = t.faults[key]
	}
	if f == nil {
		return Fault{}
	}
	met := *f
	if f.Times == 1 {
		delete(t.faults, key)
	} else if f.Times > 1 {
		f.Times--
	}
	return met
}

// Down makes Slack unreachable, or reachable again: connections are cut, calls are hung up on, and people's
// commands fail with dispatch_failed.
func (w *Workspace) Down(down bool) {
	w.mu.Lock()
	w.down = down
	w.mu.Unlock()
	if down {
		w.DropConnections()
	}
}

// RefuseAcks loses every acknowledgement on its way, so that people see operation_timeout while the bot
// believes that it answered.
func (w *Workspace) RefuseAcks(refuse bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuseAcks = refuse
}

// GhostConnections makes Slack believe in n more connections that nobody reads: they count in hello, under
// the limit of ten, and get their share of the envelopes, which are lost. 0 makes them go away.
func (w *Workspace) GhostConnections(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ghosts = n
	w.touch()
}
