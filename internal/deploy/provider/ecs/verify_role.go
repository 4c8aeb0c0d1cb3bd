package ecs

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
)

// tasksPrincipal is the service that starts containers and takes on their roles.
const tasksPrincipal = "ecs-tasks.amazonaws.com"

// trusts says whether a role's trust policy, as IAM gives it (JSON, percent-encoded), lets ECS tasks take the role on.
// ok is false if it cannot be read. Conditions are not weighed: they may hold or not, which is for ECS to say.
func trusts(document string) (trusted, ok bool) {
	text, err := url.PathUnescape(document)
	if err != nil {
		return false, false
	}
	var policy struct {
		Statement oneOrMany[struct {
			Effect    string
			Action    oneOrMany[string]
			Principal principal
		}]
	}
	if json.Unmarshal([]byte(text), &policy) != nil {
		return false, false
	}
	for _, s := range policy.Statement {
		assumes := slices.ContainsFunc(s.Action, func(a string) bool {
			a = strings.ToLower(a)
			return a == "sts:assumerole" || a == "sts:*" || a == "*"
		})
		if s.Effect == "Allow" && assumes && (slices.Contains(s.Principal.Service, tasksPrincipal) || s.Principal.everybody) {
			return true, true
		}
	}
	return false, true
}

// oneOrMany is what policies write as one thing or several.
type oneOrMany[T any] []T

// UnmarshalJSON takes both.
func (l *oneOrMany[T]) UnmarshalJSON(data []byte) error {
	var several []T
	if json.Unmarshal(data, &several) == nil {
		*l = several
		return nil
	}
	var one T
	if err := json.Unmarshal(data, &one); err != nil {
		return err
	}
	*l = oneOrMany[T]{one}
	return nil
}

// principal is "*", or who by kind.
type principal struct {
	everybody bool
	Service   oneOrMany[string]
}

// UnmarshalJSON takes both.
func (p *principal) UnmarshalJSON(data []byte) error {
	var word string
	if json.Unmarshal(data, &word) == nil {
		p.everybody = word == "*"
		return nil
	}
	var kinds struct{ Service oneOrMany[string] }
	if err := json.Unmarshal(data, &kinds); err != nil {
		return err
	}
	p.Service = kinds.Service
	return nil
}

// checkRole looks whether a role is there, and whether tasks may take it on.
func (v *verification) checkRole(ctx context.Context, f *findings, what string, role *string) {
	if role == nil {
		return
	}
	name := lastPart(*role)
	about := thing{what + " " + name, "create the role, or correct it in the task definition"}
	got, err := ask(ctx, v.p, v.region, func(ctx context.Context, a *around) (*iam.GetRoleOutput, error) {
		return a.iam.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String(name)})
	})
	switch {
	case codeOf(err) == "NoSuchEntity" || codeOf(err) == "NoSuchEntityException":
		f.missing(about.hint, "%s %s does not exist", what, name)
		return
	case err != nil:
		f.blind(what+" "+name, "iam:GetRole on "+*role, explain(ctx, f.doing, about, err))
		return
	}
	if trusted, ok := trusts(aws.ToString(got.Role.AssumeRolePolicyDocument)); ok && !trusted {
		f.bad("allow "+tasksPrincipal+" sts:AssumeRole in the trust policy of the role", "%s %s cannot be taken on by tasks: its trust policy does not name %s", what, name, tasksPrincipal)
	}
}
