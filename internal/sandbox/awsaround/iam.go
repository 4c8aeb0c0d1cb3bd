package awsaround

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"slipway/internal/sandbox/awsapi"
)

// role is one of IAM.
type role struct {
	services []string // who may take it on
	made     time.Time
}

func (s *Server) iamAPI() awsapi.API {
	return awsapi.API{Name: "iam", Version: "2010-05-08", Namespace: "https://iam.amazonaws.com/doc/2010-05-08/", Operations: map[string]awsapi.Operation{
		"GetRole": awsapi.Op(s.getRole),
	}}
}

func (s *Server) stsAPI() awsapi.API {
	return awsapi.API{Name: "sts", Version: "2011-06-15", Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", Operations: map[string]awsapi.Operation{
		"GetCallerIdentity": awsapi.Op(s.getCallerIdentity),
	}}
}

// PutRole makes a role, or replaces it, that services may take on: "ecs-tasks.amazonaws.com". It returns its ARN.
func (s *Server) PutRole(name string, services ...string) (arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[name] = role{services: slices.Clone(services), made: s.opts.Now()}
	return s.RoleARN(name)
}

// RemoveRole has no role of that name be there any more.
func (s *Server) RemoveRole(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.roles, name)
}

// RoleNames lists the roles.
func (s *Server) RoleNames() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.roles))
}

// RoleARN is what a role of this name is called, whether it is there or not.
func (s *Server) RoleARN(name string) string {
	return "arn:aws:iam::" + s.opts.Account + ":role/" + name
}

func (s *Server) getRole(_ context.Context, in *iam.GetRoleInput) (*iam.GetRoleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := aws.ToString(in.RoleName)
	known, ok := s.roles[name]
	if !ok {
		return nil, awsapi.Error{Code: "NoSuchEntity", Message: "The role with name " + name + " cannot be found.", Status: http.StatusNotFound}
	}
	policy, err := trust(known.services)
	if err != nil {
		return nil, err
	}
	return &iam.GetRoleOutput{Role: &types.Role{
		RoleName: aws.String(name), Arn: aws.String(s.RoleARN(name)), Path: aws.String("/"), CreateDate: aws.Time(known.made),
		RoleId: aws.String("AROA" + letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", name, 17)), MaxSessionDuration: aws.Int32(3600),
		AssumeRolePolicyDocument: aws.String(policy),
	}}, nil
}

// trust is the policy that lets services take a role on, escaped as IAM has it: one of them is a string, several are a
// list.
func trust(services []string) (string, error) {
	var by any = services
	if len(services) == 1 {
		by = services[0]
	}
	policy, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
		"Effect": "Allow", "Principal": map[string]any{"Service": by}, "Action": "sts:AssumeRole",
	}}})
	return url.QueryEscape(string(policy)), err
}

func (s *Server) getCallerIdentity(context.Context, *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{
		Account: aws.String(s.opts.Account), UserId: aws.String("AROA" + letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", CallerRole, 17) + ":practice"),
		Arn: aws.String("arn:aws:sts::" + s.opts.Account + ":assumed-role/" + CallerRole + "/practice"),
	}, nil
}
