package runjobs

import (
	"context"
	"errors"
	"slices"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/api/iterator"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

const (
	// keyVariable is the variable of an execution that holds its key.
	keyVariable = "SLIPWAY_KEY"
	// mostExecutions of a job are looked through, the newest first: Cloud Run keeps 1,000 of them.
	mostExecutions = 1000
	pageExecutions = 100
)

// execution is the one to wait for, by its full name: that with the key of the request, or a new one.
func (j *Jobs) execution(ctx context.Context, q *deploy.JobRequest) (string, error) {
	if q.Key != "" {
		if found, err := j.find(ctx, q); err != nil || found != "" {
			return found, err
		}
	}
	if q.Image != "" {
		if err := j.prepare(ctx, q); err != nil {
			return "", err
		}
	}
	return j.start(ctx, q)
}

// find looks for the execution with a key. If there are several, which takes two bots that start one in the same moment,
// the oldest counts, for all alike.
func (j *Jobs) find(ctx context.Context, q *deploy.JobRequest) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	return google.Read(ctx, j.connection, func(ctx context.Context, c *clients) (string, error) {
		var oldest *runpb.Execution
		all := c.executions.ListExecutions(ctx, &runpb.ListExecutionsRequest{Parent: jobName(q), PageSize: pageExecutions})
		for range mostExecutions {
			e, err := all.Next()
			if errors.Is(err, iterator.Done) {
				break
			}
			if err != nil {
				return "", err
			}
			if keyed(e, q.Key) && (oldest == nil || e.GetCreateTime().AsTime().Before(oldest.GetCreateTime().AsTime())) {
				oldest = e
			}
		}
		return oldest.GetName(), nil
	})
}

func keyed(e *runpb.Execution, key string) bool {
	return slices.ContainsFunc(e.GetTemplate().GetContainers(), func(c *runpb.Container) bool {
		return slices.ContainsFunc(c.GetEnv(), func(v *runpb.EnvVar) bool { return v.GetName() == keyVariable && v.GetValue() == key })
	})
}
