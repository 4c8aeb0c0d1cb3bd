package cloudrun

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
)

// The kinds of fault. The first six happen to a call, the others to the platform itself.
const (
	// Refuse answers with Code (default UNAVAILABLE) and does nothing.
	Refuse = "refuse"
	// Delay waits Delay before acting.
	Delay = "delay"
	// LateEffect waits Delay before acting, and acts even if the client has given up: the call was on its way.
	LateEffect = "late-effect"
	// NeverAnswer does nothing and holds the call until the client gives up.
	NeverAnswer = "never-answer"
	// LoseAnswer acts and then answers with Code (default DEADLINE_EXCEEDED; a cut connection reads as
	// UNAVAILABLE). Calls that would have been refused anyway do not use it up.
	LoseAnswer = "lose-answer"
	// LateAnswer acts at once and answers after Delay, if the client still waits. Like LoseAnswer it
	// spares calls that are refused.
	LateAnswer = "late-answer"
	// EtagConflict has somebody else change the service just before a call that carries an etag. Calls
	// without one win, as always. For UpdateService and DeleteService.
	EtagConflict = "etag-conflict"
	// SettleStuck starts to move traffic and never gets there; the next update of the service tries again.
	SettleStuck = "settle-stuck"
	// RevisionStuck leaves a new revision waiting for ever, neither ready nor failed.
	RevisionStuck = "revision-stuck"
	// TrafficSkew reports success while the traffic statuses, and the requests, stay as they were.
	TrafficSkew = "traffic-skew"
	// ExecutionFails has an execution of a job end badly without running anything. Service is the job's name.
	ExecutionFails = "execution-fails"
	// ExecutionStuck leaves a new execution of a job waiting until it is cancelled. Service is the job's name.
	ExecutionStuck = "execution-stuck"
)

var faultKinds = []string{
	Refuse, Delay, LateEffect, NeverAnswer, LoseAnswer, LateAnswer, EtagConflict, SettleStuck, RevisionStuck, TrafficSkew,
	ExecutionFails, ExecutionStuck,
}

// Fault is one thing that goes wrong.
type Fault struct {
	Kind string
	// Method limits it to one RPC ("UpdateService"); "" is any. Only for faults of calls.
	Method string
	// Service limits it to one service, by short name; "" is any.
	Service string
	// Code is the answer of Refuse and LoseAnswer; OK means their default.
	Code codes.Code
	// Delay is used by Delay, LateEffect and LateAnswer.
	Delay time.Duration
	// Count is how often it happens; 0 is until it is cleared.
	Count int
}

// Faults holds what goes wrong. Several faults may be active, also of one kind; the first that fits a
// call is used.
type Faults struct {
	wake *broadcast
	mu   sync.Mutex
	list []Fault
}

// Inject switches a fault on. An unknown kind or a negative count is an error.
func (f *Faults) Inject(fault Fault) error {
	if !slices.Contains(faultKinds, fault.Kind) {
		return fmt.Errorf("no fault is called %q; there are %v", fault.Kind, faultKinds)
	}
	if fault.Count < 0 {
		return fmt.Errorf("fault %s: count %d is negative", fault.Kind, fault.Count)
	}
	f.mu.Lock()
	f.list = append(f.list, fault)
	f.mu.Unlock()
	f.wake.signal()
	return nil
}

// Clear switches off every fault of a kind, or all with "". What a fault has done already stays done.
func (f *Faults) Clear(kind string) {
	f.mu.Lock()
	f.list = slices.DeleteFunc(f.list, func(x Fault) bool { return kind == "" || x.Kind == kind })
	f.mu.Unlock()
	f.wake.signal()
}

// Active lists what is switched on, with what is left of each count.
func (f *Faults) Active() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

// take uses one occurrence of the first fault that fits.
func (f *Faults) take(kind, method, service string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.list {
		if x.Kind != kind || x.Method != "" && x.Method != method || x.Service != "" && x.Service != service {
			continue
		}
		switch x.Count {
		case 0:
		case 1:
			f.list = slices.Delete(f.list, i, i+1)
		default:
			f.list[i].Count--
		}
		return x, true
	}
	return Fault{}, false
}
