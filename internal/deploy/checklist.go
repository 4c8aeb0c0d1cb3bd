package deploy

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
)

// AboutImage begins the keys of open items that are objections of the image policy. No item of a checklist has such a key.
const AboutImage = "image/"

// Item is one thing of the checklist that must be so before a release begins: a machine proves it, or a person attests
// it for a time. It is part of the Spec of a release.
type Item struct {
	Key   string        `json:"key"`             // security/https: never changed, attestations are kept under it
	Group string        `json:"group"`           // Security
	Text  string        `json:"text"`            // HTTPS enforced (HTTP → HTTPS redirect)
	Prove *Proof        `json:"prove,omitempty"` // nil: people attest it
	Owner Principal     `json:"owner,omitempty"` // who owes the attestation; empty: whoever may deploy
	Lasts time.Duration `json:"lasts,omitempty"` // how long an attestation counts
}

// Proof says how a machine proves an item.
type Proof struct {
	Kind ProofKind `json:"kind"`
	Arg  string    `json:"arg,omitempty"`
}

// ProofKind is what a machine looks at.
type ProofKind string

const (
	ProveImage       ProofKind = "image"       // the image exists, by digest
	ProveScan        ProofKind = "scan"        // a scan of it keeps the image policy
	ProveSecrets     ProofKind = "secrets"     // every secret that settings and checks refer to exists, in that version, and may be read
	ProveHTTPS       ProofKind = "https"       // plain HTTP to the service's URL (or Arg) is redirected to HTTPS
	ProveCertificate ProofKind = "certificate" // the certificate of the service's URL is good for Arg (a duration) more
	ProveDNS         ProofKind = "dns"         // the host of the service's URL (or Arg) resolves
	ProveURL         ProofKind = "url"         // the service's URL with the path Arg answers from 200 to 299
	ProveAlerts      ProofKind = "alerts"      // an alert policy of the project is about the service
	ProveOnCall      ProofKind = "on-call"     // the group on call is not empty
	ProveMetrics     ProofKind = "metrics"     // the metrics that the judge goes by can be read
	ProveLiveIn      ProofKind = "live-in"     // the same digest is live in the environment Arg
	ProveChecks      ProofKind = "checks"      // there are checks of the stage Arg
	ProveCheck       ProofKind = "check"       // the dependency check named Arg passes now
	ProveWayBack     ProofKind = "way-back"    // there is one version with all of the traffic to go back to
)

// Attestation is a person's word that an item is so at a target.
type Attestation struct {
	Item  string    `json:"item"` // key
	By    UserID    `json:"by"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"` // it counts before this
}

