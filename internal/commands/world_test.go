package commands_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"slipway/internal/commands"
	"slipway/internal/deploy"
	"slipway/internal/store"
)

const team = "T1"

// morning is when every test begins.
var morning = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)

// world is a handler over the real store in an in-process Redis, whose time is the clock of the test.
type world struct {
	t       *testing.T
	redis   *miniredis.Miniredis
	store   *store.Store
	handler *commands.Handler
	catalog *catalog
	people  *directory

	mu      sync.Mutex
	now     time.Time
	running map[deploy.Target]deploy.Revision // what the platform would say
	events  int
	found   []deploy.OpenItem // what a look at the checklist finds beside what people owe
	changes []deploy.Change   // what a proposal says
	planner deploy.Planner
	backups commands.Backups

	migration *deploy.Migration         // what a proposal says of the schema
	schemas   map[string]*deploy.Schema // what becomes of it, by version
	reported  []error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, redis: miniredis.RunT(t), catalog: newCatalog(), people: newDirectory(), now: morning, running: map[deploy.Target]deploy.Revision{}}
	w.redis.SetTime(w.now)
	rdb := redis.NewClient(&redis.Options{Addr: w.redis.Addr(), MaxRetries: -1, DialerRetries: 1, DialTimeout: time.Second})
	w.store = store.New(rdb, nil)
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	w.handler = w.over(w.store)
	return w
}

// over makes a handler over another store.
func (w *world) over(s commands.Store) *commands.Handler {
	return commands.New(s, w.catalog, w.people, &commands.Options{
		Team: team, Clock: w, Within: 5 * time.Second,
		Report:  func(_ context.Context, err error) { w.reported = append(w.reported, err) },
		Planner: w.planner, Backups: w.backups,
	})
}

func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) NewTimer(time.Duration) (<-chan time.Time, func()) { return nil, func() {} }

// pass lets time go by.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
	w.redis.SetTime(w.now)
}

func (w *world) event() deploy.EventID {
	w.events++
	return deploy.EventID("E" + strings.Repeat("i", w.events))
}

// says types a command as somebody and returns the reply.
func (w *world) says(by deploy.UserID, typed string) string {
	w.t.Helper()
	return w.saysIn(w.event(), by, typed)
}

func (w *world) saysIn(event deploy.EventID, by deploy.UserID, typed string) string {
	w.t.Helper()
	command, text, _ := strings.Cut(typed, " ")
	q := commands.Request{Event: event, By: by, Team: team, Channel: "C1", Command: command, Text: slackEscaped(text)}
	return w.handler.Command(w.t.Context(), q).Text.String()
}

// presses a button of a release.
func (w *world) presses(by deploy.UserID, a commands.Action, id deploy.ReleaseID, step deploy.StepName) string {
	w.t.Helper()
	p := commands.Press{Event: w.event(), By: by, Team: team, Release: id, Action: a, Step: step}
	return w.handler.Press(w.t.Context(), p).Text.String()
}

// slackEscaped is what Slack makes of the three characters in what people type.
func slackEscaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func (w *world) get(id deploy.ReleaseID) deploy.Release {
	w.t.Helper()
	r, err := w.store.Get(w.t.Context(), id)
	if err != nil {
		w.t.Fatalf("get %s: %v", id, err)
	}
	return r
}

// inbox is what has been said to a release and not been acted upon.
func (w *world) inbox(id deploy.ReleaseID) []deploy.Signal {
	w.t.Helper()
	signals, err := w.store.Inbox(w.t.Context(), id)
	if err != nil {
		w.t.Fatalf("inbox of %s: %v", id, err)
	}
	for i := range signals {
		signals[i].ID = ""
	}
	return signals
}

