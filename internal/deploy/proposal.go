package deploy

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Proposal is what a release would change, as people are shown it before anything is. Its Hash covers that and the
// whole Spec: an approval is given to one hash, and void for any other.
type Proposal struct {
	Hash     string   `json:"hash"`
	Image    string   `json:"image"`             // by digest
	Baseline string   `json:"baseline"`          // revision that has all of the traffic
	Changes  []Change `json:"changes,omitempty"` // of the service's settings, sorted by What
	Unknown  string   `json:"unknown,omitempty"` // why the changes are not known; empty: they are

	Versions  map[string]string `json:"versions,omitempty"`  // which version a secret that is referred to by another name has now: api-key:latest → 7
	Migration *Migration        `json:"migration,omitempty"` // nil: the schema stays as it is
	Parts     []ProposedPart    `json:"parts,omitempty"`     // the other parts of the release; what changes there is in Changes, with the name before it

	Settings string `json:"settings,omitempty"` // tells apart what is not shown: a fingerprint of all settings, with the values of variables
}

// ProposedPart is what would take the place of what at another part of the release.
type ProposedPart struct {
	Name     string `json:"name"`
	Image    string `json:"image"`
	Baseline string `json:"baseline"`
	Settings string `json:"settings,omitempty"` // as those of the Proposal
}

// Change is one thing that would be another than now. Never a value that is secret, or of a variable.
type Change struct {
	What string `json:"what"`           // cpu, env FEATURE, secret DATABASE_URL
	From string `json:"from,omitempty"` // empty: it is new, and To is empty, too, if its value is not shown
	To   string `json:"to,omitempty"`   // empty: it is taken away
}

// What stands in a Change for values that are not shown.
const (
	AValue       = "a value"       // From
	AnotherValue = "another value" // To
)

// String gives cpu 1 → 2, + env FEATURE, − env OLD, env MODE has another value.
func (c Change) String() string {
	switch {
	case c.From == "":
		return strings.TrimSpace("+ " + c.What + " " + c.To)
	case c.To == AnotherValue:
		return c.What + " has another value"
	case c.To == "":
		return "− " + c.What
	}
	return c.What + " " + c.From + " → " + c.To
}

