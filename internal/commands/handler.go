package commands

import (
	"context"
	"errors"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// Store is what handlers need of the store.
type Store interface {
	deploy.Commands
	deploy.Reader
	deploy.Attestations
}

// Catalog is the services that people may release.
type Catalog interface {
	Names // Services sorted, Environments in the order of the catalog
	// DefaultEnvironment is the one that is meant when none is named.
	DefaultEnvironment(service string) string
	// Resolve is everything known of a target, with version filled in. NotFound if the catalog has no such target.
	Resolve(t deploy.Target, version string) (deploy.Spec, error)
}

// answerWithin leaves Slack, which waits 3 s for an answer, time to receive it.
const answerWithin = 2 * time.Second

// Options of a Handler. The zero value refuses everybody: Team must be set.
type Options struct {
	Team   string                       // the workspace whose people may speak to Slipway
	Clock  deploy.Clock                 // default: the computer's own; for words such as "2 min ago", and to know which 14:02 somebody means
	Within time.Duration                // for each answer; default 2 s
	Bugs   string                       // where bug reports go, for people; empty: nowhere
	Report func(context.Context, error) // is told what people are only told in part; default: nobody
	// Planner works out what a release would change, for --plan; nil: that is not shown. It is asked within 1.5 s.
	Planner deploy.Planner
	// Backups lists the backups of a database server; nil: they cannot be listed. It is asked within 1.5 s.
	Backups Backups
}

// Backups is what handlers need of deploy.Instances.
type Backups interface {
	// Backups are the newest first, at most limit, whoever made them, also those that run or failed. Codes as those of
	// deploy.Instances.
	Backups(ctx context.Context, i deploy.InstanceRef, limit int) ([]deploy.BackupRun, error)
}

// Handler answers commands and presses. It keeps nothing between two of them and may be used by many at once.
type Handler struct {
	store   Store
	catalog Catalog
	dir     Directory
	opts    Options
}

// New makes a handler.
func New(store Store, catalog Catalog, dir Directory, opts *Options) *Handler {
	h := &Handler{store: store, catalog: catalog, dir: dir}
	if opts != nil {
		h.opts = *opts
	}
	if h.opts.Clock == nil {
		h.opts.Clock = deploy.SystemClock{}
	}
	if h.opts.Within <= 0 {
		h.opts.Within = answerWithin
	}
	if h.opts.Report == nil {
		h.opts.Report = func(context.Context, error) {}
	}
	return h
}

// speaker is who said something, in which event.
type speaker struct {
	by    deploy.UserID
	event deploy.EventID
	later *func(context.Context) Text // takes what is to be Reply.Later; nil for a press
}

// Command answers a command. What the reply promises was stored before it returns.
func (h *Handler) Command(ctx context.Context, q Request) Reply {
	ctx, cancel := context.WithTimeout(ctx, h.opts.Within)
	defer cancel()
	again := strings.TrimSpace(q.Command + " " + clean(unescape(q.Text)))
	if err := h.admit(ctx, q.By, q.Team); err != nil {
		return h.answer(ctx, nil, err, again)
	}
	c, err := Parse(q.Command, q.Text, h.catalog)
	if err != nil {
		return Reply{Text: correction(err)}
	}
	var later func(context.Context) Text
	text, err := h.run(ctx, speaker{by: q.By, event: q.Event, later: &later}, c)
	reply := h.answer(ctx, text, err, c.String())
	reply.Later = later
	return reply
}

func (h *Handler) run(ctx context.Context, who speaker, c Command) (Text, error) {
	switch c := c.(type) {
	case DeployCommand:
		return h.deploy(ctx, who, c)
	case StatusCommand:
		return h.status(ctx, c)
	case HistoryCommand:
		return h.history(ctx, c)
	case ChecklistCommand:
		return h.checklist(ctx, c)
	case UnlockCommand:
		return h.unlock(ctx, who, c)
	case PromoteCommand:
		return h.promote(ctx, who, c)
	case RollbackCommand:
		return h.rollback(ctx, who, c)
	case RestoreCommand:
		return h.restore(ctx, who, c)
	case WaiveCommand:
		return h.waiveTyped(ctx, who, c)
	default:
		return h.help(), nil
	}
}

// target fills in the default environment.
func (h *Handler) target(service, environment string) deploy.Target {
	if environment == "" {
		environment = h.catalog.DefaultEnvironment(service)
	}
	return deploy.Target{Service: service, Environment: environment}
}

// active is the release that has the target.
func (h *Handler) active(ctx context.Context, t deploy.Target) (r deploy.Release, ok bool, err error) {
	id, err := h.store.Holder(ctx, t)
	if err != nil || id == "" {
		return r, false, err
	}
	r, err = h.store.Get(ctx, id)
	if deploy.CodeOf(err) == deploy.NotFound {
		return r, false, nil
	}
	return r, err == nil && !r.State.Terminal(), err
}

// live is the release that brought the target to what it runs now.
func (h *Handler) live(ctx context.Context, t deploy.Target) (r deploy.Release, ok bool, err error) {
	r, err = h.store.Live(ctx, t)
	if deploy.CodeOf(err) == deploy.NotFound {
		return r, false, nil
	}
	return r, err == nil, err
}

// signal says something to a release. It is the last thing a handler does.
func (h *Handler) signal(ctx context.Context, who speaker, r deploy.Release, s deploy.Signal) error {
	s.By = who.by
	_, err := h.store.Signal(ctx, r.ID, s, who.event)
	if err == nil {
		return nil
	}
	if code := deploy.CodeOf(err); code != deploy.Conflict && code != deploy.NotFound {
		return &unconfirmed{target: r.Target, err: err}
	}
	if ended, readErr := h.store.Get(ctx, r.ID); readErr == nil && ended.State.Terminal() {
		return refused(h.over(ended))
	}
	return refused(Text{}.Plainf("%s is no longer there; nothing was changed.", r.ID))
}

func (h *Handler) now() time.Time { return h.opts.Clock.Now() }

// answer turns what a handler came to into a reply. again is what to type to try it once more; empty for a press.
func (h *Handler) answer(ctx context.Context, text Text, err error, again string) Reply {
	if err == nil {
		return Reply{Text: text}
	}
	var no *refusal
	if errors.As(err, &no) {
		if no.err != nil {
			h.opts.Report(ctx, no.err)
		}
		return Reply{Text: no.text}
	}
	h.opts.Report(ctx, err)
	return Reply{Text: apology(err, again)}
}
