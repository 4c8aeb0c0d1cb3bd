package ecs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// reference is where a variable's value comes from, as a task definition names it: a secret of Secrets Manager, with
// which key of it and which version of it, or a parameter of the Parameter Store.
type reference struct {
	user      string // "DATABASE_URL of app"
	region    string // empty: that of the service
	secret    string // ARN without what follows the name
	key       string
	stage     string
	versionID string
	parameter string // name, or its ARN
}

// parseReference reads a valueFrom. What is no ARN is the name of a parameter.
func parseReference(user, from string) (reference, error) {
	r := reference{user: user}
	if !strings.HasPrefix(from, "arn:") {
		if from == "" || strings.ContainsAny(from, " \t\n") {
			return r, fmt.Errorf("%q is neither an ARN nor the name of a parameter", from)
		}
		r.parameter = from
		return r, nil
	}
	a, err := arn.Parse(from)
	if err != nil {
		return r, fmt.Errorf("%q is no whole ARN", from)
	}
	r.region = a.Region
	parts := strings.Split(a.Resource, ":")
	switch {
	case a.Service == "ssm" && strings.HasPrefix(a.Resource, "parameter/"):
		r.parameter = from
		return r, nil
	case a.Service == "secretsmanager" && parts[0] == "secret" && len(parts) >= 2 && parts[1] != "":
	default:
		return r, fmt.Errorf("%q is neither a secret of Secrets Manager nor a parameter", from)
	}
	if n := len(parts) - 2; n != 0 && n != 3 {
		return r, fmt.Errorf("%q has %d parts after the name, and has to have none or three: key:stage:version, each of which may be empty", from, n)
	}
	a.Resource = parts[0] + ":" + parts[1]
	r.secret = a.String()
	if len(parts) == 5 {
		r.key, r.stage, r.versionID = parts[2], parts[3], parts[4]
	}
	if r.stage != "" && r.versionID != "" {
		return r, fmt.Errorf("%q names both a stage and a version, of which ECS takes one", from)
	}
	return r, nil
}

// named are the references of all containers as they are written, each with who uses it.
func named(containers []types.ContainerDefinition) (users, from []string) {
	add := func(user string, value *string) {
		if value != nil {
			users, from = append(users, user), append(from, *value)
		}
	}
	for _, c := range containers {
		name := aws.ToString(c.Name)
		for _, s := range c.Secrets {
			add(aws.ToString(s.Name)+" of container "+name, s.ValueFrom)
		}
		if c.LogConfiguration != nil {
			for _, s := range c.LogConfiguration.SecretOptions {
				add("log option "+aws.ToString(s.Name)+" of container "+name, s.ValueFrom)
			}
		}
		if c.RepositoryCredentials != nil {
			add("repository credentials of container "+name, c.RepositoryCredentials.CredentialsParameter)
		}
	}
	return users, from
}
