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

func TestTheGoldenDocumentUsesEveryField(t *testing.T) {
	t.Parallel()
	for _, path := range zeros(reflect.ValueOf(full()), "Release") {
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
	f.Add(int64(2), "{}")
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
	one, ten := 1, 10
	st := deploy.Step{
		Name: "traffic/10", Kind: deploy.KindGate, Phase: deploy.Traffic, Status: deploy.Started, Percent: 10,
		Bake: 5 * time.Minute, Within: time.Hour, Needed: 2, Approvals: []deploy.Approval{{By: "U0BOB", At: at(1)}},
		Begun: at(2), EndedAt: at(3), Until: at(4), Attempts: 3, Looks: 4, Look: at(5), Note: "2 of 2 agree",
	}
	rev := deploy.Revision{Name: "coditect-app-r42-1", Version: "v1.2.4", Image: "gcr.io/p/coditect@sha256:ab", Tag: "rc-42",
		URL: "https://rc-42---coditect.example"}
	return deploy.Release{
		Kind: deploy.Deploy, Target: deploy.Target{Service: "coditect-app", Environment: "production"}, Version: "v1.2.4",
		Requester: "U0ALICE", Reason: "fixes <the> login & more", Created: at(0), Ended: at(9),
		Spec: deploy.Spec{
			Image: "gcr.io/p/coditect",
			Platform: deploy.PlatformSpec{
				Service: deploy.ServiceRef{Kind: deploy.CloudRun, Project: "p", Region: "us-central1", Name: "coditect-app"},
				Settings: deploy.Settings{CPU: "2", Memory: "2Gi", MinInstances: &one, MaxInstances: &ten, Concurrency: 80,
					Timeout: time.Minute, Env: map[string]string{"VERSION": "v1.2.4"}, Secrets: map[string]string{"DB": "db:latest"}},
			},
			Strategy: deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{{Percent: 10, Bake: time.Minute, Approve: true}}},
			Health:   []deploy.HealthCheck{{Path: "/health", Status: 200, Version: true, Timeout: time.Second}},
			URL:      "https://coditect.example",
			Policy: deploy.Policy{Deploy: []deploy.Principal{"@dev"}, Approve: []deploy.Principal{"S0OPS"}, Approvals: 2,
				RequesterMayApprove: true, ApprovalExpires: time.Hour, DeployAt: "a.yaml:3", ApproveAt: "a.yaml:4"},
			Channel: "C0OPS", OnCall: "@oncall", Source: "coditect-app.yaml",
		},
		State: deploy.Waiting, Why: "asks for approval", By: "U0ALICE", Since: at(6),
		Steps: []deploy.Step{st}, Back: []deploy.Step{st},
		Facts: deploy.Facts{
			Image:    deploy.Image{Repository: "gcr.io/p/coditect", Tag: "v1.2.4", Digest: "sha256:ab", Size: 12, Built: at(7)},
			Baseline: rev, Candidate: rev, Operation: "operations/1", Share: 10, MaxShare: 50,
		},
	}
}
