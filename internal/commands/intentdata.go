package commands

import (
	"cmp"
	"fmt"
	"strings"

	"slipway/internal/deploy"
)

// intentData says what a step will do that is about the database, or about keeping what there is.
func intentData(r deploy.Release, s deploy.Step) Text {
	d := r.Spec.Database
	if s.Kind == deploy.KindSnapshot {
		return Text{}.Plain("the configuration of the service is kept with the release, and the image that runs now is tagged")
	}
	if d == nil {
		return Text{}.Plain(string(s.Name))
	}
	m := d.Migrations
	if m == nil {
		m = &deploy.MigrationSpec{}
	}
	switch s.Kind {
	case deploy.KindBackup:
		return Text{}.Plainf("a backup of %s, %s at most; if it fails the release is held", d.Instance.Name, deploy.Planned(s.Within))
	case deploy.KindMeasure:
		return Text{}.Plain("the database " + d.Name + " must keep its limits" + dataLimits(d.Limits))
	case deploy.KindMigrate:
		return Text{}.Plain("the scripts of ").Code(m.Source).Plain(" that are not applied yet, each in a transaction of its own" + sqlChecks(len(m.Checks)))
	case deploy.KindRunJob:
		return Text{}.Plain("the job ").Code(strings.TrimSpace(m.Job + " " + strings.Join(m.Args, " "))).Plain(" migrates the database, with the image that is released")
	case deploy.KindExamine:
		return Text{}.Plain("the database " + d.Name + " is looked over: sizes, foreign keys, what is not valid, connections, replication, slow statements")
	default: // of going back and of a restore, which have no plan to be shown
		return Text{}.Plain(string(s.Name))
	}
}

// ifRisky says what a gate does that asks about what is risky in a migration.
func ifRisky(r deploy.Release, s deploy.Step) Text {
	return Text{}.Plainf("if the migration has risky statements, waits for %s from ", approvals(cmp.Or(s.Needed, 1))).principals(r.Spec.Policy.Approve).
		Plainf(", not from who starts it, %s at most; else goes on", deploy.Planned(s.Within))
}

func sqlChecks(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", with 1 check before it is committed"
	}
	return fmt.Sprintf(", with %d checks before it is committed", n)
}

// dataLimits are those that the catalog gives.
func dataLimits(l deploy.DatabaseLimits) string {
	var list []string
	if l.Connections > 0 {
		list = append(list, fmt.Sprintf("at most %g %% of its connections in use", 100*l.Connections))
	}
	if l.Transaction > 0 {
		list = append(list, "no transaction open for longer than "+deploy.Planned(l.Transaction))
	}
	if l.Lag > 0 {
		list = append(list, "replicas at most "+deploy.Planned(l.Lag)+" behind")
	}
	if l.Size > 0 {
		list = append(list, "at most "+size(l.Size))
	}
	if len(list) == 0 {
		return ""
	}
	return ": " + strings.Join(list, ", ")
}
