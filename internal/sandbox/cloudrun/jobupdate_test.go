package cloudrun_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/cloudrun"
)

func (j *jobs) job() *runpb.Job {
	j.t.Helper()
	got, err := j.jobs.GetJob(j.t.Context(), &runpb.GetJobRequest{Name: probe})
	if err != nil {
		j.t.Fatal(err)
	}
	return got
}

func TestAJobIsChanged(t *testing.T) {
	t.Parallel()
	j := startJobs(t, cloudrun.Options{Settle: time.Millisecond, Pull: func(_ context.Context, image string) (string, error) {
		if image == "gcr.io/p/missing" {
			return "", cloudrun.ErrImageNotFound
		}
		return "", nil
	}})
	stale := j.job()
	for image, state := range map[string]runpb.Condition_State{"gcr.io/p/good": runpb.Condition_CONDITION_SUCCEEDED, "gcr.io/p/missing": runpb.Condition_CONDITION_FAILED} {
		job := j.job()
		c := job.GetTemplate().GetTemplate().GetContainers()[0]
		c.Image, c.Env = image, append(c.Env, &runpb.EnvVar{Name: "B", Values: &runpb.EnvVar_Value{Value: "9"}})
		op, err := j.jobs.UpdateJob(t.Context(), &runpb.UpdateJobRequest{Job: job})
		if err != nil {
			t.Fatal(err)
		}
		until(t, j.platform, "the job is settled", func() bool { return !j.job().GetReconciling() })
		got := j.job()
		if got.GetTerminalCondition().GetState() != state || got.GetObservedGeneration() != job.GetGeneration()+1 || got.GetEtag() == job.GetEtag() {
			t.Errorf("%s: %v", image, got)
		}
		if _, err := op.Poll(t.Context()); !op.Done() || (err != nil) != (state == runpb.Condition_CONDITION_FAILED) {
			t.Errorf("%s: its operation: done %v, %v", image, op.Done(), err)
		}
		_, name := j.run(nil)
		if e := j.ended(name); e.GetTemplate().GetContainers()[0].GetImage() != image {
			t.Errorf("an execution has %v", e.GetTemplate())
		}
	}
	none := &runpb.Job{Name: probe, Template: &runpb.ExecutionTemplate{Template: &runpb.TaskTemplate{}}}
	missing := &runpb.Job{Name: probe + "-2", Template: stale.GetTemplate()}
	for _, tc := range []struct {
		job  *runpb.Job
		want codes.Code
	}{{stale, codes.Aborted}, {none, codes.InvalidArgument}, {missing, codes.NotFound}} {
		if _, err := j.jobs.UpdateJob(t.Context(), &runpb.UpdateJobRequest{Job: tc.job}); status.Code(err) != tc.want {
			t.Errorf("%v, want %s", err, tc.want)
		}
	}
}

func TestExecutionsAreListedTheNewestFirst(t *testing.T) {
	t.Parallel()
	j := startJobs(t, cloudrun.Options{})
	ours := map[string]bool{}
	for range 3 {
		_, name := j.run([]string{"x"})
		j.ended(name)
		ours[name] = true
	}
	all := j.executions.ListExecutions(t.Context(), &runpb.ListExecutionsRequest{Parent: probe, PageSize: 2})
	var last time.Time
	for range 3 {
		e, err := all.Next()
		if err != nil || !ours[e.GetName()] || !last.IsZero() && e.GetCreateTime().AsTime().After(last) {
			t.Fatalf("%v, %v", e, err)
		}
		last = e.GetCreateTime().AsTime()
		delete(ours, e.GetName())
	}
	if _, err := all.Next(); !errors.Is(err, iterator.Done) {
		t.Errorf("a fourth: %v", err)
	}
	if _, err := j.executions.ListExecutions(t.Context(), &runpb.ListExecutionsRequest{Parent: probe + "-2"}).Next(); status.Code(err) != codes.NotFound {
		t.Errorf("of no job: %v", err)
	}
}
