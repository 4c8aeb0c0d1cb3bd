package ecs

import (
	"context"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func contains[T comparable](list []T, x T) bool { return slices.Contains(list, x) }

// tagsOf is where the tags of a resource are kept.
func (s *Server) tagsOf(arn string) (*[]types.Tag, error) {
	kind, _, _ := strings.Cut(strings.TrimPrefix(arn, arnPrefix), "/")
	switch kind {
	case "task-definition":
		if d := s.taskDef(arn); d != nil {
			return &d.tags, nil
		}
	case "cluster":
		if c, err := s.cluster(&arn); err == nil {
			return &c.tags, nil
		}
	case "service":
		if svc := s.anyService(arn); svc != nil {
			return &svc.tags, nil
		}
	case "task-set":
		for svc := range s.allServices() {
			for _, set := range svc.sets {
				if set.arn == arn {
					return &set.tags, nil
				}
			}
		}
	}
	return nil, refuse(resourceNotFound, "The specified resource could not be found.")
}

func (s *Server) tagResource(_ context.Context, in *sdk.TagResourceInput) (*sdk.TagResourceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(deref(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	*tags = merge(*tags, in.Tags)
	s.wake.signal()
	return &sdk.TagResourceOutput{}, nil
}

// merge gives a new list, since the old one may be on its way out in an answer.
func merge(old, more []types.Tag) []types.Tag {
	out := slices.Clone(old)
	for _, t := range more {
		i := slices.IndexFunc(out, func(x types.Tag) bool { return deref(x.Key) == deref(t.Key) })
		if i < 0 {
			out = append(out, t)
			continue
		}
		out[i] = t
	}
	return out
}

func (s *Server) untagResource(_ context.Context, in *sdk.UntagResourceInput) (*sdk.UntagResourceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(deref(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	*tags = slices.DeleteFunc(slices.Clone(*tags), func(t types.Tag) bool { return slices.Contains(in.TagKeys, deref(t.Key)) })
	s.wake.signal()
	return &sdk.UntagResourceOutput{}, nil
}

func (s *Server) listTagsForResource(_ context.Context, in *sdk.ListTagsForResourceInput) (*sdk.ListTagsForResourceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagsOf(deref(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	return &sdk.ListTagsForResourceOutput{Tags: *tags}, nil
}
