package deploy

import (
	"context"
	"time"
)

// Platform is a place where services run. Calls are idempotent: each looks before it acts and changes nothing
// that is already so. A call whose answer was lost may be repeated. Codes: NotFound (no such service),
// Forbidden (credentials), Conflict (the service was changed while we looked: look again), Unavailable (no
// answer, throttled), Invalid (the platform refuses what is asked, for good).
//
// A request with an Epoch leaves it at the service, and is Fenced if a later one is there: its sender has been
// overtaken and does not know yet. It is also Fenced if what is there lies in one of the Gaps: see WentBack. A request that was read before and arrives after is refused by the platform as
// a Conflict. A Seal makes sure of that where nothing else has to be changed: whatever is still on its way from an
// earlier owner is void once a sealed request has been carried out. The same Seal is left once.
type Platform interface {
	// Describe reports the service as the platform sees it now, not as it was asked to be.
	Describe(ctx context.Context, s ServiceRef) (Service, error)
	// Revision reports one revision. NotFound if it does not exist (any more).
	Revision(ctx context.Context, s ServiceRef, name RevisionName) (RevisionStatus, error)
	// Stage creates a revision without traffic. Traffic stays with the baseline, pinned by name. If the revision
	// exists already, nothing is done. Conflict if it exists with another image. Here and below an empty Operation
	// means that nothing was sent: it is so already, or an earlier call is still at it.
	Stage(ctx context.Context, q StageRequest) (Operation, error)
	// Shift sets absolute shares of traffic. Tags that people gave are kept, unless it is Bare. If the platform
	// reports exactly these shares already, nothing is done.
	Shift(ctx context.Context, q ShiftRequest) (Operation, error)
	// Retire takes tags off, so that the platform may let their revisions go. Nothing is done if none is there.
	Retire(ctx context.Context, s ServiceRef, tags ...string) (Operation, error)
	// Wait asks once how an operation stands. With done, an error says that it has ended badly: codes as above, and
	// asking again gives the same. Without done, an error says only that there was no answer. NotFound if the
	// platform has forgotten the operation.
	Wait(ctx context.Context, op Operation) (done bool, err error)
}

// Inspector is a Platform that can say what stands between Slipway and a release of a service; nothing if it could
// begin now. It changes nothing.
type Inspector interface {
	Check(ctx context.Context, s ServiceRef) []error
}

// Verifier is a Platform that can say what would keep a revision from coming up, before anything is touched: all that is
// wrong, not only the first. What cannot be looked at for want of rights, or of an answer, is no such thing. It changes nothing.
type Verifier interface {
	Verify(ctx context.Context, q StageRequest) []error
}

// Snapshotter is a Platform that can write the whole configuration of a service down, in a form that its own tools read
// back. It changes nothing. What it gives may hold the values of plain variables: it is never shown or logged.
type Snapshotter interface {
	Snapshot(ctx context.Context, s ServiceRef) ([]byte, error)
}

// Operation names a long-running operation at the platform; it survives a restart of the bot. Empty means there
// is nothing to wait for.
type Operation string

// Service is a service as its platform reports it.
type Service struct {
	Ref     ServiceRef
	Busy    bool   // a change is in progress
	Settled bool   // not busy, and the last change succeeded
	Unrest  string // why not settled, in the platform's words
	Traffic []Share
	URL     string
	Back    Return            // what bringing all traffic back would be now; zero: a matter of seconds, as usual
	Fell    Fall              // the newest change, if it was taken back by the platform itself, or by somebody there
	Env     map[string]string // plain variables of the newest template
	Image   string            // of the newest template
}

// Fall is a revision that its platform has taken back: for what it found wrong with it, or since nobody said more in time.
type Fall struct {
	Revision RevisionName
	Why      string // in the platform's words
}

// Return is what bringing traffic back would be, as a platform foresees it.
type Return struct {
	Takes time.Duration `json:"takes,omitempty"`
	How   string        `json:"how,omitempty"` // "weights flip, 4 old tasks are warm"
}

// Share is one line of the platform's traffic table.
type Share struct {
	Revision RevisionName
	Percent  int
	Tag      string
	URL      string // of the tag
}

