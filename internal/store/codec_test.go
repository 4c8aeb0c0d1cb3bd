package store_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slipway/internal/deploy"
	"slipway/internal/store"
)

var update = flag.Bool("update", false, "write the golden document of the current schema version")

func golden() string {
	return filepath.Join("testdata", fmt.Sprintf("release.v%d.json", deploy.SchemaVersion))
}

// TestTheDocumentOfThisVersionIsAsItAlwaysWas fails when deploy.Release changes its stored form. Then raise
// deploy.SchemaVersion, write an upcaster, keep the old golden file and make the new one with -update. Only
// before the first release of a version may its golden file be written again.
func TestTheDocumentOfThisVersionIsAsItAlwaysWas(t *testing.T) {
	t.Parallel()
	want := full()
	doc, err := store.EncodeRelease(want)
	if err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, doc, "", "  "); err != nil {
		t.Fatal(err)
	}
	pretty.WriteByte('\n')
	if *update {
		if err := os.WriteFile(golden(), pretty.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(golden())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), pretty.String()); diff != "" {
		t.Error(diff)
	}
	got, err := store.DecodeRelease(deploy.SchemaVersion, string(kept))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheGoldenDocumentsUseEveryField(t *testing.T) {
	t.Parallel()
	for _, path := range append(zeros(reflect.ValueOf(full()), "Release"), zeros(reflect.ValueOf(announced()), "Announcement")...) {
		t.Errorf("%s is zero in the sample, so a change of it would not be noticed", path)
	}
}

// zeros names the stored fields that are zero.
func zeros(v reflect.Value, path string) []string {
	if v.IsZero() {
		return []string{path}
	}
	var found []string
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.Tag.Get("json") != "-" {
				found = append(found, zeros(v.Field(i), path+"."+f.Name)...)
			}
		}
	case v.Kind() == reflect.Pointer:
		found = zeros(v.Elem(), path)
	case v.Kind() == reflect.Slice && v.Len() > 0:
		found = zeros(v.Index(0), path+"[0]")
	}
	return found
}

func TestDocumentsThatWouldLoseSomethingAreRefused(t *testing.T) {
	t.Parallel()
	doc, err := store.EncodeRelease(full())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		sv   int64
		doc  string
		code deploy.Code
	}{
		"a newer version":     {deploy.SchemaVersion + 1, string(doc), deploy.Conflict},
		"no version":          {0, string(doc), deploy.Internal},
		"an unknown field":    {deploy.SchemaVersion, strings.Replace(string(doc), `"kind"`, `"colour":"red","kind"`, 1), deploy.Internal},
		"something behind it": {deploy.SchemaVersion, string(doc) + "{}", deploy.Internal},
		"half of it":          {deploy.SchemaVersion, string(doc[:len(doc)/2]), deploy.Internal},
		"nothing":             {deploy.SchemaVersion, "", deploy.Internal},
	} {
		_, err := store.DecodeRelease(c.sv, c.doc)
		if deploy.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want code %s", name, err, c.code)
		}
	}
}

