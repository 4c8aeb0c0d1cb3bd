package ecs

import (
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// mostKnown is how many things of a kind are remembered; then all of them are forgotten.
const mostKnown = 1000

// memory is what was read and never changes: task definitions with their tags, revisions of services, which task definition
// has a name, and why the tasks of a deployment stopped that was taken back.
type memory struct {
	mu          sync.Mutex
	definitions map[string]*definition
	revisions   map[string]types.ServiceRevision
	names       map[called]string // to its ARN
	downfalls   map[string]string // of a deployment in a status
	balancers   map[string]string // in front of a target group, by its ARN
}

// called is a name in a family of task definitions: two services may be called the same in two regions or clusters.
type called struct {
	region, family string
	name           deploy.RevisionName
}

func (m *memory) init() {
	m.definitions, m.revisions, m.names = map[string]*definition{}, map[string]types.ServiceRevision{}, map[called]string{}
	m.balancers, m.downfalls = map[string]string{}, map[string]string{}
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
