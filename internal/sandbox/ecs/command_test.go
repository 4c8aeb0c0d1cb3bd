package ecs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/sandbox/ecs"
)

// command is the real aws command line, asked one thing; what it answers is read into out.
func (p *platform) command(out any, args ...string) {
	p.Helper()
	cmd := exec.CommandContext(p.Context(), "aws", append(append([]string{"ecs"}, args...), "--output", "json")...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL=http://"+p.api.Addr(), "AWS_REGION="+ecs.Region, "AWS_DEFAULT_REGION="+ecs.Region, "AWS_ACCESS_KEY_ID=AKIAPRACTICE",
		"AWS_SECRET_ACCESS_KEY=practice", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
	cmd.Dir = p.TempDir()
	answer, err := cmd.Output()
	if err != nil {
		stderr := ""
		if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // Output gives it as it is
			stderr = string(exit.Stderr)
		}
		p.Fatalf("aws ecs %v: %v\n%s", args, err, stderr)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			p.Fatalf("aws ecs %v answered %q: %v", args, answer, err)
		}
	}
}

// TestTheAWSCommandLine follows two releases with the tool that people have. The version here (1.45) has
// continue-service-deployment.
func TestTheAWSCommandLine(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("aws"); err != nil {
		t.Log("the aws command line is not installed here, so that nothing of it was tried")
		return
	}
	p := start(t, nil)
	var live struct{ TaskDefinition map[string]any }
	p.command(&live, "describe-task-definition", "--task-definition", app)
	containers, ok := live.TaskDefinition["containerDefinitions"].([]any)
	first, isMap := containers[0].(map[string]any)
	if !ok || !isMap {
		t.Fatalf("the task definition: %v", live.TaskDefinition)
	}
	first["image"] = next
	input := map[string]any{"containerDefinitions": containers}
	for _, key := range []string{"family", "cpu", "memory", "networkMode", "requiresCompatibilities", "executionRoleArn", "taskRoleArn"} {
		input[key] = live.TaskDefinition[key]
	}
	text, err := json.Marshal(input)
	p.ok(err)
	file := filepath.Join(t.TempDir(), "task.json")
	p.ok(os.WriteFile(file, text, 0o600))
	var registered struct {
		TaskDefinition struct{ TaskDefinitionArn string }
		Tags           []struct{ Key, Value string }
	}
	p.command(&registered, "register-task-definition", "--cli-input-json", "file://"+file, "--tags", "key=release,value=r42")
	if len(registered.Tags) != 1 || registered.Tags[0].Value != "r42" {
		t.Errorf("registered: %+v", registered)
	}

	def := registered.TaskDefinition.TaskDefinitionArn
	p.command(nil, "update-service", "--cluster", cluster, "--service", app, "--task-definition", def)
	p.command(nil, "wait", "services-stable", "--cluster", cluster, "--services", app)
	var services struct {
		Services []struct {
			TaskDefinition string
			RunningCount   int
		}
	}
	p.command(&services, "describe-services", "--cluster", cluster, "--services", app, "--include", "TAGS")
	if services.Services[0].TaskDefinition != def || services.Services[0].RunningCount != 4 {
		t.Errorf("after the wait: %+v", services)
	}

	// The native service, with a pause before each step: continued once, then stopped.
	config := `{"strategy":"LINEAR","linearConfiguration":{"stepPercent":50,"stepBakeTimeInMinutes":0},"bakeTimeInMinutes":0,` +
		`"lifecycleHooks":[{"targetType":"PAUSE","lifecycleStages":["PRE_PRODUCTION_TRAFFIC_SHIFT"],"timeoutConfiguration":{"timeoutInMinutes":20160,"action":"ROLLBACK"}}]}`
	p.ok(p.ecs.Hold(web)) // so that its status is the one that the tool is about to see
	p.command(nil, "update-service", "--cluster", cluster, "--service", web, "--task-definition", p.register(web, next), "--deployment-configuration", config)
	var list struct {
		ServiceDeployments []struct{ ServiceDeploymentArn, Status string }
	}
	p.command(&list, "list-service-deployments", "--cluster", cluster, "--service", web)
	arn := list.ServiceDeployments[0].ServiceDeploymentArn
	p.ok(p.ecs.Finish(web))
	_, hook := p.paused(arn)
	p.ok(p.ecs.Hold(web))
	p.command(nil, "continue-service-deployment", "--service-deployment-arn", arn, "--hook-id", hook, "--action", "CONTINUE")
	p.ok(p.ecs.Finish(web))
	p.paused(arn, hook)
	p.ok(p.ecs.Hold(web))
	p.command(nil, "stop-service-deployment", "--service-deployment-arn", arn, "--stop-type", "ROLLBACK")
	var described struct {
		ServiceDeployments []struct {
			Status                string
			TargetServiceRevision struct{ RequestedProductionTrafficWeight float64 }
		}
	}
	p.command(&described, "describe-service-deployments", "--service-deployment-arns", arn)
	if d := described.ServiceDeployments[0]; d.Status != string(types.ServiceDeploymentStatusRollbackRequested) || d.TargetServiceRevision.RequestedProductionTrafficWeight != 50 {
		t.Errorf("stopped: %+v", d)
	}
	p.ok(p.ecs.Finish(web))
	p.status(arn, rolledBack)
	p.hasWeights(100, 0)
}
