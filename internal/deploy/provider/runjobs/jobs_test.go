package runjobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/runjobs"
	sandbox "slipway/internal/sandbox/cloudrun"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var service = deploy.ServiceRef{Kind: deploy.CloudRun, Project: sandbox.GuideProject, Region: sandbox.GuideRegion, Name: "coditect-app-production"}

// written is what jobs wrote, found after it has been asked for some times.
type written struct {
	mu    sync.Mutex
	after int
	asked int
	lines map[string][]string // by job/execution
	began chan string
}

func (w *written) Write(string, string, string, string, string, time.Time) {}

func (w *written) WriteJob(job, execution, log, _, text string, _ time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if strings.HasSuffix(log, "stdout") {
		w.lines[job+"/"+execution] = append(w.lines[job+"/"+execution], text)
	}
}

func (w *written) JobOutput(_ context.Context, in deploy.ServiceRef, job, execution string, since time.Time) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if in != service || since.IsZero() {
		return "", errors.New("asked about another place")
	}
	if w.asked++; w.asked <= w.after {
		return "", nil
	}
	return strings.Join(w.lines[job+"/"+execution], "\n"), nil
}

type world struct {
	*runjobs.Jobs
	cloud *sandbox.Server
	wrote *written
}

// start has a Cloud Run with a job "probe", which says what it was given, or does as it is told.
func start(t *testing.T, opts *sandbox.Options) *world {
	t.Helper()
	w := &world{wrote: &written{lines: map[string][]string{}, began: make(chan string, 10)}}
	if opts == nil {
		opts = &sandbox.Options{}
	}
	opts.Logs = w.wrote
	w.cloud = sandbox.New(opts)
	if err := w.cloud.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	_, err := w.cloud.SeedJob(sandbox.JobSpec{Name: "probe", Env: map[string]string{"OWN": "1"}, Run: func(ctx context.Context, args []string, env map[string]string) (string, int) {
		last := args[len(args)-1]
		w.wrote.began <- last
		switch last {
		case "hang":
			<-ctx.Done()
			return "begun\n", 1
		case "fail":
			return "one\ntwo\n", 1
		case "long":
			return strings.Repeat(strings.Repeat("x", 50)+"\n", 30) + "the end\n", 1
		case "silent":
			return "", 1
		}
		return fmt.Sprintf("%v %s %s\n", args, env["OWN"], env["VERSION"]), 0
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.Jobs, err = runjobs.New(&runjobs.Options{
		Endpoint: "http://" + w.cloud.Addr(), Output: w.wrote, Look: 5 * time.Millisecond, Patience: []time.Duration{time.Millisecond, time.Millisecond, time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func request(args ...string) deploy.JobRequest {
	return deploy.JobRequest{Service: service, Job: "probe", Args: args, Env: map[string]string{"VERSION": "v1.2.4"}, Within: 30 * time.Second}
}

// calls are those that Cloud Run got, without the looks.
func (w *world) calls() []string {
	var all []string
	for _, c := range w.cloud.Calls() {
		if c.Method != "GetExecution" {
			all = append(all, c.Method+" "+c.Service)
		}
	}
	return all
}

func TestAJobThatGoesWell(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	w.wrote.after = 2
	got, err := w.Run(t.Context(), request("probe", "--", "x"))
	if err != nil || got.Output != "[probe -- x] 1 v1.2.4" || !strings.HasPrefix(got.Execution, "probe-") || got.Took <= 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{"RunJob probe"}, w.calls()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// What is not found by then is not waited for.
	w.wrote.mu.Lock()
	w.wrote.asked, w.wrote.after = 0, 100
	w.wrote.mu.Unlock()
	if got, err := w.Run(t.Context(), request("x")); err != nil || got.Output != "" || w.wrote.asked != 3 {
		t.Errorf("%+v, %v, asked %d times", got, err, w.wrote.asked)
	}
}

func TestAJobThatEndsBadly(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	for what, want := range map[string]string{
		"fail":   "the job probe ended badly. It wrote last:\none\ntwo",
		"silent": "the job probe ended badly: Task EXECUTION-task0 failed with message: The container exited with an error.",
		"long":   "the job probe ended badly. It wrote last:\n" + strings.Repeat(strings.Repeat("x", 50)+"\n", 7) + "the end",
	} {
		got, err := w.Run(t.Context(), request(what))
		if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != strings.Replace(want, "EXECUTION", got.Execution, 1) || !strings.Contains(deploy.Hint(err), got.Execution) {
			t.Errorf("%s: %+v, %v", what, got, err)
		}
		if what == "fail" && got.Output != "one\ntwo" {
			t.Errorf("%q", got.Output)
		}
	}
}

func TestAJobThatTakesTooLong(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault string
		code  deploy.Code
		want  string
	}{
		"though it runs":      {"", deploy.Invalid, "the job probe took longer than 500 ms and was cancelled"},
		"before it has begun": {sandbox.ExecutionStuck, deploy.Unavailable, "Cloud Run has not started the job probe within 500 ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, nil)
			if tc.fault != "" {
				if err := w.cloud.Faults().Inject(sandbox.Fault{Kind: tc.fault}); err != nil {
					t.Fatal(err)
				}
			}
			q := request("hang")
			q.Within = 500 * time.Millisecond
			got, err := w.Run(t.Context(), q)
			if want := strings.Replace(tc.want, "500 ms", deploy.Planned(q.Within), 1); deploy.CodeOf(err) != tc.code || deploy.Message(err) != want || got.Execution == "" {
				t.Errorf("%+v, %v", got, err)
			}
			if diff := cmp.Diff([]string{"RunJob probe", "CancelExecution probe"}, w.calls()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAJobThatIsBrokenOff(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-w.wrote.began
		cancel()
	}()
	_, err := w.Run(ctx, request("hang"))
	if deploy.CodeOf(err) != deploy.Unavailable || !errors.Is(err, context.Canceled) || deploy.Message(err) != "the job probe was broken off" {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff([]string{"RunJob probe", "CancelExecution probe"}, w.calls()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatCloudRunRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault *sandbox.Fault
		job   string
		code  deploy.Code
		msg   string
		hint  string
	}{
		"a job that is not there": {nil, "missing", deploy.NotFound, "the job missing in my-gcp-project/us-central1 does not exist", "gcloud run jobs create missing"},
		"what cannot be a job":    {nil, "a/b", deploy.Invalid, `"a/b" in "my-gcp-project/us-central1" cannot be a job, or has no time`, "catalog"},
		"who may not":             {&sandbox.Fault{Kind: sandbox.Refuse, Method: "RunJob", Code: codes.PermissionDenied}, "probe", deploy.Forbidden, "Cloud Run does not let Slipway run the job", "roles/run.developer"},
		"while it is down":        {&sandbox.Fault{Kind: sandbox.Refuse, Method: "RunJob"}, "probe", deploy.Unavailable, "Cloud Run does not answer", ""},
		"looks, for ever":         {&sandbox.Fault{Kind: sandbox.Refuse, Method: "GetExecution", Code: codes.PermissionDenied}, "probe", deploy.Forbidden, "Cloud Run does not let Slipway run the job", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, nil)
			if tc.fault != nil {
				if err := w.cloud.Faults().Inject(*tc.fault); err != nil {
					t.Fatal(err)
				}
			}
			q := request("x")
			q.Job = tc.job
			_, err := w.Run(t.Context(), q)
			if deploy.CodeOf(err) != tc.code || deploy.Message(err) != tc.msg || !strings.Contains(deploy.Hint(err), tc.hint) {
				t.Errorf("%v, hint %q", err, deploy.Hint(err))
			}
		})
	}
	w := start(t, nil)
	// Three looks are one with its repetitions; the next is another.
	if err := w.cloud.Faults().Inject(sandbox.Fault{Kind: sandbox.Refuse, Method: "GetExecution", Count: 4}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Run(t.Context(), request("x")); err != nil || got.Output == "" {
		t.Errorf("looks, for a moment: %+v, %v", got, err)
	}
	if _, err := runjobs.New(&runjobs.Options{Endpoint: "ftp://x"}); deploy.CodeOf(err) != deploy.Invalid {
		t.Errorf("another endpoint: %v", err)
	}
}
