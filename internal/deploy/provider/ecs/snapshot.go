package ecs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"slipway/internal/deploy"
)

// Snapshot writes down the service and the task definition that it was asked for last, as ECS has them and in the form in
// which the aws tool shows them: {"service": …, "taskDefinition": …, "tags": […]}. The same service gives the same bytes,
// but for what ECS counts. References to secrets are in it, never their values; the values of plain variables are, so it
// is never shown or logged.
//
// It is for a person who puts a service back by hand. What is registered is never deregistered, so that this is enough:
//
//	aws ecs update-service --cluster CLUSTER --service SERVICE --task-definition "$(jq -r .taskDefinition.taskDefinitionArn snapshot.json)"
//
// Where the task definition is gone, its part of the file, without what ECS adds (taskDefinitionArn, revision, status,
// requiresAttributes, compatibilities, registeredAt, registeredBy), is what `aws ecs register-task-definition
// --cli-input-json` takes.
func (p *Platform) Snapshot(ctx context.Context, s deploy.ServiceRef) ([]byte, error) {
	doing := "write down " + s.String()
	l, err := p.look(ctx, doing, s)
	if err != nil {
		return nil, err
	}
	d, err := p.definition(ctx, doing, s.Region, l.definition())
	if err != nil {
		return nil, err
	}
	service := l.service
	service.Events = nil // what has happened is no part of how it is
	said := map[string]any{"service": plain(service), "taskDefinition": plain(d.TaskDefinition), "tags": plain(d.tags)}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(said); err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	return out.Bytes(), nil
}
