package ecs

import (
	"math"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// taskSet is one of a service of the controller EXTERNAL.
type taskSet struct {
	group
	arn, externalID, token string
	status                 string // primary, active or draining
	scale                  types.Scale
	launch                 types.LaunchType
	created, updated       time.Time
	stable                 bool
	stableAt               time.Time
	tags                   []types.Tag
}

// computed is how many tasks a set should have: its share of the service's, rounded up, as documented.
func (t *taskSet) computed() int32 {
	if t.status == draining {
		return 0
	}
	return int32(math.Ceil(float64(t.svc.desired) * t.scale.Value / hundred))
}

// keepSets has as many tasks of each set as its scale says, and forgets those that are deleted and empty.
func (s *Server) keepSets(svc *service) {
	var left []*taskSet
	for _, set := range svc.sets {
		want := set.computed()
		s.scale(svc, &set.group, want)
		if set.status == draining && len(set.tasks) == 0 {
			s.moved()
			continue
		}
		left = append(left, set)
		stable := set.alive() == want && s.healthy(&set.group) == want
		if stable != set.stable {
			set.stable, set.stableAt, set.updated = stable, s.turn.now, s.turn.now
			s.moved()
		}
	}
	svc.sets = left
}

// restless is a set whose scale was changed.
func (t *taskSet) restless(now time.Time) { t.stable, t.stableAt, t.updated = false, now, now }

func (t *taskSet) describe(withTags bool) types.TaskSet {
	running, pending := t.count()
	out := types.TaskSet{
		Id: ptr(t.id), TaskSetArn: ptr(t.arn), ServiceArn: ptr(t.svc.arn), ClusterArn: ptr(t.svc.cluster.arn), ExternalId: orNil(t.externalID),
		Status: ptr(t.status), TaskDefinition: ptr(t.taskDef.arn()), ComputedDesiredCount: t.computed(), RunningCount: running,
		PendingCount: pending, Scale: ptr(t.scale), LaunchType: t.launch, LoadBalancers: t.set.lbs, NetworkConfiguration: t.set.network,
		CreatedAt: ptr(t.created), UpdatedAt: ptr(t.updated), StabilityStatus: types.StabilityStatusStabilizing, StabilityStatusAt: ptr(t.stableAt),
	}
	if t.stable {
		out.StabilityStatus = types.StabilityStatusSteadyState
	}
	if withTags {
		out.Tags = t.tags
	}
	return out
}

// taskSet finds one by its id or ARN.
func (svc *service) taskSet(ref string) (*taskSet, error) {
	for _, set := range svc.sets {
		if set.id == ref || set.arn == ref || lastPart(set.id) == ref {
			return set, nil
		}
	}
	return nil, refuse(taskSetNotFound, "The specified task set does not exist.")
}
