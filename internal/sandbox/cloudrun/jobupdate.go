package cloudrun

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// UpdateJob gives a job another template, whole: there is no mask. It has one container, as it had. After Options.Settle
// the job is ready, or not, because its image cannot be pulled. What the container does is still its JobSpec's.
func (a jobsAPI) UpdateJob(ctx context.Context, req *runpb.UpdateJobRequest) (*longrunningpb.Operation, error) {
	return a.server.updateJob(ctx, req)
}

func (s *Server) updateJob(ctx context.Context, req *runpb.UpdateJobRequest) (*longrunningpb.Operation, error) {
	name, template := req.GetJob().GetName(), req.GetJob().GetTemplate()
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[name]
	switch containers := template.GetTemplate().GetContainers(); {
	case j == nil:
		return nil, missingJob(name)
	case len(containers) != 1 || containers[0].GetImage() == "":
		return nil, invalid("job.template.template.containers: a job of the practice range has one container, with an image")
	case req.GetJob().GetEtag() != "" && req.GetJob().GetEtag() != j.pb.GetEtag():
		return nil, status.Error(codes.Aborted, "The etag does not match.")
	case s.closed:
		return nil, status.Error(codes.Unavailable, "the server is shutting down")
	case req.GetValidateOnly():
		return s.finished(name, j.pb).pb()
	}
	now := timestamppb.New(s.clock.Now())
	j.pb.Generation++
	j.pb.Template, j.pb.Labels, j.pb.Annotations = proto.CloneOf(template), req.GetJob().GetLabels(), req.GetJob().GetAnnotations()
	j.pb.Etag, j.pb.UpdateTime, j.pb.Reconciling = strconv.FormatInt(j.pb.Generation, 10), now, true
	j.pb.TerminalCondition = dated(underway("Ready", "Deploying the job."), j.pb.TerminalCondition, now)
	j.spec.Args, j.spec.Env = template.GetTemplate().GetContainers()[0].GetArgs(), map[string]string{}
	for _, v := range template.GetTemplate().GetContainers()[0].GetEnv() {
		j.spec.Env[v.GetName()] = v.GetValue()
	}
	if t := template.GetTemplate().GetTimeout(); t != nil {
		j.spec.Timeout = t.AsDuration()
	}
	op, generation := s.newOperation(name, j.pb), j.pb.Generation
	s.after(s.opts.Settle, func() { s.settleJob(j, op, generation) })
	s.noteChange(ctx)
	s.wake.signal()
	return op.pb()
}

// settleJob is the end of a change of a job. One that was changed again meanwhile is left to the end of that.
func (s *Server) settleJob(j *job, op *operation, generation int64) {
	s.mu.Lock()
	image := j.pb.GetTemplate().GetTemplate().GetContainers()[0].GetImage()
	s.mu.Unlock()
	_, err := s.opts.Pull(s.ctx, image)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := timestamppb.New(s.clock.Now())
	if j.pb.Generation == generation {
		c := settled("Ready")
		if err != nil {
			why := "Image '" + image + "' not found."
			c, op.failure = broken("Ready", why, runpb.Condition_CONTAINER_MISSING), status.New(codes.NotFound, why)
		}
		j.pb.Reconciling, j.pb.ObservedGeneration, j.pb.UpdateTime = false, generation, now
		j.pb.TerminalCondition = dated(c, j.pb.TerminalCondition, now)
	}
	op.state, op.done = proto.CloneOf(j.pb), true
	s.wake.signal()
}

// ListExecutions answers with the executions of a job, the newest first.
func (s *Server) ListExecutions(_ context.Context, req *runpb.ListExecutionsRequest) (*runpb.ListExecutionsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := s.jobs[req.GetParent()]
	if j == nil {
		return nil, missingJob(req.GetParent())
	}
	var list []*runpb.Execution
	for _, e := range j.executions {
		list = append(list, proto.CloneOf(e.pb))
	}
	slices.SortFunc(list, func(a, b *runpb.Execution) int {
		return cmp.Or(b.GetCreateTime().AsTime().Compare(a.GetCreateTime().AsTime()), cmp.Compare(b.GetName(), a.GetName()))
	})
	list, next, err := page(list, req.GetPageSize(), req.GetPageToken())
	return &runpb.ListExecutionsResponse{Executions: list, NextPageToken: next}, err
}
