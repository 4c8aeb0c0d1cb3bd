package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// Preview is Stage without sending anything: the settings that the candidate would be registered with, by the names of
// RevisionStatus.Config. Of a candidate that is registered it gives the settings it has. Whether ECS takes them is not
// asked; see Verify.
func (p *Platform) Preview(ctx context.Context, q deploy.StageRequest) (map[string]string, error) {
	s, err := p.prepare(ctx, "preview revision "+string(q.Candidate), q)
	if err != nil {
		return nil, err
	}
	if s.made != nil {
		return configOf(s.made.TaskDefinition, s.live.main(s.made)), nil
	}
	in := s.draft
	drafted := &definition{tags: in.Tags, TaskDefinition: types.TaskDefinition{
		ContainerDefinitions: in.ContainerDefinitions, Cpu: in.Cpu, Memory: in.Memory, TaskRoleArn: in.TaskRoleArn,
		ExecutionRoleArn: in.ExecutionRoleArn, NetworkMode: in.NetworkMode, EphemeralStorage: in.EphemeralStorage,
		RuntimePlatform: in.RuntimePlatform, Volumes: in.Volumes,
	}}
	return configOf(drafted.TaskDefinition, s.live.main(drafted)), nil
}
