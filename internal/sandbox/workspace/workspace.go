// Package workspace is a Slack workspace to practise in: a server that speaks Slack's Web API and Socket Mode
// on loopback, and people who type and click in it. A bot written for Slack runs against it unchanged, and what
// Slack refuses is refused here with Slack's words: spent tickets and triggers, late acknowledgements, blocks
// over their limits, calls over their rate.
//
// It never reaches a network of its own accord, keeps nothing on disk, and imports no Slack client library,
// so that no library's understanding of the protocol is tested against itself. Where Slack's behaviour is not
// documented, the stricter reading is taken and the comment says so.
//
// Start with New and Handler for the bot's side, people.go and click.go for the side of the people, faults.go
// for bad days. What Slack knows about blocks is in the package blockkit.
package workspace

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"sync"
	"time"
)

// The tokens that the practice workspace takes. They are public: nothing but this package accepts them.
const (
	AppToken = "xapp-1-A0SLIPWAY-1-practice"
	BotToken = "xoxb-0-0-practice"
)

// The app and the team that the bot finds itself in.
const (
	TeamID     = "T0SLIPWAY"
	TeamDomain = "practice"
	AppID      = "A0SLIPWAY"
	BotUserID  = "U0SLIPWAY"
	BotID      = "B0SLIPWAY"
)

// Options changes what a workspace is made of; a zero field means its default.
type Options struct {
	Now  func() time.Time                 // default time.Now; expiries and rates follow it, waiting for acks does not
	Log  func(format string, args ...any) // default: nowhere
	Rand *rand.Rand                       // which connection gets an envelope; default: seeded by the clock
	Zone *time.Location                   // the zone that people read dates in; default UTC

	AckWithin                time.Duration // default 3 s, as Slack
	AcceptAckOnAnyConnection bool          // whether real Slack does is not known; the strict reading is the default
	PingEvery                time.Duration // default 10 s; clients give up after 30 s without one
	Limits                   Limits        // default: Slack's documented tiers

	Scopes   []string // granted to the bot token; default DefaultScopes
	Commands []string // slash commands of the app; default /deploy, /promote, /rollback
	People   []Person
	Channels []Channel
	Groups   []Group
}

// DefaultScopes are enough for every method that the workspace offers.
var DefaultScopes = []string{
	"commands", "chat:write", "channels:read", "channels:history", "channels:join", "users:read",
	"usergroups:read", "team:read", "reactions:write", "files:write",
}

// Workspace is one practice workspace with one app installed. All methods may be called from any goroutine.
type Workspace struct {
	opts Options

	mu      sync.Mutex // guards all below
	baseURL string
	changed chan struct{}
	lastTS  int64 // microseconds; message timestamps are unique and ascending

	directory
	socket
	limiter
	faultTable
	interactions
	uploads       map[string]*upload
	calls         []Call
	notifications map[string][]Notification

	done    chan struct{}
	closed  bool
	running sync.WaitGroup
}

// New makes a workspace; nil options mean the default people, channels and limits.
func New(options *Options) *Workspace {
	var o Options
	if options != nil {
		o = *options
	}
	o.fill()
	w := &Workspace{
		opts:          o,
		changed:       make(chan struct{}),
		uploads:       map[string]*upload{},
		notifications: map[string][]Notification{},
		done:          make(chan struct{}),
	}
	w.directory = newDirectory(&o)
	w.socket = newSocket()
	w.limiter = limiter{limits: o.Limits, buckets: map[string]*bucket{}}
	w.faultTable = faultTable{faults: map[string]*Fault{}}
	w.interactions = newInteractions()
	return w
}

func (o *Options) fill() {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewSource(o.Now().UnixNano()))
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.AckWithin == 0 {
		o.AckWithin = 3 * time.Second
	}
	if o.PingEvery == 0 {
		o.PingEvery = 10 * time.Second
	}
	if o.Scopes == nil {
		o.Scopes = DefaultScopes
	}
	if o.Commands == nil {
		o.Commands = []string{"/deploy", "/promote", "/rollback"}
	}
	if o.People == nil {
		o.People = DefaultPeople()
	}
	if o.Channels == nil {
		o.Channels = DefaultChannels()
	}
	if o.Groups == nil {
		o.Groups = DefaultGroups()
	}
}

// SetBaseURL says how the bot reaches Handler, such as http://127.0.0.1:7700. Without it the workspace takes
// the host that the bot called first.
func (w *Workspace) SetBaseURL(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.baseURL = url
}

// Close ends every connection and waits for them. It may be called twice.
func (w *Workspace) Close() error {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.done)
	}
	conns := w.conns
	w.mu.Unlock()
	for _, c := range conns {
		c.hangUp()
	}
	w.running.Wait()
	return nil
}

// Changed is closed at the next change of anything that people can see or that Calls and Envelopes report.
func (w *Workspace) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

// Wait returns when cond holds. It asks at once and after each change, without holding a lock: cond may use
// the workspace.
func (w *Workspace) Wait(ctx context.Context, cond func() bool) error {
	for {
		changed := w.Changed()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-w.done:
			return errors.New("wait for the workspace: it is closed")
		case <-ctx.Done():
			return fmt.Errorf("wait for the workspace: %w", ctx.Err())
		}
	}
}

// touch tells those who wait that something changed. Callers hold mu.
func (w *Workspace) touch() {
	close(w.changed)
	w.changed = make(chan struct{})
}

// nextTS returns a timestamp in Slack's form that no message has yet. Callers hold mu.
func (w *Workspace) nextTS() string {
	w.lastTS = max(w.lastTS+1, w.opts.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", w.lastTS/1e6, w.lastTS%1e6)
}

// id returns a random identifier of n characters from Slack's alphabet. Callers hold mu.
func (w *Workspace) id(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[w.opts.Rand.Intn(len(alphabet))]
	}
	return string(b)
}
