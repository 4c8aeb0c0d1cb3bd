package storetest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Databases is how many databases a Server has; each test can have one of its own.
const Databases = 512

// Server is a redis-server of a test, on a free port of the loopback address, with a folder of its own.
type Server struct {
	Addr string // host:port
	args []string
	dir  string

	process *os.Process // nil while it does not run
	exited  chan struct{}
}

// StartRedis starts redis-server with args after its usual ones, and ends it with the test. By default it keeps
// nothing on disk; "--appendonly", "yes" lets it remember over Kill and Start. It fails the test if redis-server
// is not installed: the store is only as good as the Redis it was tested with.
func StartRedis(t testing.TB, args ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is not installed: run make setup, or apt-get install redis-server, or brew install redis")
	}
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{dir: dir, args: args}
	t.Cleanup(func() {
		s.Kill()
		_ = os.RemoveAll(dir)
	})
	// Between finding a free port and taking it somebody else may take it.
	for range 5 {
		s.Addr = freeAddr(t)
		if err = s.start(t.Context()); err == nil {
			return s
		}
	}
	t.Fatalf("start redis-server: %v\n%s", err, s.log())
	return nil
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

// Start starts a killed server again: same address, same folder.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if err := s.start(t.Context()); err != nil {
		t.Fatalf("start redis-server again: %v\n%s", err, s.log())
	}
}

func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (s *Server) start(ctx context.Context) error {
	_, port, _ := net.SplitHostPort(s.Addr)
	file := filepath.Join(s.dir, "redis.conf")
	// Sentinel wants a file that it can write to.
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return err
	}
	args := append([]string{file, "--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--logfile", "redis.log",
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
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-exited:
			s.process = nil
			return fmt.Errorf("it ended by itself")
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

// answers says whether PING gets an answer; a server that is loading or asks for a password answers, too.
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
	text, _ := os.ReadFile(filepath.Join(s.dir, "redis.log"))
	return string(text)
}
