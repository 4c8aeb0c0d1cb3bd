package cloudsql

import (
	"context"
	"errors"
	"math/rand"
	"net/http"
	"sync"
	"time"

	"slipway/internal/pgserver"
)

// How long operations take, unless Options say otherwise: a minute of the real ones is about a second here.
const (
	usualBackup  = time.Second
	usualClone   = 2 * time.Second
	usualRestore = 2 * time.Second
)

// Options of New; nil means all defaults.
type Options struct {
	// Backup, Clone and Restore are how long such operations take at least; 0 means 1 s, 2 s and 2 s.
	Backup, Clone, Restore time.Duration
	// RecordsOnly has instances be records even where PostgreSQL is installed.
	RecordsOnly bool
	// Now is the clock of what the API says; nil means time.Now. Data is written by the system's.
	Now func() time.Time
}

// Server is one practice Cloud SQL. Its methods may be called from any goroutine.
type Server struct {
	http *http.Server

	opts   Options
	data   bool
	calls  callLog
	faults Faults
	work   sync.WaitGroup
	ctx    context.Context //nolint:containedctx // it is the server's own life, ended by Close
	cancel context.CancelFunc

	mu         sync.Mutex
	closed     bool
	addr       string
	random     *rand.Rand
	instances  []*instance  // in the order in which they were made
	operations []*operation // the oldest first
}

// Installed says whether there is a PostgreSQL here, so that instances can have data.
func Installed() bool { return pgserver.Installed() }

// New makes a Cloud SQL without instances that does not listen yet. Names that it makes up follow from a fixed seed.
func New(opts *Options) *Server {
	s := &Server{random: rand.New(rand.NewSource(1))}
	if opts != nil {
		s.opts = *opts
	}
	for d, usual := range map[*time.Duration]time.Duration{&s.opts.Backup: usualBackup, &s.opts.Clone: usualClone, &s.opts.Restore: usualRestore} {
		if *d == 0 {
			*d = usual
		}
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	s.data = !s.opts.RecordsOnly && Installed()
	s.faults.cleared = make(chan struct{})
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.http = s.newHTTP()
	return s
}

// HasData says whether instances are PostgreSQL servers. Without, URL is empty, and backups, restores and clones are
// records.
func (s *Server) HasData() bool { return s.data }

// Faults is the switchboard of what goes wrong.
func (s *Server) Faults() *Faults { return &s.faults }

// Close ends operations where they are, ends every PostgreSQL server, removes their folders, and returns when nothing runs
// any more. Closing twice is harmless.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	errs := []error{s.hangUp()}
	s.work.Wait()

	s.mu.Lock()
	defer s.mu.Unlock()
	var closing sync.WaitGroup
	failed := make([]error, len(s.instances))
	for n, i := range s.instances {
		if i.data != nil {
			closing.Go(func() { failed[n] = i.data.close() })
		}
	}
	closing.Wait()
	s.instances = nil
	return errors.Join(append(errs, failed...)...)
}

// uuid is a new name. Under mu.
func (s *Server) uuid() string {
	var b [16]byte
	_, _ = s.random.Read(b[:]) // it never fails
	return formatUUID(b)
}
