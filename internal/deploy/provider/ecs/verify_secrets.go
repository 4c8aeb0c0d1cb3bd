package ecs

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// checkReferences looks whether every value that containers are given from elsewhere is there. No value is kept, shown or
// part of an error.
func (v *verification) checkReferences(ctx context.Context, f *findings, containers []ecstypes.ContainerDefinition, executionRole *string) {
	users, from := named(containers)
	if len(from) > 0 && aws.ToString(executionRole) == "" {
		f.bad("set executionRoleArn in the task definition", "%s comes from elsewhere, and the task definition has no execution role, with which ECS reads it", users[0])
	}
	var parameters []reference
	for i := range from {
		r, err := parseReference(users[i], from[i])
		switch {
		case err != nil:
			f.bad("correct it in the catalog or in the task definition", "%s: %s", users[i], err.Error())
		case r.parameter != "":
			parameters = append(parameters, r)
		default:
			v.checkSecret(ctx, f, r)
		}
	}
	v.checkParameters(ctx, f, parameters)
}

// checkSecret looks at one secret, and into it if a key of it is meant.
func (v *verification) checkSecret(ctx context.Context, f *findings, r reference) {
	about := thing{"secret " + secretName(r.secret), "create the secret, or correct its ARN in the catalog"}
	got, err := ask(ctx, v.p, r.region, func(ctx context.Context, a *around) (*secretsmanager.DescribeSecretOutput, error) {
		return a.secrets.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(r.secret)})
	})
	switch {
	case codeOf(err) == "ResourceNotFoundException":
		f.missing(about.hint, "%s: %s does not exist", r.user, about.name)
		return
	case err != nil:
		f.blind(about.name, "secretsmanager:DescribeSecret on "+r.secret, explain(ctx, f.doing, about, err))
	case got.DeletedDate != nil:
		f.bad("`aws secretsmanager restore-secret` brings it back", "%s: %s is marked for deletion", r.user, about.name)
		return
	case len(got.VersionIdsToStages) > 0 && !hasVersion(got.VersionIdsToStages, r):
		f.missing("correct the version in the catalog; left out, it is AWSCURRENT", "%s: %s has no version %s", r.user, about.name, r.version())
		return
	}
	if r.key != "" {
		v.checkKey(ctx, f, r, about)
	}
}

func (r reference) version() string {
	switch {
	case r.versionID != "":
		return r.versionID
	case r.stage != "":
		return r.stage
	}
	return "AWSCURRENT"
}

func hasVersion(versions map[string][]string, r reference) bool {
	if r.versionID != "" {
		_, ok := versions[r.versionID]
		return ok
	}
	for _, stages := range versions {
		if slices.Contains(stages, r.version()) {
			return true
		}
	}
	return false
}

// checkKey reads a secret for nothing but whether a key is in it.
func (v *verification) checkKey(ctx context.Context, f *findings, r reference, about thing) {
	in := &secretsmanager.GetSecretValueInput{SecretId: aws.String(r.secret)}
	if r.versionID != "" {
		in.VersionId = aws.String(r.versionID)
	}
	if r.stage != "" {
		in.VersionStage = aws.String(r.stage)
	}
	got, err := ask(ctx, v.p, r.region, func(ctx context.Context, a *around) (*secretsmanager.GetSecretValueOutput, error) {
		return a.secrets.GetSecretValue(ctx, in)
	})
	if err != nil {
		f.blind("key "+r.key+" of "+about.name, "secretsmanager:GetSecretValue on "+r.secret, explain(ctx, f.doing, about, err))
		return
	}
	var keys map[string]json.RawMessage
	if json.Unmarshal([]byte(aws.ToString(got.SecretString)), &keys) != nil { // its error may quote the value
		f.bad("leave the key out, or make the secret a JSON object", "%s: key %s of %s is meant, and the secret is no JSON object", r.user, r.key, about.name)
		return
	}
	if _, ok := keys[r.key]; !ok {
		f.missing("add the key to the secret, or correct it in the catalog", "%s: %s has no key %s", r.user, about.name, r.key)
	}
}

// atOnce is how many parameters can be asked for in one call.
const atOnce = 10

func (v *verification) checkParameters(ctx context.Context, f *findings, all []reference) {
	byRegion := map[string][]reference{}
	for _, r := range all {
		if r.region == "" {
			r.region = v.region
		}
		byRegion[r.region] = append(byRegion[r.region], r)
	}
	for region, list := range byRegion {
		for part := range slices.Chunk(list, atOnce) {
			v.checkSomeParameters(ctx, f, region, part)
		}
	}
}

func (v *verification) checkSomeParameters(ctx context.Context, f *findings, region string, list []reference) {
	var names []string
	for _, r := range list {
		if !slices.Contains(names, r.parameter) { // one that is named twice is refused
			names = append(names, r.parameter)
		}
	}
	got, err := ask(ctx, v.p, region, func(ctx context.Context, a *around) (*ssm.GetParametersOutput, error) {
		return a.ssm.GetParameters(ctx, &ssm.GetParametersInput{Names: names})
	})
	if err != nil {
		what := "parameter " + strings.Join(names, ", ")
		f.blind(what, "ssm:GetParameters", explain(ctx, f.doing, thing{what, "create it, or correct its name in the catalog"}, err))
		return
	}
	for _, r := range list {
		if slices.Contains(got.InvalidParameters, r.parameter) {
			f.missing("create it, or correct its name in the catalog", "%s: the Parameter Store has no parameter %s in %s", r.user, r.parameter, region)
		}
	}
}

// secretName is what a secret is called, without the six letters that Secrets Manager adds.
func secretName(arn string) string {
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	if i := len(name) - 7; i > 0 && name[i] == '-' {
		return name[:i]
	}
	return name
}
