package commands

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	mostCrossings     = 5 // migrations that are told of
	mostSchemaChanges = 5 // changes that are named for each
)

// crossing refuses to go back over changes of the schema with which the version may not work, and says what there is to
// choose from. history is the releases of the target, newest first.
func crossing(t deploy.Target, spec deploy.Spec, c RollbackCommand, to deploy.Revision, across []deploy.Crossing, history []deploy.Release) Text {
	version := called(to)
	text := Text{}.Plainf("Nothing was changed: %s can go back to %s, but its database would stay as it is.", t, version).Line().Add(stays(across, version))
	text = text.Line().Plain("To go forward with a version that mends it: ").
		Code(DeployCommand{Service: t.Service, Version: "VERSION", Environment: t.Environment}.String())
	c.Anyway, c.Version = true, version
	text = text.Line().Plain("To roll the application back anyway, to which somebody else has to agree: ").Code(c.String())
	if spec.Database == nil || spec.Database.Off != "" {
		return text
	}
	text = text.Line().Plain("To have the data of just before in a new instance, beside what runs: ")
	restore := RestoreCommand{Service: t.Service, Environment: t.Environment}
	if at, known := justBefore(across[len(across)-1], history); known {
		restore.At = at.UTC().Format(time.RFC3339)
	}
	return text.Code(restore.String())
}

// stays tells of each change of the schema that stays, the newest first, and what it may break.
func stays(across []deploy.Crossing, version string) Text {
	var text Text
	for i, x := range across {
		if i == mostCrossings {
			return text.Line().Plainf("and %d more", len(across)-i)
		}
		text = text.Line().Strong(string(x.Release)).Plainf(" (%s) took the schema from %d to %d (%s): %s.", x.Version, x.Before, x.After, x.Class, mayBreak(version, x))
	}
	return text
}

// mayBreak says what of a version may not work any more: v1.2.3 may need what 016_drop_user_name.sql took away: − column
// users.name.
func mayBreak(version string, x deploy.Crossing) string {
	by := few(x.Names)
	if by == "" {
		by = "the migration of " + x.Version
	}
	if x.Class == deploy.Contract && len(x.Names) > 1 { // which of them did it is not known
		return fmt.Sprintf("%s may need what was taken away or changed%s; applied were %s", version, told(lessened(x.Changes)), by)
	}
	if x.Class == deploy.Contract {
		return fmt.Sprintf("%s may need what %s took away or changed%s", version, by, told(lessened(x.Changes)))
	}
	return fmt.Sprintf("whether %s works with what %s did cannot be told from the statements%s", version, by, told(x.Changes))
}

// lessened are the changes that are no additions, or all if there is nothing else.
func lessened(changes []string) []string {
	less := slices.DeleteFunc(slices.Clone(changes), func(c string) bool { return strings.HasPrefix(c, "+") })
	if len(less) == 0 {
		return changes
	}
	return less
}

// told names the first changes.
func told(changes []string) string {
	if len(changes) == 0 {
		return ""
	}
	return ": " + few(changes)
}

// few lists the first of some things, and how many there are besides.
func few(list []string) string {
	if n := len(list); n > mostSchemaChanges {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:mostSchemaChanges], ", "), n-mostSchemaChanges)
	}
	return strings.Join(list, ", ")
}

// justBefore is the last second before a migration began, as far as that was written down.
func justBefore(x deploy.Crossing, history []deploy.Release) (at time.Time, known bool) {
	earlier := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	for _, r := range history {
		if r.ID != x.Release {
			continue
		}
		for _, s := range r.Steps {
			if s.Kind == deploy.KindMigrate || s.Kind == deploy.KindRunJob {
				earlier(s.Begun)
			}
		}
		for _, a := range r.Schema.Applied {
			if !a.At.IsZero() {
				earlier(a.At.Add(-a.Took))
			}
		}
	}
	return at.Add(-time.Second).Truncate(time.Second), !at.IsZero()
}

// schemaNow is the version at which the releases of a target have left the schema, as far as that is known.
func schemaNow(history []deploy.Release) (version int64, known bool) {
	for _, r := range history {
		switch {
		case r.Kind == deploy.Restore && r.Restore != nil && r.Restore.InPlace && r.Touched():
			return 0, false
		case r.Schema != nil:
			return r.Schema.After, r.Schema.After > 0
		}
	}
	return 0, false
}

// staying says what stays of the schema when a running release is taken back, which is never held up by it: its baseline
// served on that schema minutes ago. Empty if the release has changed nothing of it.
func staying(r deploy.Release) string {
	text := ""
	if cur := r.Current(); cur != nil && cur.Status == deploy.Started && (cur.Kind == deploy.KindMigrate || cur.Kind == deploy.KindRunJob) {
		text = " What the migration has committed by then stays."
	}
	if !r.Schema.Changed() {
		return text
	}
	back, s := called(r.Facts.Baseline), r.Schema
	switch s.Class {
	case deploy.Expand, deploy.Unchanged:
		return fmt.Sprintf(" The schema stays at %d (expand: %s works with it).", s.After, back) + text
	case deploy.Contract, deploy.Unsure:
	}
	x := deploy.Crossing{Version: r.Version, Class: s.Class}
	for _, a := range s.Applied {
		x.Names, x.Changes = append(x.Names, a.Name), append(x.Changes, a.Changes...)
	}
	return fmt.Sprintf(" The schema stays at %d (%s): %s.", s.After, s.Class, mayBreak(back, x)) + text
}
