package cloudrun

import (
	"context"
	"maps"
	"slices"
	"strings"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func (s *Server) findRevision(name string) (*service, *revision, error) {
	parent, id, _ := strings.Cut(name, "/revisions/")
	svc := s.services[parent]
	if svc == nil {
		return nil, nil, missingRevision(name)
	}
	r := svc.revision(id)
	if r == nil {
		return nil, nil, missingRevision(name)
	}
	return svc, r, nil
}

// GetRevision answers with a revision, NOT_FOUND if there is none or it was deleted.
func (s *Server) GetRevision(_ context.Context, req *runpb.GetRevisionRequest) (*runpb.Revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, r, err := s.findRevision(req.GetName())
	if err != nil {
		return nil, err
	}
	return proto.CloneOf(r.pb), nil
}

// ListRevisions lists a service's revisions, newest first; with the service "-" those of the location.
func (s *Server) ListRevisions(_ context.Context, req *runpb.ListRevisionsRequest) (*runpb.ListRevisionsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	parent, wild := strings.CutSuffix(req.GetParent(), "/services/-")
	if !wild && s.services[parent] == nil {
		return nil, missingService(parent)
	}
	var list []*runpb.Revision
	for _, name := range slices.Sorted(maps.Keys(s.services)) {
		if name != parent && (!wild || location(name) != parent) {
			continue
		}
		for _, r := range slices.Backward(s.services[name].revisions) {
			list = append(list, proto.CloneOf(r.pb))
		}
	}
	slices.SortStableFunc(list, func(a, b *runpb.Revision) int {
		return b.CreateTime.AsTime().Compare(a.CreateTime.AsTime())
	})
	list, next, err := page(list, req.GetPageSize(), req.GetPageToken())
	return &runpb.ListRevisionsResponse{Revisions: list, NextPageToken: next}, err
}

// DeleteRevision removes a revision that the traffic table does not name and that is not the service's
// latest; others are FAILED_PRECONDITION. Its name stays used.
func (s *Server) DeleteRevision(ctx context.Context, req *runpb.DeleteRevisionRequest) (*longrunningpb.Operation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc, r, err := s.findRevision(req.GetName())
	if err != nil {
		return nil, err
	}
	if req.GetEtag() != "" && req.GetEtag() != r.pb.Etag {
		return nil, status.Errorf(codes.Aborted, "Conflict for resource '%s': the etag is not current.", r.id)
	}
	named := slices.ContainsFunc(svc.pb.Traffic, func(t *runpb.TrafficTarget) bool { return t.Revision == r.id })
	routed := slices.ContainsFunc(svc.routes, func(x route) bool { return x.rev == r })
	if r == svc.latest || r == svc.latestReady || named || routed {
		return nil, status.Errorf(codes.FailedPrecondition, "Revision '%s' cannot be deleted: it is the latest of its service or able to receive traffic.", r.id)
	}
	if req.GetValidateOnly() {
		return s.finished(req.GetName(), r.pb).pb()
	}
	s.noteChange(ctx)
	s.tellNone(r)
	svc.revisions = slices.DeleteFunc(svc.revisions, func(x *revision) bool { return x == r })
	r.pb.DeleteTime = timestamppb.New(s.clock.Now())
	s.wake.signal()
	return s.finished(req.GetName(), r.pb).pb()
}
