package cloudrun

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/sandbox/sampleapp"
)

// GetService answers with the service as it is, NOT_FOUND if it is not.
func (s *Server) GetService(_ context.Context, req *runpb.GetServiceRequest) (*runpb.Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc := s.services[req.GetName()]
	if svc == nil {
		return nil, missingService(req.GetName())
	}
	return proto.CloneOf(svc.pb), nil
}

// Service is a service's present state by full name, as GetService would answer, without a call in the
// log; nil if it is not there.
func (s *Server) Service(name string) *runpb.Service {
	pb, err := s.GetService(context.Background(), &runpb.GetServiceRequest{Name: name})
	if err != nil {
		return nil
	}
	return pb
}

// ListServices lists those of a location by name.
func (s *Server) ListServices(_ context.Context, req *runpb.ListServicesRequest) (*runpb.ListServicesResponse, error) {
	if err := checkParent(req.GetParent()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*runpb.Service
	for name, svc := range s.services {
		if location(name) == req.GetParent() {
			list = append(list, proto.CloneOf(svc.pb))
		}
	}
	slices.SortFunc(list, func(a, b *runpb.Service) int { return cmp.Compare(a.Name, b.Name) })
	list, next, err := page(list, req.GetPageSize(), req.GetPageToken())
	return &runpb.ListServicesResponse{Services: list, NextPageToken: next}, err
}

// CreateService makes a service with its first revision; ALREADY_EXISTS if the name is taken.
func (s *Server) CreateService(ctx context.Context, req *runpb.CreateServiceRequest) (*longrunningpb.Operation, error) {
	if err := checkParent(req.GetParent()); err != nil {
		return nil, err
	}
	return s.create(ctx, req.GetParent()+"/services/"+req.GetServiceId(), req.GetService(), req.GetValidateOnly())
}

func (s *Server) create(ctx context.Context, name string, in *runpb.Service, validateOnly bool) (*longrunningpb.Operation, error) {
	id := shortName(name)
	if err := checkServiceID(id); err != nil {
		return nil, err
	}
	pb := proto.CloneOf(desired(in))
	pb.Name, pb.Generation = name, 1
	fillDefaults(pb)
	if err := checkService(id, pb); err != nil {
		return nil, err
	}
	op, first, err := s.add(ctx, pb, validateOnly)
	if err != nil {
		return nil, err
	}
	s.launch(first)
	return s.answer(op)
}

func (s *Server) add(ctx context.Context, pb *runpb.Service, validateOnly bool) (*operation, *revision, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.services[pb.Name] != nil {
		return nil, nil, status.Errorf(codes.AlreadyExists, "Resource '%s' already exists.", shortName(pb.Name))
	}
	if validateOnly {
		return s.finished(pb.Name, pb), nil, nil
	}
	svc, err := s.newService(pb)
	if err != nil {
		return nil, nil, err
	}
	s.noteChange(ctx)
	first := s.newRevision(svc)
	svc.latest = first
	svc.pb.LatestCreatedRevision = first.pb.Name
	op := s.begin(svc, first)
	s.observe(svc)
	return op, s.unlessStuck(first), nil
}

// newService registers a service without revisions, with an address that answers.
func (s *Server) newService(pb *runpb.Service) (*service, error) {
	e, err := s.newEndpoint()
	if err != nil {
		return nil, status.Errorf(codes.Internal, "give %s an address: %v", pb.Name, err)
	}
	pb.Uid, pb.CreateTime = s.newUUID(), timestamppb.New(s.clock.Now())
	pb.Uri, pb.Urls = e.url, []string{e.url}
	s.touch(pb)
	svc := &service{
		id: shortName(pb.Name), pb: pb, used: map[string]bool{}, endpoint: e, tags: map[string]*endpoint{}, stored: sampleapp.NewState(),
	}
	s.services[pb.Name] = svc
	return svc, nil
}

// UpdateService changes the masked fields (all of them without a mask). The answer is the operation,
// which ends when the platform has settled or has failed to. See update and observe for the rules.
func (s *Server) UpdateService(ctx context.Context, req *runpb.UpdateServiceRequest) (*longrunningpb.Operation, error) {
	name := req.GetService().GetName()
	s.mu.Lock()
	svc := s.services[name]
	if svc == nil {
		s.mu.Unlock()
		parent, _, ok := strings.Cut(name, "/services/")
		if !req.GetAllowMissing() || !ok {
			return nil, missingService(name)
		}
		if err := checkParent(parent); err != nil {
			return nil, err
		}
		return s.create(ctx, name, req.GetService(), req.GetValidateOnly())
	}
	op, launch, err := s.update(ctx, svc, req)
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	s.launch(launch)
	return s.answer(op)
}

// DeleteService removes a service, its revisions and its addresses at once. Operations still open on it
// are ABORTED.
func (s *Server) DeleteService(ctx context.Context, req *runpb.DeleteServiceRequest) (*longrunningpb.Operation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	svc := s.services[req.GetName()]
	if svc == nil {
		return nil, missingService(req.GetName())
	}
	if err := s.checkEtag("DeleteService", svc, req.GetEtag()); err != nil {
		return nil, err
	}
	if req.GetValidateOnly() {
		return s.finished(req.GetName(), svc.pb).pb()
	}
	s.noteChange(ctx)
	s.dropMove(svc)
	s.closeEndpoints(svc)
	for _, r := range svc.revisions {
		s.tellNone(r)
	}
	delete(s.services, req.GetName())
	for _, op := range svc.pending {
		op.done, op.failure = true, status.New(codes.Aborted, "The service was deleted.")
	}
	svc.pb.DeleteTime = timestamppb.New(s.clock.Now())
	s.wake.signal()
	return s.finished(req.GetName(), svc.pb).pb()
}
