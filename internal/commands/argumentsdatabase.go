package commands

import (
	"regexp"
	"slices"
	"strings"

	"slipway/internal/deploy"
)

// itemKey is what a key of the checklist looks like: security/https.
var itemKey = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]{0,127}$`)

// aboutDatabase says whether a rollback is about the database, also where the option that says so was forgotten.
func (l line) aboutDatabase() bool {
	return slices.ContainsFunc(l.options, func(o option) bool {
		return slices.Contains([]string{"database", "backup", "at", "in-place", "confirm"}, o.name)
	})
}

// restore reads SERVICE [ENV] and what is to be brought back.
func (p parser) restore(l line) (Command, error) {
	c, err := p.restoreTarget(l)
	if err != nil {
		return nil, err
	}
	if _, has := l.get("database"); !has {
		l.options = append(slices.Clone(l.options), option{name: "database"})
		return nil, mistake(deploy.Invalid, l.String(), "What brings back the database begins with --database; without it the application goes back.")
	}
	if _, has := l.get("anyway"); has {
		return nil, mistake(deploy.Invalid, l.without("anyway").String(), "--anyway is for going back with the application, not with the database.")
	}
	list := c.String()
	backup, byBackup := l.get("backup")
	at, byMoment := l.get("at")
	switch {
	case byBackup && byMoment:
		return nil, mistake(deploy.Invalid, l.without("at").String(), "Either --backup or --at: a backup has its own moment.")
	case byBackup && !tag.MatchString(backup.value):
		return nil, mistake(deploy.Invalid, list, "--backup needs the id of a backup; the list has them.")
	case byMoment && !isMoment(at.value):
		return nil, noMoment(l, at.value, list)
	}
	_, c.InPlace = l.get("in-place")
	confirm, confirmed := l.get("confirm")
	switch {
	case c.InPlace && !byBackup:
		return nil, mistake(deploy.Invalid, list, "In place takes a backup: --in-place --backup ID. The list has them.")
	case confirmed && !c.InPlace:
		return nil, mistake(deploy.Invalid, l.without("confirm").String(), "--confirm belongs to --in-place; a new instance needs none.")
	}
	c.Backup, c.At, c.Confirm = backup.value, at.value, confirm.value
	if c.Reason, err = l.reason(); err != nil {
		return nil, err
	}
	if c.InPlace && c.Reason == "" {
		c.Reason = placeholderReason
		return nil, mistake(deploy.Invalid, c.String(), "A restore in place needs a reason: it is shown to everybody and kept with the release.")
	}
	return c, nil
}

// restoreTarget reads SERVICE [ENV]; a version is told apart from an environment that is not known.
func (p parser) restoreTarget(l line) (RestoreCommand, error) {
	if err := p.service(l); err != nil {
		return RestoreCommand{}, err
	}
	c := RestoreCommand{Service: l.args[0]}
	envs := p.known.Environments(c.Service)
	for i := 1; i < len(l.args); i++ {
		arg := l.args[i]
		_, near := nearest(arg, envs)
		switch {
		case c.Environment == "" && slices.Contains(envs, arg):
			c.Environment = arg
		case c.Environment == "" && (near || !strings.ContainsAny(arg, "0123456789")):
			return c, p.environment(l, i)
		default:
			return c, mistake(deploy.Invalid, c.String(), "I don't know what to do with %q: a database goes back to a backup or to a moment, not to a version.", arg)
		}
	}
	return c, nil
}

// waive reads SERVICE [ENV] ITEM.
func (p parser) waive(l line) (Command, error) {
	if err := p.service(l); err != nil {
		return nil, err
	}
	c := WaiveCommand{Service: l.args[0]}
	envs := p.known.Environments(c.Service)
	rest := l.args[1:]
	if len(rest) > 1 && !slices.Contains(envs, rest[0]) {
		if slices.Contains(envs, rest[1]) {
			return nil, mistake(deploy.Invalid, l.with(1, rest[1]).with(2, rest[0]).String(), "The environment comes before the item.")
		}
		return nil, p.environment(l, 1)
	}
	if len(rest) > 0 && slices.Contains(envs, rest[0]) {
		c.Environment, rest = rest[0], rest[1:]
	}
	switch {
	case len(rest) == 0:
		return nil, mistake(deploy.Invalid, ChecklistCommand{Service: c.Service, Environment: c.Environment}.String(),
			"What is to be let pass is missing: the key of an open item, or backup.")
	case len(rest) > 1:
		return nil, l.tooMany(len(l.args)-len(rest)+1, "")
	case !itemKey.MatchString(rest[0]):
		return nil, mistake(deploy.Invalid, ChecklistCommand{Service: c.Service, Environment: c.Environment}.String(),
			"%q cannot be the key of an item. A key is like security/https; backup is the backup of the database.", rest[0])
	}
	c.Item = rest[0]
	var err error
	if c.Reason, err = l.reason(); err != nil {
		return nil, err
	}
	if c.Reason == "" {
		c.Reason = placeholderWaive
		return nil, mistake(deploy.Invalid, c.String(), "A waiver needs a reason: it is shown to everybody and kept with the release.")
	}
	return c, nil
}
