package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/lines"
)

const (
	// tooMany is how many tasks of a new version may stop while none runs before it is given up: ECS itself goes on for
	// ever where it has no circuit breaker.
	tooMany = 3
	// mostReasons is how many different reasons are told, mostLines how many last lines.
	mostReasons, mostLines = 2, 3
	mostOfLine             = 200 // bytes
	// courtesy is how long an error waits for last lines.
	courtesy = 2 * time.Second
)

const repairHint = "look at the tasks' logs, repair the image or its settings, then release again"

// stopped gives the tasks of a task definition that have stopped since a time without anybody wanting it. ECS remembers them for about an hour.
func (p *Platform) stopped(ctx context.Context, doing string, s deploy.ServiceRef, d *definition, since time.Time) ([]types.Task, error) {
	tasks, err := p.tasks(ctx, s.Region, sdk.ListTasksInput{
		Cluster: aws.String(s.Project), ServiceName: aws.String(s.Name), DesiredStatus: types.DesiredStatusStopped,
	})
	if err != nil {
		return nil, explain(ctx, doing, aService(s), err)
	}
	var out []types.Task
	for _, t := range tasks {
		if aws.ToString(t.TaskDefinitionArn) == d.arn() && !aws.ToTime(t.CreatedAt).Before(since) && failure(t) {
			out = append(out, t)
		}
	}
	return out, nil
}

// failure tells a task that broke from one that was not wanted any more, or whose machine was taken away. The scheduler
// stops what fails a health check, and what it scales in; only its words tell the two apart.
func failure(t types.Task) bool {
	switch t.StopCode { //nolint:exhaustive // the rest is somebody's wish
	case types.TaskStopCodeTaskFailedToStart, types.TaskStopCodeEssentialContainerExited:
		return true
	case types.TaskStopCodeServiceSchedulerInitiated:
		return strings.Contains(aws.ToString(t.StoppedReason), "failed")
	}
	return false
}

// doomed says why a native deployment cannot come up: its tasks stop again and again, and none runs. Empty if it may.
func (p *Platform) doomed(ctx context.Context, doing string, s deploy.ServiceRef, r *rollout) (string, error) {
	t := r.TargetServiceRevision
	if r.over() || r.fallen() || !r.native() || t.RunningTaskCount > 0 || percentOf(t) > 0 || r.hook() != "" {
		return "", nil
	}
	tasks, err := p.stopped(ctx, doing, s, r.definition, aws.ToTime(r.CreatedAt))
	if err != nil || len(tasks) < tooMany {
		return "", err
	}
	return p.reasons(ctx, s, r, tasks), nil
}

// fell is why a deployment was taken back: what ECS says, why tasks stopped, and what they wrote last. What cannot be had
// is left out.
func (p *Platform) fell(ctx context.Context, s deploy.ServiceRef, r *rollout) string {
	why := r.why()
	if why == "" {
		why = "its status is " + words(string(r.Status))
	}
	if more := p.downfall(ctx, s, r); more != "" {
		return why + "; " + more
	}
	return why
}

// downfall is what of fell has to be asked for. It is asked for once in each status of a deployment, since a service whose
// newest deployment fell is looked at as often as any other.
func (p *Platform) downfall(ctx context.Context, s deploy.ServiceRef, r *rollout) string {
	key := r.arn() + " " + string(r.Status)
	if known, ok := recall(&p.known, p.known.downfalls, key); ok {
		return known
	}
	tasks, err := p.stopped(ctx, "", s, r.definition, aws.ToTime(r.CreatedAt))
	if err != nil {
		return ""
	}
	more := ""
	if len(tasks) > 0 {
		more = p.reasons(ctx, s, r, tasks)
	}
	if ctx.Err() == nil {
		keep(&p.known, p.known.downfalls, key, more)
	}
	return more
}

func (p *Platform) reasons(ctx context.Context, s deploy.ServiceRef, r *rollout, tasks []types.Task) string {
	return reasonsOf(tasks) + p.lastLines(ctx, s, r)
}

// reasonsOf are why tasks stopped, each once, with how often.
func reasonsOf(tasks []types.Task) string {
	counts, order := map[string]int{}, []string{}
	for _, t := range tasks {
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

// reason is why a task stopped: what ECS says of it, and of the container that ended it.
func reason(t types.Task) string {
	text := toPeople(aws.ToString(t.StoppedReason))
	for _, c := range t.Containers {
		if why := toPeople(aws.ToString(c.Reason)); why != "" && !strings.Contains(text, why) {
			text += "; " + why
		}
		if c.ExitCode != nil && *c.ExitCode != 0 {
			text += fmt.Sprintf(" (container %s, exit code %d)", aws.ToString(c.Name), *c.ExitCode)
		}
	}
	return strings.TrimPrefix(text, "; ")
}

// toPeople is what ECS says, without what looks like a secret: a reason may quote a command line or an address of the
// container's, and more people see it than may look at the service. It is masked before it is cut.
func toPeople(s string) string { return oneLine(lines.Text(s)) }

// lastLines is what the tasks wrote last, if anybody can tell.
func (p *Platform) lastLines(ctx context.Context, s deploy.ServiceRef, r *rollout) string {
	if p.opts.Lines == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, courtesy)
	defer cancel()
	last, err := p.opts.Lines.Errors(ctx, deploy.LogQuery{
		Service: s, Revision: r.definition.name(), From: aws.ToTime(r.CreatedAt), To: p.opts.Now(), Limit: mostLines,
	})
	if err != nil || len(last) == 0 {
		return ""
	}
	var texts []string
	for _, l := range last {
		if text := shortened(l.Text, mostOfLine); !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return "; last lines: " + strings.Join(texts, " | ")
}

// tookBack is the error of a deployment that was taken back.
func tookBack(doing string, r *rollout, why string) error {
	return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("Amazon ECS has gone back from %s: %s", r.definition.short(), why), Hint: repairHint}
}

// cannotStart is the error of what does not come up.
func cannotStart(doing, what, why string) error {
	return &deploy.Error{Code: deploy.Invalid, Op: doing, Msg: fmt.Sprintf("%s does not come up: %s", what, why), Hint: repairHint}
}