// drive carries a release on, as the engine would on a platform that does everything at once, until it has to
// wait or has ended. fail names a step that goes wrong, if any.
func (w *world) drive(id deploy.ReleaseID, fail ...error) deploy.Release {
	w.t.Helper()
	ctx := w.t.Context()
	c, err := w.store.Claim(ctx, id, "test", time.Minute)
	if err != nil {
		w.t.Fatalf("claim %s: %v", id, err)
	}
	signals, err := w.store.Inbox(ctx, id)
	if err != nil {
		w.t.Fatalf("inbox of %s: %v", id, err)
	}
	r, consumed := c.Release, ""
	var entries, more []deploy.Entry
	for _, s := range signals {
		r, more = deploy.Apply(r, s, c.Now)
		entries, consumed = append(entries, more...), s.ID
	}
	for {
		var a deploy.Action
		r, more, a = deploy.Decide(r, c.Now)
		entries = append(entries, more...)
		if a.Do != deploy.Act {
			break
		}
		var failure error
		if len(fail) > 0 {
			failure, fail = fail[0], fail[1:]
		}
		r, more = deploy.Conclude(r, a.Step, w.outcome(r), failure, c.Now)
		entries = append(entries, more...)
	}
	if len(entries) == 0 {
		entries = []deploy.Entry{{At: c.Now, Kind: deploy.EntryProgress, Text: "looked"}}
	}
	if _, err := w.store.Commit(ctx, deploy.Commit{Release: r, Epoch: c.Epoch, Entries: entries, Consumed: consumed, Yield: true}); err != nil {
		w.t.Fatalf("commit %s: %v", id, err)
	}
	return w.get(id)
}

// outcome is what the current step comes to.
func (w *world) outcome(r deploy.Release) deploy.Outcome {
	w.t.Helper()
	out := deploy.Outcome{Facts: w.learnt(r), Note: "as asked"}
	switch r.Current().Kind {
	case deploy.KindReady:
		out.Ready = w.looked(r)
		if len(out.Ready.Open) > 0 {
			out.Again = 15 * time.Second
		}
	case deploy.KindPropose, deploy.KindConfirm:
		p := deploy.NewProposal(r, w.changes, "")
		if w.migration != nil {
			p.Migration = w.migration
			p = p.Seal(r)
		}
		out.Proposal = &p
	case deploy.KindMigrate:
		out.Schema = w.schemas[r.Version]
	default:
	}
	return out
}

// looked is what a look at the checklist finds.
func (w *world) looked(r deploy.Release) *deploy.Readiness {
	w.t.Helper()
	said, err := w.store.Attested(w.t.Context(), r.Target)
	if err != nil {
		w.t.Fatalf("attested of %s: %v", r.Target, err)
	}
	ready := deploy.Readiness{Total: len(r.Spec.Items) + len(w.found), Open: slices.Clone(w.found)}
	for _, i := range r.Spec.Items {
		switch {
		case i.Prove != nil:
			ready.Proved++
		case w.Now().Before(said[i.Key].Until):
			ready.Attested++
		default:
			ready.Open = append(ready.Open, deploy.OpenItem{Key: i.Key, Group: i.Group, Text: i.Text, Owner: i.Owner, Attest: true})
		}
	}
	return &ready
}

// put stores r as it is, in the place of what the engine would make of it.
func (w *world) put(r deploy.Release) {
	w.t.Helper()
	c, err := w.store.Claim(w.t.Context(), r.ID, "test", time.Minute)
	if err != nil {
		w.t.Fatalf("claim %s: %v", r.ID, err)
	}
	entries := []deploy.Entry{{At: c.Now, Kind: deploy.EntryProgress, Text: "put"}}
	if _, err := w.store.Commit(w.t.Context(), deploy.Commit{Release: r, Epoch: c.Epoch, Entries: entries, Yield: true}); err != nil {
		w.t.Fatalf("commit %s: %v", r.ID, err)
	}
}

// What runs before Slipway's first release: v1.2.3, or v1.2.2 if that release brings v1.2.3.
var (
	byHand = deploy.Revision{Name: "app-by-hand", Version: "v1.2.3"}
	older  = deploy.Revision{Name: "app-older", Version: "v1.2.2"}
)

