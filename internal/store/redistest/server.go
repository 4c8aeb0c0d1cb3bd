// Package redistest starts a redis-server of one's own, for tests and for measuring: on a free port of the loopback
// address, with a folder that goes with it. It never touches a Redis that it did not start, and knows nothing of
// what is stored there.
package redistest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Databases is how many databases a Server has; each user can have one of its own.
const Databases = 512

// ErrNotInstalled says that there is no redis-server on PATH, and how to get one.
var ErrNotInstalled = errors.New("redis-server is not installed: run make setup, or apt-get install redis-server, or brew install redis")

// startWithin bounds the wait for the first answer of a server.
const startWithin = 20 * time.Second

// Server is one redis-server. It is for one goroutine.
type Server struct {
	Addr string // host:port
	Dir  string // its folder
	args []string

	process *os.Process // nil while it does not run
	exited  chan struct{}
}

// Start starts redis-server with args after its usual ones and waits until it answers. By default it keeps nothing
// on disk; "--appendonly", "yes" lets it remember over Kill and Restart. ctx bounds the start, not the server's
// life: that ends with Close. ErrNotInstalled if there is none to start.
func Start(ctx context.Context, args ...string) (*Server, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return nil, ErrNotInstalled
	}
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		return nil, err
	}
	s := &Server{Dir: dir, args: args}
	// Between finding a free port and taking it somebody else may take it.
	for range 5 {
		if s.Addr, err = freeAddr(); err != nil {
			break
		}
		if err = s.start(ctx); err == nil {
			return s, nil
		}
	}
	err = fmt.Errorf("start redis-server: %w\n%s", err, s.log())
	return nil, errors.Join(err, s.Close())
}

// URL is the address of one of its databases, in the form of REDIS_URL.
func (s *Server) URL(db int) string { return fmt.Sprintf("redis://%s/%d", s.Addr, db) }

// Kill ends the server as a crash would. It may be called twice.
func (s *Server) Kill() {
	if s.process != nil {
		_ = s.process.Kill()
		<-s.exited
		s.process = nil
	}
}

// Restart starts a killed server again: same address, same folder.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.start(ctx); err != nil {
		return fmt.Errorf("start redis-server again: %w\n%s", err, s.log())
	}
	return nil
}

// Close ends the server and removes its folder.
func (s *Server) Close() error {
	s.Kill()
	return os.RemoveAll(s.Dir)
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *Server) start(ctx context.Context) error {
	_, port, _ := net.SplitHostPort(s.Addr)
	file := filepath.Join(s.Dir, "redis.conf")
	// Sentinel wants a file that it can write to.
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	args := append([]string{file, "--bind", "127.0.0.1", "--port", port, "--dir", s.Dir, "--logfile", "redis.log",
		"--save", "", "--databases", fmt.Sprint(Databases), "--repl-diskless-sync-delay", "0"}, s.args...)
	cmd := exec.Command("redis-server", args...) // it ends with Kill, not with the context of a call
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait()
	}()
	s.process, s.exited = cmd.Process, exited
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	return s.await(ctx)
}

// await returns when the server answers; one that does not is killed.
func (s *Server) await(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-s.exited:
			s.process = nil
			return errors.New("it ended by itself")
		case <-ctx.Done():
			s.Kill()
			return ctx.Err()
		case <-tick.C:
			if answers(s.Addr) {
				return nil
			}
		}
	}
}

// answers says whether PING gets an answer; a server that asks for a password answers, too, one that is still
// loading does not count.
func answers(addr string) bool {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return err == nil && !strings.HasPrefix(line, "-LOADING")
}

func (s *Server) log() string {
	text, _ := os.ReadFile(filepath.Join(s.Dir, "redis.log"))
	return string(text)
}