func FuzzDecodeRelease(f *testing.F) {
	doc, err := store.EncodeRelease(full())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(int64(deploy.SchemaVersion), string(doc))
	f.Add(int64(deploy.SchemaVersion), `{"steps":[],"created":"2026-01-02T03:04:05.5+01:00","spec":{"health":null}}`)
	f.Add(int64(1), "{}")
	f.Add(int64(deploy.SchemaVersion+1), "{}")
	f.Fuzz(func(t *testing.T, sv int64, doc string) {
		x, err := store.DecodeRelease(sv, doc)
		if err != nil {
			return
		}
		again, err := store.EncodeRelease(x)
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", x, err)
		}
		y, err := store.DecodeRelease(deploy.SchemaVersion, string(again))
		if err != nil {
			t.Fatalf("%s was written and cannot be read: %v", again, err)
		}
		if diff := cmp.Diff(x, y, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

func at(s int) time.Time { return time.Date(2026, 3, 1, 12, 0, s, 0, time.UTC) }

// full is a release with something in every field that is stored.
func full() deploy.Release {
	st := deploy.Step{
		Name: "traffic/10", Kind: deploy.KindGate, Phase: deploy.Traffic, Status: deploy.Started, Percent: 10,
		Check: "API under load", Part: "worker", Bake: 5 * time.Minute, Within: time.Hour, Needed: 2, Ask: deploy.AskUnsure,
		Approvals: []deploy.Approval{{By: "U0BOB", At: at(1), Forced: true, Reason: "a dry run", Plan: "e3b0c442"}},
		Begun:     at(2), EndedAt: at(3), Until: at(4), Attempts: 3, Looks: 4, Stuck: true, Look: at(5), Note: "2 of 2 agree",
	}
	rev := deploy.Revision{Name: "coditect-app-r42-1", Version: "v1.2.4", Image: "gcr.io/p/coditect@sha256:ab", Tag: "rc-42",
		URL: "https://rc-42---coditect.example", Warm: true}
	return withDatabase(deploy.Release{
		Kind: deploy.Deploy, Target: deploy.Target{Service: "coditect-app", Environment: "production"}, Version: "v1.2.4",
		Requester: "U0ALICE", Reason: "fixes <the> login & more", Again: true, Created: at(0), Ended: at(9),
		Left: deploy.Left{Release: "coditect-app-41", Version: "v1.2.5", Digest: "sha256:cd", Revision: rev, Since: at(7)},
		Spec: deploy.Spec{
			Image:    "gcr.io/p/coditect",
			Platform: platformed(),
			Also:     []deploy.Part{parted()},
			Strategy: deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{{Percent: 10, Bake: time.Minute, Approve: true, Unsure: true}}},
			Health:   []deploy.HealthCheck{{Path: "/health", Status: 200, Version: true, Timeout: time.Second}},
			Checks:   []deploy.Check{checked()},
			Loads:    []deploy.LoadCheck{loaded()},
			Public:   true,
			Items: []deploy.Item{{Key: "security/cors", Group: "Security", Text: "CORS policies configured",
				Prove: &deploy.Proof{Kind: deploy.ProveLiveIn, Arg: "staging"}, Owner: "@platform", Lasts: 720 * time.Hour}},
			Images:  policed(),
			URL:     "https://coditect.example",
			Metrics: measured(),
			Observe: time.Hour,
			Policy: deploy.Policy{Deploy: []deploy.Principal{"@dev"}, Approve: []deploy.Principal{"S0OPS"}, Approvals: 2,
				RequesterMayApprove: true, ApprovalExpires: time.Hour, ApprovePlan: true, DeployAt: "a.yaml:3", ApproveAt: "a.yaml:4"},
			Channel: "C0OPS", OnCall: "@oncall", Source: "coditect-app.yaml",
		},
		State: deploy.Waiting, Why: "asks for approval", By: "U0ALICE", Since: at(6),
		Steps: []deploy.Step{st}, Back: []deploy.Step{st},
		Facts: deploy.Facts{
			Image:    deploy.Image{Repository: "gcr.io/p/coditect", Tag: "v1.2.4", Digest: "sha256:ab", Size: 12, Built: at(7)},
			Baseline: rev, Candidate: rev, Operation: "operations/1", Share: 10, MaxShare: 50,
		},
		Parts: map[string]deploy.Facts{"worker": {Image: deploy.Image{Repository: "gcr.io/p/worker", Tag: "v1.2.4", Digest: "sha256:cd", Size: 7, Built: at(7)},
			Baseline: rev, Candidate: rev, Operation: "deployments/7#done", Share: 100, MaxShare: 100}},
		Readiness: &deploy.Readiness{Total: 45, Proved: 20, Attested: 21, Waived: 1, Open: []deploy.OpenItem{{Key: "security/cors",
			Group: "Security", Text: "CORS policies configured", Owner: "@platform", Why: "attested until yesterday", Attest: true}}},
		Waivers: []deploy.Waiver{{Item: "image/age", Text: "built 100 days ago", By: "U0BOB", At: at(8), Reason: "nothing else works"}},
		Proposal: &deploy.Proposal{Hash: "e3b0c442", Image: "gcr.io/p/coditect@sha256:ab", Baseline: "app-r41-1",
			Changes: []deploy.Change{{What: "cpu", From: "1", To: "2"}}, Unknown: "the platform did not answer",
			Versions: map[string]string{"api-key:latest": "7"}, Settings: "5f70bf18",
			Parts: []deploy.ProposedPart{{Name: "worker", Image: "gcr.io/p/worker@sha256:cd", Baseline: "worker-r41-1", Settings: "6a81c029"}}},
		Loads: []deploy.LoadResult{{Check: "API under load", Stage: deploy.Smoke, Took: 2 * time.Second, Requests: 201, Failed: 3,
			Latencies: deploy.Latencies{Counts: map[int]int64{0: 1, 141: 200}, Sum: 3 * time.Second, Max: time.Second},
			Reasons:   map[string]int{"503": 3}, Done: true, Breach: "3 of 201 requests failed (1.5 %), 0 % at most",
			Points: []deploy.LoadPoint{{At: 2 * time.Second, Rate: 100.5, P50: 12 * time.Millisecond, P99: 34 * time.Millisecond, Failed: 3}}}},
		Watch: watched(), Incident: taken(),
		Notes: []deploy.Note{{Kind: deploy.NoteBug, By: "U0BOB", At: at(9), Text: "asked", Link: "https://bugs.example/7", Done: true}},
	})
}

func platformed() deploy.PlatformSpec {
	one, ten := 1, 10
	return deploy.PlatformSpec{
		Service: deploy.ServiceRef{Kind: deploy.CloudRun, Project: "p", Region: "us-central1", Name: "coditect-app",
			Rule: "arn:aws:elasticloadbalancing:us-east-1:1:listener-rule/app/a/b/c/d", Beside: "coditect-app-b"},
		Settings: deploy.Settings{CPU: "2", Memory: "2Gi", MinInstances: &one, MaxInstances: &ten, Concurrency: 80,
			Timeout: time.Minute, Env: map[string]string{"VERSION": "v1.2.4"}, Secrets: map[string]string{"DB": "db:latest"},
			Container: "app", Template: `{"family":"coditect-app"}`},
		TestURL: "https://test.coditect.example", Within: 30 * time.Minute, GivesUp: 4 * time.Hour,
	}
}

// parted is another service that is released together with the first.
func parted() deploy.Part {
	return deploy.Part{
		Name: "worker", Image: "gcr.io/p/worker", Platform: platformed(), Rolling: true, URL: "https://worker.coditect.example",
		Health: []deploy.HealthCheck{{Path: "/health", Status: 200, Version: true, Timeout: time.Second}}, Metrics: measured(),
	}
}

func checked() deploy.Check {
	call := deploy.Call{
		Name: "log in", Method: "POST", Path: "/api/v1/auth/login", Headers: map[string]string{"Content-Type": "application/json"},
		Body: `{"email":"a@b.example"}`, Timeout: 5 * time.Second,
		Expect:  deploy.Expect{Status: 200, Headers: map[string]string{"Content-Type": "json"}, JSON: []string{".ok"}, Body: "ok", Latency: time.Second},
		Capture: map[string]string{"TOKEN": ".token"},
	}
	return deploy.Check{Name: "Users", Stage: deploy.Functional, Calls: []deploy.Call{call}, Cleanup: []deploy.Call{call}, Within: time.Minute, Tries: 2,
		Dependency: &deploy.Dependency{Kind: deploy.Redis, Address: "${secret:redis-url}"},
		Command:    &deploy.Command{Run: []string{"scripts/smoke.sh", "--quick"}}, Job: "slipway-probe"}
}

func loaded() deploy.LoadCheck {
	return deploy.LoadCheck{
		Name: "API under load", Stage: deploy.Smoke, Targets: checked().Calls, Rate: 100, Concurrency: 10, For: 30 * time.Second, Most: 500,
		Limits: deploy.LoadLimits{Rate: 90, Mean: 100 * time.Millisecond, P99: 500 * time.Millisecond, Failed: 0.01},
	}
}

func policed() *deploy.ImagePolicy {
	return &deploy.ImagePolicy{
		MaxAge: 2160 * time.Hour, MaxSize: 1 << 30, Labels: []string{"org.opencontainers.image.revision"},
		Scan: &deploy.ScanPolicy{Most: map[deploy.Severity]int{deploy.Critical: 0, deploy.High: 2}, MaxAge: 720 * time.Hour, Fixable: true,
			Exceptions: []deploy.Exception{{ID: "CVE-2026-1234", Until: at(9), Reason: "not reachable"}}},
		Signature: []string{"-----BEGIN PUBLIC KEY-----"},
	}
}

func measured() *deploy.MetricsSpec {
	return &deploy.MetricsSpec{
		Source: deploy.Prometheus, Lag: 3 * time.Minute, Every: 15 * time.Second, Delay: 30 * time.Second, Minimum: 50, Errors: 3, Unsure: 4,
		Objectives: []deploy.Objective{{Metric: deploy.ErrorRate, Target: 0.1, Critical: 1, Window: 5 * time.Minute, Worse: 2, Hold: true, DryRun: true}},
		Prometheus: &deploy.PrometheusSpec{URL: "https://prom.example", Requests: "http_requests_total", Latency: "http_request_duration_seconds",
			Code: "code", Service: "service", Revision: "revision", CPU: "cpu", Memory: "memory", Database: "connections"},
		Database: &deploy.DatabaseMetrics{Instance: "coditect-db", Most: 100},
	}
}

func watched() deploy.Watch {
	seen := deploy.Seen{Requests: 204, Failed: 18, P50: 41.5, P95: 180, P99: 420}
	return deploy.Watch{
		Since: at(1), Shifted: at(2), Next: at(3), Through: at(4), At: at(5), Errors: 1, Trouble: "no answer", Unsure: 2,
		Last: deploy.Judgement{Verdict: deploy.Unhealthy, Critical: true, Why: "18 of 204 requests failed", Part: "worker", Findings: []deploy.Finding{{
			Metric: deploy.ErrorRate, Part: "worker", Verdict: deploy.Unhealthy, Critical: true, Value: 8.8, Known: true, Of: 204, Hits: 18,
			Stable: 0.29, StableOf: 4102, StableHits: 12, Target: 0.1, Limit: 1, DryRun: true, Text: "18 of 204 requests failed (8.8 %)",
		}}},
		Points: []deploy.Point{{At: at(4), Share: 10, Candidate: seen, Stable: seen}},
		Way: deploy.Way{Checked: at(5), Gone: true, Warm: true, Moved: "20 % to app-r40-1", Fell: "a task stopped", Part: "worker",
			Return: deploy.Return{Takes: 3 * time.Minute, How: "a rolling deployment back"}},
	}
}

func taken() *deploy.Incident {
	return &deploy.Incident{
		Part: "worker", At: at(9), Began: at(1), Back: at(8), Share: 10, Requests: 204, Failed: 18, CountedTo: at(8), Trigger: "18 of 204 requests failed",
		Points:   []deploy.Point{{At: at(5), Share: 10, Candidate: deploy.Seen{Requests: 41, Failed: 3, P50: 80, P95: 300, P99: 900}, Stable: deploy.Seen{Requests: 370, Failed: 1, P50: 70, P95: 280, P99: 800}}},
		Checks:   []string{"image v1.2.4: it is in the registry"},
		Lines:    []deploy.LogGroup{{Count: 17, Text: "no such column", Last: at(7)}},
		Database: []string{"14 of 100 connections"},
		Platform: []string{"Ready: True"}, Changed: []string{"image"}, Missing: []string{"CPU: no answer"},
		Diagnosis: deploy.Diagnosis{Symptom: "errors rise", Cause: "the migration was not run", Remedy: "run it"},
	}
}