// learnt is what the current step of a release finds out or brings about.
func (w *world) learnt(r deploy.Release) deploy.Facts {
	if part := r.Current().Part; part != "" {
		return w.learntOf(part, r)
	}
	f := r.Facts
	switch s := r.Current(); s.Kind {
	case deploy.KindService:
		f.Baseline = byHand
		if r.Version == byHand.Version {
			f.Baseline = older
		}
		if rev, ok := w.running[r.Target]; ok {
			f.Baseline = rev
		}
	case deploy.KindImage:
		f.Image = deploy.Image{Repository: r.Spec.Image, Tag: r.Version, Digest: "sha256:" + r.Version}
	case deploy.KindRevision:
		f.Candidate = deploy.Revision{Name: deploy.CandidateName("app", r.Number, 1), Version: r.Version, Tag: deploy.CandidateTag(r.Number)}
	case deploy.KindShift:
		f.Share = s.Percent
		if s.Percent == 100 {
			w.running[r.Target] = deploy.Revision{Name: f.Candidate.Name, Version: r.Version}
		}
	case deploy.KindReturn:
		f.Share = 0
		w.running[r.Target] = f.Baseline
	}
	return f
}

// learntOf is learnt of another part of the release.
func (w *world) learntOf(part string, r deploy.Release) deploy.Facts {
	at, f := deploy.Target{Service: r.Target.Service + "@" + part, Environment: r.Target.Environment}, r.Parts[part]
	switch s := r.Current(); s.Kind {
	case deploy.KindService:
		f.Baseline = deploy.Revision{Name: deploy.RevisionName(part + "-by-hand"), Version: "v1.2.2"}
		if rev, ok := w.running[at]; ok {
			f.Baseline = rev
		}
	case deploy.KindImage:
		f.Image = deploy.Image{Repository: r.Of(part).Spec.Image, Tag: r.Version, Digest: "sha256:" + part + "-" + r.Version}
	case deploy.KindRevision:
		f.Candidate = deploy.Revision{Name: deploy.CandidateName(part, r.Number, 1), Version: r.Version, Tag: deploy.CandidateTag(r.Number)}
	case deploy.KindShift:
		f.Share = s.Percent
		if s.Percent == 100 {
			w.running[at] = deploy.Revision{Name: f.Candidate.Name, Version: r.Version}
		}
	case deploy.KindReturn:
		f.Share = 0
		w.running[at] = f.Baseline
	}
	return f
}

// carried brings a version to 100 % of coditect-app/production, asked for by alice and approved by bob.
func (w *world) carried(version string) deploy.Release {
	w.t.Helper()
	w.says("UALICE", "/deploy coditect-app "+version)
	id, err := w.store.Holder(w.t.Context(), production)
	if err != nil || id == "" {
		w.t.Fatalf("%s was not started: %q, %v", version, id, err)
	}
	for range 10 {
		r := w.drive(id)
		if r.State.Terminal() {
			return r
		}
		if r.State == deploy.Waiting {
			w.says("UBOB", "/promote coditect-app")
		}
		w.pass(5 * time.Minute)
	}
	w.t.Fatalf("%s is not at 100 %% after ten looks: %s", version, w.get(id).State)
	return deploy.Release{}
}

var (
	production = deploy.Target{Service: "coditect-app", Environment: "production"}
	staging    = deploy.Target{Service: "coditect-app", Environment: "staging"}
)

// has checks that a reply has each of the texts.
func has(t *testing.T, reply string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(reply, want) {
			t.Errorf("reply lacks %q:\n%s", want, reply)
		}
	}
}

// hasNot checks that a reply lacks a text.
func hasNot(t *testing.T, reply, unwanted string) {
	t.Helper()
	if strings.Contains(reply, unwanted) {
		t.Errorf("reply has %q:\n%s", unwanted, reply)
	}
}
