package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
)

// broken says why a side will not come up by waiting, in ECS's words; empty if it may. Task sets have no circuit breaker:
// whoever made them has to find out, from as many failures as ECS's own would wait for.
func (p *Platform) broken(ctx context.Context, doing string, s deploy.ServiceRef, x side) (string, error) {
	if x.gaveUp == "" && x.running >= x.desired {
		return "", nil
	}
	failed, err := p.failures(ctx, doing, s, x)
	if err != nil {
		return "", err
	}
	if x.gaveUp == "" && len(failed) < max(tooMany, (x.desired+1)/2) {
		return "", nil
	}
	return strings.Join(slices.DeleteFunc([]string{x.gaveUp, reasonsOf(failed)}, func(s string) bool { return s == "" }), "; "), nil
}

// failures are the tasks of a side that ended without anybody wanting it.
func (p *Platform) failures(ctx context.Context, doing string, s deploy.ServiceRef, x side) ([]types.Task, error) {
	s.Name = x.service
	tasks, err := p.stopped(ctx, doing, s, x.def, x.since)
	return slices.DeleteFunc(tasks, func(t types.Task) bool { return !failure(t) }), err
}

// failure tells a task that broke from one that was not wanted any more. The scheduler stops what fails a health check,
// and what it scales in; only its words tell the two apart.
func failure(t types.Task) bool {
	switch t.StopCode { //nolint:exhaustive // the rest is somebody's wish
	case types.TaskStopCodeTaskFailedToStart, types.TaskStopCodeEssentialContainerExited:
		return true
	case types.TaskStopCodeServiceSchedulerInitiated:
		return strings.Contains(aws.ToString(t.StoppedReason), "failed")
	}
	return false
}

// reasonsOf are why tasks stopped, each once, with how often.
func reasonsOf(failed []types.Task) string {
	counts, order := map[string]int{}, []string{}
	for _, t := range failed {
		why := reason(t)
		if counts[why]++; counts[why] == 1 {
			order = append(order, why)
		}
	}
	var out []string
	for _, why := range order[:min(mostReasons, len(order))] {
		out = append(out, count(counts[why])+" stopped: "+why)
	}
	return strings.Join(out, "; ")
}

// wontStart is the error of a side that is broken.
func wontStart(doing string, x side, why string) error {
	return &deploy.Error{
		Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%s does not come up: %s", x.words(), why),
		Hint: repairHint,
	}
}
