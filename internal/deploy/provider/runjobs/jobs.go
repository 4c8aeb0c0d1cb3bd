package runjobs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/durationpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/google"
)

// callWithin bounds one call, with its repetitions.
const callWithin = 10 * time.Second

var (
	projects = regexp.MustCompile(`^[a-z0-9.:-]{1,100}$`)
	names    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
)

var _ deploy.Jobs = (*Jobs)(nil)

// Output is where the output of jobs is read: Cloud Logging. It may be empty for some seconds after the end.
type Output interface {
	JobOutput(ctx context.Context, in deploy.ServiceRef, job, execution string, since time.Time) (string, error)
}

// Jobs are Cloud Run jobs. Its methods may be called from any goroutine; all share one connection.
type Jobs struct {
	connection *google.Connection[*clients]
	output     Output
	clock      deploy.Clock
	look       time.Duration
	patience   []time.Duration
}

// Options of New; nil means all defaults.
type Options struct {
	// Endpoint replaces run.googleapis.com: the value of CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN.
	Endpoint string
	// Output is where what jobs write is read; without it reports have none.
	Output Output
	// Clock waits; by default the computer's.
	Clock deploy.Clock
	// Look is between two looks at an execution; default 1 s.
	Look time.Duration
	// Patience are the pauses between tries to find an output; by default 1, 2 and 4 s. One that went well is not waited
	// for longer than the first two.
	Patience []time.Duration
}

// New prepares it. It connects to nothing and looks for no credentials. Invalid if the endpoint cannot be understood.
func New(opts *Options) (*Jobs, error) {
	o := Options{}
	if opts != nil {
		o = *opts
	}
	conn, err := google.NewConnection(api, o.Endpoint, dial)
	if err != nil {
		return nil, err
	}
	j := &Jobs{connection: conn, output: o.Output, clock: o.Clock, look: o.Look, patience: o.Patience}
	if j.clock == nil {
		j.clock = deploy.SystemClock{}
	}
	if j.look <= 0 {
		j.look = time.Second
	}
	if j.patience == nil {
		j.patience = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}
	}
	return j, nil
}

// Close ends the connection. Closing twice is harmless.
func (j *Jobs) Close() error { return j.connection.Close() }

// errTime is the cause of a context once the time of an execution was up.
var errTime = errors.New("the time of the execution was up")

// Run starts an execution and waits for its end. Invalid if it ended badly or took too long; Unavailable if it was not
// started in its time, or was broken off; the report has what is known in each case. The output may be missing although
// there was one: Cloud Logging takes its time, and is not asked for ever.
//
// With a Key an execution of the key is looked for first: one that runs is waited for, one that has ended gives what it came
// to, and the job is left as it is. An execution with a key outlives a caller that gives up: it is found again. Its own
// time ends it.
func (j *Jobs) Run(ctx context.Context, q deploy.JobRequest) (deploy.JobReport, error) {
	doing := "run the job " + q.Job
	if err := plausible(&q); err != nil {
		return deploy.JobReport{}, err
	}
	begun := j.clock.Now()
	within, cancel := context.WithTimeoutCause(ctx, q.Within, errTime)
	defer cancel()
	name, err := j.execution(within, &q)
	if err != nil {
		return deploy.JobReport{}, explain(within, doing, &q, err)
	}
	last, err := j.await(within, name)
	report := deploy.JobReport{Execution: name[strings.LastIndex(name, "/")+1:], Took: j.clock.Now().Sub(begun)}
	if at := last.GetCreateTime(); q.Key != "" && at != nil { // it may be older than this call
		begun = at.AsTime()
		if end := last.GetCompletionTime(); end != nil {
			report.Took = end.AsTime().Sub(begun)
		}
	}
	if err != nil {
		if q.Key == "" || errors.Is(context.Cause(within), errTime) {
			j.cancel(context.WithoutCancel(ctx), name)
		}
		report.Output = j.read(context.WithoutCancel(ctx), &q, report.Execution, begun, 0)
		return report, j.unfinished(ctx, within, doing, &q, last, err)
	}
	well, why := outcome(last)
	if well {
		report.Output = j.read(context.WithoutCancel(ctx), &q, report.Execution, begun, 2)
		return report, nil
	}
	report.Output = j.read(context.WithoutCancel(ctx), &q, report.Execution, begun, len(j.patience))
	return report, failed(doing, &q, &report, why)
}

