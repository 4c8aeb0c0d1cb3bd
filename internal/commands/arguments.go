package commands

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// tag is what an image registry accepts as a tag (OCI distribution specification, section "Pulling manifests").
var tag = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

func (p parser) deploy(l line) (Command, error) {
	if err := p.service(l); err != nil {
		return nil, err
	}
	c := DeployCommand{Service: l.args[0]}
	envs := p.known.Environments(c.Service)
	if len(l.args) > 1 && slices.Contains(envs, l.args[1]) {
		if len(l.args) > 2 && !slices.Contains(envs, l.args[2]) {
			return nil, mistake(deploy.Invalid, l.with(1, l.args[2]).with(2, l.args[1]).String(),
				"The version comes before the environment.")
		}
		l.args = l.args[:1]
	}
	if len(l.args) < 2 {
		return nil, mistake(deploy.Invalid, HistoryCommand{Service: c.Service}.String(),
			"The version to deploy is missing: /deploy %s VERSION. Versions that were live are listed in the history.", c.Service)
	}
	if err := version(l, 1); err != nil {
		return nil, err
	}
	c.Version = l.args[1]
	if len(l.args) > 2 {
		if err := p.environment(l, 2); err != nil {
			return nil, err
		}
		c.Environment = l.args[2]
	}
	if err := l.atMost(3); err != nil {
		return nil, err
	}
	var err error
	if c.Strategy, err = l.strategy(); err != nil {
		return nil, err
	}
	if c.Reason, err = l.reason(); err != nil {
		return nil, err
	}
	_, c.Again = l.get("again")
	_, c.Plan = l.get("plan")
	return c, nil
}

func (p parser) unlock(l line) (Command, error) {
	service, env, err := p.target(l)
	if err != nil {
		return nil, err
	}
	reason, err := l.reason()
	if err != nil {
		return nil, err
	}
	return UnlockCommand{Service: service, Environment: env, Reason: reason}, nil
}

func (p parser) status(l line) (Command, error) {
	if len(l.args) == 0 {
		return StatusCommand{}, nil
	}
	service, env, err := p.target(l)
	if err != nil {
		return nil, err
	}
	return StatusCommand{Service: service, Environment: env}, nil
}

func (p parser) history(l line) (Command, error) {
	service, env, err := p.target(l)
	if err != nil {
		return nil, err
	}
	return HistoryCommand{Service: service, Environment: env}, nil
}

func (p parser) checklist(l line) (Command, error) {
	service, env, err := p.target(l)
	if err != nil {
		return nil, err
	}
	return ChecklistCommand{Service: service, Environment: env}, nil
}

// target reads SERVICE [ENV] and nothing else.
func (p parser) target(l line) (service, env string, err error) {
	if err := p.service(l); err != nil {
		return "", "", err
	}
	if len(l.args) > 1 {
		if err := p.environment(l, 1); err != nil {
			return "", "", err
		}
		env = l.args[1]
	}
	return l.args[0], env, l.atMost(2)
}

func (p parser) promote(l line) (Command, error) {
	if err := p.service(l); err != nil {
		return nil, err
	}
	c := PromoteCommand{Service: l.args[0]}
	l = l.percentJoined()
	for i := 1; i < len(l.args); i++ {
		arg := l.args[i]
		switch {
		case c.Environment == "" && slices.Contains(p.known.Environments(c.Service), arg):
			c.Environment = arg
		case c.Percent == 0 && arg[0] >= '0' && arg[0] <= '9':
			n, err := strconv.Atoi(strings.TrimRight(arg, "%％"))
			if err != nil || n < 1 || n > 100 {
				l.args = slices.Delete(slices.Clone(l.args), i, i+1)
				return nil, mistake(deploy.Invalid, l.String(), "%q is not a percentage: a whole number from 1 to 100.", arg)
			}
			c.Percent = n
		case c.Environment == "":
			return nil, p.environment(l, i)
		default:
			return nil, l.tooMany(i, c.String())
		}
	}
	return l.forced(c)
}

// forced reads --force and its reason, which go together.
func (l line) forced(c PromoteCommand) (Command, error) {
	var err error
	_, c.Force = l.get("force")
	if c.Reason, err = l.reason(); err != nil {
		return nil, err
	}
	switch {
	case c.Force && c.Reason == "":
		c.Reason = placeholderForce
		return nil, mistake(deploy.Invalid, c.String(), "--force needs a reason: it is recorded that you went against the verdict, and why.")
	case !c.Force && c.Reason != "":
		c.Reason = ""
		return nil, mistake(deploy.Invalid, c.String(), "A reason belongs to --force, which goes against the verdict of the judge. An approval needs none.")
	}
	return c, nil
}

// percentJoined takes a percent sign that stands alone into the number before it, and drops empty words.
func (l line) percentJoined() line {
	var args []string
	for _, a := range l.args {
		switch {
		case a == "":
		case (a == "%" || a == "％") && len(args) > 1:
			args[len(args)-1] += a
		default:
			args = append(args, a)
		}
	}
	l.args = args
	return l
}

// rollback reads SERVICE [ENV] [VERSION]: what is no environment is the version.
func (p parser) rollback(l line) (Command, error) {
	if err := p.service(l); err != nil {
		return nil, err
	}
	c := RollbackCommand{Service: l.args[0]}
	envs := p.known.Environments(c.Service)
	for i := 1; i < len(l.args); i++ {
		arg := l.args[i]
		_, near := nearest(arg, envs)
		switch {
		case c.Environment == "" && slices.Contains(envs, arg):
			c.Environment = arg
		case c.Environment == "" && (c.Version != "" || near && !strings.ContainsAny(arg, "0123456789")):
			return nil, p.environment(l, i)
		case c.Version == "":
			if err := version(l, i); err != nil {
				return nil, err
			}
			c.Version = arg
		default:
			return nil, l.tooMany(i, "")
		}
	}
	var err error
	_, c.Anyway = l.get("anyway")
	if c.Reason, err = l.reason(); err != nil {
		return nil, err
	}
	if c.Reason == "" {
		c.Reason = placeholderReason
		return nil, mistake(deploy.Invalid, c.String(), "A rollback needs a reason: it is shown to everybody and kept with the release.")
	}
	return c, nil
}

// version checks that the argument at i can be a version at all. Whether there is one is found out by the
// release itself: the registry may be slow.
func version(l line, i int) error {
	v := l.args[i]
	if tag.MatchString(v) && v != "VERSION" {
		return nil
	}
	repaired := v
	if at := strings.LastIndexAny(v, ":/"); at >= 0 && !strings.Contains(v, "@sha256:") {
		repaired = v[at+1:]
	}
	repaired = strings.Trim(repaired, `.,;:!?'"()-`+"`")
	if tag.MatchString(repaired) && v != "VERSION" {
		return mistake(deploy.Invalid, l.with(i, repaired).String(), "%q cannot be a version: letters, digits, dots, dashes and underscores can.", v)
	}
	return mistake(deploy.Invalid, HistoryCommand{Service: l.args[0]}.String(),
		"%q cannot be a version. A version is the tag of an image: letters, digits, dots, dashes and underscores, such as v1.2.4. Those that were live are listed in the history.", v)
}

// atMost refuses more than n arguments.
func (l line) atMost(n int) error {
	if len(l.args) <= n {
		return nil
	}
	return l.tooMany(n, "")
}

func (l line) tooMany(i int, corrected string) error {
	if corrected == "" {
		corrected = l.cut(i).String()
	}
	return mistake(deploy.Invalid, corrected, "I don't know what to do with %q at the end.", l.args[i])
}
