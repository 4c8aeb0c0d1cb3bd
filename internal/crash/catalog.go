package main

import (
	"fmt"
	"os"
	"path/filepath"
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

// tried is a service with a canary and two gates, and a channel of its own. Every third bakes for longer than an
// engine keeps a lease for, so that it is given up and claimed again.
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
  steps: [{percent: 10, bake: BAKE}, {percent: 50, bake: 1s, approve: true}, {percent: 100, approve: true}]
health:
  - {path: /health, status: 200, version: true}
policy:
  deploy: ["@platform"]
  approve: ["@oncall", "@platform"]
  approvals: 1
environments:
  production: {}
`

// speed is how many times faster than the catalog says bakes pass.
const speed = 5

// writeCatalog writes the example's files and those of the services.
func writeCatalog(folder string) error {
	if err := os.CopyFS(folder, deployments.Catalog()); err != nil {
		return fmt.Errorf("copy the example's catalog: %w", err)
	}
	for i := range services {
		bake := "1s"
		if i%3 == 2 {
			bake = "11s"
		}
		text := strings.NewReplacer("NAME", serviceName(i), "BAKE", bake).Replace(tried)
		if err := os.WriteFile(filepath.Join(folder, serviceName(i)+".yaml"), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the catalog: %w", err)
		}
	}
	return nil
}

// channels are the usual ones and one for each service.
func channels() []workspace.Channel {
	all := workspace.DefaultChannels()
	for i := range services {
		all = append(all, workspace.Channel{
			ID: fmt.Sprintf("C1%06d", i), Name: serviceName(i), Members: []string{"U0ALICE", "U0BOB", workspace.BotUserID},
		})
	}
	return all
}