func plausible(q *deploy.JobRequest) error {
	if projects.MatchString(q.Service.Project) && names.MatchString(q.Service.Region) && names.MatchString(q.Job) && q.Within > 0 {
		return nil
	}
	return &deploy.Error{
		Code: deploy.Invalid, Op: "run a job", Msg: fmt.Sprintf("%.100q in %.100q cannot be a job, or has no time", q.Job, q.Service.Project+"/"+q.Service.Region),
		Hint: "correct job, project and region in the catalog",
	}
}

// start begins an execution, once, and gives its full name. It is not given up halfway: an execution that nobody knows
// the name of could not be cancelled.
func (j *Jobs) start(ctx context.Context, q *deploy.JobRequest) (string, error) {
	c, err := j.connection.Get(ctx)
	if err != nil {
		return "", err
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callWithin)
	defer cancel()
	override := &runpb.RunJobRequest_Overrides_ContainerOverride{Args: q.Args, ClearArgs: len(q.Args) == 0, Env: variables(q)}
	op, err := c.jobs.RunJob(ctx, &runpb.RunJobRequest{
		Name: jobName(q),
		Overrides: &runpb.RunJobRequest_Overrides{
			ContainerOverrides: []*runpb.RunJobRequest_Overrides_ContainerOverride{override}, TaskCount: 1,
			Timeout: durationpb.New(max(q.Within.Round(time.Second), time.Second)), // Cloud Run takes whole seconds
		},
	})
	if err != nil {
		return "", err
	}
	return j.named(ctx, op)
}

// variables are those of an execution, with its key.
func variables(q *deploy.JobRequest) (out []*runpb.EnvVar) {
	env := maps.Clone(q.Env)
	if q.Key != "" {
		if env == nil {
			env = map[string]string{}
		}
		env[keyVariable] = q.Key
	}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: env[name]}})
	}
	return out
}

func jobName(q *deploy.JobRequest) string {
	return fmt.Sprintf("projects/%s/locations/%s/jobs/%s", q.Service.Project, q.Service.Region, q.Job)
}

// named waits until an operation says which execution it is about, which it mostly does at once.
func (j *Jobs) named(ctx context.Context, op *run.RunJobOperation) (string, error) {
	for {
		e, err := op.Metadata()
		if err == nil && e.GetName() != "" {
			return e.GetName(), nil
		}
		if err := j.pause(ctx, j.look); err != nil {
			return "", err
		}
		e, err = op.Poll(ctx)
		if e.GetName() != "" {
			return e.GetName(), nil
		}
		if err != nil {
			if m, _ := op.Metadata(); m.GetName() == "" || !op.Done() { // over before there was an execution
				return "", err
			}
		}
	}
}

// await looks at an execution until it has ended. It gives what was seen last, also with an error.
func (j *Jobs) await(ctx context.Context, name string) (*runpb.Execution, error) {
	var last *runpb.Execution
	for {
		short, cancel := context.WithTimeout(ctx, callWithin)
		e, err := google.Read(short, j.connection, func(ctx context.Context, c *clients) (*runpb.Execution, error) {
			return c.executions.GetExecution(ctx, &runpb.GetExecutionRequest{Name: name})
		})
		cancel()
		switch {
		case err == nil:
			last = e
		case ctx.Err() != nil:
			return last, ctx.Err()
		case !passing(err):
			return last, err
		}
		if last.GetCompletionTime() != nil {
			return last, nil
		}
		if err := j.pause(ctx, j.look); err != nil {
			return last, err
		}
	}
}

// cancel ends an execution that nobody waits for any more. If that does not reach Cloud Run, its own time ends it.
func (j *Jobs) cancel(ctx context.Context, name string) {
	ctx, stop := context.WithTimeout(ctx, callWithin)
	defer stop()
	if c, err := j.connection.Get(ctx); err == nil {
		_, _ = c.executions.CancelExecution(ctx, &runpb.CancelExecutionRequest{Name: name})
	}
}

// read looks for the output, again after some of the pauses while there is none.
func (j *Jobs) read(ctx context.Context, q *deploy.JobRequest, execution string, since time.Time, pauses int) string {
	if j.output == nil {
		return ""
	}
	for try := 0; ; try++ {
		// The clocks of this machine and of the job's may differ.
		text, err := j.output.JobOutput(ctx, q.Service, q.Job, execution, since.Add(-time.Minute))
		if err == nil && text != "" || try >= min(pauses, len(j.patience)) {
			return text
		}
		if j.pause(ctx, j.patience[try]) != nil {
			return ""
		}
	}
}

func (j *Jobs) pause(ctx context.Context, d time.Duration) error {
	over, stop := j.clock.NewTimer(d)
	defer stop()
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