// RevisionStatus is a revision as its platform reports it.
type RevisionStatus struct {
	Name    RevisionName
	Image   string
	Version string // from its VERSION variable, if it has one
	Ready   bool
	Failed  bool   // it will not become ready by waiting
	Reason  string // why it is not ready, in the platform's words
	Warm    bool   // has instances already
	// Config is its settings by name, for comparing two revisions: "cpu" → "2", "secret DATABASE_URL" →
	// "database-url:latest", "env VERSION" → a fingerprint of the value. Never the value of a variable.
	Config map[string]string
}

// StageRequest asks for a revision without traffic.
type StageRequest struct {
	Service   ServiceRef
	Candidate RevisionName
	Tag       string
	Image     string // by digest
	Settings  Settings
	Baseline  RevisionName // keeps 100 %
	Rollout   Rollout
	Labels    map[string]string
	Epoch     Epoch // of who asks; see Platform
	Gaps      []Gap
}

// Rollout is how a release means to go on, for a platform that has to know beforehand.
type Rollout struct {
	Kind   StrategyKind  // Rolling: Stage makes the revision, and starts nothing of it
	Shares []int         // that it will be asked for, rising; the last is 100
	Window time.Duration // after 100 %, for which the way back is to stay warm
	Within time.Duration // for the revision to come up, and for each move
	Silent time.Duration // nobody says anything for this long: the platform goes back by itself, where it can
}

// ShiftRequest asks for absolute shares that add up to 100.
type ShiftRequest struct {
	Service ServiceRef
	Shares  map[RevisionName]int
	Keep    map[string]RevisionName // tags to put on revisions, so that those stay warm without traffic
	Bare    bool                    // tags go, too: one on a revision that is not ready can keep users where they are
	Epoch   Epoch                   // of who asks; see Platform
	Gaps    []Gap
	Seal    string // names what is asked, with Epoch: the service is written to even if the shares are so already
}

// Percent is the share of a revision in the platform's report.
func (s Service) Percent(name RevisionName) int {
	sum := 0
	for _, t := range s.Traffic {
		if t.Revision == name {
			sum += t.Percent
		}
	}
	return sum
}

// Tagged finds the line of a tag.
func (s Service) Tagged(tag string) (Share, bool) {
	for _, t := range s.Traffic {
		if t.Tag == tag {
			return t, true
		}
	}
	return Share{}, false
}

// Baseline is the only revision that has 100 % of the traffic. Lines that only carry a tag do not count.
// Invalid if traffic is split: then nobody can say what a rollback should return to.
func (s Service) Baseline() (RevisionName, error) {
	var with []Share
	for _, t := range s.Traffic {
		if t.Percent > 0 {
			with = append(with, t)
		}
	}
	if len(with) == 1 && with[0].Percent == 100 && with[0].Revision != "" {
		return with[0].Revision, nil
	}
	return "", &Error{
		Code: Invalid, Op: "find the baseline of " + s.Ref.String(),
		Msg:  "traffic is split: " + describeShares(s.Traffic) + "; there is no single version to go back to",
		Hint: "send 100 % to one revision by hand, then deploy again",
	}
}

// Images finds what a version is.
type Images interface {
	// Resolve finds the image of a tag. NotFound if there is no such tag, with the nearest tags in Hint;
	// Unavailable if the registry does not answer; Forbidden if it refuses us.
	Resolve(ctx context.Context, repository, tag string) (Image, error)
}

// ImageTagger names images at their registry.
type ImageTagger interface {
	// Tag makes a tag lead to a digest; nothing is sent if it does already. Codes: NotFound, Forbidden, Unavailable, Invalid.
	Tag(ctx context.Context, repository, digest, tag string) error
}

// Prober calls a URL as a user would.
type Prober interface {
	// Get answers with what came back, whatever its status; Unavailable if nothing did within timeout.
	Get(ctx context.Context, url string, timeout time.Duration) (Response, error)
}

// Response is what came back from a URL. Body is cut at 64 KiB.
type Response struct {
	Status int
	Body   []byte
	Took   time.Duration
}
