package catalog

import "cmp"

// mergedDatabase is nil if neither the file nor the environment knows of a database. Of two keys that exclude one another
// the environment's own takes the place of the other: who logs in as a user does not inherit a login.
func mergedDatabase(top, own *ServiceDatabase) *ServiceDatabase {
	if top == nil || own == nil {
		return cmp.Or(own, top)
	}
	d := &ServiceDatabase{
		Instance: cmp.Or(own.Instance, top.Instance),
		Project:  cmp.Or(own.Project, top.Project),
		Region:   cmp.Or(own.Region, top.Region),
		Name:     cmp.Or(own.Name, top.Name),
		Login:    cmp.Or(own.Login, top.Login),
		User:     cmp.Or(own.User, top.User),
		Off:      cmp.Or(own.Off, top.Off),
		Backup:   mergedBackup(top.Backup, own.Backup),
		Limits:   mergedLimits(deref(top.Limits), deref(own.Limits)),
		Validate: cmp.Or(own.Validate, top.Validate),

		Migrations: mergedMigrations(top.Migrations, own.Migrations),
	}
	switch {
	case own.Login != "" && own.User == "":
		d.User = ""
	case own.User != "" && own.Login == "":
		d.Login = ""
	}
	return d
}

func mergedBackup(top, own *BackupPolicy) *BackupPolicy {
	if own == nil || *own == (BackupPolicy{}) {
		return top
	}
	return own // either key excludes the other
}

func mergedLimits(top, own DatabaseLimits) *DatabaseLimits {
	return &DatabaseLimits{
		Connections: cmp.Or(own.Connections, top.Connections),
		Transaction: cmp.Or(own.Transaction, top.Transaction),
		Lag:         cmp.Or(own.Lag, top.Lag),
		Size:        cmp.Or(own.Size, top.Size),
	}
}

func mergedMigrations(top, own *Migrations) *Migrations {
	if top == nil || own == nil {
		return cmp.Or(own, top)
	}
	m := &Migrations{
		From:             cmp.Or(own.From, top.From),
		Table:            cmp.Or(own.Table, top.Table),
		LockTimeout:      cmp.Or(own.LockTimeout, top.LockTimeout),
		StatementTimeout: cmp.Or(own.StatementTimeout, top.StatementTimeout),
		LargeTable:       cmp.Or(own.LargeTable, top.LargeTable),
		Approvals:        cmp.Or(own.Approvals, top.Approvals),
		Within:           cmp.Or(own.Within, top.Within),
		Checks:           replaced(top.Checks, own.Checks),
		Job:              cmp.Or(own.Job, top.Job),
		Args:             replaced(top.Args, own.Args),
	}
	switch {
	case own.From != "" && own.Job == "":
		m.Job, m.Args = "", nil
	case own.Job != "" && own.From == "":
		m.From = ""
	}
	return m
}
