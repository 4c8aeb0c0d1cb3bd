package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stopWithin is how long a replica may take to end when it is asked to: the grace of its calls and a little.
const stopWithin = 25 * time.Second

// replica is one `bot run`. It is for one goroutine, but for exited.
type replica struct {
	cmd    *exec.Cmd
	log    string // file
	exited chan struct{}
	at     time.Time // of its end; to be read after exited
}

// spawn starts a replica; its log is kept in dir.
func spawn(dir, bot string, env []string) (*replica, error) {
	f, err := os.CreateTemp(dir, "bot-*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	r := &replica{cmd: exec.Command(bot, "run"), log: f.Name(), exited: make(chan struct{})} //nolint:noctx // it ends with stop or kill
	r.cmd.Env, r.cmd.Stderr = append(os.Environ(), env...), f
	if err := r.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a replica: %w", err)
	}
	go func() {
		defer close(r.exited)
		_ = r.cmd.Wait()
		r.at = time.Now()
	}()
	return r, nil
}

func (r *replica) pid() int { return r.cmd.Process.Pid }

// owns says whether an owner, as the store has it, is this replica: host/process/… .
func (r *replica) owns(owner string) bool {
	return strings.Contains(owner, fmt.Sprintf("/%d", r.pid()))
}

func (r *replica) gone() bool {
	select {
	case <-r.exited:
		return true
	default:
		return false
	}
}

func (r *replica) signal(s syscall.Signal) { _ = r.cmd.Process.Signal(s) }

// kill ends it as a crash does.
func (r *replica) kill() {
	r.signal(syscall.SIGKILL)
	<-r.exited
}

// stop asks it to end and waits, also if it is paused.
func (r *replica) stop() error {
	r.signal(syscall.SIGTERM)
	r.signal(syscall.SIGCONT)
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	select {
	case <-r.exited:
		return nil
	case <-timer.C:
		r.kill()
		return fmt.Errorf("a replica did not end within %s of being asked to; %s", stopWithin, r.lastWords())
	}
}

// resigned counts how often it has let go of a release because another has it, or may have.
func (r *replica) resigned() int {
	text, _ := os.ReadFile(r.log)
	return strings.Count(string(text), "another replica drives this release now") + strings.Count(string(text), "the release is left for the next look")
}

func (r *replica) lastWords() string {
	const lines = 15
	text, err := os.ReadFile(r.log)
	if errors.Is(err, os.ErrNotExist) {
		return "no log"
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return filepath.Base(r.log) + ":\n" + strings.Join(all[max(0, len(all)-lines):], "\n")
}
