package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"slipway/deployments"
	"slipway/internal/sandbox/workspace"
)

const environment = "production"

func serviceName(i int) string { return fmt.Sprintf("%s-%d", named, i) }

// The strategies that are measured under.
const (
	// bakes for long at 10 %, where it is taken back from.
	bakes = `[{percent: 10, bake: 24h}, {percent: 100}]`
	// unattended is the example's canary with nothing to wait for.
	unattended = `[{percent: 10}, {percent: 50}, {percent: 100}]`
	// lasts is bakes where time passes many times faster.
	lasts = `[{percent: 10, bake: 168h}, {percent: 100}]`
)

// measured is a service like the example's in all that a release has to do; each has a channel of its own, since Slack
// takes one post a second in each.
const measured = `service: NAME
image: gcr.io/my-gcp-project/coditect
channel: "#NAME"
on_call: "@oncall"
platform:
  kind: cloudrun
  project: my-gcp-project
  region: us-central1
  cpu: 2
  memory: 2Gi
  env: {VERSION: "${VERSION}", ENVIRONMENT: "${ENVIRONMENT}"}
  secrets: {DATABASE_URL: "database-url:latest", API_KEY: "api-key:latest"}
  service: NAME
strategy:
  kind: canary
  steps: STEPS
METRICS
health:
  - {path: /health, status: 200, version: true}
  - {path: /health/ready}
  - {path: /health/live}
policy:
  deploy: ["@platform"]
  approve: ["@oncall", "@platform"]
  approvals: 1
environments:
  production: {}
`

// writeCatalog writes the example's files and those of the measured services, which are watched if metrics says how.
func writeCatalog(folder string, services int, steps, metrics string) error {
	if metrics != "" {
		metrics = "metrics: " + metrics
	}
	if err := os.CopyFS(folder, deployments.Catalog()); err != nil {
		return fmt.Errorf("copy the example's catalog: %w", err)
	}
	for i := range services {
		text := strings.NewReplacer("NAME", serviceName(i), "STEPS", steps, "METRICS", metrics).Replace(measured)
		if err := os.WriteFile(filepath.Join(folder, serviceName(i)+".yaml"), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write the catalog: %w", err)
		}
	}
	return nil
}

// channels are the example's and one for each measured service.
func channels(services int) []workspace.Channel {
	all := workspace.DefaultChannels()
	for i := range services {
		all = append(all, workspace.Channel{
			ID: fmt.Sprintf("C1%06d", i), Name: serviceName(i), Members: []string{"U0ALICE", "U0BOB", workspace.BotUserID},
		})
	}
	return all
}
