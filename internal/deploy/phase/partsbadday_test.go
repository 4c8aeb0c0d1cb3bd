package phase_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
)

func TestAPartWithoutUsersYetHasNoSayInTheVerdict(t *testing.T) {
	t.Parallel()
	r, _, p := threesome(t)
	p.Metrics = map[deploy.MetricsSource]deploy.Metrics{deploy.CloudWatch: gauges{"api": 200}}
	f := r.Parts["api"]
	f.Share, f.MaxShare = 0, 0 // its turn comes at 100 %
	r.Parts["api"] = f
	look, err := lookOf(t, r, p)
	if err != nil {
		t.Fatal(err)
	}
	if j := look.Judgement; j.Verdict != deploy.Healthy || j.Part != "" || len(j.Findings) != 1 {
		t.Errorf("%s of %q, with %d findings: %s", j.Verdict, j.Part, len(j.Findings), j.Why)
	}
}

func TestWhatAPartDidBeforeItsOwnFirstUsersDoesNotCount(t *testing.T) {
	t.Parallel()
	r, _, p := threesome(t)
	p.Metrics = map[deploy.MetricsSource]deploy.Metrics{deploy.CloudWatch: gauges{"api": 200}}
	m := objectives()
	m.Delay = 2 * time.Minute
	r.Spec.Also[0].Metrics = m
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Name == "traffic/100@api" {
			s.Status, s.EndedAt = deploy.Done, begun.Add(-m.Delay) // the service itself has had users for an hour
		}
	}
	look, err := lookOf(t, r, p)
	if err != nil {
		t.Fatal(err)
	}
	if j := look.Judgement; j.Verdict != deploy.Inconclusive || j.Critical || j.Why != "api: nothing that counts has been measured yet" {
		t.Errorf("%s, critical %t: %s", j.Verdict, j.Critical, j.Why)
	}
	if look.Way.Checked.IsZero() {
		t.Error("nobody has looked at the way back")
	}
}

func TestAPlatformThatWentBackIsHeardOfWhileAnotherPartIsBlind(t *testing.T) {
	t.Parallel()
	r, s, p := threesome(t)
	p.Metrics = map[deploy.MetricsSource]deploy.Metrics{deploy.CloudWatch: gauges{"app": -1}}
	s.has("api", func(svc *deploy.Service) { svc.Fell = deploy.Fall{Revision: "api-1", Why: "an alarm went off"} })
	look, err := lookOf(t, r, p)
	if err != nil {
		t.Fatal(err)
	}
	if look.Way.Fell != "api: an alarm went off" || look.Way.Part != "api" {
		t.Errorf("the way back is %+v", look.Way)
	}
	if look.Point != (deploy.Point{}) {
		t.Errorf("the chart of the service has a point of another part: %+v", look.Point)
	}
}

func TestWhatCouldNotBeLookedAtIsNoWordAgainstARelease(t *testing.T) {
	t.Parallel()
	r, s, p := threesome(t)
	s.wrong = map[string][]error{"worker": {noAnswer("Secrets Manager")}}
	if _, err := p.Propose(t.Context(), r); !deploy.Retryable(err) || deploy.Message(err) != "Secrets Manager does not answer" {
		t.Errorf("%s: %v", deploy.CodeOf(err), err)
	}
}

// schema is a database, and the scripts of it, that counts how often it is looked at.
type schema struct {
	deploy.Databases
	deploy.SQLReader

	measured atomic.Int32
}

func (s *schema) Measure(context.Context, deploy.DatabaseQuery) (deploy.DatabaseState, error) {
	s.measured.Add(1)
	return deploy.DatabaseState{}, nil
}

func (*schema) Applied(context.Context, deploy.DatabaseQuery) ([]deploy.AppliedScript, error) {
	return nil, nil
}

func (*schema) Fetch(context.Context, string) (deploy.ScriptSet, error) {
	return deploy.ScriptSet{}, nil
}

