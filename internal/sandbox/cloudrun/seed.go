package cloudrun

import (
	"fmt"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/protobuf/types/known/durationpb"
)

// The project and region of the deployment guide.
const (
	GuideProject = "my-gcp-project"
	GuideRegion  = "us-central1"
)

// ServiceSpec is a service that is there when the practice begins.
type ServiceSpec struct {
	// Project and Region default to the guide's.
	Project, Region string
	// Name is required: coditect-app-production.
	Name string
	// Environment becomes the variable of that name.
	Environment string
	// Image defaults to gcr.io/PROJECT/coditect:VERSION.
	Image string
	// Pinned gives the traffic to the first revision by name; otherwise to LATEST, as a first
	// `gcloud run deploy` does.
	Pinned bool
}

// GuideServices are the guide's application in production and in staging.
func GuideServices() []ServiceSpec {
	return []ServiceSpec{
		{Name: "coditect-app-production", Environment: "production"},
		{Name: "coditect-app-staging", Environment: "staging"},
	}
}

// Seed puts a service there with one revision, NAME-00001, that carries version, is ready and has all
// of the traffic, whatever Create, Settle and the faults say. Its settings are those of the guide's
// section 3.1. It returns the service's full name. Not part of the call log.
func (s *Server) Seed(spec ServiceSpec, version string) (string, error) {
	if spec.Project == "" {
		spec.Project = GuideProject
	}
	if spec.Region == "" {
		spec.Region = GuideRegion
	}
	if spec.Image == "" {
		spec.Image = "gcr.io/" + spec.Project + "/coditect:" + version
	}
	pb := &runpb.Service{
		Name:       fmt.Sprintf("projects/%s/locations/%s/services/%s", spec.Project, spec.Region, spec.Name),
		Generation: 1,
		Template:   guideTemplate(spec, version),
	}
	if spec.Pinned {
		pb.Traffic = []*runpb.TrafficTarget{{
			Type:     runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
			Revision: spec.Name + "-00001", Percent: 100,
		}}
	}
	fillDefaults(pb)
	if err := checkServiceID(spec.Name); err != nil {
		return "", fmt.Errorf("seed %s: %w", pb.Name, err)
	}
	if err := checkService(spec.Name, pb); err != nil {
		return "", fmt.Errorf("seed %s: %w", pb.Name, err)
	}
	env, missing := s.environment(pb.Name, pb.Template.Containers[0])
	if missing != "" {
		return "", fmt.Errorf("seed %s: %s", pb.Name, missing)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.services[pb.Name] != nil {
		return "", fmt.Errorf("seed %s: it is there already, or the server is closed", pb.Name)
	}
	svc, err := s.newService(pb)
	if err != nil {
		return "", fmt.Errorf("seed %s: %w", pb.Name, err)
	}
	s.seedRevision(svc, version, env)
	return pb.Name, nil
}

func (s *Server) seedRevision(svc *service, version string, env map[string]string) {
	svc.pb.Template.Revision = svc.id + "-00001"
	first := s.newRevision(svc)
	svc.pb.Template.Revision, first.template.Revision = "", ""
	svc.latest = first
	svc.pb.LatestCreatedRevision = first.pb.Name
	s.succeed(first, s.config(first, version, env))
	svc.routes, _, _ = svc.wanted()
	s.route(svc)
	s.observe(svc)
}

// guideTemplate is the guide's section 3.1: gcloud run deploy coditect-app-production.
func guideTemplate(spec ServiceSpec, version string) *runpb.RevisionTemplate {
	value := func(name, value string) *runpb.EnvVar {
		return &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}}
	}
	secret := func(name, secret string) *runpb.EnvVar {
		return &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_ValueSource{ValueSource: &runpb.EnvVarSource{
			SecretKeyRef: &runpb.SecretKeySelector{Secret: secret, Version: "latest"},
		}}}
	}
	return &runpb.RevisionTemplate{
		Scaling:                       &runpb.RevisionScaling{MinInstanceCount: 2, MaxInstanceCount: 10},
		Timeout:                       durationpb.New(300 * time.Second),
		MaxInstanceRequestConcurrency: 80,
		Containers: []*runpb.Container{{
			Image:     spec.Image,
			Resources: &runpb.ResourceRequirements{Limits: map[string]string{"cpu": "2", "memory": "2Gi"}},
			Env: []*runpb.EnvVar{
				value("VERSION", version), value("ENVIRONMENT", spec.Environment),
				secret("DATABASE_URL", "database-url"), secret("API_KEY", "api-key"),
			},
		}},
	}
}
