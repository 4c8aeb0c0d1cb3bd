package catalog

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
)

const (
	leastLinear = 3              // per cent: of the equal steps in which ECS moves traffic (StepPercent of a linear configuration)
	longestWarm = 24 * time.Hour // 1440 minutes: of the time that ECS keeps what it came from (BakeTimeInMinutes)
)

// foreign are the keys of a platform that the other kind does not have, and what people write there instead.
var foreign = map[deploy.PlatformKind][][2]string{
	deploy.ECS: {
		{"project", "ECS has clusters; write cluster in its place"},
		{"min_instances", "how many tasks there are is the service's desired count at ECS; take it out"},
		{"max_instances", "how many tasks there are is the service's desired count at ECS; take it out"},
		{"concurrency", "a task of ECS gets what the load balancer sends it; take it out"},
		{"timeout", "how long a request may take is set at the load balancer; take it out"},
	},
	deploy.CloudRun: {
		{"cluster", "Cloud Run has projects; write project in its place"},
		{"container", "Cloud Run sends requests to one container, which is the one that is released; take it out"},
		{"task_definition", "Cloud Run starts from the live revision; take it out"},
		{"rule", "Cloud Run shares out the traffic itself; take it out"},
		{"beside", "on Cloud Run two versions run in one service; take it out"},
		{"test_url", "a version on Cloud Run has an address of its own; take it out"},
		{"within", "how long Cloud Run may take is known; take it out"},
		{"gives_up", "Cloud Run does not go back by itself; take it out"},
	},
}

// required is what every environment must have, of its own or from the top of the file.
func (w whole) required() []string {
	keys := []string{"image", "channel"}
	for _, key := range w.Platform.address() {
		keys = append(keys, "platform."+key)
	}
	return append(keys, "strategy", "health", "policy.deploy", "policy.approve")
}

// complete reports what does not go together in a platform, and with the way that traffic moves.
func (p placed) complete() {
	kind := p.platform.kind()
	for _, f := range foreign[kind] {
		belongs := "Cloud Run"
		if kind == deploy.CloudRun {
			belongs = "ECS"
		}
		p.w.must(false, p.at(f[0]), f[0]+" is for "+belongs+", and the platform is "+string(kind), f[1])
	}
	for v := range p.platform.Secrets {
		if _, plain := p.platform.Env[v]; plain {
			p.w.problem(p.at("secrets."+v), v+" is in env and in secrets", "leave one")
		}
	}
	p.checkSource()
	switch kind {
	case deploy.CloudRun:
		p.completeCloudRun()
	case deploy.ECS:
		p.completeECS()
	}
	if p.where != "" {
		p.completePart()
	}
}

func (p placed) completeCloudRun() {
	f := p.platform
	least, most := f.MinInstances, f.MaxInstances
	if least != nil && most != nil && *least > *most && !p.w.excused(p.at("max_instances")) {
		p.w.problem(p.at("min_instances"), fmt.Sprintf("min_instances %d is more than max_instances %d", *least, *most), "")
	}
	if msg := misfit(f.CPU, string(f.Memory)); msg != "" {
		p.w.problem(p.at("memory"), msg, "")
	}
	if cpu, ok := f.CPU.milli(); ok && cpu < 1000 && f.Concurrency > 1 {
		p.w.problem(p.at("concurrency"), fmt.Sprintf("concurrency %d needs at least 1 CPU, not %s", f.Concurrency, f.CPU), "below one CPU it must be 1")
	}
	if p.where == "" && p.strategy.Kind == deploy.Rolling {
		p.w.must(false, p.w.at("strategy.kind"), "the strategy is rolling, and the platform is cloudrun", "Cloud Run starts a version beside the old one; write canary or blue-green")
	}
}

func (p placed) completeECS() {
	f, rolling := p.platform, p.strategy.Kind == deploy.Rolling
	for _, key := range []string{"rule", "beside", "test_url", "gives_up"} {
		p.w.must(!rolling, p.at(key), key+" is for versions that share the traffic, and "+p.who()+" is rolling", "ECS replaces it task by task; take one or the other out")
	}
	p.w.must(f.Rule == "" || rolling, p.at("gives_up"), "gives_up stands beside rule", "with a rule Slipway moves the weights, and ECS knows nothing of it; take it out")
	p.w.must(f.Rule != "" || p.w.excused(p.at("rule")), p.at("beside"), "beside stands without rule", "write the ARN of the listener rule that both services are behind")
	if m := listener.FindStringSubmatch(f.Rule); m != nil && f.Region != "" && !p.w.excused(p.at("region")) {
		p.w.must(m[1] == f.Region, p.at("rule"), "rule is in "+m[1]+", and "+p.who()+" in "+f.Region, "")
	}
	if p.asks && !rolling && f.TestURL == "" && !p.w.excused(p.w.at("strategy")) {
		p.w.problem(p.at("test_url"), p.who()+" has no platform.test_url", "a version on ECS has no address of its own: health, smoke checks and load before traffic are sent to the test listener")
	}
	if t := p.w.folder.task(f); t != nil && len(t.containers) > 0 {
		p.w.must(slices.Contains(t.containers, f.Container), p.at("container"), f.TaskDefinition+" has no container "+f.Container, didYouMean(f.Container, t.containers))
	}
	if p.native() && !p.w.excused(p.at("rule")) {
		p.checkNative()
	}
}

// checkNative reports what ECS does not do by itself.
func (p placed) checkNative() {
	steps := p.w.at("strategy.steps")
	var shares []string
	equal := 0
	for _, t := range p.strategy.Steps {
		equal = gcd(equal, t.Percent)
		shares = append(shares, fmt.Sprint(t.Percent))
	}
	if !p.w.flawedIn(p.w.at("strategy")) {
		p.w.must(equal >= leastLinear, steps, fmt.Sprintf("ECS moves the traffic of %s in equal steps of 3 %% or more, and steps to %s %% are of %d %%", p.who(), strings.Join(shares, ", "), equal),
			"write multiples of 5 or 10, or platform.rule, with which any share can be had")
	}
	longest := p.longestBake() + p.w.policy().ApprovalExpires
	p.w.must(time.Duration(p.platform.GivesUp) >= longest, p.at("gives_up"), fmt.Sprintf("gives_up %s is less than the longest bake and approval_expires together, %s", time.Duration(p.platform.GivesUp), longest),
		"ECS would go back while people are still asked; write more, or leave it out")
	warm := time.Duration(deref(p.w.Observe))
	if n := len(p.strategy.Steps); n > 0 {
		warm += p.strategy.Steps[n-1].Bake
	}
	p.w.must(warm <= longestWarm, p.w.at("observe"), fmt.Sprintf("observe and the bake at 100 %% are %s together", warm), "ECS keeps the old version of "+p.who()+" for 24h at most")
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
