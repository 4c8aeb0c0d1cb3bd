package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"slipway/internal/sandbox/ecs"
)

// The services that are released on Amazon ECS, in a world of their own: one whose weights ECS moves, one whose tasks it
// replaces one by one, and a pair of one on Cloud Run and its worker on ECS, which go out together.
const (
	moved    = "moved"
	replaced = "replaced"
	paired   = "paired"

	worker     = "worker"        // the part of the pair
	workerAt   = "paired-worker" // and the service that it is at ECS
	workTasks  = 2
	repository = ecs.GuideRepository
)

var onAmazon = []string{moved, replaced, paired}

// amazonOf is what a service, or its part, is called at ECS; empty if nothing of it is there.
func amazonOf(service string) string {
	return map[string]string{moved: ecs.NativeService, replaced: ecs.RollingService, paired: workerAt}[service]
}

// amazonHead is what the three have in common. ECS divides what it is told to wait by the speed, so that it is told to
// wait for longer than anybody takes here.
const amazonHead = `service: NAME
image: IMAGE
channel: "#NAME"
on_call: "@oncall"
platform: PLATFORM
strategy: STRATEGY
observe: 2m
policy:
  deploy: ["@platform"]
  approve: ["@oncall", "@platform"]
  approvals: 1
  approval_expires: 24h
REST
environments:
  production: {URL}
`

const (
	atECS = "{kind: ecs, cluster: coditect-production, region: us-east-1, service: SERVICE, " +
		`env: {VERSION: "${VERSION}", ENVIRONMENT: "${ENVIRONMENT}"}MORE}`
	steps  = "{kind: canary, steps: [{percent: 10, bake: 2m}, {percent: 50, bake: 2m, approve: true}, {percent: 100, approve: true}]}"
	health = "health: [{path: /health, status: 200, version: true}]\n"
	smoke  = "checks: [{name: status, stage: smoke, get: /api/v1/status, expect: {json: .online == true}}]"
)

func amazonText(service string) string {
	at := strings.ReplaceAll(atECS, "SERVICE", amazonOf(service))
	words := map[string][]string{
		moved: {"IMAGE", repository, "PLATFORM", strings.ReplaceAll(at, "MORE", ", test_url: https://test.coditect.ai, gives_up: 300h"),
			"STRATEGY", steps, "REST", health + smoke, "URL", "url: https://web.coditect.ai"},
		replaced: {"IMAGE", repository, "PLATFORM", strings.ReplaceAll(at, "MORE", ""),
			"STRATEGY", "{kind: rolling, steps: [{percent: 100, approve: true}]}", "REST", health, "URL", "url: https://ecs.coditect.ai"},
		paired: {"IMAGE", "gcr.io/my-gcp-project/coditect", "PLATFORM", "{kind: cloudrun, project: my-gcp-project, region: us-central1, service: paired, " +
			`env: {VERSION: "${VERSION}", ENVIRONMENT: "${ENVIRONMENT}"}}`, "STRATEGY", steps,
			"REST", health + smoke + "\nalso: [{name: " + worker + ", rolling: true, image: " + repository + ", platform: " + strings.ReplaceAll(at, "MORE", "") + "}]", "URL", ""},
	}
	return strings.NewReplacer(append(words[service], "NAME", service)...).Replace(amazonHead)
}

// writeAmazon writes the files of the services at Amazon, in place of the example's that are the same at ECS.
func writeAmazon(folder string) error {
	for _, example := range []string{"coditect-web", "coditect-ecs"} {
		if err := os.Remove(filepath.Join(folder, example+".yaml")); err != nil {
			return fmt.Errorf("write the catalog: %w", err)
		}
	}
	for _, name := range onAmazon {
		if err := os.WriteFile(filepath.Join(folder, name+".yaml"), []byte(amazonText(name)), 0o600); err != nil {
			return fmt.Errorf("write the catalog: %w", err)
		}
	}
	return nil
}
