package commands

import (
	"slices"

	"slipway/internal/deploy"
)

// service checks that the first argument is a service of the catalog.
func (p parser) service(l line) error {
	services := p.known.Services()
	if len(l.args) == 0 {
		return missingService(l, services)
	}
	name := l.args[0]
	if slices.Contains(services, name) {
		return nil
	}
	if l.command == "/deploy" && l.sub == "" {
		if err := p.other(l); err != nil {
			return err
		}
	}
	if meant, near := nearest(name, services); near {
		return mistake(deploy.NotFound, l.with(0, meant).String(), "I don't know the service %q.", name)
	}
	if len(l.args) > 1 && slices.Contains(services, l.args[1]) {
		return mistake(deploy.Invalid, l.with(0, l.args[1]).with(1, name).String(), "The service comes first.")
	}
	return mistake(deploy.Invalid, HelpCommand{}.String(), "I don't know the service %q. %s", name, offer("The catalog has", services))
}

func missingService(l line, services []string) error {
	if len(services) == 1 {
		return mistake(deploy.Invalid, l.with(0, services[0]).String(), "The service is missing.")
	}
	return mistake(deploy.Invalid, HelpCommand{}.String(), "The service is missing. %s", offer("The catalog has", services))
}

// other recognises what was meant for another command: /deploy histroy, /deploy rollback.
func (p parser) other(l line) error {
	name := l.args[0]
	_, isService := nearest(name, p.known.Services())
	rest := l
	rest.args = l.args[1:]
	if c := "/" + name; c == "/promote" || c == "/rollback" {
		rest.command = c
		return mistake(deploy.NotFound, rest.String(), "%s is a command of its own.", c)
	}
	if meant, near := nearest(name, subcommands); near && !isService {
		rest.sub, rest.options = meant, nil
		return mistake(deploy.NotFound, rest.String(), "I don't know the service or word %q.", name)
	}
	return nil
}

// environment checks that the argument at i is an environment of the service. Nothing is suggested that leaves an
// unknown one out: the default may be production.
func (p parser) environment(l line, i int) error {
	name, envs := l.args[i], p.known.Environments(l.args[0])
	if slices.Contains(envs, name) {
		return nil
	}
	if meant, near := nearest(name, envs); near {
		return mistake(deploy.NotFound, l.with(i, meant).String(), "%s has no environment %q.", l.args[0], name)
	}
	return mistake(deploy.Invalid, StatusCommand{Service: l.args[0]}.String(),
		"%s has no environment %q. %s", l.args[0], name, offer("It has", envs))
}

func offer(what string, list []string) string {
	if len(list) == 0 {
		return what + " none."
	}
	return what + " " + names(list) + "."
}