// NewProposal seals what a release would change. What says who is told, where, and where the catalog says so changes
// nothing and is not sealed. A spec that cannot be written down, which no catalog holds, has no hash: nobody can approve it.
func NewProposal(r Release, changes []Change, unknown string) Proposal {
	changes = slices.Clone(changes)
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(strings.Compare(a.What, b.What), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return Proposal{Image: r.Facts.Image.Ref(), Baseline: string(r.Facts.Baseline.Name), Changes: changes, Unknown: unknown}.Seal(r)
}

// Seal gives p the hash of what it says by now about r.
func (p Proposal) Seal(r Release) Proposal {
	p.Hash = ""
	spec := r.Spec
	spec.Channel, spec.OnCall, spec.Source, spec.Policy.DeployAt, spec.Policy.ApproveAt = "", "", "", "", ""
	sealed := p
	sealed.Migration = p.Migration.sealed()
	doc, err := json.Marshal(struct {
		Target   Target
		Version  string
		Spec     Spec
		Proposal Proposal
	}{r.Target, r.Version, spec, sealed})
	if err != nil {
		return p
	}
	sum := sha256.Sum256(doc)
	p.Hash = hex.EncodeToString(sum[:])
	return p
}

// Short is the hash as people compare it.
func (p Proposal) Short() string { return p.Hash[:min(len(p.Hash), 8)] }

// Since says in what p differs from what was proposed before, in words.
func (p Proposal) Since(before Proposal) []string {
	var list []string
	if p.Image != before.Image {
		list = append(list, fmt.Sprintf("the image is %s, it was %s", digestOf(p.Image), digestOf(before.Image)))
	}
	if p.Baseline != before.Baseline {
		list = append(list, fmt.Sprintf("%s has the traffic, it was %s", p.Baseline, before.Baseline))
	}
	for _, c := range p.Changes {
		if !slices.Contains(before.Changes, c) {
			list = append(list, "now: "+c.String())
		}
	}
	for _, c := range before.Changes {
		if !slices.Contains(p.Changes, c) {
			list = append(list, "no longer: "+c.String())
		}
	}
	switch p.Unknown {
	case before.Unknown:
	case "":
		list = append(list, "the changes are known now")
	default:
		list = append(list, "the changes are not known: "+p.Unknown)
	}
	for i, part := range p.Parts {
		switch {
		case i >= len(before.Parts):
		case part.Image != before.Parts[i].Image:
			list = append(list, fmt.Sprintf("the image of %s is %s, it was %s", part.Name, digestOf(part.Image), digestOf(before.Parts[i].Image)))
		case part.Baseline != before.Parts[i].Baseline:
			list = append(list, fmt.Sprintf("%s has the traffic of %s, it was %s", part.Baseline, part.Name, before.Parts[i].Baseline))
		}
	}
	for _, ref := range slices.Sorted(maps.Keys(p.Versions)) {
		if was, is := before.Versions[ref], p.Versions[ref]; was != "" && was != is {
			list = append(list, fmt.Sprintf("%s is version %s, it was %s", ref, is, was))
		}
	}
	list = append(list, p.Migration.since(before.Migration)...)
	switch {
	case len(list) > 0 || p.Hash == before.Hash:
	case !slices.Equal(p.settings(), before.settings()):
		list = append(list, "a value that is not shown")
	default:
		list = append(list, "what the catalog asks for")
	}
	return list
}

// settings are the fingerprints of all parts.
func (p Proposal) settings() []string {
	list := []string{p.Settings}
	for _, part := range p.Parts {
		list = append(list, part.Settings)
	}
	return list
}

func digestOf(ref string) string {
	_, digest, _ := strings.Cut(ref, "@")
	return digest[:min(len(digest), len("sha256:")+12)]
}

// Previewer is a Platform that can say what a revision would be like before it is made. It changes nothing.
type Previewer interface {
	// Preview gives what RevisionStatus.Config of the candidate would be. Codes as those of Stage.
	Preview(ctx context.Context, q StageRequest) (map[string]string, error)
}

// Planner works out what a release would change, from what is there now. It changes nothing. It needs Facts.Image and
// Facts.Baseline, and those of its parts; Look gives a release that has not begun with them filled in.
type Planner interface {
	Look(ctx context.Context, r Release) (Release, error)
	Propose(ctx context.Context, r Release) (Proposal, error)
}

// confirmed is what becomes of the release when what was approved has been worked out again: as approved it goes on, else
// every approval is void and people are asked about what is so now. Another image has its checklist looked at from the
// beginning; what was let pass of the former one is not let pass of this one.
func (r *Release) confirmed(cur *Step, now Proposal, note string, at time.Time) []Entry {
	var before Proposal
	if r.Proposal != nil {
		before = *r.Proposal
	}
	r.Proposal = &now
	if before.Hash == now.Hash {
		return []Entry{cur.end(at, Done, note)}
	}
	entry := Entry{At: at, Kind: EntryVoided, Step: cur.Name, Phase: cur.Phase, By: Slipway,
		Text: "the approval is void: " + strings.Join(now.Since(before), "; ")}
	other := before.Image != now.Image || !slices.EqualFunc(before.Parts, now.Parts, func(a, b ProposedPart) bool { return a.Image == b.Image })
	if other && r.Readiness != nil {
		entry.Text += "; the checklist is looked at from the beginning"
		r.Readiness = nil
		r.Waivers = slices.DeleteFunc(r.Waivers, func(w Waiver) bool { return r.ofImage(w.Item) })
	}
	for i := range r.Steps {
		s := &r.Steps[i]
		again := s.Kind == KindConfirm || s.AboutPlan() || other && (s.Kind == KindReady || s.Kind == KindPropose)
		if again {
			s.reopen()
		}
	}
	return []Entry{entry}
}

// ofImage says whether an open item is about the image and nothing else: an objection to it, or something that is proved
// of its digest.
func (r *Release) ofImage(key string) bool {
	return strings.HasPrefix(key, AboutImage) || slices.ContainsFunc(r.Spec.Items, func(i Item) bool {
		return i.Key == key && i.Prove != nil && slices.Contains([]ProofKind{ProveImage, ProveScan, ProveLiveIn}, i.Prove.Kind)
	})
}
