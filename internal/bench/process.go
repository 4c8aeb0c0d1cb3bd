package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopWithin is how long a process may take to end when it is asked to.
const stopWithin = 20 * time.Second

// errEnded is that a child ended before it was asked to.
var errEnded = errors.New("it ended by itself")

// process is a child: the bot, or the floor.
type process struct {
	cmd    *exec.Cmd
	log    string // file with what it wrote to standard error
	exited chan struct{}
	err    error // of its end; to be read after exited
}

// spawn starts a program. Its log is kept in the file, to be shown if it ends by itself.
func spawn(log string, env []string, name string, args ...string) (*process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	cmd := exec.Command(name, args...) //nolint:noctx // it ends with stop, which lets it close in good order
	cmd.Env, cmd.Stderr = append(os.Environ(), env...), out
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd, log: log, exited: make(chan struct{})}
	go func() {
		defer close(p.exited)
		p.err = cmd.Wait()
	}()
	return p, nil
}

// alive is ctx for as long as the process runs; its cause is then what the process said last.
func (p *process) alive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-p.exited:
			cancel(fmt.Errorf("%s: %w; its last words:\n%s", p.cmd.Path, errors.Join(errEnded, p.err), p.lastWords()))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

func (p *process) lastWords() string {
	const lines = 20
	text, _ := os.ReadFile(p.log)
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// stop asks the process to end and waits for it.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	timer := time.NewTimer(stopWithin)
	defer timer.Stop()
	select {
	case <-p.exited:
		return nil
	case <-timer.C:
		_ = p.cmd.Process.Kill()
		<-p.exited
		return fmt.Errorf("%s did not end within %s", p.cmd.Path, stopWithin)
	}
}

// resident is the memory of the process that is in RAM, in bytes.
func (p *process) resident(ctx context.Context) (int64, error) {
	pid := strconv.Itoa(p.cmd.Process.Pid)
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if errors.Is(err, os.ErrNotExist) { // not Linux
		out, err := exec.CommandContext(ctx, "ps", "-o", "rss=", "-p", pid).Output()
		if err != nil {
			return 0, fmt.Errorf("ask ps for the memory of the bot: %w", err)
		}
		return kilobytes(string(out))
	}
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return kilobytes(strings.TrimSuffix(strings.TrimSpace(rest), "kB"))
		}
	}
	return 0, errors.New("the status of the bot's process has no VmRSS")
}

func kilobytes(text string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return n * 1024, err
}

// spent is how long the process has been on a core since it began.
func (p *process) spent(ctx context.Context) (time.Duration, error) {
	pid := strconv.Itoa(p.cmd.Process.Pid)
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if errors.Is(err, os.ErrNotExist) { // not Linux
		out, err := exec.CommandContext(ctx, "ps", "-o", "time=", "-p", pid).Output()
		if err != nil {
			return 0, fmt.Errorf("ask ps for the time of the bot: %w", err)
		}
		minutes, seconds, _ := strings.Cut(strings.TrimSpace(string(out)), ":")
		return time.ParseDuration(minutes + "m" + seconds + "s")
	}
	if err != nil {
		return 0, err
	}
	return ticks(string(stat))
}

// ticks reads utime and stime, the 14th and 15th fields of /proc/…/stat, in hundredths of a second on every Linux that
// Go runs on. The second is the name of the program, in parentheses, and may have blanks.
func ticks(stat string) (time.Duration, error) {
	_, rest, _ := strings.Cut(stat, ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("the stat of the bot's process is cut short")
	}
	user, err := strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * (time.Second / 100), err
}
