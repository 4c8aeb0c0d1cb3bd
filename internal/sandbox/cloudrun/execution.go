package cloudrun

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The words of the platform for how an execution has ended.
const (
	exitedBadly   = "The container exited with an error."
	timedOut      = "The configured timeout was reached."
	wasCancelled  = "Execution was cancelled."
	logStdout     = "run.googleapis.com/stdout"
	sevDefault    = "DEFAULT"
	completedType = "Completed"
)

// execution is one run of a job. Guarded by Server.mu.
type execution struct {
	job    *job
	pb     *runpb.Execution
	op     *operation
	args   []string
	env    map[string]string
	ctx    context.Context //nolint:containedctx // it is the life of the container, ended from several sides
	cancel context.CancelFunc
}

// newExecution begins a run. Its container starts after Options.Create, unless a fault keeps it from that. Under mu.
func (s *Server) newExecution(j *job, args []string, env map[string]string, timeout time.Duration) *execution {
	const letters = "bcdfghjklmnpqrstvwxz0123456789"
	suffix := make([]byte, 5)
	for i := range suffix {
		suffix[i] = letters[s.random.Intn(len(letters))]
	}
	now := timestamppb.New(s.clock.Now())
	template := proto.CloneOf(j.pb.Template.Template)
	template.Containers[0].Args, template.Containers[0].Env, template.Timeout = args, nil, durationpb.New(timeout)
	for name, value := range env {
		template.Containers[0].Env = append(template.Containers[0].Env, &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}})
	}
	e := &execution{job: j, args: args, env: env, pb: &runpb.Execution{
		Name: j.pb.Name + "/executions/" + shortName(j.pb.Name) + "-" + string(suffix), Uid: s.newUUID(), Generation: 1, Job: j.pb.Name,
		CreateTime: now, UpdateTime: now, Parallelism: 1, TaskCount: 1, Template: template, Reconciling: true,
		Conditions: []*runpb.Condition{dated(underway(completedType, "Waiting for the execution to start."), nil, now)},
	}}
	e.ctx, e.cancel = context.WithCancel(s.ctx)
	e.op = s.newOperation(j.pb.Name, e.pb)
	j.executions[e.pb.Name] = e
	j.pb.ExecutionCount++
	j.pb.LatestCreatedExecution = &runpb.ExecutionReference{Name: e.pb.Name, CreateTime: now}
	name := shortName(j.pb.Name)
	if _, stuck := s.faults.take(ExecutionStuck, "", name); stuck {
		s.wake.signal()
		return e
	}
	_, fails := s.faults.take(ExecutionFails, "", name)
	s.after(s.opts.Create, func() { s.startExecution(e, timeout, fails) })
	s.wake.signal()
	return e
}

// startExecution starts the container.
func (s *Server) startExecution(e *execution, timeout time.Duration, fails bool) {
	s.mu.Lock()
	if e.over() || s.closed {
		s.mu.Unlock()
		return
	}
	now := timestamppb.New(s.clock.Now())
	e.pb.StartTime, e.pb.RunningCount = now, 1
	e.pb.Conditions = datedList([]*runpb.Condition{underway(completedType, "Waiting for the execution to complete.")}, e.pb.Conditions, now)
	s.noted(e)
	s.work.Add(1)
	s.mu.Unlock()
	clock := s.after(timeout, func() { s.endExecution(e, timedOut, runpb.Condition_EXECUTION_REASON_UNDEFINED) })
	go func() {
		defer s.work.Done()
		defer clock.Stop()
		output, exit := "", 1
		if !fails {
			output, exit = e.job.spec.Run(e.ctx, e.args, e.env)
		}
		s.hear(e, output, exit)
		if exit == 0 {
			s.endExecution(e, "", runpb.Condition_EXECUTION_REASON_UNDEFINED)
			return
		}
		s.endExecution(e, exitedBadly, runpb.Condition_NON_ZERO_EXIT_CODE)
	}()
}

