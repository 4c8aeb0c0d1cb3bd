package cloudrun_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"slipway/internal/sandbox/cloudrun"
)

// heardJobs are the lines that jobs wrote.
type heardJobs struct {
	mu    sync.Mutex
	lines []string
}

func (h *heardJobs) Write(string, string, string, string, string, time.Time) {}

func (h *heardJobs) WriteJob(job, execution, log, severity, text string, _ time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, strings.Join([]string{job, strings.TrimSuffix(execution, execution[len(execution)-5:]), log, severity, text}, " "))
}

const probe = "projects/my-gcp-project/locations/us-central1/jobs/probe"

type jobs struct {
	*platform
	jobs       *run.JobsClient
	executions *run.ExecutionsClient
	heard      *heardJobs
}

// startJobs has a job that says what it was given, and ends with the number behind "exit".
func startJobs(t *testing.T, opts cloudrun.Options) *jobs {
	t.Helper()
	heard := &heardJobs{}
	opts.Logs = heard
	p := start(t, &opts)
	dial := []option.ClientOption{option.WithEndpoint(p.Addr()), option.WithoutAuthentication(), option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials()))}
	j, err := run.NewJobsClient(t.Context(), dial...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	e, err := run.NewExecutionsClient(t.Context(), dial...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	name, err := p.SeedJob(cloudrun.JobSpec{
		Name: "probe", Args: []string{"probe"}, Env: map[string]string{"A": "1", "B": "2"},
		Run: func(ctx context.Context, args []string, env map[string]string) (string, int) {
			exit := 0
			switch args[len(args)-1] {
			case "hang":
				<-ctx.Done()
				return "broken off\n", 1
			case "fail":
				exit = 3
			}
			return fmt.Sprintf("%v A=%s B=%s\nsecond line\n", args, env["A"], env["B"]), exit
		},
	})
	if err != nil || name != probe {
		t.Fatalf("%s, %v", name, err)
	}
	return &jobs{platform: p, jobs: j, executions: e, heard: heard}
}

func (j *jobs) run(args []string, env ...*runpb.EnvVar) (*run.RunJobOperation, string) {
	j.t.Helper()
	op, err := j.jobs.RunJob(j.t.Context(), &runpb.RunJobRequest{Name: probe, Overrides: &runpb.RunJobRequest_Overrides{
		ContainerOverrides: []*runpb.RunJobRequest_Overrides_ContainerOverride{{Args: args, Env: env}},
	}})
	if err != nil {
		j.t.Fatal(err)
	}
	meta, err := op.Metadata()
	if err != nil || !strings.HasPrefix(meta.GetName(), probe+"/executions/probe-") {
		j.t.Fatalf("%v, %v", meta, err)
	}
	return op, meta.GetName()
}

// ended waits for the end of an execution.
func (j *jobs) ended(name string) *runpb.Execution {
	j.t.Helper()
	var e *runpb.Execution
	until(j.t, j.platform, "the execution has ended", func() bool {
		var err error
		e, err = j.executions.GetExecution(j.t.Context(), &runpb.GetExecutionRequest{Name: name})
		return err == nil && e.GetCompletionTime() != nil
	})
	return e
}

func TestAJobIsRun(t *testing.T) {
	t.Parallel()
	j := startJobs(t, cloudrun.Options{})
	op, name := j.run([]string{"x", "y"}, &runpb.EnvVar{Name: "B", Values: &runpb.EnvVar_Value{Value: "3"}})
	e := j.ended(name)
	if c := e.GetConditions()[0]; e.GetSucceededCount() != 1 || e.GetFailedCount() != 0 || c.GetType() != "Completed" || c.GetState() != runpb.Condition_CONDITION_SUCCEEDED || e.GetJob() != probe || e.GetStartTime() == nil {
		t.Errorf("%v", e)
	}
	got, err := op.Poll(t.Context())
	if err != nil || !op.Done() || got.GetName() != name || got.GetSucceededCount() != 1 {
		t.Errorf("its operation: %v, %v", got, err)
	}
	_, name = j.run(nil)
	j.ended(name)
	want := []string{
		"probe probe- run.googleapis.com/stdout DEFAULT [x y] A=1 B=3", "probe probe- run.googleapis.com/stdout DEFAULT second line",
		"probe probe- run.googleapis.com/stdout DEFAULT [probe] A=1 B=2", "probe probe- run.googleapis.com/stdout DEFAULT second line",
	}
	if diff := cmp.Diff(want, j.heard.lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	job, err := j.jobs.GetJob(t.Context(), &runpb.GetJobRequest{Name: probe})
	if err != nil || job.GetExecutionCount() != 2 || job.GetLatestCreatedExecution().GetName() != name || job.GetTemplate().GetTemplate().GetContainers()[0].GetImage() != "gcr.io/my-gcp-project/probe" {
		t.Errorf("%v, %v", job, err)
	}
	calls := j.Calls()
	if last := calls[len(calls)-1]; last.Method != "GetJob" || last.Service != "probe" || calls[0].String() != "RunJob probe → OK changed" {
		t.Errorf("%v", calls)
	}
}

func TestHowExecutionsEndBadly(t *testing.T) {
	t.Parallel()
	j := startJobs(t, cloudrun.Options{})
	inject(t, j.platform, cloudrun.Fault{Kind: cloudrun.ExecutionFails, Service: "other"})
	end := func(args ...string) (*runpb.Execution, error) {
		op, name := j.run(args)
		e := j.ended(name)
		_, err := op.Poll(t.Context())
		return e, err
	}
	e, err := end("fail")
	why := "Task " + e.GetName()[strings.LastIndex(e.GetName(), "/")+1:] + "-task0 failed with message: The container exited with an error."
	if c := e.GetConditions()[0]; e.GetFailedCount() != 1 || c.GetState() != runpb.Condition_CONDITION_FAILED || c.GetMessage() != why || c.GetExecutionReason() != runpb.Condition_NON_ZERO_EXIT_CODE || err == nil {
		t.Errorf("%v, %v", e, err)
	}
	if last := j.heard.lines[len(j.heard.lines)-1]; last != "probe probe- run.googleapis.com/varlog/system ERROR Container called exit(3)." {
		t.Errorf("%q", last)
	}
	inject(t, j.platform, cloudrun.Fault{Kind: cloudrun.ExecutionFails, Service: "probe", Count: 1})
	if e, _ := end("x"); e.GetFailedCount() != 1 {
		t.Errorf("by a fault: %v", e)
	}
	op, err := j.jobs.RunJob(t.Context(), &runpb.RunJobRequest{Name: probe, Overrides: &runpb.RunJobRequest_Overrides{
		Timeout: durationpb.New(20 * time.Millisecond), ContainerOverrides: []*runpb.RunJobRequest_Overrides_ContainerOverride{{Args: []string{"hang"}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	meta, err := op.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	if e := j.ended(meta.GetName()); !strings.HasSuffix(e.GetConditions()[0].GetMessage(), "The configured timeout was reached.") || e.GetFailedCount() != 1 {
		t.Errorf("its time was up: %v", e)
	}
}

func TestExecutionsAreCancelled(t *testing.T) {
	t.Parallel()
	j := startJobs(t, cloudrun.Options{})
	inject(t, j.platform, cloudrun.Fault{Kind: cloudrun.ExecutionStuck, Count: 1})
	for _, name := range []string{"one that never starts", "one that runs"} {
		_, run := j.run([]string{"hang"})
		if _, err := j.executions.CancelExecution(t.Context(), &runpb.CancelExecutionRequest{Name: run}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		e := j.ended(run)
		if c := e.GetConditions()[0]; e.GetCancelledCount() != 1 || e.GetFailedCount() != 0 || c.GetExecutionReason() != runpb.Condition_CANCELLED || c.GetState() != runpb.Condition_CONDITION_FAILED {
			t.Errorf("%s: %v", name, e)
		}
		_, err := j.executions.CancelExecution(t.Context(), &runpb.CancelExecutionRequest{Name: run})
		wantCode(t, name+", again", err, codes.FailedPrecondition)
	}
	j.run([]string{"hang"}) // ends with the server
}

func TestAnExecutionTakesTimeToStart(t *testing.T) {
	t.Parallel()
	clock := cloudrun.NewManualClock(time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC))
	j := startJobs(t, cloudrun.Options{Clock: clock, Create: 8 * time.Second})
	_, name := j.run([]string{"x"})
	clock.Advance(7 * time.Second)
	e, err := j.executions.GetExecution(t.Context(), &runpb.GetExecutionRequest{Name: name})
	if err != nil || e.GetStartTime() != nil || e.GetConditions()[0].GetState() != runpb.Condition_CONDITION_RECONCILING {
		t.Errorf("%v, %v", e, err)
	}
	clock.Advance(time.Second)
	if e := j.ended(name); !e.GetStartTime().AsTime().Equal(clock.Now()) {
		t.Errorf("%v", e)
	}
}

func TestJobsThatAreNotThere(t *testing.T) {
	t.Parallel()
	j := startJobs(t, cloudrun.Options{})
	_, err := j.jobs.RunJob(t.Context(), &runpb.RunJobRequest{Name: probe + "x"})
	wantCode(t, "run", err, codes.NotFound)
	if !strings.Contains(err.Error(), "Resource 'probex' of kind 'JOB' in region 'us-central1' in project 'my-gcp-project' does not exist.") {
		t.Errorf("%v", err)
	}
	_, err = j.jobs.GetJob(t.Context(), &runpb.GetJobRequest{Name: probe + "x"})
	wantCode(t, "get", err, codes.NotFound)
	_, err = j.executions.GetExecution(t.Context(), &runpb.GetExecutionRequest{Name: probe + "/executions/probe-00000"})
	wantCode(t, "execution", err, codes.NotFound)
	_, err = j.executions.CancelExecution(t.Context(), &runpb.CancelExecutionRequest{Name: probe + "/executions/probe-00000"})
	wantCode(t, "cancel", err, codes.NotFound)
	_, err = j.jobs.RunJob(t.Context(), &runpb.RunJobRequest{Name: probe, Overrides: &runpb.RunJobRequest_Overrides{TaskCount: 2}})
	wantCode(t, "two tasks", err, codes.InvalidArgument)
	if _, err := j.SeedJob(cloudrun.JobSpec{Name: "idle"}); err == nil {
		t.Error("a job with nothing to run was seeded")
	}
	inject(t, j.platform, cloudrun.Fault{Kind: cloudrun.Refuse, Method: "RunJob", Service: "probe", Code: codes.PermissionDenied})
	_, err = j.jobs.RunJob(t.Context(), &runpb.RunJobRequest{Name: probe})
	wantCode(t, "by a fault", err, codes.PermissionDenied)
}
