package commands

import (
	"strconv"

	"slipway/internal/deploy"
)

// Command is what was said, understood. String gives it the way a person would type it; parsing that again (as
// Slack would send it) gives the same command.
type Command interface {
	String() string
}

// DeployCommand asks for a version on a target, or with Plan only for a look at what would be done. An empty
// Environment is the service's default, an empty Strategy the catalog's.
type DeployCommand struct {
	Service, Version, Environment string
	Strategy                      deploy.StrategyKind
	Reason                        string
	Again                         bool // also what was taken back before
	Plan                          bool
}

// StatusCommand asks how things stand: everywhere, for a service, or for one target.
type StatusCommand struct{ Service, Environment string }

// HistoryCommand asks for the last releases of a target.
type HistoryCommand struct{ Service, Environment string }

// ChecklistCommand asks how the checklist of a target stands.
type ChecklistCommand struct{ Service, Environment string }

// UnlockCommand clears the lock that a rollback left at a target.
type UnlockCommand struct{ Service, Environment, Reason string }

// HelpCommand asks what can be said.
type HelpCommand struct{}

// PromoteCommand approves the gate that waits, also that of the plan; with a Percent, only if it is the gate of that
// share. Force is for going against the verdict of the judge, and takes a Reason.
type PromoteCommand struct {
	Service, Environment string
	Percent              int
	Force                bool
	Reason               string
}

// RollbackCommand takes the running release back, or the last one. Version asks for a certain version that was
// live before. Anyway is for going back although the schema of the database stays as a later version needs it.
type RollbackCommand struct {
	Service, Environment, Version, Reason string
	Anyway                                bool
}

// String gives /deploy SERVICE VERSION [ENV] …
func (c DeployCommand) String() string {
	l := line{command: "/deploy"}.words(c.Service, c.Version, c.Environment)
	if c.Strategy != "" {
		l = l.option("strategy", string(c.Strategy))
	}
	if c.Reason != "" {
		l = l.option("reason", c.Reason)
	}
	if c.Again {
		l.options = append(l.options, option{name: "again"})
	}
	if c.Plan {
		l.options = append(l.options, option{name: "plan"})
	}
	return l.String()
}

// String gives /deploy status [SERVICE [ENV]].
func (c StatusCommand) String() string {
	return line{command: "/deploy", sub: "status"}.words(c.Service, c.Environment).String()
}

// String gives /deploy history SERVICE [ENV].
func (c HistoryCommand) String() string {
	return line{command: "/deploy", sub: "history"}.words(c.Service, c.Environment).String()
}

// String gives /deploy checklist SERVICE [ENV].
func (c ChecklistCommand) String() string {
	return line{command: "/deploy", sub: "checklist"}.words(c.Service, c.Environment).String()
}

// String gives /deploy unlock SERVICE [ENV] …
func (c UnlockCommand) String() string {
	l := line{command: "/deploy", sub: "unlock"}.words(c.Service, c.Environment)
	if c.Reason != "" {
		l = l.option("reason", c.Reason)
	}
	return l.String()
}

// String gives /deploy help.
func (c HelpCommand) String() string { return "/deploy help" }

// String gives /promote SERVICE [ENV] [PERCENT] …
func (c PromoteCommand) String() string {
	l := line{command: "/promote"}.words(c.Service, c.Environment)
	if c.Percent > 0 {
		l = l.words(strconv.Itoa(c.Percent))
	}
	if c.Force {
		l.options = append(l.options, option{name: "force"})
	}
	if c.Reason != "" {
		l = l.option("reason", c.Reason)
	}
	return l.String()
}

// String gives /rollback SERVICE [ENV] [VERSION] [--anyway] --reason "…".
func (c RollbackCommand) String() string {
	l := line{command: "/rollback"}.words(c.Service, c.Environment, c.Version)
	if c.Anyway {
		l.options = append(l.options, option{name: "anyway"})
	}
	if c.Reason != "" {
		l = l.option("reason", c.Reason)
	}
	return l.String()
}
