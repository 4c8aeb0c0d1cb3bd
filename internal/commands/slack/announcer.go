package slack

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"slipway/internal/deploy"
)

// AnnouncerStore is what the announcer reads and where it notes what people have been shown.
type AnnouncerStore interface {
	deploy.Reader
	deploy.Announcements
	// Note keeps what came of what people asked for after a rollback.
	Note(ctx context.Context, id deploy.ReleaseID, n deploy.Note, event deploy.EventID) (r deploy.Release, fresh bool, err error)
	Wakes(ctx context.Context) (<-chan deploy.Wake, error)
}

// AnnouncerOptions change how an Announcer works; zero fields mean the defaults.
type AnnouncerOptions struct {
	Channel  string // for releases whose catalog names none; default #devops-oncall
	Sections bool   // draw phases as text from the start, where Slack's plan block is not available

	Bugs   deploy.Notifier                                                                        // opens bug reports; nil: nobody does
	Draw   func(deploy.Release) (picture []byte, alt string, err error)                           // a PNG; empty: there is nothing to draw. nil: no pictures
	Load   LoadChart                                                                              // nil: no pictures of load checks
	Report func(r deploy.Release, journal []deploy.Entry, name func(deploy.UserID) string) string // Markdown; nil: no reports
}

// LoadChart draws what a load check came to, as a PNG with words for who does not see it; empty: there is nothing to
// draw. before is what it came to when the target was last brought to a good version, nil if that is not known; limit is
// what the service must keep, 0 if nothing is asked.
type LoadChart func(title string, l deploy.LoadResult, before *deploy.LoadResult, limit time.Duration) (picture []byte, alt string, err error)

const (
	// announceLease begins anew with each save, so before each post, upload and bug report: what follows takes
	// callTimeout, and noting what came of it as long again, which is less than a lease.
	announceLease = 15 * time.Second
	roundWithin   = 8 * time.Second // no call begins later in a round; with callTimeout it ends before the lease does
	pollEvery     = time.Second     // the due list is the truth, wakes are hints
	mostDue       = 100
	mostRounds    = 8                // releases told of at the same time
	refusedRest   = time.Minute      // before a release whose messages Slack refuses is tried again
	firstRest     = time.Second / 2  // after the first call without an answer; doubles
	mostRest      = 20 * time.Second // Slack is back sooner than people look twice
)

// Announcer makes Slack look like the releases in the store: one parent message each, a thread with one entry
// per transition, a question per gate. It is a reconciler of its own: it keeps nothing that matters in memory,
// any number of replicas may run one, and a crash on any line leads to no message twice and none left out.
// While Slack is away it waits; when it is back, the newest state is shown and the thread is completed in order.
type Announcer struct {
	client    *Client
	store     AnnouncerStore
	directory *Directory
	channels  *channels
	owner     string
	opts      AnnouncerOptions
	log       zerolog.Logger
	sections  atomic.Bool
	history   history

	mu     sync.Mutex
	rounds map[deploy.ReleaseID]bool               // going on; true if the release changed meanwhile
	yields map[deploy.ReleaseID]context.CancelFunc // what gives way when it does
	slots  chan struct{}
	work   sync.WaitGroup

	failures int // calls without an answer in a row
	rest     time.Time
}

// NewAnnouncer makes an announcer. owner names this replica: two that run at once must differ.
func NewAnnouncer(c *Client, store AnnouncerStore, d *Directory, owner string, opts *AnnouncerOptions) *Announcer {
	a := &Announcer{
		client: c, store: store, directory: d, channels: &channels{client: c}, owner: owner, log: c.log,
		rounds: map[deploy.ReleaseID]bool{}, yields: map[deploy.ReleaseID]context.CancelFunc{}, slots: make(chan struct{}, mostRounds),
	}
	if opts != nil {
		a.opts = *opts
	}
	if a.opts.Channel == "" {
		a.opts.Channel = "#devops-oncall"
	}
	a.sections.Store(a.opts.Sections)
	return a
}

// Run announces until ctx ends, which is not an error, and then waits for the rounds that are going on.
func (a *Announcer) Run(ctx context.Context) error {
	defer a.work.Wait()
	var wakes <-chan deploy.Wake
	for {
		if wakes == nil {
			wakes = a.listen(ctx)
		}
		a.poll(ctx)
		if !a.await(ctx, &wakes) {
			return nil
		}
	}
}

// await starts rounds for wakes until it is time to poll; false when ctx has ended.
func (a *Announcer) await(ctx context.Context, wakes *<-chan deploy.Wake) bool {
	timer, stop := a.client.clock.NewTimer(pollEvery)
	defer stop()
	for {
		select {
		case w, ok := <-*wakes:
			switch {
			case !ok:
				*wakes = nil
			case w.Announcement:
				a.begin(ctx, w.Release)
			}
		case <-timer:
			return true
		case <-ctx.Done():
			return false
		}
	}
}

func (a *Announcer) listen(ctx context.Context) <-chan deploy.Wake {
	wakes, err := a.store.Wakes(ctx)
	if err != nil {
		a.log.Warn().Err(err).Msg("no wakes from the store; polling")
		return nil
	}
	return wakes
}

func (a *Announcer) poll(ctx context.Context) {
	ids, err := a.store.DueAnnouncements(ctx, mostDue)
	if err != nil {
		if ctx.Err() == nil {
			a.log.Warn().Err(err).Msg("cannot read which announcements are due")
		}
		return
	}
	for _, id := range ids {
		a.begin(ctx, id)
	}
}

// begin starts a round for a release, or has the one that is going on followed by another.
func (a *Announcer) begin(ctx context.Context, id deploy.ReleaseID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, going := a.rounds[id]; going {
		a.rounds[id] = true
		if giveWay := a.yields[id]; giveWay != nil {
			giveWay()
		}
		return
	}
	if a.client.clock.Now().Before(a.rest) {
		return
	}
	a.rounds[id] = false
	a.work.Go(func() { a.repeat(ctx, id) })
}

func (a *Announcer) repeat(ctx context.Context, id deploy.ReleaseID) {
	for {
		select {
		case a.slots <- struct{}{}:
			a.tell(ctx, id)
			<-a.slots
		case <-ctx.Done():
		}
		a.mu.Lock()
		again := a.rounds[id] && ctx.Err() == nil && !a.client.clock.Now().Before(a.rest)
		if !again {
			delete(a.rounds, id)
			a.mu.Unlock()
			return
		}
		a.rounds[id] = false
		a.mu.Unlock()
	}
}

// aside is ctx for what gives way: it ends when the release changes, so that the round can show that.
func (a *Announcer) aside(ctx context.Context, id deploy.ReleaseID) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.rounds[id] {
		cancel()
	}
	a.yields[id] = cancel
	return ctx, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.yields, id)
		cancel()
	}
}

// unanswered lets all rounds rest a little longer after each call that nobody answered, and says how long.
func (a *Announcer) unanswered() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	rest := mostRest
	if a.failures < 6 {
		rest = min(firstRest<<a.failures, mostRest)
	}
	a.failures++
	rest = rest/2 + rand.N(rest/2)
	a.rest = a.client.clock.Now().Add(rest)
	return rest
}

func (a *Announcer) answered() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failures = 0
}

func (a *Announcer) form() form {
	if a.sections.Load() {
		return asSection
	}
	return asPlan
}
