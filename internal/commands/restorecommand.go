package commands

// RestoreCommand asks for what was in the database before: without a Backup and without At for a list of the backups.
// At is as typed: RFC 3339, or a time of the day in UTC. Confirm is the name of the instance, typed by whoever wants the
// backup InPlace of what is there.
type RestoreCommand struct {
	Service, Environment string
	Backup, At           string
	InPlace              bool
	Confirm              string
	Reason               string
}

// WaiveCommand lets an open item of the checklist pass, or with the item backup a release go on without a backup.
type WaiveCommand struct{ Service, Environment, Item, Reason string }

// lists says whether nothing but a list is asked for.
func (c RestoreCommand) lists() bool { return c.Backup == "" && c.At == "" }

// String gives /rollback SERVICE [ENV] --database …
func (c RestoreCommand) String() string {
	l := line{command: "/rollback"}.words(c.Service, c.Environment)
	l.options = append(l.options, option{name: "database"})
	if c.InPlace {
		l.options = append(l.options, option{name: "in-place"})
	}
	for _, o := range []option{{name: "backup", value: c.Backup}, {name: "at", value: c.At}, {name: "confirm", value: c.Confirm}, {name: "reason", value: c.Reason}} {
		if o.value != "" {
			l = l.option(o.name, o.value)
		}
	}
	return l.String()
}

// String gives /deploy waive SERVICE [ENV] ITEM --reason "…".
func (c WaiveCommand) String() string {
	l := line{command: "/deploy", sub: "waive"}.words(c.Service, c.Environment, c.Item)
	if c.Reason != "" {
		l = l.option("reason", c.Reason)
	}
	return l.String()
}
