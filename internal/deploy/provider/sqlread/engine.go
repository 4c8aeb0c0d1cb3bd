package sqlread

import (
	"container/list"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
	_ "unsafe" // for linkname

	"github.com/wasilibs/go-pgquery/parser"
)

// The library keeps every machine that it has compiled, 25 MB each, for as long as the process lives, and one that broke
// among them. These are its own variables: taken from it, the machine is closed by its finalizer.
//
//go:linkname machines github.com/wasilibs/go-pgquery/parser.abiPool
var machines *list.List

//go:linkname machinesMu github.com/wasilibs/go-pgquery/parser.abiPoolMu
var machinesMu sync.Mutex

// turn is had by who uses the parser. One at a time, and one for the process: a second that asks while the first is at work
// would make the library compile another machine.
var turn = make(chan struct{}, 1)

// loaded says whether there is a machine to be used again.
func loaded() bool {
	machinesMu.Lock()
	defer machinesMu.Unlock()
	return machines.Len() > 0
}

// unload gives the memory of the machine back, unless somebody uses it.
func unload() {
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	default:
		return
	}
	drop()
	runtime.GC() // runs the finalizer
	debug.FreeOSMemory()
}

func drop() {
	machinesMu.Lock()
	defer machinesMu.Unlock()
	machines.Init()
}

// parse gives the tree of a text as JSON. It returns when ctx ends, although the parser itself cannot be broken off.
func (r *Reader) parse(ctx context.Context, sql string) (tree string, err error) {
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	type answer struct {
		tree string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		defer func() { <-turn }()
		cold := !loaded()
		tree, err := try(sql)
		if cold {
			debug.FreeOSMemory() // compiling left ten times of what is kept
		}
		done <- answer{tree, err}
	}()
	select {
	case a := <-done:
		r.later()
		return a.tree, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// brokenError is a parser that broke.
type brokenError struct{ what any }

func (e *brokenError) Error() string { return fmt.Sprint("the parser broke: ", e.what) }

func try(sql string) (tree string, err error) {
	defer func() {
		if broke := recover(); broke != nil {
			drop() // what it left behind in its memory is not relied on
			err = &brokenError{broke}
		}
	}()
	return parser.ParseToJSON(sql)
}

// later unloads the parser when nothing was read for a while.
func (r *Reader) later() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timer == nil {
		r.timer = time.AfterFunc(r.keep, unload)
		return
	}
	r.timer.Reset(r.keep)
}
