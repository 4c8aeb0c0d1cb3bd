package catalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"slipway/internal/deploy"
)

// whole is an environment with everything it inherits.
type whole struct {
	*source
	name string
	Shared
	url   string
	alone bool // nothing of the platform at the top is inherited
}

func (s *source) whole(env Environment) whole {
	return whole{source: s, name: env.Name, Shared: merged(s.file.Shared, env.Shared), url: env.URL, alone: alone(s.file.Shared, env.Shared)}
}

// at is the path of what the environment has as key: its own, or else the one at the top.
func (w whole) at(key string) string {
	own := under(under("environments", w.name), key)
	if w.has(own) || !w.has(key) || w.alone && strings.HasPrefix(key, "platform") {
		return own
	}
	return key
}

// complete reports what is missing and what does not go together. It looks at no value that is wrong by itself.
func (w whole) complete() {
	for _, key := range w.required() {
		if path := w.at(key); !w.has(path) && !w.excused(key) {
			w.problem(path, w.name+" has no "+key, missingHint(key))
		}
	}
	for _, one := range w.placed() {
		one.complete()
	}
	w.checkVerdicts()
	w.checkApprovers()
	w.checkData()
	w.checkProofs()
	w.checkJobs()
	w.checkAddress()
}

// checkVerdicts reports a step that asks for a verdict which nobody gives.
func (w whole) checkVerdicts() {
	if w.watched() || w.excused("metrics") || w.excused(w.at("metrics")) {
		return
	}
	for i, t := range deref(w.Strategy).Steps {
		if t.Approve == approveUnsure {
			path := under(item(w.at("strategy.steps"), i), "approve")
			w.problem(path, "approve is inconclusive, but "+w.name+" has no metrics", "people would always be asked; write true, or metrics")
		}
	}
}

func missingHint(key string) string {
	switch key {
	case "health", "policy.deploy", "policy.approve":
		return "write it here, or at the top for all environments; [] says that there is none"
	}
	return "write it here, or at the top for all environments"
}

// checkApprovers reports a gate that can never open. A gate that opens by itself needs nobody; to promote against its
// verdict somebody must be in policy.approve, but that may be wanted of no one.
func (w whole) checkApprovers() {
	path, policy := w.at("policy.approve"), w.Policy
	gates := slices.ContainsFunc(w.strategy().Steps, func(t deploy.TrafficStep) bool { return t.Approve || t.Unsure })
	asks := "the strategy of " + w.name + " asks for approval"
	switch {
	case gates:
	case deref(policy.ApprovePlan):
		asks = w.name + " asks for approval of the plan"
	case w.risks() > 0:
		asks = w.name + " asks for approval of risky migrations"
	default:
		return
	}
	if !w.has(path) {
		return
	}
	people := 0
	for _, p := range policy.Approve {
		if !strings.HasPrefix(p, "U") {
			return // a group: how many are in it is not known here
		}
		people++
	}
	switch {
	case people == 0:
		w.problem(path, "nobody may approve, but "+asks, "")
	case people < max(policy.Approvals, 1):
		w.problem(path, fmt.Sprintf("approvals is %d, more than the %d who may approve", policy.Approvals, people), "")
	case people < w.risks():
		at := w.at("database.migrations.approvals")
		if !w.has(at) {
			at = path
		}
		w.problem(at, fmt.Sprintf("approvals of migrations is %d, more than the %d who may approve", w.risks(), people), "it is for what is risky on a large table")
	}
}

// sharedNames reports a service that two files describe.
func sharedNames(files []*source) {
	first := map[string]*source{}
	for _, s := range files {
		service := s.file.Service
		if service == "" {
			continue
		}
		if other, taken := first[service]; taken {
			s.problem("service", "service "+strconv.Quote(service)+" is described twice", "the other is at "+other.rule("service"))
			continue
		}
		first[service] = s
	}
}
