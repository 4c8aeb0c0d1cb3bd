package awsaround_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"slipway/internal/sandbox/awsaround"
)

// commandWithin bounds a run of the aws command, which takes its time to load.
const commandWithin = 2 * time.Minute

func TestTheAWSCommandIsAnswered(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("aws")
	if err != nil {
		t.Log("the aws command is not installed here; the SDK's clients are asked in the other tests")
		return
	}
	p := start(t, true)
	for _, c := range []struct{ args, prints string }{
		{"ecr describe-images --repository-name coditect --image-ids imageTag=v1.2.3 --query imageDetails[0].imageDigest", p.registry.Digest("v1.2.3")},
		{"secretsmanager get-secret-value --secret-id " + awsaround.APIKeyName + " --query SecretString", awsaround.APIKey},
		{"ssm get-parameters --names /nothing " + awsaround.LogLevelName + " --query [Parameters[0].Value,InvalidParameters[0]]", awsaround.LogLevel + "\t/nothing"},
		{"iam get-role --role-name " + awsaround.TaskRole + " --query Role.AssumeRolePolicyDocument.Statement[0].Principal.Service", "ecs-tasks.amazonaws.com"},
		{"sts get-caller-identity --query Account", awsaround.Account},
	} {
		t.Run(c.args[:strings.Index(c.args, " --")], func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), commandWithin)
			defer cancel()
			run := exec.CommandContext(ctx, path, strings.Fields(c.args)...)
			run.Env = append(run.Environ(), "AWS_ENDPOINT_URL="+p.wire.URL(), "AWS_ACCESS_KEY_ID=AKIDPRACTICE", "AWS_SECRET_ACCESS_KEY=practice",
				"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_DEFAULT_OUTPUT=text", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null")
			out, err := run.CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != c.prints {
				t.Errorf("%v: %q, want %q", err, got, c.prints)
			}
		})
	}
}
