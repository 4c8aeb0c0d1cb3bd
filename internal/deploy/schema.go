package deploy

import (
	"slices"
	"time"
)

// Schema is what a release did to the schema of its database. It stays when the application goes back.
type Schema struct {
	Before  int64           `json:"before"`            // version when the release looked first
	After   int64           `json:"after"`             // version when it looked last
	Class   SchemaClass     `json:"class,omitempty"`   // of what it was to apply
	Applied []AppliedScript `json:"applied,omitempty"` // by this release, oldest first
	Hash    string          `json:"hash,omitempty"`    // of the set they came from
	Done    bool            `json:"done,omitempty"`    // all of it
	Open    bool            `json:"open,omitempty"`    // what became of a script that was on its way was not found out
}

// Changed says whether the schema may be another than before.
func (s *Schema) Changed() bool { return s != nil && (s.After != s.Before || len(s.Applied) > 0) }

func (s *Schema) clone() *Schema {
	if s == nil {
		return nil
	}
	c := *s
	c.Applied = slices.Clone(s.Applied)
	return &c
}

// Crossing is a change of the schema that a rollback leaves in place, although the version it returns to may not work
// with it.
type Crossing struct {
	Release ReleaseID   `json:"release"`
	Version string      `json:"version"` // of the application that it came with
	Class   SchemaClass `json:"class"`
	Before  int64       `json:"before"`
	After   int64       `json:"after"`
	Names   []string    `json:"names,omitempty"` // of the scripts
	Changes []string    `json:"changes,omitempty"`
}

// Crossed lists the changes that were not only additions since a revision had all of the traffic last, newest first.
// history is the releases of the target, newest first. A restore in place brought the schema back to a moment: what was
// made between that and the restore does not count, what was there before does.
func Crossed(history []Release, to RevisionName) []Crossing {
	var list []Crossing
	var undone time.Time // what was begun from then on
	for _, r := range history {
		counts := undone.IsZero() || r.changing().Before(undone)
		if r.Kind == Restore && r.State == Succeeded && r.Restore != nil && r.Restore.InPlace && counts {
			if undone = r.Restore.At; undone.IsZero() { // nobody knows of when it was: people have looked at it
				return list
			}
		}
		if r.Arrived() && r.Landed().Name == to {
			return list
		}
		if c := r.Schema; c != nil && (c.Changed() || c.Open) && counts && (c.Class == Contract || c.Class == Unsure) {
			x := Crossing{Release: r.ID, Version: r.Version, Class: c.Class, Before: c.Before, After: c.After}
			if c.Open && r.Proposal != nil && r.Proposal.Migration != nil { // as far as it may have come
				x.After = max(x.After, r.Proposal.Migration.To)
			}
			for _, a := range c.Applied {
				x.Names, x.Changes = append(x.Names, a.Name), append(x.Changes, a.Changes...)
			}
			list = append(list, x)
		}
		if r.Kind == Deploy && r.Facts.Baseline.Name == to && r.Facts.MaxShare > 0 { // it had the traffic before this one
			return list
		}
	}
	return list
}

// changing is when the release began to change what is in the database, as far as that is known.
func (r *Release) changing() time.Time {
	for _, s := range r.Steps {
		if (s.Kind == KindMigrate || s.Kind == KindRunJob || s.Kind == KindRestore) && !s.Begun.IsZero() {
			return s.Begun
		}
	}
	return r.Created
}
