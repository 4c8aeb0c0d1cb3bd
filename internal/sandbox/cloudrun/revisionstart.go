package cloudrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/sandbox/sampleapp"
)

// pullTimeout bounds one look into the registry; longer counts as a registry that does not answer.
const pullTimeout = 30 * time.Second

// launch has a new revision become ready or fail after Options.Create. Not under the lock.
func (s *Server) launch(r *revision) {
	switch {
	case r == nil:
	case s.opts.Create <= 0:
		s.start(r)
	default:
		s.after(s.opts.Create, func() { s.start(r) })
	}
}

func (s *Server) start(r *revision) {
	image := r.template.Containers[0].Image
	ctx, cancel := context.WithTimeout(s.ctx, pullTimeout)
	defer cancel()
	version, err := s.opts.Pull(ctx, image)

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.services[r.service.pb.Name] != r.service || r.service.revision(r.id) != r {
		return
	}
	env, missing := s.environment(r.service.pb.Name, r.template.Containers[0])
	if v := env["VERSION"]; v != "" {
		version = v
	}
	behave := s.behaviour(r.service.id, version)
	switch {
	case err != nil:
		s.failPull(r, image, err)
	case missing != "":
		s.failSecret(r, missing)
	case behave.CrashOnStart():
		s.failStart(r)
		s.write(r, logStderr, sevError, behave.LastWords())
		s.write(r, logSystem, sevWarning, "Container called exit(1).")
	default:
		s.succeed(r, s.config(r, version, env))
	}
	s.observe(r.service)
}

func (s *Server) succeed(r *revision, cfg sampleapp.Config) {
	r.state, r.app = ready, sampleapp.Handler(cfg)
	s.conclude(r, settled("Ready"), settled("ContainerReady"), settled("ContainerHealthy"), settled("ResourcesAvailable"))
	svc := r.service
	for _, other := range svc.revisions {
		if other.state == ready {
			svc.latestReady = other
		}
	}
	svc.pb.LatestReadyRevision = svc.latestReady.pb.Name
}

func (s *Server) failPull(r *revision, image string, err error) {
	code, reason, message := codes.Internal, runpb.Condition_REVISION_FAILED, "Container import failed."
	switch {
	case errors.Is(err, ErrImageNotFound):
		code, reason = codes.NotFound, runpb.Condition_CONTAINER_MISSING
		message = fmt.Sprintf("Image '%s' not found.", image)
	case errors.Is(err, ErrImageDenied):
		code, reason = codes.PermissionDenied, runpb.Condition_CONTAINER_PERMISSION_DENIED
		message = fmt.Sprintf("Cloud Run has no permission to read image '%s'.", image)
	}
	r.state, r.why, r.failure = failed, message, status.New(code, message)
	s.conclude(r, broken("Ready", message, reason), broken("ContainerReady", message, reason))
}

func (s *Server) failStart(r *revision) {
	port := int32(8080)
	if ports := r.template.Containers[0].GetPorts(); len(ports) > 0 {
		port = ports[0].GetContainerPort()
	}
	message := fmt.Sprintf("The user-provided container failed to start and listen on the port defined provided by the PORT=%d environment variable within the allocated timeout. Logs for this revision might contain more information.", port)
	r.state, r.why = failed, message
	r.failure = status.New(codes.Internal, r.unserviceable())
	s.conclude(r, unhealthy("Ready", message), settled("ContainerReady"), unhealthy("ContainerHealthy", message))
}

func (s *Server) conclude(r *revision, conditions ...*runpb.Condition) {
	now := timestamppb.New(s.clock.Now())
	r.pb.Reconciling, r.pb.ObservedGeneration, r.pb.UpdateTime = false, r.pb.Generation, now
	r.pb.Conditions = datedList(conditions, r.pb.Conditions, now)
}
