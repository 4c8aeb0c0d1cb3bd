package cloudsql

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
)

// The kinds of fault. The first six happen to a call, the others to an instance or an operation.
const (
	// Refuse answers with Code (default UNAVAILABLE) and does nothing.
	Refuse = "refuse"
	// Quota answers with RESOURCE_EXHAUSTED and does nothing.
	Quota = "quota"
	// Delay waits Delay before acting.
	Delay = "delay"
	// LateEffect waits Delay before acting, and acts even if the client has given up: the call was on its way.
	LateEffect = "late-effect"
	// LateAnswer acts at once and answers after Delay, if the client still waits. Like LoseAnswer it is not used up by
	// calls that would have been refused anyway.
	LateAnswer = "late-answer"
	// LoseAnswer acts and then answers with Code (default UNAVAILABLE). Calls that would have been refused anyway do not
	// use it up.
	LoseAnswer = "lose-answer"
	// BackupFails has a backup run end FAILED, with words that say why.
	BackupFails = "backup-fails"
	// OperationStuck leaves an operation RUNNING, and its instance busy, until the faults are cleared. Then it is carried
	// out. Method is the one that began it.
	OperationStuck = "operation-stuck"
	// NotRunning has an instance be SUSPENDED and refuse what would change it. Who is connected to its data notices
	// nothing. Method is not looked at; Count is how many answers show it.
	NotRunning = "not-running"
)

var faultKinds = []string{Refuse, Quota, Delay, LateEffect, LateAnswer, LoseAnswer, BackupFails, OperationStuck, NotRunning}

// Fault is one thing that goes wrong.
type Fault struct {
	Kind string
	// Method limits it to one call ("BackupRuns.Insert"); "" is any.
	Method string
	// Instance limits it to one instance, by short name; "" is any.
	Instance string
	// Code is the answer of Refuse and LoseAnswer, in gRPC's terms; OK means their default.
	Code codes.Code
	// Delay is used by Delay, LateEffect and LateAnswer.
	Delay time.Duration
	// Count is how often it happens; 0 is until it is cleared.
	Count int
}

// Faults holds what goes wrong. Several faults may be active, also of one kind; the first that fits is used.
type Faults struct {
	mu      sync.Mutex
	list    []Fault
	cleared chan struct{} // closed and made anew by Clear
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
	defer f.mu.Unlock()
	f.list = append(f.list, fault)
	return nil
}

// Clear switches off every fault of a kind, or all with "". What a fault has done already stays done, but for operations
// that are stuck: they go on.
func (f *Faults) Clear(kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.list = slices.DeleteFunc(f.list, func(x Fault) bool { return kind == "" || x.Kind == kind })
	if kind == "" || kind == OperationStuck {
		close(f.cleared)
		f.cleared = make(chan struct{})
	}
}

// Active lists what is switched on, with what is left of each count.
func (f *Faults) Active() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.list)
}

// untilCleared is closed by the next Clear that lets operations go on.
func (f *Faults) untilCleared() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.cleared
}

// active says whether a fault of an instance is on, without using it up.
func (f *Faults) active(kind, instance string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.list, func(x Fault) bool { return x.Kind == kind && (x.Instance == "" || x.Instance == instance) })
}

// take uses one occurrence of the first fault that fits.
func (f *Faults) take(kind, method, instance string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, x := range f.list {
		if x.Kind != kind || x.Method != "" && method != "" && x.Method != method || x.Instance != "" && x.Instance != instance {
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
