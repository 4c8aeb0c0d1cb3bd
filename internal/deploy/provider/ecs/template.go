package ecs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// registration is what is registered for a request: the template with the image, the variables and the size changed, and
// tags by which it is found again. The family stays that of the live one, in which it is looked for.
func registration(doing string, l *live, current *definition, q deploy.StageRequest) (*sdk.RegisterTaskDefinitionInput, error) {
	if err := possible(doing, q.Settings); err != nil {
		return nil, err
	}
	in := again(current)
	if q.Settings.Template != "" {
		var err error
		if in, err = written(doing, q.Settings.Template); err != nil {
			return nil, err
		}
	}
	in.Family = current.Family
	main, err := mainContainer(doing, in.ContainerDefinitions, l, q.Settings.Container)
	if err != nil {
		return nil, err
	}
	in.ContainerDefinitions = slices.Clone(in.ContainerDefinitions)
	in.ContainerDefinitions[main] = changed(in.ContainerDefinitions[main], q)
	if q.Settings.CPU != "" {
		in.Cpu = aws.String(q.Settings.CPU)
	}
	if q.Settings.Memory != "" {
		in.Memory = aws.String(q.Settings.Memory)
	}
	in.Tags = tagsOf(in.Tags, q, aws.ToString(in.ContainerDefinitions[main].Name))
	return in, nil
}

// main is the container that a registered task definition is about.
func (l *live) main(d *definition) int {
	if i, err := mainContainer("", d.ContainerDefinitions, l, tagged(d.tags, mainTag)); err == nil {
		return i
	}
	return 0
}

// image is that of the container that a registered task definition is about.
func (l *live) image(d *definition) string {
	if i := l.main(d); i < len(d.ContainerDefinitions) {
		return aws.ToString(d.ContainerDefinitions[i].Image)
	}
	return ""
}

// env is the plain variables of that container.
func (l *live) env(d *definition) map[string]string {
	if i := l.main(d); i < len(d.ContainerDefinitions) {
		return plainEnv(d.ContainerDefinitions[i])
	}
	return nil
}

// possible refuses what ECS has no such setting for, rather than leaving it out.
func possible(doing string, s deploy.Settings) error {
	if s.MinInstances == nil && s.MaxInstances == nil && s.Concurrency == 0 && s.Timeout == 0 {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: "a task definition has no number of instances, no concurrency and no time-out of requests",
		Hint: "take them out of the catalog: the service has a desired count, and its load balancer a time-out",
	}
}

// again is a task definition as it can be registered again: all but what ECS itself adds.
func again(d *definition) *sdk.RegisterTaskDefinitionInput {
	return &sdk.RegisterTaskDefinitionInput{
		ContainerDefinitions: d.ContainerDefinitions, Family: d.Family, Cpu: d.Cpu, EnableFaultInjection: d.EnableFaultInjection,
		EphemeralStorage: d.EphemeralStorage, ExecutionRoleArn: d.ExecutionRoleArn,
		InferenceAccelerators: d.InferenceAccelerators, //nolint:staticcheck // nobody has it any more, and what is there is kept
		IpcMode:               d.IpcMode, Memory: d.Memory, NetworkMode: d.NetworkMode, PidMode: d.PidMode,
		PlacementConstraints: d.PlacementConstraints, ProxyConfiguration: d.ProxyConfiguration,
		RequiresCompatibilities: d.RequiresCompatibilities, RuntimePlatform: d.RuntimePlatform, Tags: d.tags,
		TaskRoleArn: d.TaskRoleArn, Volumes: d.Volumes,
	}
}