// hear passes on what a container wrote, and what the platform says of its end.
func (s *Server) hear(e *execution, output string, exit int) {
	logs, ok := s.opts.Logs.(JobLogs)
	if !ok {
		return
	}
	name, run := shortName(e.job.pb.Name), shortName(e.pb.Name)
	for line := range strings.Lines(output) {
		logs.WriteJob(name, run, logStdout, sevDefault, strings.TrimRight(line, "\r\n"), s.clock.Now())
	}
	if exit != 0 && e.ctx.Err() == nil {
		logs.WriteJob(name, run, logSystem, sevError, fmt.Sprintf("Container called exit(%d).", exit), s.clock.Now())
	}
}

// endExecution is the end, whatever brings it first: why is empty if it went well.
func (s *Server) endExecution(e *execution, why string, reason runpb.Condition_ExecutionReason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.over() {
		return
	}
	e.cancel()
	now := timestamppb.New(s.clock.Now())
	c := settled(completedType)
	e.pb.CompletionTime, e.pb.RunningCount, e.pb.Reconciling, e.pb.ObservedGeneration = now, 0, false, 1
	switch {
	case why == "":
		e.pb.SucceededCount = 1
	case reason == runpb.Condition_CANCELLED:
		e.pb.CancelledCount = 1
	default:
		e.pb.FailedCount = 1
		why = fmt.Sprintf("Task %s-task0 failed with message: %s", shortName(e.pb.Name), why)
	}
	if why != "" {
		c = &runpb.Condition{Type: completedType, State: runpb.Condition_CONDITION_FAILED, Message: why, Reasons: &runpb.Condition_ExecutionReason_{ExecutionReason: reason}}
		// The code is a choice: the documentation gives none.
		e.op.failure = status.New(codes.Aborted, why)
	}
	e.pb.Conditions = datedList([]*runpb.Condition{c}, e.pb.Conditions, now)
	e.op.done = true
	s.noted(e)
}

// over says whether an execution has ended. Under mu.
func (e *execution) over() bool { return e.pb.CompletionTime != nil }

// noted makes a change seen. Under mu.
func (s *Server) noted(e *execution) {
	e.pb.UpdateTime = timestamppb.New(s.clock.Now())
	e.op.state = proto.CloneOf(e.pb)
	s.wake.signal()
}

// GetExecution answers with an execution as it is.
func (s *Server) GetExecution(_ context.Context, req *runpb.GetExecutionRequest) (*runpb.Execution, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.execution(req.GetName())
	if e == nil {
		return nil, missingExecution(req.GetName())
	}
	return proto.CloneOf(e.pb), nil
}

// CancelExecution ends an execution; one that has ended already is FAILED_PRECONDITION.
func (s *Server) CancelExecution(ctx context.Context, req *runpb.CancelExecutionRequest) (*longrunningpb.Operation, error) {
	s.mu.Lock()
	e := s.execution(req.GetName())
	switch {
	case e == nil:
		s.mu.Unlock()
		return nil, missingExecution(req.GetName())
	case e.over():
		s.mu.Unlock()
		return nil, status.Errorf(codes.FailedPrecondition, "Execution '%s' has completed.", shortName(req.GetName()))
	}
	s.mu.Unlock()
	if !req.GetValidateOnly() {
		s.endExecution(e, wasCancelled, runpb.Condition_CANCELLED)
		s.noteChange(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.finished(e.job.pb.Name, e.pb).pb()
}

// execution finds one by its full name. Under mu.
func (s *Server) execution(full string) *execution {
	parent, _, _ := strings.Cut(full, "/executions/")
	if j := s.jobs[parent]; j != nil {
		return j.executions[full]
	}
	return nil
}

func missingExecution(full string) error {
	return status.Errorf(codes.NotFound, "Resource '%s' of kind 'EXECUTION' in %s does not exist.", shortName(full), where(full))
}
