package catalog

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// defaultMove is how long tasks of ECS may take to come up, and each move of traffic. A move waits for tasks too.
const defaultMove = 30 * time.Minute

// placed is one service of a release where it runs: that of an environment, or a part of it.
type placed struct {
	w        whole
	said     Part   // what is said of a part
	where    string // path of the part; empty for the service of the environment itself
	platform Platform
	strategy deploy.Strategy
	asks     bool // something is asked of a version before it has traffic
}

// placed are the service of the environment, and its parts in order.
func (w whole) placed() []placed {
	all := []placed{w.service()}
	for i, p := range w.Also {
		one := placed{w: w, said: p, where: item(w.at("also"), i), platform: deref(p.Platform), strategy: w.strategy(), asks: len(p.Health) > 0}
		if p.Rolling {
			one.strategy.Kind = deploy.Rolling
		}
		all = append(all, one)
	}
	return all
}

func (w whole) service() placed {
	return placed{w: w, platform: *w.Platform, strategy: w.strategy(), asks: len(w.Health) > 0 || w.smokes()}
}

// smokes says whether a check or load is sent to a version before it has traffic.
func (w whole) smokes() bool {
	for i := range w.Checks {
		if w.Checks[i].Stage == string(deploy.Smoke) && w.Checks[i].dependency() == nil {
			return true
		}
	}
	for _, l := range w.Load {
		if l.Stage == string(deploy.Smoke) {
			return true
		}
	}
	return false
}

// at is the path of a key of the platform.
func (p placed) at(key string) string {
	if p.where == "" {
		return p.w.at("platform." + key)
	}
	return under(p.where, "platform."+key)
}

// who is what people call it: production, or worker of production.
func (p placed) who() string {
	if p.where == "" {
		return p.w.name
	}
	return cmp.Or(p.said.Name, "a part") + " of " + p.w.name
}

func (p placed) target() string {
	if p.where == "" {
		return p.w.target().String()
	}
	return cmp.Or(p.said.Name, "a part") + " of " + p.w.target().String()
}

// native says whether ECS moves shares of traffic itself.
func (p placed) native() bool {
	return p.platform.kind() == deploy.ECS && p.strategy.Kind != deploy.Rolling && p.platform.Rule == ""
}

// longestBake is the longest that a share is held.
func (p placed) longestBake() time.Duration {
	var longest time.Duration
	for _, t := range p.strategy.Steps {
		longest = max(longest, t.Bake)
	}
	return longest
}

// givesUp is how long ECS waits for Slipway. By default that is longer than people and bakes take together.
func (p placed) givesUp() time.Duration {
	if p.platform.GivesUp != 0 || !p.native() {
		return time.Duration(p.platform.GivesUp)
	}
	usual := 2*p.w.policy().ApprovalExpires + p.longestBake() + time.Minute - 1
	return min(max(usual.Truncate(time.Minute), leastGivesUp), mostGivesUp)
}

// spec is the platform for the engine, with the references in it not yet filled in.
func (p placed) spec() deploy.PlatformSpec {
	f := p.platform
	spec := deploy.PlatformSpec{Service: f.ref(), Settings: deploy.Settings{
		CPU: string(f.CPU), Memory: string(f.Memory),
		MinInstances: f.MinInstances, MaxInstances: f.MaxInstances,
		Concurrency: f.Concurrency, Timeout: time.Duration(f.Timeout),
		Env: f.Env, Secrets: f.Secrets,
	}}
	if f.kind() != deploy.ECS {
		return spec
	}
	if units, ok := f.CPU.units(); ok {
		spec.Settings.CPU = fmt.Sprint(units) // as ECS reports it
	}
	if size, ok := f.Memory.mib(); ok {
		spec.Settings.Memory = fmt.Sprint(size)
	}
	spec.Settings.Container = f.Container
	if t := p.w.folder.task(f); t != nil {
		spec.Settings.Template = t.text
	}
	spec.TestURL, spec.GivesUp = strings.TrimSuffix(f.TestURL, "/"), p.givesUp()
	spec.Within = cmp.Or(time.Duration(f.Within), defaultMove)
	return spec
}

// ref is the address of the service. What ECS calls a cluster stands for the project.
func (p Platform) ref() deploy.ServiceRef {
	ref := deploy.ServiceRef{Kind: deploy.PlatformKind(p.Kind), Project: p.Project, Region: p.Region, Name: p.Service}
	if p.kind() == deploy.ECS {
		ref.Project, ref.Rule, ref.Beside = p.Cluster, p.Rule, p.Beside
	}
	return ref
}
