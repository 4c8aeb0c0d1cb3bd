package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"slipway/deployments"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

const (
	services    = 6 // released side by side, so that one kill hits several
	environment = "production"
	live        = "v1.2.3" // at the beginning
)

// versions that are released in turn.
var versions = []string{"v1.2.4", "v1.2.5"}

func serviceName(i int) string { return fmt.Sprintf("service-%d", i) }

func targetOf(service string) deploy.Target {
	return deploy.Target{Service: service, Environment: environment}
}

// tried is a service with a canary and two gates, observed and watched, and with a channel of its own. Its times are
// those of life: speed makes a minute a tenth of a second.
const tried = `service: NAME
image: gcr.io/my-gcp-project/coditect
channel: "#NAME"
on_call: "@oncall"
platform:
  kind: cloudrun
  project: my-gcp-project
  region: us-central1
  env: {VERSION: "${VERSION}", ENVIRONMENT: "${ENVIRONMENT}"}
  service: NAME
strategy:
  kind: canary
  steps: [{percent: 10, bake: BAKE}, {percent: 50, bake: 2m, approve: true}, {percent: 100, approve: true}]
observe: 2m
METRICS
health:
  - {path: /health, status: 200, version: true}
checks:
  - {name: status, stage: smoke, get: /api/v1/status, expect: {json: .online == true}}
  - {name: database, stage: functional, get: /api/v1/db/ping, expect: {json: .connected == true}}
load:
  - {name: little, stage: smoke, rate: 20, for: 1s, targets: [{get: /api/v1/status}], limits: {rate: 0, mean: 0s, p99: 0s, failed: 0%}}
image_policy: {max_size: 2Gi}
policy:
  deploy: ["@platform"]
  approve: ["@oncall", "@platform"]
  approvals: 1
  approve_plan: PLAN
  approval_expires: 24h
DATABASE
environments:
  production: {}
`

// kept is a database of a service's own, with scripts that each of its releases finds in the same place.
const kept = `database:
  instance: INSTANCE
  name: app
  login: ${secret:SECRET}
  limits: {connections: 80%, transaction: 1m, lag: 10s}
  migrations:
    from: gs://my-gcp-project-migrations/NAME/
    checks:
      - {name: Nothing is refused, sql: "SELECT count(*) = 0 FROM ledger WHERE refused"}`

// planned is a service whose plan is approved always; of those with a database it is where something in it is risky.
const planned = 0

// databaseOf is what the catalog says about the database of a service.
func databaseOf(i int) string {
	if !hasDatabase(i) {
		return ""
	}
	name := serviceName(i)
	return strings.NewReplacer("INSTANCE", instanceOf(name), "SECRET", secretOf(name), "NAME", name).Replace(kept)
}

// speed is how many times faster than the catalog says time passes, also for the practice Cloud Monitoring.
const speed = 600

// watchedEvery is how a service is watched: by its errors alone, over three seconds, since the processor has other things
// to do here than to answer in time.
const watchedEvery = "metrics: {source: cloud-monitoring, every: EVERY, objectives: {error_rate: {window: 30m}}}"

// watched says whether a service is. One is not, and bakes for longer than an engine keeps a lease for, so that it is
// given up and claimed again; one is looked at so rarely that this happens between two looks.
func watched(i int) bool { return i != unwatched }

const (
	unwatched = 2
	rarely    = 5
)

// timesOf are how long a service bakes and how it is watched.
func timesOf(i int) (bake, metrics string) {
	switch i {
	case unwatched:
		return "22m", ""
	case rarely:
		return "2m", strings.ReplaceAll(watchedEvery, "EVERY", "25m")
	}
	return "2m", strings.ReplaceAll(watchedEvery, "EVERY", "90s")
}

// writeCatalog writes the example's files and those of the services.
func writeCatalog(folder string) error {
	if err := os.CopyFS(folder, deployments.Catalog()); err != nil {
		return fmt.Errorf("copy the example's catalog: %w", err)
	}
	for i := range services {
		bake, metrics := timesOf(i)
		text := strings.NewReplacer("NAME", serviceName(i), "BAKE", bake, "METRICS", metrics, "PLAN", strconv.FormatBool(i == planned),
			"DATABASE", databaseOf(i)).Replace(tried)
		if err := os.WriteFile(filepath.Join(folder, serviceName(i)+".yaml"), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the catalog: %w", err)
		}
	}
	return writeAmazon(folder)
}

// channels are the usual ones and one for each service.
func channels() []workspace.Channel {
	all := workspace.DefaultChannels()
	for i := range services {
		all = append(all, workspace.Channel{
			ID: fmt.Sprintf("C1%06d", i), Name: serviceName(i), Members: []string{"U0ALICE", "U0BOB", workspace.BotUserID},
		})
	}
	for i, name := range onAmazon {
		all = append(all, workspace.Channel{ID: fmt.Sprintf("C2%06d", i), Name: name, Members: []string{"U0ALICE", "U0BOB", workspace.BotUserID}})
	}
	return all
}
