package slack

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// tickEvery is how often a parent message is edited when nothing but time has passed.
const tickEvery = 5 * time.Second

// Calls that are left in a bucket for what is more urgent: a question, and a state that people may have to act
// upon, go before an entry and a step that goes as planned, and those before a tick.
const (
	urgent        = 0
	routineLeaves = 1
	tickLeaves    = 2
)

// soon is when a round comes back that has more to do.
const soon = time.Millisecond

// errStop ends a round that cannot go on now; what it achieved is kept.
var errStop = errors.New("the round cannot go on now")

// round is one look at one release, under the lease of its announcement.
type round struct {
	a       *Announcer
	epoch   deploy.Epoch
	begun   time.Time // by our clock
	redis   time.Time // at the same moment
	release deploy.Release
	lines   []line
	note    deploy.Announcement
	shown   shown
	usual   deploy.Usual
	back    time.Duration // come back after this; 0 = when the release changes
	stale   error         // why a message could not be edited, if one could not
}

// tell brings what people see of a release up to date, as far as Slack's rates allow just now.
func (a *Announcer) tell(ctx context.Context, id deploy.ReleaseID) {
	claim, err := a.store.ClaimAnnouncement(ctx, id, a.owner, announceLease)
	if err != nil {
		if code := deploy.CodeOf(err); code != deploy.Conflict && ctx.Err() == nil {
			a.log.Warn().Err(err).Str("release", string(id)).Msg("cannot claim an announcement")
		}
		return
	}
	t := &round{a: a, epoch: claim.Epoch, begun: a.client.clock.Now(), redis: claim.Now, note: claim.Announcement, shown: parseShown(claim.Announcement.Shown)}
	t.release.ID = id
	err = t.guarded("announce", func() error { return t.run(ctx) })
	if err == nil || errors.Is(err, errStop) {
		err = t.stale
	}
	switch {
	case err == nil:
	case deploy.CodeOf(err) == deploy.Fenced:
		return
	default:
		t.failed(err)
	}
	if err := t.save(ctx, true); err != nil && deploy.CodeOf(err) != deploy.Fenced && ctx.Err() == nil {
		a.log.Warn().Err(err).Str("release", string(id)).Msg("cannot store what was announced")
	}
}

// run goes from the most to the least urgent: the parent's state, questions and stamps, the incident, the thread,
// pictures and wishes, the ticking. A message that cannot be edited does not keep the rest back, since people must be
// asked although it is not up to date; nor does an incident, an entry or a file that Slack does not take.
func (t *round) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{t.load, t.settle, t.parent, t.stamps} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	var kept error
	for _, step := range []func(context.Context) error{t.incident, t.thread, t.pictures, t.wishes} {
		err := step(ctx)
		if err != nil && !t.goesOn(err) {
			return err
		}
		if kept == nil || err != nil && errors.Is(kept, errStop) {
			kept = err
		}
	}
	if kept != nil {
		return kept
	}
	return t.tick(ctx)
}

// goesOn says whether a round can do other things after err: not while a post is in doubt, a thread has lost its
// parent, nobody answers, or somebody else announces the release.
func (t *round) goesOn(err error) bool {
	code := deploy.CodeOf(err)
	return t.note.Posting == "" && t.note.Parent != "" && code != deploy.Unavailable && code != deploy.Fenced
}

// guarded calls what may have a defect; a panic in it must not end the process, which drives releases too.
func (t *round) guarded(what string, do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			t.a.log.Error().Str("release", string(t.release.ID)).Interface("panic", v).Bytes("stack", debug.Stack()).Msg("cannot " + what)
			err = &deploy.Error{Code: deploy.Internal, Op: what, Msg: "Slipway ran into a defect of its own; its log has the stack"}
		}
	}()
	return do()
}

// load reads the release and what of its journal has not been told. One that the store has let go needs no more
// telling. What was committed between the two is left for the next round, which the store sees to: told of the release as
// it was before, a gate that has opened would be a line, and then a question as well.
func (t *round) load(ctx context.Context) error {
	r, err := t.a.store.Get(ctx, t.release.ID)
	if deploy.CodeOf(err) == deploy.NotFound {
		return errStop
	}
	if err != nil {
		return err
	}
	entries, err := t.a.store.Journal(ctx, r.ID, t.note.Told)
	if err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e deploy.Entry) bool { return e.Rev > r.Rev })
	t.release, t.lines = r, untold(entries, t.note)
	t.usual = t.a.history.of(ctx, t.a.store, r)
	return nil
}

// failed decides when to try again. A call without an answer lets all rounds rest; a refusal this one only.
func (t *round) failed(err error) {
	log := t.a.log.Warn().Err(err).Str("release", string(t.release.ID))
	switch {
	case throttled(err):
		t.comeBack(time.Second)
	case refusal(err) == "thread_not_found":
		t.comeBack(soon) // post has forgotten the parent: the next round posts another
	case blocksRefused(err):
		if !t.a.sections.Swap(true) {
			log.Msg("Slack does not take the plan block here; drawing phases as text")
			t.comeBack(soon)
			return
		}
		t.comeBack(refusedRest)
	case deploy.CodeOf(err) == deploy.Unavailable:
		t.comeBack(t.a.unanswered())
	default:
		t.comeBack(refusedRest)
	}
	log.Str("hint", deploy.Hint(err)).Msg("cannot announce")
}

func throttled(err error) bool {
	_, limited := errors.AsType[*sdk.RateLimitedError](err)
	code := refusal(err)
	return limited || code == "ratelimited" || code == "rate_limited"
}

// may asks for one call. If there is none left the round comes back when there is.
func (t *round) may(method, room string, leave int) bool {
	if !t.inTime() {
		return false
	}
	wait := t.a.client.limit.take(method, room, leave)
	if wait > 0 {
		t.comeBack(wait)
	}
	return wait == 0
}

// inTime says whether something may begin still; if not, the round comes back for it.
func (t *round) inTime() bool {
	if t.a.client.clock.Now().Sub(t.begun) <= roundWithin {
		return true
	}
	t.comeBack(soon)
	return false
}

// renew has the lease begin anew, for what must not be begun by somebody else before it has ended and been noted.
func (t *round) renew(ctx context.Context) error { return t.save(ctx, false) }

// comeBack wants the round repeated after d at the latest.
func (t *round) comeBack(d time.Duration) {
	if t.back == 0 || d < t.back {
		t.back = d
	}
}

// now is Redis time, by which everything in a release is measured.
func (t *round) now() time.Time { return t.redis.Add(t.a.client.clock.Now().Sub(t.begun)) }

// save keeps what was achieved; done gives the lease up. The end of a process must not lose what was posted
// before it, so this outlives ctx.
func (t *round) save(ctx context.Context, done bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	after := time.Duration(-1)
	if t.back > 0 {
		after = t.back
	}
	t.note.Shown = t.shown.String()
	return t.a.store.SaveAnnouncement(ctx, t.release.ID, t.note, t.epoch, done, after)
}

func (t *round) warn(err error, what string) {
	if err != nil {
		t.a.log.Warn().Err(err).Str("release", string(t.release.ID)).Msg(what)
	}
}
