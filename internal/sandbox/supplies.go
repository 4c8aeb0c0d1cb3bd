package sandbox

import (
	"net/http"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/scans"
	"slipway/internal/sandbox/storage"
)

const (
	guideRepository  = "my-gcp-project/coditect" // whose images are scanned
	guideBucket      = "my-gcp-project-uploads"
	migrationsBucket = "my-gcp-project-migrations"
	redisSecret      = "redis-url" //nolint:gosec // its name
	externalCheck    = "External API"
	externalPath     = "/external/health"
	probeJob         = "slipway-probe"
	loadFor          = 3 * time.Second // a load check of the practice catalog
)

// startSupplies brings up what is around a service: a bucket, a job that looks from its network, and who has scanned its
// images.
func (s *Sandbox) startSupplies(opts Options) error {
	s.Storage = storage.New(guideBucket, migrationsBucket)
	if err := s.Storage.Start(""); err != nil {
		return err
	}
	s.Scans = scans.New(nil)
	if err := s.Scans.Start(""); err != nil {
		return err
	}
	if opts.Probe != nil {
		job := cloudrun.JobSpec{Name: probeJob, Run: opts.Probe, Env: map[string]string{
			"CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER": "http://" + s.Secrets.Addr(),
			"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE":       "http://" + s.Storage.Addr(),
		}}
		if _, err := s.CloudRun.SeedJob(job); err != nil {
			return err
		}
	}
	for _, v := range s.Registry.Versions() {
		s.Scans.Put(guideRepository, s.Registry.Digest(v), scans.Sample(v))
	}
	return nil
}

// putRedis lets the checks of the catalog find the Redis that the practice service would use: there is one here already.
func (s *Sandbox) putRedis(Options) error { return s.Secrets.Put(redisSecret, s.redisURL) }

// external is the API of somebody else that the guide's service calls.
func external(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"status":"ok"}`))
}

// addresses are those of the dependencies that the practice catalog tries by name, as far as it has them.
func (s *Sandbox) addresses(specs []deploy.Spec) map[string]string {
	found := map[string]string{}
	for _, spec := range specs {
		for _, c := range spec.Checks {
			if c.Name == externalCheck && c.Dependency != nil {
				found[c.Name] = s.url + externalPath
			}
		}
	}
	return found
}
