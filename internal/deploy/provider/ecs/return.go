package ecs

import (
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// What a return takes where nothing says so: a change of weights, and a deployment of which none is remembered.
const (
	flipTakes    = 10 * time.Second
	replaceTakes = 3 * time.Minute
)

// back is what bringing all traffic back would be now.
func (s *course) back(now time.Time) deploy.Return {
	r := s.rollout
	switch {
	case r == nil:
		return deploy.Return{Takes: replaceTakes, How: "Amazon ECS replaces " + s.tasks() + " one by one"}
	case r.over() && r.native():
		return deploy.Return{Takes: s.usual(now), How: "Amazon ECS starts " + s.tasks() + " of before anew, then weights flip: nothing is kept warm any more"}
	case r.over():
		return deploy.Return{Takes: s.usual(now), How: "Amazon ECS replaces " + s.tasks() + " one by one, as the release did"}
	case r.native():
		return deploy.Return{Takes: flipTakes, How: fmt.Sprintf("weights flip, %s of before are warm", counted(r.from()))}
	}
	return deploy.Return{
		Takes: max(r.took(now), time.Minute).Round(time.Second),
		How:   fmt.Sprintf("Amazon ECS stops the deployment and replaces what it has brought up; %s of before run still", counted(r.from())),
	}
}

// usual is how long the newest deployment took, without what it waited for: of a native one nobody knows, so that it is a
// guess.
func (s *course) usual(now time.Time) time.Duration {
	if s.rollout.native() || s.rollout.fallen() {
		return replaceTakes
	}
	return max(s.rollout.took(now), 10*time.Second).Round(time.Second)
}

func (s *course) tasks() string {
	return count(int(s.service.DesiredCount))
}

func counted(r *types.ServiceRevisionSummary) string {
	if r == nil {
		return "no tasks"
	}
	return count(int(r.RunningTaskCount))
}

func count(n int) string {
	switch n {
	case 0:
		return "no tasks"
	case 1:
		return "1 task"
	}
	return fmt.Sprintf("%d tasks", n)
}
