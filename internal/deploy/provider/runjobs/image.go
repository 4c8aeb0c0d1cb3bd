package runjobs

import (
	"context"
	"strings"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// prepare gives the job the image of a request, and waits until Cloud Run is done with that. Nothing is sent if it has the
// image, unless Cloud Run could not get it when it was given before: it may be there now. It is sent once: whoever changes
// the job at the same time is not fought with.
func (j *Jobs) prepare(ctx context.Context, q *deploy.JobRequest) error {
	for sent := false; ; {
		job, err := j.job(ctx, q)
		if err != nil {
			return err
		}
		c := worker(job.GetTemplate().GetTemplate().GetContainers())
		switch {
		case c == nil:
			return &deploy.Error{Code: deploy.Invalid, Msg: "the job " + q.Job + " has no container to give an image to"}
		case c.GetImage() != q.Image && sent:
			return &deploy.Error{Code: deploy.Conflict, Msg: "somebody else has given the job " + q.Job + " another image", Hint: "try again when they are done"}
		case !sent && (c.GetImage() != q.Image || !busy(job) && unfit(q, job) != nil):
			c.Image = q.Image
			if err := j.update(ctx, job); err != nil {
				return err
			}
			sent = true
			continue // what it has come to is seen at the job
		case !busy(job):
			return unfit(q, job)
		}
		if err := j.pause(ctx, j.look); err != nil {
			return err
		}
	}
}

func (j *Jobs) job(ctx context.Context, q *deploy.JobRequest) (*runpb.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	return google.Read(ctx, j.connection, func(ctx context.Context, c *clients) (*runpb.Job, error) {
		return c.jobs.GetJob(ctx, &runpb.GetJobRequest{Name: jobName(q)})
	})
}

// update sends a job as it was read, whole: there is no mask. Its etag says so if somebody changed it meanwhile.
func (j *Jobs) update(ctx context.Context, job *runpb.Job) error {
	c, err := j.connection.Get(ctx)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	_, err = c.jobs.UpdateJob(ctx, &runpb.UpdateJobRequest{Job: job})
	return err
}

// worker is the container that does the work: the only one, or the first that waits for others.
func worker(all []*runpb.Container) *runpb.Container {
	for _, c := range all {
		if len(c.GetDependsOn()) > 0 {
			return c
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// busy says whether Cloud Run is still at the last change of a job.
func busy(job *runpb.Job) bool {
	switch job.GetTerminalCondition().GetState() {
	case runpb.Condition_CONDITION_SUCCEEDED:
		return job.GetReconciling() || job.GetObservedGeneration() != job.GetGeneration()
	case runpb.Condition_CONDITION_FAILED:
		return job.GetReconciling()
	default:
		return true
	}
}

// unfit says why a job cannot be run after its last change; nothing if it can.
func unfit(q *deploy.JobRequest, job *runpb.Job) error {
	end := job.GetTerminalCondition()
	if end.GetState() != runpb.Condition_CONDITION_FAILED {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Invalid, Msg: "Cloud Run could not give the job " + q.Job + " its image: " + cut(strings.Join(strings.Fields(end.GetMessage()), " ")),
		Hint: "see that the image is there and that the job's account may read it",
	}
}
