package phase

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"time"

	"slipway/internal/deploy"
)

// database is what speaks SQL, and which database of the release's target is meant.
func (p Ports) database(r deploy.Release) (deploy.Databases, deploy.DatabaseQuery, error) {
	op := "find the database"
	switch {
	case r.Spec.Database == nil:
		return nil, deploy.DatabaseQuery{}, &deploy.Error{Code: deploy.Invalid, Op: op, Msg: "the catalog names no database of " + r.Target.String()}
	case p.Databases == nil:
		return nil, deploy.DatabaseQuery{}, &deploy.Error{Code: deploy.Invalid, Op: op, Msg: "this Slipway has no client for databases"}
	}
	return p.Databases, deploy.DatabaseQuery{Database: *r.Spec.Database, Project: secretsProject(r.Spec)}, nil
}

// logsIn says whether the catalog says how Slipway gets into a database at all.
func logsIn(d *deploy.DatabaseSpec) bool {
	return d != nil && d.Off == "" && (d.Login != "" || d.User != "")
}

// instances is what manages the server that the release is about, and that server.
func (p Ports) instances(r deploy.Release) (deploy.Instances, deploy.InstanceRef, error) {
	var i deploy.InstanceRef
	switch {
	case r.Kind == deploy.Restore && r.Restore != nil:
		i = r.Restore.Instance
	case r.Spec.Database != nil:
		i = r.Spec.Database.Instance
	default:
		return nil, i, &deploy.Error{Code: deploy.Invalid, Op: "find the database server", Msg: "the catalog names no database of " + r.Target.String()}
	}
	if in, ok := p.Instances[i.Kind]; ok {
		return in, i, nil
	}
	return nil, i, &deploy.Error{Code: deploy.Invalid, Op: "find the database server", Msg: "this Slipway has no client for database servers of " + cmp.Or(string(i.Kind), "no kind")}
}

// running makes sure that a server runs. code says what it means if it does not: Invalid, or NotYet where that may pass.
func running(ctx context.Context, in deploy.Instances, i deploy.InstanceRef, code deploy.Code) (deploy.Instance, error) {
	got, err := in.Instance(ctx, i)
	if err != nil || got.Runnable {
		return got, err
	}
	return got, &deploy.Error{Code: code, Op: "look at " + i.String(),
		Msg:  fmt.Sprintf("the database server %s does not run: %s", i.Name, cmp.Or(got.Unrest, "its cloud does not say why")),
		Hint: "start it, or wait until its cloud is done with it, then try again"}
}

// awaitRun looks once at the operation at a database server that is named in the facts, as awaitOperation does at a
// platform's. With rest.Again it goes on. A backup that failed is not asked for again by itself. If after has none any more, it is forgotten, has ended in something that
// passes, or is that of an attempt which people ended by trying again: then what is so now is looked at, and if need be
// it is asked for anew. Else it is over, and what came of it must be read from the server.
func awaitRun(ctx context.Context, in deploy.Instances, i deploy.InstanceRef, f deploy.Facts, s deploy.Step) (after deploy.Facts, rest deploy.Outcome, err error) {
	if f.Operation == "" {
		return f, rest, nil
	}
	done, err := in.Wait(ctx, i, deploy.Operation(f.Operation))
	switch {
	case err == nil && done:
		return f, rest, nil
	case err == nil:
		return f, again(s, f, ""), nil
	case done && s.Looks > 0 && s.Kind == deploy.KindBackup && deploy.Retryable(err): // people decide whether to try again
		return f, rest, &deploy.Error{Code: deploy.Invalid, Op: "back up " + i.String(), Msg: deploy.Message(err), Hint: deploy.Hint(err), Err: err}
	case !done && deploy.CodeOf(err) == deploy.NotFound, done && (s.Looks == 0 || deploy.Retryable(err)):
		f.Operation = ""
		return f, rest, nil
	}
	return f, rest, err
}

// byAnother is the error of a call that came after one of a later epoch. If that was the next owner of this release, the
// store takes nothing from us any more, whatever is made of it here. Else it was another release that has to do with the
// same database, and the next attempt, which has a later epoch again, goes on.
func byAnother(err error) error {
	if deploy.CodeOf(err) != deploy.Fenced {
		return err
	}
	return &deploy.Error{Code: deploy.Conflict, Op: "change the schema", Msg: "another release was at the same database meanwhile", Err: err}
}

// classSays is a class in words, for whoever thinks of going back to a version.
func classSays(c deploy.SchemaClass, version string) string {
	version = cmp.Or(version, "the version before")
	switch c {
	case deploy.Unchanged:
		return "no change of the schema: safe to roll back"
	case deploy.Expand:
		return "expand: safe to roll back"
	case deploy.Contract:
		return "contract: " + version + " may not work with it"
	case deploy.Unsure:
	}
	return "unknown: whether " + version + " works with it cannot be told"
}

// counted is 1 file, 2 files.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return deploy.Thousands(int64(n)) + " " + noun + "s"
}

// login is what stands between // and @ of an address.
var login = regexp.MustCompile(`://[^/\s@]*(?:@[^/\s@]+)*@`)

// discreet takes logins out of what others wrote.
func discreet(text string) string { return login.ReplaceAllString(text, "://…@") }

// moment is a time of day, with the day if that is not within the last one.
func moment(t, now time.Time) string {
	if age := now.Sub(t); age < 0 || age >= 24*time.Hour {
		return t.UTC().Format("2 Jan 2006 15:04:05 UTC")
	}
	return t.UTC().Format("15:04:05 UTC")
}

// ago is how long something is over, in the unit that people reckon with: 40 s, 37 min, 5 h 10 min, 3 days.
func ago(d time.Duration) string {
	const day = 24 * time.Hour
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*day:
		return deploy.Planned(d.Truncate(time.Minute))
	}
	return fmt.Sprintf("%d days", int(d/day))
}
