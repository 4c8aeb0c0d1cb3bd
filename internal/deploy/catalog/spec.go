package catalog

import (
	"cmp"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// What is meant where a file says nothing.
const (
	defaultStatus    = 200
	defaultTimeout   = 5 * time.Second
	defaultApprovals = 1
	defaultExpiry    = time.Hour
)

func (w whole) target() deploy.Target {
	return deploy.Target{Service: w.file.Service, Environment: w.name}
}

func (w whole) ref() deploy.ServiceRef { return w.Platform.ref() }

// spec is the environment for the engine, with the references in its variables not yet filled in.
func (w whole) spec() deploy.Spec {
	return deploy.Spec{
		Image:    w.Image,
		Platform: w.service().spec(),
		Strategy: w.strategy(),
		Health:   healthChecks(w.Health),
		Checks:   w.checks(),
		Loads:    w.loads(),
		Public:   deref(w.PublicOnly),
		Items:    w.items(),
		Images:   w.images(),
		URL:      strings.TrimSuffix(w.url, "/"),
		Metrics:  w.metrics(),
		Observe:  time.Duration(deref(w.Observe)),
		Also:     w.parts(),
		Database: w.database(),
		Snapshot: w.snapshot(),
		Policy:   w.policy(),
		Channel:  w.Channel,
		OnCall:   w.OnCall,
		Source:   w.source.name,
	}
}

func (w whole) strategy() deploy.Strategy {
	g := deref(w.Strategy)
	kind := deploy.StrategyKind(g.Kind)
	if kind == deploy.BlueGreen && len(g.Steps) == 0 {
		return deploy.Strategy{Kind: kind, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}}
	}
	if kind == deploy.Rolling && len(g.Steps) == 0 {
		return deploy.Strategy{Kind: kind, Steps: []deploy.TrafficStep{{Percent: 100}}}
	}
	strategy := deploy.Strategy{Kind: kind}
	for _, t := range g.Steps {
		strategy.Steps = append(strategy.Steps, deploy.TrafficStep{
			Percent: t.Percent, Bake: time.Duration(t.Bake),
			Approve: t.Approve == approveAlways, Unsure: t.Approve == approveUnsure,
		})
	}
	return strategy
}

func healthChecks(list []HealthCheck) []deploy.HealthCheck {
	checks := make([]deploy.HealthCheck, len(list))
	for i, h := range list {
		checks[i] = deploy.HealthCheck{
			Path: h.Path, Status: cmp.Or(h.Status, defaultStatus), Version: h.Version,
			Timeout: cmp.Or(time.Duration(h.Timeout), defaultTimeout),
		}
	}
	return checks
}

func (w whole) policy() deploy.Policy {
	p := w.Policy
	return deploy.Policy{
		Deploy:              principals(p.Deploy),
		Approve:             principals(p.Approve),
		Approvals:           cmp.Or(p.Approvals, defaultApprovals),
		RequesterMayApprove: deref(p.RequesterMayApprove),
		ApprovalExpires:     cmp.Or(time.Duration(p.ApprovalExpires), defaultExpiry),
		ApprovePlan:         deref(p.ApprovePlan),
		DeployAt:            w.rule(w.at("policy.deploy")),
		ApproveAt:           w.rule(w.at("policy.approve")),
	}
}

func principals(names []string) []deploy.Principal {
	list := make([]deploy.Principal, len(names))
	for i, n := range names {
		list[i] = deploy.Principal(n)
	}
	return list
}
