package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	quit        = syscall.SIGQUIT // asks a server for an immediate shutdown
	inOrder     = syscall.SIGINT  // asks for a fast one: connections are cut, everything is written
	settleAfter = 10 * time.Second
)

// process is a server that runs.
type process struct {
	process *os.Process
	exited  chan struct{}
}

// launch starts it on a thread that is kept until it has ended: see endWithUs.
func launch(cmd *exec.Cmd) (*process, error) {
	p := &process{exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(p.exited)
		err := cmd.Start()
		p.process = cmd.Process
		started <- err
		if err == nil {
			_ = cmd.Wait() // why it ended is in its log
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	return p, nil
}

// await returns when the server is ready.
func (p *process) await(ctx context.Context, data string) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-p.exited:
			return errors.New("it ended by itself")
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if p.ready(data) {
				return nil
			}
		}
	}
}

// ready reads the file in which a server says who it is, in the first line, and how it stands, in the eighth. It may be
// that of a server that was killed.
func (p *process) ready(data string) bool {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	return err == nil && len(lines) > 7 && lines[0] == strconv.Itoa(p.process.Pid) && strings.TrimSpace(lines[7]) == "ready"
}

func (p *process) stop(ctx context.Context) error {
	_ = p.process.Signal(inOrder)
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
		p.quit()
		return fmt.Errorf("stop postgres: %w", ctx.Err())
	}
}

// quit is an immediate shutdown, which also ends the processes of its connections; a kill would leave them for a moment.
func (p *process) quit() {
	_ = p.process.Signal(quit)
	late := time.NewTimer(settleAfter)
	defer late.Stop()
	select {
	case <-p.exited:
	case <-late.C:
		p.kill()
	}
}

func (p *process) kill() {
	_ = p.process.Kill()
	<-p.exited
}