// Waiver lets a release begin although an item is not so. It counts for that release only.
type Waiver struct {
	Item   string    `json:"item"` // key
	Text   string    `json:"text"` // what was open, in words
	By     UserID    `json:"by"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// Readiness is how far the checklist has come, with what the image policy objects to. Items that are not open are good.
type Readiness struct {
	Total    int        `json:"total"`
	Proved   int        `json:"proved,omitempty"`
	Attested int        `json:"attested,omitempty"`
	Waived   int        `json:"waived,omitempty"` // counted by Conclude, which takes what is waived out of Open
	Open     []OpenItem `json:"open,omitempty"`   // in the order of the checklist; those of the image first
}

// OpenItem is what keeps a release from beginning.
type OpenItem struct {
	Key    string    `json:"key"`
	Group  string    `json:"group"`
	Text   string    `json:"text"`
	Owner  Principal `json:"owner,omitempty"`
	Why    string    `json:"why,omitempty"`    // what a machine found instead; when an attestation has expired
	Attest bool      `json:"attest,omitempty"` // people may attest it; else it has to become so, or be waived
}

// Good is how many items are so, or need not be.
func (r *Readiness) Good() int { return r.Total - len(r.Open) }

// OpenAt finds what is open under a key.
func (r *Readiness) OpenAt(key string) (OpenItem, bool) {
	for _, o := range r.Open {
		if o.Key == key {
			return o, true
		}
	}
	return OpenItem{}, false
}

// Waived finds the waiver of an item.
func (r *Release) Waived(key string) (Waiver, bool) {
	for _, w := range r.Waivers {
		if w.Item == key {
			return w, true
		}
	}
	return Waiver{}, false
}

// ofContent are the rules whose waivers are for exactly what was open then: more of the same takes another waiver. What
// others object to changes by the clock alone.
var ofContent = []string{AboutImage + "vulnerabilities", AboutImage + "labels", AboutImage + "signature"}

// Passes says whether what is open is waived.
func (r *Release) Passes(o OpenItem) bool {
	w, waived := r.Waived(o.Key)
	rule, _, _ := strings.Cut(o.Key, "@") // of which part of the release
	return waived && (w.Text == o.says() || !slices.Contains(ofContent, rule))
}

// says is what is open, in words.
func (o OpenItem) says() string {
	if o.Why == "" {
		return o.Text
	}
	return o.Text + ": " + o.Why
}

// Readying is the step in which the release waits for its checklist now, or nil.
func (r *Release) Readying() *Step {
	cur := r.Current()
	if cur == nil || cur.Kind != KindReady || cur.Status != Started || r.goingBack() || r.Readiness == nil {
		return nil
	}
	return cur
}

// MayWaive says why a person's waiver would not count, or "" if it would. It does not look at the catalog's list of
// approvers: that takes Slack.
func (r *Release) MayWaive(by UserID) string {
	if by == r.Requester && !r.Spec.Policy.RequesterMayApprove {
		return "the requester's own waiver does not count"
	}
	return ""
}

// WithoutBackup is the item of a waiver that lets a release go on without a backup of the database.
const WithoutBackup = "backup"

// Backing is the step that backs the database up, while an approver can still go without it; or nil.
func (r *Release) Backing() *Step {
	if r.Kind != Deploy || r.goingBack() || r.State.Terminal() {
		return nil
	}
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Kind == KindBackup && !s.Status.Ended() {
			return s
		}
	}
	return nil
}

// waiveBackup lets the release go on without a backup: it is skipped when it would begin, or given up at once.
func (r *Release) waiveBackup(s Signal, now time.Time) []Entry {
	step := r.Backing()
	if _, done := r.Waived(WithoutBackup); step == nil || done {
		return []Entry{r.heard(s, now, "changes nothing: there is no backup to go without")}
	}
	if why := r.MayWaive(s.By); why != "" || s.Reason == "" {
		return []Entry{r.heard(s, now, "refused: "+cmp.Or(why, "it takes a reason"))}
	}
	r.Waivers = append(r.Waivers, Waiver{Item: WithoutBackup, Text: "a backup of the database", By: s.By, At: now, Reason: s.Reason})
	entries := []Entry{{At: now, Kind: EntryWaived, Step: step.Name, Phase: step.Phase, By: s.By, Text: "goes on without a backup of the database, because: " + s.Reason}}
	begun := step.Status == Started
	held := r.State == Paused && r.By == Slipway && r.Current() == step
	entries = append(entries, step.end(now, Skipped, "no backup: "+s.Reason))
	if begun {
		r.Facts.Operation = ""
	}
	if held {
		r.readyAnew(now)
		entries = append(entries, r.enter(Running, now, s.By, ""))
	}
	return entries
}

// waive lets one open item pass.
func (r *Release) waive(s Signal, now time.Time) []Entry {
	if s.Item == WithoutBackup {
		return r.waiveBackup(s, now)
	}
	cur := r.Readying()
	if cur == nil {
		return []Entry{r.heard(s, now, "came when nothing was open")}
	}
	item, open := r.Readiness.OpenAt(s.Item)
	switch why := r.MayWaive(s.By); {
	case !open:
		return []Entry{r.heard(s, now, "was about "+s.Item+", which is not open")}
	case why != "":
		return []Entry{r.heard(s, now, "refused: "+why)}
	case s.Reason == "":
		return []Entry{r.heard(s, now, "refused: it takes a reason")}
	}
	r.Waivers = slices.DeleteFunc(r.Waivers, func(w Waiver) bool { return w.Item == item.Key })
	r.Waivers = append(r.Waivers, Waiver{Item: item.Key, Text: item.says(), By: s.By, At: now, Reason: s.Reason})
	ready := *r.Readiness
	ready.Open = slices.DeleteFunc(slices.Clone(ready.Open), func(o OpenItem) bool { return o.Key == item.Key })
	ready.Waived++
	r.Readiness, cur.Look = &ready, now
	return []Entry{{At: now, Kind: EntryWaived, Step: cur.Name, Phase: cur.Phase, By: s.By, Text: item.Text + ", because: " + s.Reason}}
}

// attested makes the release look at its checklist at once: somebody has attested Items.
func (r *Release) attested(s Signal, now time.Time) []Entry {
	cur := r.Readying()
	if cur == nil {
		return []Entry{r.heard(s, now, "came when nothing was open")}
	}
	cur.Look = now
	return []Entry{{At: now, Kind: EntryAttested, Step: cur.Name, Phase: cur.Phase, By: s.By, Text: s.Reason}}
}

// readyAgain is when the checklist is looked at again as long as something is open, unless its runner knows better.
const readyAgain = 15 * time.Second

// readied is what becomes of the release after a look at its checklist: it waits for people as long as something is
// open that is not waived, whatever the runner makes of that. again is when to look next, 0 if there is no need; changed
// is whether this look found something else than the one before.
func (r *Release) readied(ready Readiness, after time.Duration, now time.Time) (entries []Entry, again time.Duration, changed bool) {
	found := len(ready.Open)
	ready.Open = slices.DeleteFunc(slices.Clone(ready.Open), r.Passes)
	ready.Waived = found - len(ready.Open)
	changed = r.Readiness == nil || !r.Readiness.equal(ready)
	r.Readiness = &ready
	open := len(ready.Open) > 0
	switch {
	case open:
		after = cmp.Or(after, readyAgain)
	case found > 0: // it is for what is waived that the runner would look again
		after = 0
	}
	switch {
	case open && r.State == Running:
		entries = append(entries, r.enter(Waiting, now, Slipway, ""))
	case !open && r.State == Waiting:
		entries = append(entries, r.enter(Running, now, Slipway, ""))
	}
	return entries, after, changed
}

func (r *Readiness) equal(other Readiness) bool {
	return r.Total == other.Total && r.Proved == other.Proved && r.Attested == other.Attested && r.Waived == other.Waived &&
		slices.Equal(r.Open, other.Open)
}

// Attestations is where people's words about a target are kept.
type Attestations interface {
	// Attest keeps what a person says about a target, by item how long it is to count; a later attestation of an item
	// takes the place of an earlier one. At is the store's own time, Until that and how long it counts. All of it is kept
	// or nothing. fresh is false if event was seen before. Invalid if there is no item, or one that counts for no time.
	Attest(ctx context.Context, t Target, by UserID, items map[string]time.Duration, event EventID) (fresh bool, err error)
	// Attested is what people have said about a target, by key, also what has expired within the last 90 days.
	Attested(ctx context.Context, t Target) (map[string]Attestation, error)
}

// Alerts knows which alert policies there are.
type Alerts interface {
	// About names the enabled alert policies that are about a service; none is no error. Codes as everywhere.
	About(ctx context.Context, s ServiceRef) ([]string, error)
}

// People knows who is in a group.
type People interface {
	// Members are the people of a group. NotFound if there is no such group.
	Members(ctx context.Context, p Principal) ([]UserID, error)
}
