package phase

import "sync"

// together runs calls at the same time. A panic of one of them is handed to whoever waits, which is a runner: the
// engine catches it there, as it does any other.
type together struct {
	calls sync.WaitGroup
	mu    sync.Mutex
	fatal any
}

// begin starts a call.
func (t *together) begin(call func()) {
	t.calls.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				t.mu.Lock()
				defer t.mu.Unlock()
				t.fatal = p
			}
		}()
		call()
	})
}

// wait returns when all calls have.
func (t *together) wait() {
	t.calls.Wait()
	if t.fatal != nil {
		panic(t.fatal) //nolint:forbidigo // it is somebody else's, on its way to the engine
	}
}
