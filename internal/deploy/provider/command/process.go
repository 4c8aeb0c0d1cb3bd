package command

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// grace is how long a command may take to end once it is asked to, and how long what it has left running may hold on to
// its output.
const grace = 2 * time.Second

// process is one run of a file.
type process struct {
	file string
	args []string
	env  []string
	dir  string
}

// ended is how it came to its end.
type ended struct {
	well   bool
	status string // 7, or signal killed
	output *tail
	unmade error // it was not even begun
}

// run waits for the end. When ctx ends, the process and all that it has started, unless that has made itself a group of
// its own, are asked to end, and a moment later made to. What it leaves running in the background ends with it.
func (p *process) run(ctx context.Context) ended {
	e := ended{output: &tail{}}
	cmd := exec.CommandContext(ctx, p.file, p.args...) //nolint:gosec // a file of the catalog, which is what runs commands
	cmd.Env, cmd.Dir = p.env, p.dir
	cmd.Stdout, cmd.Stderr = e.output, e.output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	if err := cmd.Start(); err != nil {
		e.unmade = err
		return e
	}
	err := cmd.Wait()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // mostly nobody is left
	state := cmd.ProcessState
	// Who holds on to the output of a command that has ended well is none of its business.
	e.well = err == nil || errors.Is(err, exec.ErrWaitDelay) && state.Success() && ctx.Err() == nil
	e.status = statusOf(state.Sys())
	return e
}

func statusOf(sys any) string {
	ws, ok := sys.(syscall.WaitStatus)
	switch {
	case !ok:
		return "an unknown status"
	case ws.Signaled():
		return "signal " + ws.Signal().String()
	}
	return "status " + strconv.Itoa(ws.ExitStatus())
}
