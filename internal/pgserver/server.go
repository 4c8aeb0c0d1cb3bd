package pgserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// startWithin bounds the wait for a server to be ready: with a cold disk initdb alone takes seconds.
const startWithin = 60 * time.Second

// Options of New.
type Options struct {
	// User owns everything, and Password is its password.
	User, Password string
	// Settings such as "max_connections=5" come after the usual ones.
	Settings []string
	// Initdb are further arguments of initdb.
	Initdb []string
}

// Server is one PostgreSQL server, with a database postgres. It is for one goroutine at a time.
type Server struct {
	Addr string // host:port, from the first Start on; it stays the same
	Dir  string // its folder

	options Options
	bin     string
	as      account
	running *process // nil while it does not run
}

// New makes a folder for a server, and nothing in it: next comes Init, or whatever makes Data. ErrNotInstalled if there is
// no PostgreSQL. Close removes the folder.
func New(o Options) (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	s := &Server{options: o, bin: bin, as: as}
	if s.Dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if err := as.own(s.Dir); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Start makes a server with a new cluster and waits until it is ready. What it answers is on disk only as far as the
// system has written it: it survives Kill, not the machine. ctx bounds the start, not the server's life: that ends with
// Close. ErrNotInstalled if there is none to start.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	if err := s.Init(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.Start(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// URL is the address of a database, with user and password in it.
func (s *Server) URL(database string) string {
	return Address(s.Addr, s.options.User, s.options.Password, database)
}

// Address is the postgres:// address of a database on a server that has no certificate.
func Address(addr, user, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Host: addr, Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// Data is the cluster's folder.
func (s *Server) Data() string { return filepath.Join(s.Dir, "data") }

// Init creates the cluster.
func (s *Server) Init(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	password := filepath.Join(s.Dir, "password")
	if err := os.WriteFile(password, []byte(s.options.Password+"\n"), 0o600); err != nil {
		return err
	}
	if err := s.Own(password); err != nil {
		return err
	}
	args := append([]string{"-D", s.Data(), "-U", s.options.User, "--pwfile", password, "-A", "scram-sha-256", "-E", "UTF8",
		"--locale=C", "--no-sync", "--no-instructions"}, s.options.Initdb...)
	if err := s.Run(ctx, filepath.Join(s.bin, "initdb"), args...); err != nil {
		return fmt.Errorf("make a cluster: %w", err)
	}
	return nil
}

// Own gives a file of Dir to the account that the server runs as.
func (s *Server) Own(path string) error { return s.as.own(path) }

// Run runs a program in Dir, as the account that the server runs as.
func (s *Server) Run(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.SysProcAttr = s.Dir, s.as.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, out)
	}
	return nil
}

// Start starts the server on its cluster and waits until it is ready, with settings for this time after those of Options.
// One that has run before gets the address that it had.
func (s *Server) Start(ctx context.Context, settings ...string) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if s.Addr != "" {
		return s.again(ctx, settings)
	}
	var err error
	// Between finding a free port and taking it somebody else may take it.
	for range 5 {
		if s.Addr, err = freeAddr(); err != nil {
			break
		}
		if err = s.start(ctx, settings); err == nil {
			return nil
		}
		if !s.inTheWay() {
			break
		}
	}
	s.Addr = ""
	return fmt.Errorf("start postgres: %w\n%s", err, s.log())
}

// Restart starts a killed server again: same address, same folder. It recovers what it had confirmed.
func (s *Server) Restart(ctx context.Context) error { return s.Start(ctx) }

// again starts it where it was, until nothing is in the way.
func (s *Server) again(ctx context.Context, settings []string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.start(ctx, settings)
		if err == nil {
			return nil
		}
		if !s.inTheWay() {
			return fmt.Errorf("start postgres again: %w\n%s", err, s.log())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("start postgres again: %w\n%s", err, s.log())
		}
	}
}

// inTheWay says whether it could not start for now: the processes of its connections outlive a killed server for a moment,
// and the port may be somebody else's just then.
func (s *Server) inTheWay() bool {
	log := s.log()
	return slices.ContainsFunc([]string{"is still in use", "already exists", "could not bind"}, func(words string) bool { return strings.Contains(log, words) })
}

func (s *Server) start(ctx context.Context, settings []string) error {
	_, port, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return err
	}
	args := []string{"-D", s.Data(), "-p", port, "-k", s.Dir}
	usual := []string{"listen_addresses=127.0.0.1", "fsync=off", "shared_buffers=16MB", "max_connections=20"}
	for _, set := range slices.Concat(usual, s.options.Settings, settings) {
		args = append(args, "-c", set)
	}
	// What it says is about this start alone: the last words of another one are not the reason for anything.
	log, err := os.OpenFile(filepath.Join(s.Dir, "postgres.log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(filepath.Join(s.bin, "postgres"), args...) //nolint:noctx // it ends with Close, not with the context of a call
	cmd.Dir, cmd.SysProcAttr, cmd.Stdout, cmd.Stderr = s.Dir, s.as.attributes(), log, log
	cmd.Env = append(os.Environ(), "LC_ALL=C") // what it says is read
	p, err := launch(cmd)
	if err != nil {
		return err
	}
	s.running = p
	if err := p.await(ctx, s.Data()); err != nil {
		p.quit()
		s.running = nil
		return err
	}
	return nil
}

// Stop ends the server in order: who is connected is cut off, what was written is on disk, and its archive is complete.
// One that does not run stays so. If ctx ends first it is killed, and the error says so.
func (s *Server) Stop(ctx context.Context) error {
	if s.running == nil {
		return nil
	}
	err := s.running.stop(ctx)
	s.running = nil
	return err
}

// Kill ends the server as a crash would. It may be called twice.
func (s *Server) Kill() {
	if s.running != nil {
		s.running.kill()
		s.running = nil
	}
}

// Close ends the server and removes its folder. Those who are still connected are cut off.
func (s *Server) Close() error {
	if s.running != nil {
		s.running.quit()
		s.running = nil
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

func (s *Server) log() string {
	text, _ := os.ReadFile(filepath.Join(s.Dir, "postgres.log"))
	return string(text)
}
