package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/workspace"
)

// The two ways of services at ECS that are measured: weights that ECS moves, stopping before each move, and tasks that it
// replaces one by one.
const (
	nativeWay  = "native"
	rollingWay = "rolling"
	ecsTasks   = 2
)

func ecsName(way string, i int) string { return fmt.Sprintf("%s-%d", way, i) }

// atECS is a service like measured in all that a release has to do there. Nothing is asked of it over HTTP.
const atECS = `service: NAME
image: ` + ecs.GuideRepository + `
channel: "#NAME"
on_call: "@oncall"
platform: {kind: ecs, cluster: ` + ecs.GuideCluster + `, region: ` + ecs.Region + `, service: NAME, env: {VERSION: "${VERSION}"}}
strategy: STRATEGY
observe: 0s
health: []
policy:
  deploy: ["@platform"]
  approve: ["@oncall", "@platform"]
  approvals: 1
environments:
  production: {}
`

var ecsStrategies = map[string]string{
	nativeWay:  "{kind: canary, steps: " + bakes + "}",
	rollingWay: "{kind: rolling, steps: [{percent: 100, approve: false}]}",
}

// writeECS writes the files of n services of each way.
func writeECS(folder string, n int) error {
	for way, strategy := range ecsStrategies {
		for i := range n {
			text := strings.NewReplacer("NAME", ecsName(way, i), "STRATEGY", strategy).Replace(atECS)
			if err := os.WriteFile(filepath.Join(folder, ecsName(way, i)+".yaml"), []byte(text), 0o600); err != nil {
				return fmt.Errorf("write the catalog: %w", err)
			}
		}
	}
	return nil
}

// ecsChannels are one for each of them.
func ecsChannels(n int) []workspace.Channel {
	var all []workspace.Channel
	for i := range n {
		for j, way := range []string{nativeWay, rollingWay} {
			all = append(all, workspace.Channel{
				ID: fmt.Sprintf("C2%06d", 2*i+j), Name: ecsName(way, i), Members: []string{"U0ALICE", "U0BOB", workspace.BotUserID},
			})
		}
	}
	return all
}

// seedECS puts n services of each way there.
func (w *world) seedECS(n int) error {
	image := ecs.GuideRepository + "@" + w.Registry.Digest(live)
	for i := range n {
		if _, err := w.Amazon.ECS.Seed(ecs.ServiceSpec{Name: ecsName(rollingWay, i), Image: image, Tasks: ecsTasks}); err != nil {
			return err
		}
		name := ecsName(nativeWay, i)
		blue := w.Amazon.ELB.AddTargetGroup(name, "/health", 8080)
		green := w.Amazon.ELB.AddTargetGroup(name+"-green", "/health", 8080)
		lb, err := w.Amazon.ELB.AddLoadBalancer(name, blue, green)
		if err != nil {
			return err
		}
		_, err = w.Amazon.ECS.Seed(ecs.ServiceSpec{Name: name, Image: image, Tasks: ecsTasks, TargetGroup: blue,
			Config: &types.DeploymentConfiguration{Strategy: types.DeploymentStrategyBlueGreen, BakeTimeInMinutes: aws.Int32(0)},
			Advanced: &types.AdvancedConfiguration{
				AlternateTargetGroupArn: aws.String(green), ProductionListenerRule: aws.String(lb.Rule), TestListenerRule: aws.String(lb.TestRule),
				RoleArn: aws.String(ecs.BalancerRole),
			}})
		if err != nil {
			return err
		}
	}
	return nil
}
