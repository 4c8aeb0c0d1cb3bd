package cloudrun

import (
	"context"
	"fmt"
	"maps"
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

// JobSpec is a job that is there when the practice begins.
type JobSpec struct {
	// Project and Region default to the guide's.
	Project, Region string
	// Name is required: slipway-probe.
	Name string
	// Image is what it says to run; default gcr.io/PROJECT/NAME.
	Image string
	// Args and Env are those of its container; an execution may bring others.
	Args []string
	Env  map[string]string
	// Timeout is how long an execution may take; default 10 minutes. An execution may bring another.
	Timeout time.Duration
	// Run stands for the container: what it writes, and the code it ends with. It ends with ctx, which ends when the
	// execution is cancelled, its time is up, or the server is closed. It may not call the server.
	Run func(ctx context.Context, args []string, env map[string]string) (output string, exit int)
}

// JobLogs hears what executions of jobs write, line by line, if what Options.Logs names is such a one, too.
type JobLogs interface {
	WriteJob(job, execution, log, severity, text string, at time.Time)
}

// job is one job. Guarded by Server.mu.
type job struct {
	pb         *runpb.Job
	spec       JobSpec
	executions map[string]*execution // by full name
}

// SeedJob puts a job there, and returns its full name. Not part of the call log.
func (s *Server) SeedJob(spec JobSpec) (string, error) {
	if spec.Project == "" {
		spec.Project = GuideProject
	}
	if spec.Region == "" {
		spec.Region = GuideRegion
	}
	if spec.Image == "" {
		spec.Image = "gcr.io/" + spec.Project + "/" + spec.Name
	}
	if spec.Timeout <= 0 {
		spec.Timeout = 10 * time.Minute
	}
	name := fmt.Sprintf("projects/%s/locations/%s/jobs/%s", spec.Project, spec.Region, spec.Name)
	if err := checkServiceID(spec.Name); err != nil {
		return "", fmt.Errorf("seed %s: %w", name, err)
	}
	if spec.Run == nil {
		return "", fmt.Errorf("seed %s: it has nothing to run", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.jobs[name] != nil {
		return "", fmt.Errorf("seed %s: it is there already, or the server is closed", name)
	}
	now := timestamppb.New(s.clock.Now())
	container := &runpb.Container{Image: spec.Image, Args: spec.Args}
	for key, value := range spec.Env {
		container.Env = append(container.Env, &runpb.EnvVar{Name: key, Values: &runpb.EnvVar_Value{Value: value}})
	}
	s.jobs[name] = &job{spec: spec, executions: map[string]*execution{}, pb: &runpb.Job{
		Name: name, Uid: s.newUUID(), Generation: 1, ObservedGeneration: 1, CreateTime: now, UpdateTime: now, Etag: "1",
		Template: &runpb.ExecutionTemplate{TaskCount: 1, Parallelism: 1, Template: &runpb.TaskTemplate{
			Containers: []*runpb.Container{container}, Timeout: durationpb.New(spec.Timeout), Retries: &runpb.TaskTemplate_MaxRetries{MaxRetries: 0},
		}},
		TerminalCondition: dated(settled("Ready"), nil, now),
	}}
	return name, nil
}

// jobsAPI is the Jobs service: it has methods in common with Services that are about something else.
type jobsAPI struct {
	runpb.UnimplementedJobsServer
	server *Server
}

// GetJob answers with a job as it is.
func (a jobsAPI) GetJob(_ context.Context, req *runpb.GetJobRequest) (*runpb.Job, error) {
	return a.server.job(req.GetName())
}

// RunJob begins an execution, and answers with an operation that ends with it.
func (a jobsAPI) RunJob(ctx context.Context, req *runpb.RunJobRequest) (*longrunningpb.Operation, error) {
	return a.server.runJob(ctx, req)
}

func (s *Server) job(full string) (*runpb.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[full]
	if j == nil {
		return nil, missingJob(full)
	}
	return proto.CloneOf(j.pb), nil
}

func missingJob(full string) error {
	return status.Errorf(codes.NotFound, "Resource '%s' of kind 'JOB' in %s does not exist.", shortName(full), where(full))
}

func (s *Server) runJob(ctx context.Context, req *runpb.RunJobRequest) (*longrunningpb.Operation, error) {
	overrides := req.GetOverrides().GetContainerOverrides()
	if len(overrides) > 1 || len(overrides) == 1 && overrides[0].GetName() != "" {
		return nil, invalid("overrides.container_overrides: the job has one container, and it has no name")
	}
	if n := req.GetOverrides().GetTaskCount(); n > 1 {
		return nil, invalid("overrides.task_count: the practice range runs one task, not %d", n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[req.GetName()]
	switch {
	case j == nil:
		return nil, missingJob(req.GetName())
	case req.GetEtag() != "" && req.GetEtag() != j.pb.Etag:
		return nil, status.Error(codes.Aborted, "The etag does not match.")
	case s.closed:
		return nil, status.Error(codes.Unavailable, "the server is shutting down")
	case req.GetValidateOnly():
		return s.finished(j.pb.Name, &runpb.Execution{Job: j.pb.Name}).pb()
	}
	args, env := j.spec.Args, maps.Clone(j.spec.Env)
	if env == nil {
		env = map[string]string{}
	}
	for _, o := range overrides {
		if len(o.GetArgs()) > 0 || o.GetClearArgs() {
			args = o.GetArgs()
		}
		for _, v := range o.GetEnv() {
			env[v.GetName()] = v.GetValue()
		}
	}
	timeout := j.spec.Timeout
	if t := req.GetOverrides().GetTimeout(); t != nil {
		timeout = t.AsDuration()
	}
	e := s.newExecution(j, args, env, timeout)
	s.noteChange(ctx)
	return e.op.pb()
}

// jobOfExecution is the short name of the job in projects/…/jobs/J/executions/E.
func jobOfExecution(full string) string {
	parent, _, ok := strings.Cut(full, "/executions/")
	if !ok {
		return ""
	}
	return shortName(parent)
}