func TestTheSchemaIsLookedAtOnceForAllParts(t *testing.T) {
	t.Parallel()
	r, _, p := threesome(t)
	var db schema
	p.Databases, p.Scripts, p.SQL = &db, &db, &db
	r.Spec.Database = &deploy.DatabaseSpec{Migrations: &deploy.MigrationSpec{Source: "scripts"}}
	if _, err := p.Propose(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if n := db.measured.Load(); n != 1 {
		t.Errorf("it was looked at %d times", n)
	}
}

// seer previews a secret by name, and knows its version.
type seer struct {
	*shelf
	version string
}

func (s *seer) Preview(_ context.Context, q deploy.StageRequest) (map[string]string, error) {
	return map[string]string{"secret KEY": q.Service.Name + "-key:latest"}, nil
}

func (s *seer) Version(context.Context, string, string, string) (string, error) {
	return s.version, nil
}

func TestAPlanIsAnotherWhenASecretOfAPartHasAnotherVersion(t *testing.T) {
	t.Parallel()
	r, s, p := threesome(t)
	see := &seer{s, "7"}
	for i := range r.Spec.Also {
		r.Spec.Also[i].Platform.Service.Kind = deploy.CloudRun
	}
	p.Platforms[deploy.CloudRun], p.Versions = see, see
	before, err := p.Propose(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	see.version = "8"
	after, err := p.Propose(t.Context(), r)
	if err != nil || after.Hash == before.Hash {
		t.Fatalf("it is still plan %s: %v", before.Short(), err)
	}
	if diff := cmp.Diff(map[string]string{"api api-key:latest": "8", "worker worker-key:latest": "8"}, after.Versions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if said := strings.Join(after.Since(before), "; "); !strings.Contains(said, "api api-key:latest is version 8, it was 7") {
		t.Errorf("it says %q", said)
	}
}

func TestAReleaseThatItsPlatformTookBackIsNotValid(t *testing.T) {
	t.Parallel()
	r, s, p := threesome(t)
	s.has("app", func(svc *deploy.Service) {
		svc.Traffic[0].Revision, svc.Fell = "app-0", deploy.Fall{Revision: "app-1", Why: "an alarm went off"}
	})
	_, err := phase.Runners(p)[deploy.KindValidate].Run(t.Context(), r, deploy.Step{Name: "validate/service", Kind: deploy.KindValidate, Begun: begun})
	if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != "the platform has gone back by itself: an alarm went off" {
		t.Errorf("%s: %v", deploy.CodeOf(err), err)
	}
}

func TestWhereNobodySaysWhereUsersReachAServiceThePlatformsReportIsEnough(t *testing.T) {
	t.Parallel()
	r, _, p := threesome(t)
	r.Spec.Health = []deploy.HealthCheck{{Path: "/health", Status: 200, Version: true, Timeout: time.Second}}
	out, err := phase.Runners(p)[deploy.KindValidate].Run(t.Context(), r, deploy.Step{Name: "validate/service", Kind: deploy.KindValidate, Begun: begun})
	if err != nil || out.Again > 0 || !strings.Contains(out.Note, "100 % on app-1, as the platform reports; not asked which version answers") {
		t.Errorf("again in %s: %q, %v", out.Again, out.Note, err)
	}
	r.Facts.Baseline.Version = "v1.2.3"
	out, err = phase.Runners(p)[deploy.KindVerify].Run(t.Context(), r, deploy.Step{Name: "rollback/verify", Kind: deploy.KindVerify, Begun: begun})
	if err != nil || out.Again > 0 || !strings.Contains(out.Note, "nobody says where users reach it") {
		t.Errorf("on the way back again in %s: %q, %v", out.Again, out.Note, err)
	}
}

func (s *shelf) Retire(context.Context, deploy.ServiceRef, ...string) (deploy.Operation, error) {
	return "", nil
}

func TestAPlatformThatGoesBackAtTheVeryEndKeepsTheReleaseFromSucceeding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		phase deploy.Phase
		fell  deploy.RevisionName
		park  bool
	}{
		"it went back":              {deploy.Observe, "app-1", true},
		"what went back is another": {deploy.Observe, "app-9", false},
		"it was taken back by us":   {deploy.BackIncident, "app-1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, s, p := threesome(t)
			r.Facts.Candidate.Tag = "rc-42"
			s.has("app", func(svc *deploy.Service) { svc.Fell = deploy.Fall{Revision: c.fell, Why: "an alarm went off"} })
			out, err := phase.Runners(p)[deploy.KindRetire].Run(t.Context(), r, deploy.Step{Name: "traffic/retire", Kind: deploy.KindRetire, Phase: c.phase, Begun: begun})
			if err != nil || (out.Park != "") != c.park || c.park && !strings.HasPrefix(out.Park, "the platform has gone back by itself: an alarm went off") {
				t.Errorf("it says %q, %v", out.Park, err)
			}
		})
	}
}

func TestAnIncidentKnowsThatThePlatformWentBackAlsoWhenItHasStoppedOnTheWay(t *testing.T) {
	t.Parallel()
	r, _, p := threesome(t)
	r.Why, r.Watch.Way = "", deploy.Way{Checked: begun, Fell: "worker: 3 tasks stopped", Part: "worker"}
	out, err := phase.Runners(p)[deploy.KindIncident].Run(t.Context(), r, deploy.Step{Name: "rollback/incident", Kind: deploy.KindIncident, Begun: begun})
	if err != nil || out.Incident.Trigger != "the platform has gone back by itself: worker: 3 tasks stopped" || out.Incident.Part != "worker" {
		t.Errorf("%+v, %v", out.Incident, err)
	}
}
