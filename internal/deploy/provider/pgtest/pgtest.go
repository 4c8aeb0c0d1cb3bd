// Package pgtest starts a PostgreSQL server of one's own, for tests and for measuring: on a free port of the loopback
// address, with a folder that goes with it. It never touches a server that it did not start, and knows nothing of what is
// stored there. PostgreSQL does not run as root: there it is started as the user postgres, or nobody.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The owner of everything in a Server.
const (
	User     = "slipway"
	Password = "p@ss/w:rd?#%" // has to be escaped in an address
)

// ErrNotInstalled says that there is no PostgreSQL here, and how to get one.
var ErrNotInstalled = errors.New("postgres and initdb are not installed: run make setup, or apt-get install postgresql, or brew install postgresql")

// startWithin bounds the wait for a server to be ready: with a cold disk initdb alone takes seconds.
const startWithin = 60 * time.Second

// Server is one PostgreSQL server, with a database postgres. It is for one goroutine.
type Server struct {
	Addr     string // host:port
	Dir      string // its folder
	bin      string
	settings []string
	as       account

	process *os.Process // nil while it does not run
	exited  chan struct{}
}

// Start makes a cluster, starts a server on it with settings such as "max_connections=5" after its usual ones, and waits
// until it is ready. What it answers is on disk only as far as the system has written it: it survives Kill, not the
// machine. ctx bounds the start, not the server's life: that ends with Close. ErrNotInstalled if there is none to start.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, settings: settings}
	if s.as, err = unprivileged(); err != nil {
		return nil, err
	}
	if s.Dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := s.make(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("make a cluster: %w", err), s.Close())
	}
	// Between finding a free port and taking it somebody else may take it.
	for range 5 {
		if s.Addr, err = freeAddr(); err != nil {
			break
		}
		if err = s.start(ctx); err == nil {
			return s, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("start postgres: %w\n%s", err, s.log()), s.Close())
}

// URL is the address of a database, with User and Password in it.
func (s *Server) URL(database string) string {
	return "postgres://" + User + ":p%40ss%2Fw%3Ard%3F%23%25@" + s.Addr + "/" + database + "?sslmode=disable"
}

// Kill ends the server as a crash would. It may be called twice.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Kill()
	<-s.exited
	s.process = nil
}

// Restart starts a killed server again: same address, same folder. It recovers what it had confirmed.
func (s *Server) Restart(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.start(ctx)
		if err == nil {
			return nil
		}
		// The processes of its connections outlive a killed server for a moment, and keep another from starting.
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("start postgres again: %w\n%s", err, s.log())
		}
	}
}

// Close ends the server and removes its folder. Those who are still connected are cut off.
func (s *Server) Close() error {
	if s.process != nil {
		// Immediate shutdown, which also ends the processes of its connections; a kill would leave them for a moment.
		_ = s.process.Signal(quit)
		select {
		case <-s.exited:
			s.process = nil
		case <-time.After(startWithin):
			s.Kill()
		}
	}
	return os.RemoveAll(s.Dir)
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func (s *Server) data() string { return filepath.Join(s.Dir, "data") }

// make creates the cluster.
func (s *Server) make(ctx context.Context) error {
	password := filepath.Join(s.Dir, "password")
	if err := os.WriteFile(password, []byte(Password+"\n"), 0o600); err != nil {
		return err
	}
	for _, path := range []string{s.Dir, password} {
		if err := s.as.own(path); err != nil {
			return err
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "initdb"), "-D", s.data(), "-U", User, "--pwfile", password,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	cmd.Dir, cmd.SysProcAttr = s.Dir, s.as.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return nil
}

func (s *Server) start(ctx context.Context) error {
	_, port, _ := net.SplitHostPort(s.Addr)
	args := []string{"-D", s.data(), "-p", port, "-k", s.Dir}
	for _, set := range append([]string{"listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=16MB", "max_connections=20"}, s.settings...) {
		args = append(args, "-c", set)
	}
	log, err := os.OpenFile(filepath.Join(s.Dir, "postgres.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...) // it ends with Close, not with the context of a call
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = s.Dir, s.as.attributes(), log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		_ = cmd.Wait()
	}()
	s.process, s.exited = cmd.Process, exited
	return s.await(ctx)
}

// await returns when the server is ready; one that does not become so is killed.
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
			if s.ready() {
				return nil
			}
		}
	}
}

// ready reads the file in which a server says who it is, in the first line, and how it stands, in the eighth. It may be
// that of a server that was killed.
func (s *Server) ready() bool {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	return err == nil && len(lines) > 7 && lines[0] == strconv.Itoa(s.process.Pid) && strings.TrimSpace(lines[7]) == "ready"
}

func (s *Server) log() string {
	text, _ := os.ReadFile(filepath.Join(s.Dir, "postgres.log"))
	return string(text)
}
