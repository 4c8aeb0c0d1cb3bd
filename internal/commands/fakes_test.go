package commands_test

import (
	"context"
	"maps"
	"slices"
	"time"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// catalog is a small one: coditect-app with production (its default) and staging, billing-api, and a service
// with the name of a word of the grammar.
type catalog struct {
	environments map[string][]string
	policy       map[deploy.Target]deploy.Policy
	steps        []deploy.TrafficStep // of canaries
	metrics      *deploy.MetricsSpec
	checks       []deploy.Check
	loads        []deploy.LoadCheck
	items        []deploy.Item // of production
	images       *deploy.ImagePolicy
	database     *deploy.DatabaseSpec // of production
	shared       *deploy.DatabaseSpec // of staging
	also         []deploy.Part        // of production
	onECS        bool
	rolling      bool // production replaces task by task
}

func newCatalog() *catalog {
	return &catalog{
		steps: []deploy.TrafficStep{
			{Percent: 10, Bake: 5 * time.Minute}, {Percent: 50, Bake: 5 * time.Minute, Approve: true}, {Percent: 100},
		},
		environments: map[string][]string{
			"coditect-app": {"production", "staging"}, "billing-api": {"production"}, "status": {"production"},
		},
		policy: map[deploy.Target]deploy.Policy{
			production: {
				Deploy: []deploy.Principal{"UALICE", "@platform"}, Approve: []deploy.Principal{"@oncall"}, Approvals: 1,
				ApprovalExpires: time.Hour, DeployAt: "deployments/catalog/coditect-app.yaml:31", ApproveAt: "deployments/catalog/coditect-app.yaml:34",
			},
			staging: {
				Deploy: []deploy.Principal{"@everyone-in-dev"}, Approve: []deploy.Principal{"SONCALL"}, Approvals: 2, RequesterMayApprove: true,
				ApprovalExpires: time.Hour, DeployAt: "deployments/catalog/coditect-app.yaml:51", ApproveAt: "deployments/catalog/coditect-app.yaml:54",
			},
		},
	}
}

func (c *catalog) Services() []string { return slices.Sorted(maps.Keys(c.environments)) }

func (c *catalog) Environments(service string) []string { return c.environments[service] }

func (c *catalog) DefaultEnvironment(service string) string { return c.environments[service][0] }

func (c *catalog) Resolve(t deploy.Target, _ string) (deploy.Spec, error) {
	if !slices.Contains(c.environments[t.Service], t.Environment) {
		return deploy.Spec{}, &deploy.Error{Code: deploy.NotFound, Msg: "the catalog has no " + t.String()}
	}
	spec := deploy.Spec{
		Image:    "gcr.io/p/coditect",
		Platform: deploy.PlatformSpec{Service: deploy.ServiceRef{Kind: deploy.CloudRun, Project: "p", Region: "r", Name: "app"}},
		Strategy: deploy.Strategy{Kind: deploy.Canary, Steps: c.steps},
		Health:   []deploy.HealthCheck{{Path: "/health", Status: 200, Timeout: time.Second}},
		Checks:   c.checks,
		Loads:    c.loads,
		Images:   c.images,
		Metrics:  c.metrics,
		Policy:   c.policy[t], Channel: "#devops-oncall", OnCall: "@oncall", Source: "deployments/catalog/coditect-app.yaml",
	}
	if t == production {
		spec.Items, spec.Database, spec.Also = c.items, c.database, c.also
		if c.onECS {
			spec.Platform.Service.Kind = deploy.ECS
		}
		if c.rolling {
			spec.Strategy = deploy.Strategy{Kind: deploy.Rolling, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}}
		}
	}
	if t.Environment == "staging" {
		spec.Database = c.shared
		spec.Strategy = deploy.Strategy{Kind: deploy.BlueGreen, Steps: []deploy.TrafficStep{{Percent: 100, Approve: true}}}
	}
	return spec, nil
}

// directory knows alice (requester), bob and carol (on call), dave (may deploy to staging only), and some who
// may do nothing.
type directory struct {
	people map[deploy.UserID]commands.Person
	groups map[deploy.Principal][]deploy.UserID
	person error // what Person answers instead
	group  error // what Members answers instead
}

func newDirectory() *directory {
	d := &directory{
		people: map[deploy.UserID]commands.Person{},
		groups: map[deploy.Principal][]deploy.UserID{
			"@platform": {"UERIN"}, "@oncall": {"UBOB", "UCAROL", "UALICE"}, "SONCALL": {"UBOB", "UCAROL", "UDAVE"},
			"@everyone-in-dev": {"UALICE", "UBOB", "UDAVE"},
		},
	}
	for _, id := range []deploy.UserID{"UALICE", "UBOB", "UCAROL", "UDAVE", "UERIN", "UMALLORY"} {
		d.people[id] = commands.Person{ID: id, Team: team}
	}
	d.people["UGUEST"] = commands.Person{ID: "UGUEST", Team: team, Guest: true}
	d.people["UBOT"] = commands.Person{ID: "UBOT", Team: team, Bot: true}
	d.people["UGONE"] = commands.Person{ID: "UGONE", Team: team, Deleted: true}
	d.people["UOUT"] = commands.Person{ID: "UOUT", Team: "T2"}
	return d
}

func (d *directory) Person(_ context.Context, id deploy.UserID) (commands.Person, error) {
	if d.person != nil {
		return commands.Person{}, d.person
	}
	p, ok := d.people[id]
	if !ok {
		return p, &deploy.Error{Code: deploy.NotFound, Op: "look up " + string(id)}
	}
	return p, nil
}

func (d *directory) Members(_ context.Context, p deploy.Principal) ([]deploy.UserID, error) {
	if d.group != nil {
		return nil, d.group
	}
	members, ok := d.groups[p]
	if !ok {
		return nil, &deploy.Error{Code: deploy.NotFound, Op: "look up " + string(p)}
	}
	return members, nil
}