// written reads a task definition as the aws tool takes it (--cli-input-json), or as it shows one.
func written(doing, text string) (*sdk.RegisterTaskDefinitionInput, error) {
	var outer struct{ TaskDefinition json.RawMessage }
	in := &sdk.RegisterTaskDefinitionInput{}
	err := json.Unmarshal([]byte(text), &outer)
	if err == nil && len(outer.TaskDefinition) > 0 && outer.TaskDefinition[0] == '{' {
		text = string(outer.TaskDefinition)
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), in)
	}
	if err != nil || len(in.ContainerDefinitions) == 0 {
		return nil, &deploy.Error{
			Code: deploy.Invalid, Op: doing, Msg: "the task definition of the catalog cannot be read, or has no containers",
			Hint: "it is JSON as `aws ecs register-task-definition --cli-input-json` takes it", Err: err,
		}
	}
	return in, nil
}

// mainContainer finds the container that a release is about: the one that is named, the one behind the load balancer, or
// the only essential one.
func mainContainer(doing string, all []types.ContainerDefinition, l *live, name string) (int, error) {
	if name == "" {
		name = l.balanced()
	}
	essential := -1
	var names []string
	for i, c := range all {
		names = append(names, aws.ToString(c.Name))
		if aws.ToString(c.Name) == name && name != "" {
			return i, nil
		}
		if c.Essential == nil || *c.Essential {
			if essential >= 0 {
				essential = len(all)
				continue
			}
			essential = i
		}
	}
	if name == "" && essential >= 0 && essential < len(all) {
		return essential, nil
	}
	msg := fmt.Sprintf("none of the containers is called %s; there are %s", name, strings.Join(names, ", "))
	if name == "" {
		msg = "it is not said which container the release is about; there are " + strings.Join(names, ", ")
	}
	return 0, &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: msg, Hint: "name it in the catalog: container"}
}

// balanced is the container behind the load balancer, if the service says so.
func (l *live) balanced() string {
	lists := [][]types.LoadBalancer{l.service.LoadBalancers}
	for _, s := range l.service.TaskSets {
		lists = append(lists, s.LoadBalancers)
	}
	for _, list := range lists {
		for _, b := range list {
			if b.ContainerName != nil {
				return *b.ContainerName
			}
		}
	}
	return ""
}

// changed is a container with the image and variables of a release. A variable that the catalog does not name stays. One
// that was a secret and is plain now, or the other way round, is not given twice.
func changed(c types.ContainerDefinition, q deploy.StageRequest) types.ContainerDefinition {
	c.Image = aws.String(q.Image)
	named := func(name *string) bool {
		_, plain := q.Settings.Env[aws.ToString(name)]
		_, secret := q.Settings.Secrets[aws.ToString(name)]
		return plain || secret
	}
	c.Environment = slices.DeleteFunc(slices.Clone(c.Environment), func(v types.KeyValuePair) bool { return named(v.Name) })
	c.Secrets = slices.DeleteFunc(slices.Clone(c.Secrets), func(v types.Secret) bool { return named(v.Name) })
	for _, name := range slices.Sorted(maps.Keys(q.Settings.Env)) {
		if _, secret := q.Settings.Secrets[name]; !secret {
			c.Environment = append(c.Environment, types.KeyValuePair{Name: aws.String(name), Value: aws.String(q.Settings.Env[name])})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(q.Settings.Secrets)) {
		c.Secrets = append(c.Secrets, types.Secret{Name: aws.String(name), ValueFrom: aws.String(q.Settings.Secrets[name])})
	}
	return c
}

// tagsOf is the tags of the template, without AWS's own and those of former releases, and ours.
func tagsOf(kept []types.Tag, q deploy.StageRequest, container string) []types.Tag {
	ours := map[string]string{revisionTag: string(q.Candidate), tagTag: q.Tag, strategyTag: string(q.Rollout.Kind), mainTag: container}
	maps.Copy(ours, q.Labels)
	var out []types.Tag
	for _, t := range kept {
		key := aws.ToString(t.Key)
		if _, replaced := ours[key]; !replaced && !strings.HasPrefix(key, "aws:") && !strings.HasPrefix(key, "slipway-") {
			out = append(out, t)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(ours)) {
		if ours[key] != "" {
			out = append(out, types.Tag{Key: aws.String(key), Value: aws.String(ours[key])})
		}
	}
	return out
}
