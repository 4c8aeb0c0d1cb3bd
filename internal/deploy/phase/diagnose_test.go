package phase_test

import (
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

// aDeploy is a release that ended in a step, before any traffic.
func aDeploy(kind deploy.StepKind) deploy.Release {
	r := deploy.Release{Kind: deploy.Deploy, Steps: []deploy.Step{{Name: "deploy/revision", Kind: kind, Status: deploy.Broken}}}
	r.Spec.Platform.Service.Name = "iam-image-api"
	return r
}

func TestDiagnosisOfADeploymentThatFailed(t *testing.T) {
	t.Parallel()
	const crash = "deploy/revision: Cloud Run could not bring it up: The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable; look at the revision's logs, repair the image or its settings, then release again"
	cases := map[string]struct {
		kind     deploy.StepKind
		trigger  string
		platform []string
		lines    []string
		cause    string
		remedy   string
	}{
		"no permission for the image":                          {trigger: "deploy/revision: Google Cloud Run Service Agent must have permission to read the image, gcr.io/x", cause: "the platform may not read something", remedy: "roles of the service account"},
		"refused by IAM":                                       {trigger: "deploy/revision: IAM policy", cause: "the platform may not read something", remedy: "roles"},
		"a status in capitals":                                 {trigger: "deploy/revision: PERMISSION_DENIED on resource", cause: "the platform may not read something", remedy: "roles"},
		"a secret that is not there":                           {trigger: "deploy/revision: Secret projects/1/secrets/api-key/versions/7 was not found", cause: "a secret that the revision names cannot be read", remedy: "each secret and its version"},
		"an image that is not there":                           {trigger: "deploy/revision: Image 'gcr.io/x:v1' not found.", cause: "the image cannot be had", remedy: "check that the image exists"},
		"an image for another CPU":                             {trigger: "deploy/revision: Container manifest type must support amd64/linux", cause: "the image cannot be had", remedy: "check that the image exists"},
		"killed for its memory":                                {trigger: "deploy/revision: Memory limit of 512 MiB exceeded", cause: "it needs more memory than it may use", remedy: "raise memory"},
		"killed by the kernel":                                 {trigger: "deploy/revision: failed", platform: []string{"app: OOMKilled"}, cause: "it needs more memory", remedy: "raise memory"},
		"it does not listen, and our own hint names the image": {trigger: crash, cause: "the application does not start (“deploy/revision", remedy: "run the image by hand"},
		"it does not listen, and says why": {trigger: crash, lines: []string{"listening soon", "Error: connect ECONNREFUSED 10.0.0.1:5432"},
			cause: "the application does not start: something it depends on does not answer (“Error: connect", remedy: "check the dependency"},
		"it does not listen, for want of a variable": {trigger: crash, lines: []string{"config: FEATURE_FLAGS_URL is not set"},
			cause: "the application does not start: a variable that it needs is missing", remedy: "set it in the catalog"},
		"it exits":        {trigger: "deploy/revision: failed", platform: []string{"Container called exit(1)."}, cause: "the application does not start", remedy: "its last lines"},
		"no room":         {trigger: "deploy/revision: Quota exceeded for CPU", cause: "the platform has no room", remedy: "quotas"},
		"unhealthy":       {kind: deploy.KindHealth, trigger: "health/checks: GET https://rc-1---x/health answered 503, expected 200: {} (5 times)", cause: "it starts, and does not answer its health checks rightly (“health/checks", remedy: "what it depends on"},
		"not let in":      {kind: deploy.KindHealth, trigger: "health/checks: GET https://x/health answered 403, expected 200: you have no permission (5 times)", cause: "it starts, and does not answer its health checks rightly", remedy: "what it depends on"},
		"the wrong image": {kind: deploy.KindHealth, trigger: `health/checks: GET https://x/v says version "v1", expected "v2" (5 times)`, cause: "it starts, and does not answer", remedy: "that the image is the one meant"},
		"unhealthy, and says why": {kind: deploy.KindHealth, trigger: "health/checks: GET https://x/health answered 503, expected 200", lines: []string{"FATAL: too many connections for role"},
			cause: "it starts, and does not answer its health checks rightly: the database has no connections left (“FATAL", remedy: "lower the pool"},
		"not reached at all":                            {kind: deploy.KindHealth, trigger: "health/checks: rc-1---x does not accept connections (5 times)", cause: "it starts, and does not answer", remedy: "what it depends on"},
		"the platform's words before the application's": {trigger: "deploy/revision: failed", platform: []string{"app: Image 'x' not found"}, lines: []string{"out of memory"}, cause: "the image cannot be had", remedy: "exists"},
		"words in other words":                          {trigger: "deploy/revision: diameters of the report, zoom: pulleys for the room, unlimited", cause: "not clear from what the platform says", remedy: "check the image, the roles"},
		"the name of the service is no clue":            {trigger: "deploy/revision: iam-image-api-r1-1 did not become ready", cause: "not clear from what the platform says", remedy: "check the image"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.kind == "" {
				c.kind = deploy.KindRevision
			}
			got := phase.Diagnose(aDeploy(c.kind), deploy.Incident{Trigger: c.trigger, Platform: c.platform, Lines: lines(c.lines...)})
			if got.Symptom != "the deployment failed" || !strings.HasPrefix(got.Cause, c.cause) || !strings.Contains(got.Remedy, c.remedy) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func lines(texts ...string) []deploy.LogGroup {
	var list []deploy.LogGroup
	for i, text := range texts {
		list = append(list, deploy.LogGroup{Count: 7 - i, Text: text, Last: time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)})
	}
	return list
}

// judged is a release that has had traffic, with what the judge found last.
func judged(findings ...deploy.Finding) deploy.Release {
	r := deploy.Release{Kind: deploy.Deploy}
	r.Facts.MaxShare = 10
	r.Watch.Last.Findings = findings
	return r
}

func TestDiagnosisOfErrors(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ line, cause string }{
		"a table":               {`pq: relation "user_prefs" does not exist`, "the code and the schema"},
		"a column of MySQL":     {`Unknown column 'u.plan' in 'field list'`, "the code and the schema"},
		"a table of SQLite":     {`no such table: users`, "the code and the schema"},
		"a column that is new":  {`null value in column "plan" violates not-null constraint`, "the code and the schema"},
		"clients":               {"sorry, too many clients already", "the database has no connections left"},
		"slots":                 {"remaining connection slots are reserved", "the database has no connections left"},
		"the pool":              {"timed out: connection pool exhausted", "the database has no connections left"},
		"refused":               {"dial tcp 10.0.0.1:6379: connect: connection refused", "something it depends on does not answer"},
		"a name":                {"lookup redis: no such host", "something it depends on does not answer"},
		"no time":               {"context deadline exceeded", "something it depends on does not answer"},
		"no right":              {"permission denied for table orders", "it may not use something"},
		"a status":              {"GET /v1/keys: 403", "it may not use something"},
		"memory":                {"FATAL ERROR: JavaScript heap out of memory", "it runs out of memory"},
		"a variable":            {"KeyError: 'STRIPE_KEY'", "a variable that it needs is missing"},
		"Go":                    {"panic: runtime error: index out of range", "a defect in the code"},
		"Java":                  {"java.lang.NullPointerException at Cart", "a defect in the code"},
		"JavaScript":            {"TypeError: Cannot read properties of undefined", "a defect in the code"},
		"Python":                {"Traceback (most recent call last)", "a defect in the code"},
		"nothing that is known": {"correlation id 7c: the answer took 1401 ms, cheaper than before; bucket does not exist", "not clear; 7× “correlation id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := phase.Diagnose(judged(finding(deploy.ErrorRate, deploy.Unhealthy)), deploy.Incident{Lines: lines(c.line)})
			if got.Symptom != "errors rose" || !strings.HasPrefix(got.Cause, c.cause) || got.Remedy == "" {
				t.Errorf("%+v", got)
			}
			if !strings.Contains(got.Cause, "“"+c.line+"”") {
				t.Errorf("it does not say on what it goes: %s", got.Cause)
			}
		})
	}
}

func finding(m deploy.MetricName, v deploy.Verdict) deploy.Finding {
	return deploy.Finding{Metric: m, Verdict: v, Known: true, Text: string(m) + " so much"}
}

func level(m deploy.MetricName, value, stable float64) deploy.Finding {
	f := deploy.Finding{Metric: m, Verdict: deploy.Healthy, Known: true, Value: value, Target: 0.7, Limit: 0.9, Text: string(m) + " so much"}
	if stable > 0 {
		f.Stable, f.StableOf = stable, 5
	}
	return f
}

func TestDiagnosisGoesByTheNumbers(t *testing.T) {
	t.Parallel()
	bad, good := deploy.Unhealthy, deploy.Healthy
	dry := finding(deploy.LatencyP99, bad)
	dry.DryRun = true
	counted := func(failed, of int64) deploy.Incident { return deploy.Incident{Failed: failed, Requests: of} }
	strict := judged()
	strict.Spec.Metrics = &deploy.MetricsSpec{Objectives: []deploy.Objective{{Metric: deploy.ErrorRate, Target: 0.01}}}
	cases := map[string]struct {
		r       deploy.Release
		in      deploy.Incident
		symptom string
		cause   string
	}{
		"slow, nothing short":                {judged(finding(deploy.LatencyP95, bad)), deploy.Incident{}, "it got slow", "neither CPU nor memory"},
		"slow for want of CPU":               {judged(finding(deploy.LatencyP50, bad), level(deploy.CPU, 0.8, 0)), deploy.Incident{}, "it got slow", "it is short of CPU (cpu so much)"},
		"slow for want of memory":            {judged(finding(deploy.LatencyP99, bad), level(deploy.Memory, 0.8, 0.4)), deploy.Incident{}, "it got slow", "it is short of memory (memory so much)"},
		"slow for want of connections":       {judged(finding(deploy.LatencyP99, bad), level(deploy.Connections, 0.8, 0)), deploy.Incident{}, "it got slow", "the database is short of connections (database_connections so much)"},
		"stable has as little CPU":           {judged(finding(deploy.LatencyP99, bad), level(deploy.CPU, 0.8, 0.79)), deploy.Incident{}, "it got slow", "neither CPU nor memory"},
		"slow, and the log says why":         {judged(finding(deploy.LatencyP99, bad)), deploy.Incident{Lines: lines("redis: i/o timeout")}, "it got slow", "something it depends on does not answer"},
		"slow and failing is failing":        {judged(finding(deploy.ErrorRate, bad), finding(deploy.LatencyP99, bad)), deploy.Incident{}, "errors rose", "the logs do not say why"},
		"slow in a dry run only":             {judged(dry, finding(deploy.ErrorRate, good)), deploy.Incident{}, "", ""},
		"failing for want of connections":    {judged(finding(deploy.Availability, bad), level(deploy.Connections, 0.8, 0)), deploy.Incident{Lines: lines("oh")}, "errors rose", "the database is short of connections"},
		"healthy, with lines in the log":     {judged(finding(deploy.ErrorRate, good)), deploy.Incident{Lines: lines("connection refused"), Failed: 1, Requests: 1000}, "", ""},
		"counted, as many as may be":         {strict, counted(10, 1000), "", ""},
		"counted, more than may be":          {strict, counted(11, 1000), "errors rose", "the logs do not say why"},
		"counted, none, with lines":          {strict, deploy.Incident{Requests: 100, Lines: lines("connection refused")}, "", ""},
		"not counted, with lines":            {strict, deploy.Incident{Lines: lines("connection refused")}, "errors rose", "something it depends on"},
		"nothing at all":                     {judged(), deploy.Incident{}, "", ""},
		"inconclusive":                       {judged(finding(deploy.ErrorRate, deploy.Inconclusive)), deploy.Incident{}, "", ""},
		"a rollback of what was live before": {deploy.Release{Kind: deploy.Rollback}, counted(3, 10), "errors rose", "the logs do not say why"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := phase.Diagnose(c.r, c.in)
			if got.Symptom != c.symptom || !strings.HasPrefix(got.Cause, c.cause) || (got.Remedy == "") != (c.symptom == "") {
				t.Errorf("%+v", got)
			}
		})
	}
}
