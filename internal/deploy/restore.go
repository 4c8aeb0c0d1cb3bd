package deploy

import (
	"cmp"
	"fmt"
	"time"
)

// RestorePlan is what a release of kind Restore does to the database of a target.
type RestorePlan struct {
	Instance InstanceRef `json:"instance"`
	InPlace  bool        `json:"in_place,omitempty"` // the backup takes the place of what is there; else a new instance is made
	Clone    string      `json:"clone,omitempty"`    // name of the new instance
	At       time.Time   `json:"at,omitzero"`        // as the database was then
	Backup   string      `json:"backup,omitempty"`   // id; what At was taken from, or what is restored in place
	Also     []Target    `json:"also,omitempty"`     // in place: other targets whose databases are in the instance, and are overwritten
	Of       ReleaseID   `json:"of,omitempty"`       // the release that the backup was made for
}

// Says is what it is, in words: a new instance coditect-postgres-rollback-43; coditect-postgres-production, in place.
func (p RestorePlan) Says() string {
	if p.InPlace {
		return p.Instance.Name + ", in place"
	}
	return "a new instance " + p.Clone
}

// newRestore lists the steps of a restore. In place two people have to agree, who asked for it being one of them, and what
// is there is backed up first.
func newRestore(spec Spec, p RestorePlan) []Step {
	within := cmp.Or(spec.Database.Backup.Within, withinBackup)
	look := Step{Name: "restore/look", Kind: KindRestorable, Phase: BackDatabase, Within: withinPreflight}
	check := Step{Name: "restore/check", Kind: KindRestored, Phase: BackDatabase, Within: withinValidate}
	if !p.InPlace {
		return pending([]Step{look, {Name: "restore/clone", Kind: KindClone, Phase: BackDatabase, Within: withinRestore}, check})
	}
	return pending([]Step{look,
		{Name: "restore/agree", Kind: KindGate, Phase: BackDatabase, Needed: 1, Within: spec.Policy.ApprovalExpires},
		{Name: "restore/backup", Kind: KindBackup, Phase: BackDatabase, Within: within},
		{Name: "restore/restore", Kind: KindRestore, Phase: BackDatabase, Within: withinRestore},
		check,
	})
}

func checkRestore(a Ask) error {
	op, d := "make a restore", a.Spec.Database
	switch {
	case d == nil || a.Restore == nil:
		return &Error{Code: Invalid, Op: op, Msg: fmt.Sprintf("the catalog names no database of %s", a.Target)}
	case d.Off != "":
		return &Error{Code: Invalid, Op: op, Msg: fmt.Sprintf("the database of %s is left alone: %s", a.Target, d.Off)}
	case a.Restore.InPlace && a.Restore.Backup == "":
		return &Error{Code: Invalid, Op: op, Msg: "a restore in place takes a backup"}
	case !a.Restore.InPlace && (a.Restore.Clone == "" || a.Restore.At.IsZero()):
		return &Error{Code: Invalid, Op: op, Msg: "a new instance takes a name and a moment"}
	}
	return nil
}
