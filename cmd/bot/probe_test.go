package main

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/checkers"
	"slipway/internal/deploy/provider/logging"
	"slipway/internal/deploy/provider/runjobs"
	"slipway/internal/sandbox/cloudrun"
	practicelogging "slipway/internal/sandbox/logging"
	practicesecrets "slipway/internal/sandbox/secrets"
	"slipway/internal/store/redistest"
)

// A dependency is tried in a job by Slipway's own image, which reads the secret by itself: from the check in the catalog
// to the line in Cloud Logging and back.
func TestADependencyIsTriedInAJob(t *testing.T) {
	t.Parallel()
	rdb, err := redistest.Start(t.Context(), "--requirepass", "p@ss word")
	if err != nil {
		t.Fatal(err)
	}
	defer rdb.Close()
	keys, logs := practicesecrets.New(nil), practicelogging.New(nil)
	cloud := cloudrun.New(&cloudrun.Options{Logs: logs})
	for _, s := range []interface {
		Start(string) error
		Close() error
	}{keys, logs, cloud} {
		if err := s.Start(""); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
	}
	if err := keys.Put("redis-password", "p@ss word\n"); err != nil {
		t.Fatal(err)
	}
	_, err = cloud.SeedJob(cloudrun.JobSpec{
		Name: "slipway-probe", Run: probeJob, Env: map[string]string{"CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER": "http://" + keys.Addr()},
	})
	if err != nil {
		t.Fatal(err)
	}
	read, err := logging.New(t.Context(), &logging.Options{Endpoint: "http://" + logs.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	jobs, err := runjobs.New(&runjobs.Options{Endpoint: "http://" + cloud.Addr(), Output: read, Look: 5 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer jobs.Close()
	checker := checkers.New(checkers.Options{Jobs: jobs})
	run := func(address string) (deploy.CheckReport, error) {
		return checker.Run(t.Context(), deploy.CheckRequest{
			Check:   deploy.Check{Name: "Redis", Dependency: &deploy.Dependency{Kind: deploy.Redis, Address: address}, Job: "slipway-probe", Within: time.Minute, Tries: 1},
			Service: deploy.ServiceRef{Project: cloudrun.GuideProject, Region: cloudrun.GuideRegion},
		})
	}
	got, err := run("redis://:${secret:redis-password}@" + rdb.Addr)
	if err != nil || !strings.HasPrefix(got.Note, "Redis 7.") || got.From != "job slipway-probe" {
		t.Errorf("%+v, %v", got, err)
	}
	_, err = run("redis://:wrong@" + rdb.Addr)
	if want := "Redis at " + rdb.Addr + " refuses the password; compare user and password in the catalog with those of Redis (seen from the job slipway-probe)"; deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != want {
		t.Errorf("%v", err)
	}
	_, err = run("redis://:${secret:missing}@" + rdb.Addr)
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "there is no secret missing") {
		t.Errorf("%v", err)
	}
	if out, exit := probeJob(t.Context(), []string{"probe", "--kind", "ldap", "--", "x"}, nil); exit != 1 || out != "bot: ldap: \"ldap\" is no kind of dependency; write postgres, redis, bucket, http, tcp or dns\n" {
		t.Errorf("%q, %d", out, exit)
	}
	if out, exit := probeJob(t.Context(), []string{"probe", "--what"}, nil); exit != 1 || !strings.HasPrefix(out, "bot: ") {
		t.Errorf("%q, %d", out, exit)
	}
}
