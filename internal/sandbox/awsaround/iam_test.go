package awsaround_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"slipway/internal/sandbox/awsaround"
)

func TestRolesSayWhoMayTakeThemOn(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	client := iam.NewFromConfig(p.cfg)
	p.PutRole("of-lambda", "lambda.amazonaws.com", "edgelambda.amazonaws.com")
	for name, services := range map[string]any{
		awsaround.ExecutionRole: "ecs-tasks.amazonaws.com", awsaround.TaskRole: "ecs-tasks.amazonaws.com", awsaround.BalancerRole: "ecs.amazonaws.com",
		"of-lambda": []any{"lambda.amazonaws.com", "edgelambda.amazonaws.com"},
	} {
		out, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &name})
		if err != nil {
			t.Fatal(err)
		}
		if *out.Role.RoleName != name || *out.Role.Arn != "arn:aws:iam::123456789012:role/"+name || *out.Role.Arn != p.RoleARN(name) || !out.Role.CreateDate.Equal(noon) {
			t.Errorf("role %s, %s, %s", *out.Role.RoleName, *out.Role.Arn, out.Role.CreateDate)
		}
		said, err := url.QueryUnescape(*out.Role.AssumeRolePolicyDocument)
		if err != nil {
			t.Fatal(err)
		}
		var policy struct {
			Statement []struct {
				Effect, Action string
				Principal      struct{ Service any }
			}
		}
		if err := json.Unmarshal([]byte(said), &policy); err != nil || len(policy.Statement) != 1 {
			t.Fatalf("%s: %v", said, err)
		}
		if s := policy.Statement[0]; s.Effect != "Allow" || s.Action != "sts:AssumeRole" || cmp.Diff(services, s.Principal.Service) != "" {
			t.Errorf("%s: %+v, want %v", name, s, services)
		}
	}
}

func TestARoleThatIsNotThere(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	p.RemoveRole(awsaround.TaskRole)
	_, err := iam.NewFromConfig(p.cfg).GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(awsaround.TaskRole)})
	if got := message[*types.NoSuchEntityException](err); got != "The role with name coditect-task cannot be found." {
		t.Error(got)
	}
	if diff := cmp.Diff([]string{awsaround.BalancerRole, awsaround.ExecutionRole}, p.RoleNames()); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
}

func TestWhoIsAsking(t *testing.T) {
	t.Parallel()
	p := start(t, false)
	out, err := sts.NewFromConfig(p.cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if *out.Account != awsaround.Account || *out.Arn != "arn:aws:sts::123456789012:assumed-role/slipway/practice" || *out.UserId == "" {
		t.Errorf("%s, %s, %s", *out.Account, *out.Arn, *out.UserId)
	}
}
