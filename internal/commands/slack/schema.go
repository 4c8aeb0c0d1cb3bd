package slack

import (
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

// migrated is how far a migration has come. ok is false where the step has to speak for itself.
func migrated(r *deploy.Release, s deploy.Step) (note string, ok bool) {
	c := r.Schema
	switch {
	case c == nil:
		return "", false
	case s.Status == deploy.Done && len(c.Applied) == 0:
		return "", false
	case s.Status == deploy.Done:
		return fmt.Sprintf("%s, schema %d → %d (%s)", counts(len(c.Applied), "file"), c.Before, c.After, safeBack(c.Class)), true
	case s.Status != deploy.Started || r.Proposal == nil || r.Proposal.Migration == nil:
		return "", false
	}
	m := r.Proposal.Migration
	return fmt.Sprintf("%d of %s, schema %d → %d", nextScript(r), counts(len(m.Files), "file"), m.From, m.To), len(m.Files) > 0
}

// applying names the script that is being applied.
func applying(r *deploy.Release) string {
	if r.Proposal == nil || r.Proposal.Migration == nil {
		return "migrating the database"
	}
	files, done := r.Proposal.Migration.Files, nextScript(r)
	if done >= len(files) {
		return "migrating the database"
	}
	words := "applying " + esc(cut(files[done].Name, mostName))
	if len(files) > 1 {
		words += fmt.Sprintf(" (%d of %d)", done+1, len(files))
	}
	return words
}

// nextScript is the place of the first script of the plan that is not applied: their versions rise.
func nextScript(r *deploy.Release) int {
	files := r.Proposal.Migration.Files
	for i, f := range files {
		if r.Schema == nil || f.Version > r.Schema.After {
			return i
		}
	}
	return len(files)
}

// takenAway are those of a release's changes to the schema that were not only additions.
func takenAway(changes []string) (list []string) {
	for _, c := range changes {
		if c = oneLine(c); c != "" && !strings.HasPrefix(c, "+") {
			list = append(list, code(cut(c, mostNote)))
		}
	}
	return list
}

// few lists the first of some things, and how many there are besides.
func few(list []string, most int) string {
	if more := len(list) - most; more > 0 {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(list, ", ")
}

// stepOfKind finds the only step of a kind.
func stepOfKind(r *deploy.Release, k deploy.StepKind) (deploy.Step, bool) {
	for _, s := range r.Steps {
		if s.Kind == k {
			return s, true
		}
	}
	return deploy.Step{}, false
}

// databaseStays says what a roll back leaves of the schema; "" where nothing may be another than before.
func databaseStays(r *deploy.Release) string {
	before := esc(returnsTo(r))
	if len(r.Across) > 0 {
		return acrossStays(r)
	}
	if byJob(r) && r.Schema.Changed() {
		return "What the job has done to the database stays; whether " + before + " works with it is not known."
	}
	migrate, _ := stepOfKind(r, deploy.KindMigrate)
	c := r.Schema
	switch {
	case migrate.Status == deploy.Started && !goingBack(r) && alone(r):
		return "What is being applied to the database is cancelled. It runs outside of a transaction, so that part of it may be there; " + esc(whatStays(c)) + "."
	case migrate.Status == deploy.Started && !goingBack(r):
		return "What is being applied to the database is cancelled and leaves nothing behind; " + esc(whatStays(c)) + "."
	case !c.Changed():
		return ""
	}
	text := fmt.Sprintf("The database stays at %d (%s).", c.After, worksWith(c.Class, before))
	if c.Class != deploy.Contract {
		return text
	}
	var gone []string
	for _, a := range c.Applied {
		gone = append(gone, takenAway(a.Changes)...)
	}
	if len(gone) > 0 {
		text += " Taken away or changed: " + few(gone, mostOthers) + "."
	}
	return text
}

// acrossStays says on which schema a rollback has left what it went back to.
func acrossStays(r *deploy.Release) string {
	class := deploy.Unchanged
	var gone []string
	for _, x := range r.Across {
		class, gone = class.Worse(x.Class), append(gone, takenAway(x.Changes)...)
	}
	text := fmt.Sprintf("The database stays at %d (%s).", r.Across[0].After, worksWith(class, esc(returnsTo(r))))
	if len(gone) > 0 {
		text += " Taken away or changed: " + few(gone, mostOthers) + "."
	}
	return text
}

// alone says whether the script that is applied now runs outside of a transaction.
func alone(r *deploy.Release) bool {
	if r.Proposal == nil || r.Proposal.Migration == nil {
		return false
	}
	files, at := r.Proposal.Migration.Files, nextScript(r)
	return at < len(files) && files[at].Alone
}

// byJob says whether a job migrates: what it does is not known, and Schema.Applied names it as soon as it may have begun.
func byJob(r *deploy.Release) bool {
	_, runs := stepOfKind(r, deploy.KindRunJob)
	return runs
}

// whatStays is what a migration that is under way has left so far.
func whatStays(c *deploy.Schema) string {
	switch {
	case c == nil:
		return "the schema stays as it was"
	case !c.Changed():
		return fmt.Sprintf("the schema stays at %d", c.Before)
	}
	return fmt.Sprintf("the schema stays at %d, with %s of this release", c.After, counts(len(c.Applied), "file"))
}

// schemaEnd says in the state of a release that failed what became of the schema.
func schemaEnd(r *deploy.Release) string {
	migrate, ran := stepOfKind(r, deploy.KindMigrate)
	switch {
	case r.Schema.Changed() && byJob(r):
		return "what the job has done to the database stays"
	case r.Schema.Changed():
		return fmt.Sprintf("schema %d → %d stays", r.Schema.Before, r.Schema.After)
	case ran && migrate.Status == deploy.Broken && r.Schema != nil:
		return fmt.Sprintf("schema still at %d", r.Schema.Before)
	}
	return ""
}

// leftSchema says whether a release has ended and left a schema that the version before may not work with, or that no
// version is there for.
func leftSchema(r *deploy.Release) bool {
	d, c := r.Spec.Database, r.Schema
	if d != nil && d.Off == "" && r.State == deploy.RolledBack && len(r.Across) > 0 {
		return true
	}
	if d == nil || d.Off != "" || !r.State.Terminal() || !c.Changed() {
		return false
	}
	return r.State != deploy.Succeeded || c.Class == deploy.Contract || c.Class == deploy.Unsure
}

// schemaLine says in an incident that the schema is another than before, unless that was found already.
func schemaLine(r *deploy.Release) string {
	if r.Kind != deploy.Deploy || !r.Schema.Changed() {
		return ""
	}
	for _, c := range r.Incident.Changed {
		if strings.HasPrefix(c, "schema ") {
			return ""
		}
	}
	if byJob(r) {
		return "schema: what the job has done to it is not known, and stays"
	}
	return fmt.Sprintf("schema %d → %d (stays; %s)", r.Schema.Before, r.Schema.After, worksWith(r.Schema.Class, returnsTo(r)))
}
