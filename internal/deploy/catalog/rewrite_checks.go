package catalog

import (
	"cmp"
	"slices"
	"time"

	"slipway/internal/deploy"
)

// shortestPractice is what is left of a load check at least: less would measure little.
const shortestPractice = 2 * time.Second

// addresses changes the checks, which are the caller's own.
func (r Rewriting) addresses(checks []Check) {
	for i := range checks {
		elsewhere, ok := r.Addresses[checks[i].Name]
		for _, address := range checks[i].addresses() {
			if ok && *address != "" {
				*address = elsewhere
			}
		}
	}
}

// loads is a copy of the load checks that last as long as they do elsewhere. Their bodies are text, as those of checks.
func (r Rewriting) loads(loads []LoadCheck) []LoadCheck {
	loads = slices.Clone(loads)
	for i := range loads {
		c := &loads[i]
		length := time.Duration(cmp.Or(c.For, Duration(defaultLoad)))
		switch {
		case r.LoadFor > 0:
			c.For = Duration(min(length, r.LoadFor))
		case r.faster():
			c.For = Duration(length)
			r.divide(&c.For, min(length, shortestPractice))
		}
		c.Targets = slices.Clone(c.Targets)
		for j := range c.Targets {
			c.Targets[j].Request = c.Targets[j].plain()
		}
	}
	return loads
}

// tries says whether a check of a dependency has this name.
func (c *Catalog) tries(name string) bool {
	for _, service := range c.services {
		for _, spec := range service.specs {
			if slices.ContainsFunc(spec.Checks, func(k deploy.Check) bool { return k.Dependency != nil && k.Name == name }) {
				return true
			}
		}
	}
	return false
}
