package awsaround

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"slipway/internal/sandbox/awsapi"
)

func (s *Server) secretsAPI() awsapi.API {
	return awsapi.API{Name: "secretsmanager", Target: "secretsmanager", JSONNames: awsapi.Same, Operations: map[string]awsapi.Operation{
		"GetSecretValue":       awsapi.Op(s.getSecretValue),
		"DescribeSecret":       awsapi.Op(s.describeSecret),
		"ListSecretVersionIds": awsapi.Op(s.listSecretVersionIDs),
	}}
}

func (s *Server) getSecretValue(_ context.Context, in *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, err := s.secret(aws.ToString(in.SecretId))
	if err != nil {
		return nil, err
	}
	v, err := known.version(aws.ToString(in.VersionId), aws.ToString(in.VersionStage))
	if err != nil {
		return nil, err
	}
	return &secretsmanager.GetSecretValueOutput{
		ARN: aws.String(known.arn), Name: aws.String(known.name), CreatedDate: aws.Time(v.made), SecretString: aws.String(v.value),
		VersionId: aws.String(v.id), VersionStages: known.stages(v.id),
	}, nil
}

// describeSecret says what is known of a secret, which is not its value. Versions without a label are not listed.
func (s *Server) describeSecret(_ context.Context, in *secretsmanager.DescribeSecretInput) (*secretsmanager.DescribeSecretOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, err := s.secret(aws.ToString(in.SecretId))
	if err != nil {
		return nil, err
	}
	out := &secretsmanager.DescribeSecretOutput{
		ARN: aws.String(known.arn), Name: aws.String(known.name), CreatedDate: aws.Time(known.versions[0].made),
		LastChangedDate: aws.Time(known.versions[len(known.versions)-1].made), VersionIdsToStages: map[string][]string{},
	}
	for _, v := range known.versions {
		if stages := known.stages(v.id); stages != nil {
			out.VersionIdsToStages[v.id] = stages
		}
	}
	return out, nil
}

func (s *Server) listSecretVersionIDs(_ context.Context, in *secretsmanager.ListSecretVersionIdsInput) (*secretsmanager.ListSecretVersionIdsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known, err := s.secret(aws.ToString(in.SecretId))
	if err != nil {
		return nil, err
	}
	list := []types.SecretVersionsListEntry{}
	for _, v := range known.versions {
		if stages := known.stages(v.id); stages != nil || aws.ToBool(in.IncludeDeprecated) {
			list = append(list, types.SecretVersionsListEntry{VersionId: aws.String(v.id), VersionStages: stages, CreatedDate: aws.Time(v.made)})
		}
	}
	list, next, err := page(list, in.NextToken, in.MaxResults, 100)
	if err != nil {
		return nil, err
	}
	return &secretsmanager.ListSecretVersionIdsOutput{ARN: aws.String(known.arn), Name: aws.String(known.name), Versions: list, NextToken: next}, nil
}
