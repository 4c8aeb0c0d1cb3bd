package catalog

import (
	"strings"

	"slipway/internal/deploy"
)

// completePart reports what does not go together in a part and the service that it is released with.
func (p placed) completePart() {
	if p.w.strategy().Kind == deploy.Rolling && !p.said.Rolling {
		hint := "with strategy rolling nothing is held at a share; write rolling: true"
		if p.platform.kind() == deploy.CloudRun {
			hint = "with strategy rolling nothing is held at a share; release it by itself, or write canary or blue-green"
		}
		p.w.problem(under(p.where, "rolling"), p.who()+" is not rolling, and the strategy is", hint)
	}
	if p.platform.kind() == deploy.ECS && p.strategy.Kind == deploy.Rolling && p.asks && p.said.URL == "" && !p.w.excused(under(p.where, "rolling")) {
		p.w.problem(under(p.where, "url"), p.who()+" has no url", "ECS gives it no address of its own; say where its health checks are to be sent")
	}
	p.w.must(p.w.watched() || p.w.excused(p.w.at("metrics")), under(p.where, "metrics"), p.who()+" has metrics, and "+p.w.name+" has none", "the verdict is on the whole release, and begins with the service itself; write metrics there too")
}

// checkSource reports metrics that the platform does not have.
func (p placed) checkSource() {
	metrics, path := p.w.Metrics, p.w.at("metrics.source")
	if p.where != "" {
		metrics, path = p.said.Metrics, under(p.where, "metrics.source")
	}
	source := deploy.MetricsSource(deref(metrics).Source)
	kind := p.platform.kind()
	p.w.must(source != deploy.CloudWatch || kind == deploy.ECS, path, "cloudwatch is for ECS, and the platform of "+p.who()+" is "+string(kind), "write cloud-monitoring or prometheus")
	p.w.must(source != deploy.CloudMonitoring || kind == deploy.CloudRun, path, "cloud-monitoring is for Cloud Run, and the platform of "+p.who()+" is "+string(kind), "write cloudwatch or prometheus")
}

// checkJobs reports jobs where there are none: they are of Cloud Run.
func (w whole) checkJobs() {
	if w.Platform.kind() != deploy.ECS {
		return
	}
	const hint = "jobs are run on Cloud Run only"
	for i, c := range w.Checks {
		w.must(c.Job == "", under(item(w.at("checks"), i), "job"), "there is no job "+c.Job+" on ECS", hint+"; leave it out to have this done beside the bot")
	}
	if job := deref(deref(w.Database).Migrations).Job; job != "" && deref(w.Database).Off == "" {
		w.must(false, w.at("database.migrations.job"), "there is no job "+job+" on ECS", hint+"; write from, for scripts")
	}
}

// checkAddress reports that nobody knows where a service is to be asked: ECS gives it no address.
func (w whole) checkAddress() {
	if w.Platform.kind() != deploy.ECS || w.url != "" || w.excused(w.at("url")) {
		return
	}
	asked := w.strategy().Kind == deploy.Rolling && w.service().asks
	for i := range w.Checks {
		asked = asked || w.Checks[i].Stage == string(deploy.Functional) && w.Checks[i].dependency() == nil
	}
	for _, l := range w.Load {
		asked = asked || l.Stage == string(deploy.Functional)
	}
	if asked {
		w.problem(w.at("url"), w.name+" has no url", "ECS gives a service no address of its own; say where its checks are to be sent")
	}
}

// sharedServices reports two environments or parts that are one service at the platform, or that are behind one rule: each
// would be held and moved without the other.
func sharedServices(all []whole) {
	type claim struct {
		by placed
		at string
	}
	first := map[string]claim{}
	for _, w := range all {
		for _, p := range w.placed() {
			p.claims(func(what, key string) {
				if other, taken := first[what]; taken {
					w.problem(p.at(key), p.target()+" and "+other.by.target()+" are both "+what, "the other is at "+other.by.w.rule(other.at))
					return
				}
				first[what] = claim{p, p.at(key)}
			})
		}
	}
}

// claims calls each for what no other may have, with the key that says so.
func (p placed) claims(each func(what, key string)) {
	ref := p.platform.ref()
	if ref.Name == "" || ref.Project == "" || ref.Region == "" {
		return
	}
	each(ref.String(), "service")
	if ref.Beside != "" && ref.Beside != ref.Name {
		ref.Name = ref.Beside
		each(ref.String(), "beside")
	}
	if strings.HasPrefix(ref.Rule, "arn:") {
		each("behind "+ref.Rule, "rule")
	}
}
