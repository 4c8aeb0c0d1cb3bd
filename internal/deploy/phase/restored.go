package phase

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// restored looks whether what was restored answers, and says what to do with it. It changes nothing, and may die
// anywhere.
func (p Ports) restored(ctx context.Context, r deploy.Release, s deploy.Step) (deploy.Outcome, error) {
	plan, in, err := p.toRestore(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	out := deploy.Outcome{Facts: r.Facts}
	if !plan.InPlace {
		clone, err := running(ctx, in, cloneRef(plan), deploy.NotYet)
		if err != nil {
			return deploy.Outcome{}, err
		}
		out.Note = plan.Clone + " runs at " + cmp.Or(clone.Address, "an address that its cloud does not say") + ", as " + plan.Instance.Name + " was at " +
			moment(plan.At, p.now(s)) + "; nothing uses it yet" + switchTo(r, plan, clone)
		return out, nil
	}
	if _, err := running(ctx, in, plan.Instance, deploy.NotYet); err != nil {
		return deploy.Outcome{}, err
	}
	out.Note = plan.Instance.Name + " runs with what was in backup " + plan.Backup
	if !logsIn(r.Spec.Database) {
		out.Note += "; what is in it was not looked at: the catalog names neither a login nor a user of the database"
		return out, nil
	}
	db, q, err := p.database(r)
	if err != nil {
		return deploy.Outcome{}, err
	}
	state, err := db.Measure(ctx, q)
	if err != nil {
		return deploy.Outcome{}, err
	}
	out.Note += fmt.Sprintf(": schema %d, %s", state.Version, deploy.Size(state.Size))
	return out, nil
}

// switchTo is what somebody types to look at the new instance, to have the service use it, and to be rid of it. The
// address of the database is a secret: it is rewritten without being shown. A revision of the service reads secrets when
// it starts, so that it takes a new one, and traffic is sent to it by name, as Slipway does.
func switchTo(r deploy.Release, plan deploy.RestorePlan, clone deploy.Instance) string {
	service, project, database := r.Spec.Platform.Service, plan.Instance.Project, ""
	if r.Spec.Database != nil {
		database = " --database=" + r.Spec.Database.Name
	}
	revision := fmt.Sprintf("restored-%d", r.Number)
	lines := []string{
		"To look into it:",
		"gcloud sql connect " + plan.Clone + " --project=" + project + database + " --user=USER",
	}
	if variable, ref, known := databaseSecret(r.Spec); known && clone.Address != "" {
		holder, secret, _ := secretRef(service.Project, ref)
		lines = append(lines,
			"To switch to it:",
			leadTo(secret, holder, clone.Address),
			fmt.Sprintf("gcloud run services update %s --project=%s --region=%s --update-secrets=%s=%s:latest --revision-suffix=%s --no-traffic", service.Name, service.Project, service.Region, variable, ref, revision),
			fmt.Sprintf("gcloud run services update-traffic %[1]s --project=%[2]s --region=%[3]s --to-revisions=%[1]s-%[4]s=100", service.Name, service.Project, service.Region, revision),
		)
		lines = append(lines, loginCommand(r, secret, holder, clone.Address)...)
	} else {
		lines = append(lines, "To switch to it: lead the service to its address, and release that. The catalog names no secret with the address of the database.")
	}
	lines = append(lines,
		"and in the catalog: database.instance: "+plan.Clone,
		"To be rid of it:",
		"gcloud sql instances delete "+plan.Clone+" --project="+project)
	return "\n" + strings.Join(lines, "\n")
}

// loginSecret is a secret that is the whole of a login.
var loginSecret = regexp.MustCompile(`^\$\{secret:([^}]+)\}$`)

// loginCommand leads the next migrations to the new instance, too, where their address is in a secret of its own.
func loginCommand(r deploy.Release, switched, holder, address string) []string {
	if r.Spec.Database == nil {
		return nil
	}
	m := loginSecret.FindStringSubmatch(r.Spec.Database.Login)
	if m == nil || m[1] == switched && holder == r.Spec.Platform.Service.Project {
		return nil
	}
	return []string{leadTo(m[1], r.Spec.Platform.Service.Project, address)}
}

// leadTo writes a new version of a secret that has the address of a database: with another host.
func leadTo(secret, project, address string) string {
	return fmt.Sprintf("gcloud secrets versions access latest --secret=%[1]s --project=%[2]s | sed 's|@[^/]*/|@%[3]s/|' | gcloud secrets versions add %[1]s --data-file=- --project=%[2]s",
		secret, project, withPort(address))
}

// databaseSecret finds the secret that the service reads the address of its database from.
func databaseSecret(spec deploy.Spec) (variable, ref string, known bool) {
	for _, name := range slices.Sorted(maps.Keys(spec.Platform.Settings.Secrets)) {
		if strings.Contains(name, "DATABASE_URL") || strings.Contains(name, "POSTGRES_URL") {
			return name, withoutVersion(spec.Platform.Settings.Secrets[name]), true
		}
	}
	return "", "", false
}

// withoutVersion is the name in a reference to a secret.
func withoutVersion(ref string) string {
	name, _, _ := strings.Cut(ref, ":")
	return name
}

func withPort(address string) string {
	if strings.Contains(address, ":") {
		return address
	}
	return address + ":5432"
}
