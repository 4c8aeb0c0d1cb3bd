package cloudrun

import (
	"context"
	"encoding/base64"
	"fmt"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// update carries one UpdateService out as far as it goes at once. It returns the operation, and the
// revision that the caller has to launch after letting go of the lock, if there is one.
//
// The etag changes whenever somebody changes the desired state and not when the platform settles, so
// the one that an update answered with serves for the next update. An update that changes nothing
// keeps generation and etag, and has the platform try again what is stuck.
func (s *Server) update(ctx context.Context, svc *service, req *runpb.UpdateServiceRequest) (*operation, *revision, error) {
	if err := s.checkEtag("UpdateService", svc, req.GetService().GetEtag()); err != nil {
		return nil, nil, err
	}
	mask := req.GetUpdateMask().GetPaths()
	next, err := merge(svc.pb, req.GetService(), mask)
	if err != nil {
		return nil, nil, err
	}
	fillDefaults(next)
	if err := checkService(svc.id, next); err != nil {
		return nil, nil, err
	}
	known, err := svc.revisionFor(next.GetTemplate())
	if err != nil {
		return nil, nil, err
	}
	if req.GetValidateOnly() {
		return s.finished(svc.pb.Name, next), nil, nil
	}
	changed := !proto.Equal(desired(next), desired(svc.pb))
	if changed {
		s.noteChange(ctx)
		s.touch(next)
		next.Generation++
		svc.pb = next
	}
	target, launch := known, (*revision)(nil)
	if known == nil {
		target = s.newRevision(svc)
		launch = s.unlessStuck(target)
	}
	svc.latest = target
	svc.pb.LatestCreatedRevision = target.pb.Name
	if !masks(mask, "template") {
		target = nil
	}
	svc.tryAgain()
	op := s.begin(svc, target)
	s.observe(svc)
	return op, launch, nil
}

// checkEtag lets a missing etag pass: the last writer wins. A stale one is ABORTED.
func (s *Server) checkEtag(method string, svc *service, given string) error {
	if given == "" {
		return nil
	}
	if _, ok := s.faults.take(EtagConflict, method, svc.id); ok {
		s.touch(svc.pb)
	}
	if given != svc.pb.Etag {
		return status.Errorf(codes.Aborted, "Conflict for resource '%s': version '%s' was specified but current version is '%s'.",
			svc.id, given, svc.pb.Etag)
	}
	return nil
}

// touch dates a change of the desired state and gives it a new etag.
func (s *Server) touch(pb *runpb.Service) {
	s.etags++
	now := s.clock.Now()
	pb.UpdateTime = timestamppb.New(now)
	raw := fmt.Sprintf("%d/%d/%s", now.UnixNano(), s.etags, pb.Name)
	pb.Etag = `"` + base64.RawStdEncoding.EncodeToString([]byte(raw)) + `"`
}

// revisionFor finds the revision that a template stands for: the present one if nothing in it changed,
// the one it names if that was made from the same template, or nil for a new one. A name is used up
// for ever, even when its revision was deleted.
func (svc *service) revisionFor(template *runpb.RevisionTemplate) (*revision, error) {
	if svc.latest != nil && proto.Equal(svc.pb.GetTemplate(), template) {
		return svc.latest, nil
	}
	name := template.GetRevision()
	if name == "" || !svc.used[name] {
		return nil, nil
	}
	if r := svc.revision(name); r != nil && proto.Equal(unnamed(r.template), unnamed(template)) {
		return r, nil
	}
	return nil, status.Errorf(codes.AlreadyExists, "Revision named '%s' with different configuration already exists.", name)
}

func unnamed(t *runpb.RevisionTemplate) *runpb.RevisionTemplate {
	out := proto.CloneOf(t)
	out.Revision = ""
	return out
}

// newRevision adds the revision of the present template, not started yet.
func (s *Server) newRevision(svc *service) *revision {
	t := proto.CloneOf(svc.pb.Template)
	id := t.Revision
	if id == "" {
		id = s.newRevisionName(svc)
	}
	svc.used[id] = true
	now := timestamppb.New(s.clock.Now())
	r := &revision{id: id, service: svc, template: t, pb: &runpb.Revision{
		Name: svc.pb.Name + "/revisions/" + id, Uid: s.newUUID(), Generation: 1, Service: svc.id,
		CreateTime: now, UpdateTime: now, Reconciling: true, Etag: `"` + s.newUUID() + `"`,
		Labels: t.Labels, Annotations: t.Annotations, Scaling: t.Scaling, VpcAccess: t.VpcAccess,
		MaxInstanceRequestConcurrency: t.MaxInstanceRequestConcurrency, Timeout: t.Timeout,
		ServiceAccount: t.ServiceAccount, Containers: t.Containers, Volumes: t.Volumes,
		ExecutionEnvironment: t.ExecutionEnvironment, EncryptionKey: t.EncryptionKey,
		SessionAffinity: t.SessionAffinity, LaunchStage: svc.pb.LaunchStage,
		Conditions: datedList([]*runpb.Condition{
			underway("Ready", "Deploying revision."), underway("ContainerReady", "Imported container image."),
		}, nil, now),
	}}
	svc.revisions = append(svc.revisions, r)
	return r
}

func (s *Server) unlessStuck(r *revision) *revision {
	if _, stuck := s.faults.take(RevisionStuck, "", r.service.id); stuck {
		return nil
	}
	return r
}
