package ecs

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// listTaskDefinitions gives the families in the order of their names, and in each the revisions by number; DESC turns
// both round. As documented, familyPrefix is the whole name of a family here, unlike in ListTaskDefinitionFamilies.
func (s *Server) listTaskDefinitions(_ context.Context, in *sdk.ListTaskDefinitionsInput) (*sdk.ListTaskDefinitionsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := cmp.Or(in.Status, types.TaskDefinitionStatusActive)
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(s.families)) {
		if in.FamilyPrefix != nil && *in.FamilyPrefix != name {
			continue
		}
		for _, d := range s.families[name].revisions {
			if d.pb.Status == status {
				arns = append(arns, d.arn())
			}
		}
	}
	if in.Sort == types.SortOrderDesc {
		slices.Reverse(arns)
	}
	part, next, err := page(arns, in.MaxResults, in.NextToken, 100)
	if err != nil {
		return nil, err
	}
	return &sdk.ListTaskDefinitionsOutput{TaskDefinitionArns: part, NextToken: next}, nil
}

func (s *Server) listTaskDefinitionFamilies(_ context.Context, in *sdk.ListTaskDefinitionFamiliesInput) (*sdk.ListTaskDefinitionFamiliesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.families)) {
		live := s.taskDef(name) != nil
		if !strings.HasPrefix(name, deref(in.FamilyPrefix)) ||
			live && in.Status == types.TaskDefinitionFamilyStatusInactive ||
			!live && in.Status == types.TaskDefinitionFamilyStatusActive {
			continue
		}
		names = append(names, name)
	}
	part, next, err := page(names, in.MaxResults, in.NextToken, 100)
	if err != nil {
		return nil, err
	}
	return &sdk.ListTaskDefinitionFamiliesOutput{Families: part, NextToken: next}, nil
}
