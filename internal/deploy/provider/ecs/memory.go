package ecs

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// mostKnown is how many things of a kind are remembered; then all of them are forgotten.
const mostKnown = 1000

// memory is what was read and never changes: task definitions with their tags, revisions of services, and which task
// definition has a name.
type memory struct {
	mu          sync.Mutex
	definitions map[string]*definition
	revisions   map[string]types.ServiceRevision
	names       map[deploy.RevisionName]string // in a family, to its ARN
	balancers   map[string]string              // in front of a target group, by its ARN
}

func (m *memory) init() {
	m.definitions, m.revisions, m.names = map[string]*definition{}, map[string]types.ServiceRevision{}, map[deploy.RevisionName]string{}
	m.balancers = map[string]string{}
}

func recall[K comparable, V any](m *memory, from map[K]V, key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := from[key]
	return v, ok
}

func keep[K comparable, V any](m *memory, in map[K]V, key K, v V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(in) >= mostKnown {
		clear(in)
	}
	in[key] = v
}
