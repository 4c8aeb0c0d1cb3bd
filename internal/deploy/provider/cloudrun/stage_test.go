package cloudrun_test

import (
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudrun"
	sandbox "slipway/internal/sandbox/cloudrun"
)

func (h *practice) request(settings deploy.Settings) deploy.StageRequest {
	return deploy.StageRequest{
		Service: h.ref, Candidate: deploy.CandidateName(serviceID, 42, 1), Tag: deploy.CandidateTag(42),
		Image: goodImage.Ref, Settings: settings, Baseline: baseline,
		Labels: map[string]string{"slipway-release": "coditect-app-42"},
	}
}

func (h *practice) stage(p *cloudrun.Platform, q deploy.StageRequest) {
	h.t.Helper()
	op, err := p.Stage(h.t.Context(), q)
	if err != nil {
		h.t.Fatal(err)
	}
	h.Finish()
	if done, err := p.Wait(h.t.Context(), op); !done || err != nil {
		h.t.Fatalf("done %v, %v", done, err)
	}
}

func TestStageTakesTheLiveTemplateAndWhatTheCatalogSays(t *testing.T) {
	t.Parallel()
	zero, five := 0, 5
	value := func(name, value string) *runpb.EnvVar {
		return &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_Value{Value: value}}
	}
	secret := func(name, secret, version string) *runpb.EnvVar {
		return &runpb.EnvVar{Name: name, Values: &runpb.EnvVar_ValueSource{ValueSource: &runpb.EnvVarSource{
			SecretKeyRef: &runpb.SecretKeySelector{Secret: secret, Version: version},
		}}}
	}
	tests := map[string]struct {
		settings deploy.Settings
		change   func(*runpb.RevisionTemplate)
	}{
		"an empty catalog leaves everything as it is": {
			deploy.Settings{}, func(*runpb.RevisionTemplate) {},
		},
		"variables replace all variables and leave secrets alone": {
			deploy.Settings{Env: map[string]string{"VERSION": "v1.2.4", "COLOUR": "blue"}},
			func(w *runpb.RevisionTemplate) {
				w.Containers[0].Env = []*runpb.EnvVar{
					secret("DATABASE_URL", "database-url", "latest"), secret("API_KEY", "api-key", "latest"),
					value("COLOUR", "blue"), value("VERSION", "v1.2.4"),
				}
			},
		},
		"secrets replace all secrets and leave variables alone": {
			deploy.Settings{Secrets: map[string]string{"API_KEY": "projects/other/secrets/api-key:7", "TOKEN": "token"}},
			func(w *runpb.RevisionTemplate) {
				w.Containers[0].Env = []*runpb.EnvVar{
					value("VERSION", "v1.2.3"), value("ENVIRONMENT", "production"),
					secret("API_KEY", "projects/other/secrets/api-key", "7"), secret("TOKEN", "token", "latest"),
				}
			},
		},
		"a variable of the catalog takes the place of a live secret of that name": {
			deploy.Settings{Env: map[string]string{"API_KEY": "none"}},
			func(w *runpb.RevisionTemplate) {
				w.Containers[0].Env = []*runpb.EnvVar{secret("DATABASE_URL", "database-url", "latest"), value("API_KEY", "none")}
			},
		},
		"resources, scaling and limits are set": {
			deploy.Settings{
				CPU: "4", Memory: "4Gi", MinInstances: &zero, MaxInstances: &five, Concurrency: 40, Timeout: 90 * time.Second,
			},
			func(w *runpb.RevisionTemplate) {
				w.Containers[0].Resources.Limits = map[string]string{"cpu": "4", "memory": "4Gi"}
				w.Scaling = &runpb.RevisionScaling{MinInstanceCount: 0, MaxInstanceCount: 5}
				w.MaxInstanceRequestConcurrency = 40
				w.Timeout = durationpb.New(90 * time.Second)
			},
		},
		"one resource leaves the other as it is": {
			deploy.Settings{Memory: "1Gi"},
			func(w *runpb.RevisionTemplate) { w.Containers[0].Resources.Limits["memory"] = "1Gi" },
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newPractice(t)
			want := h.server.Service(h.name).GetTemplate()
			want.Revision = serviceID + "-r42-1"
			want.Labels = map[string]string{"slipway-release": "coditect-app-42"}
			want.Containers[0].Image = goodImage.Ref
			tc.change(want)

			h.stage(h.connect(nil), h.request(tc.settings))
			if diff := cmp.Diff(want, h.server.Service(h.name).GetTemplate(), protocmp.Transform()); diff != "" {
				t.Errorf("template (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStageChangesOnlyTheContainerThatTakesRequests(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	template := h.server.Service(h.name).GetTemplate()
	template.Containers[0].Ports = []*runpb.ContainerPort{{ContainerPort: 8080}}
	template.Containers[0].Name, template.Containers[0].Resources = "app", nil
	sidecar := &runpb.Container{Name: "proxy", Image: "gcr.io/my-gcp-project/proxy:v3"}
	template.Containers = append([]*runpb.Container{sidecar}, template.Containers...)
	h.edit(&runpb.Service{Template: template}, "template")
	h.setTraffic(byName(baseline, 100, ""))

	p := h.connect(nil)
	h.stage(p, h.request(deploy.Settings{CPU: "4"}))
	got := h.server.Service(h.name).GetTemplate().GetContainers()
	if diff := cmp.Diff(sidecar, got[0], protocmp.Transform()); diff != "" {
		t.Errorf("the sidecar (-want +got):\n%s", diff)
	}
	if got[1].GetImage() != goodImage.Ref || got[1].GetResources().GetLimits()["cpu"] != "4" {
		t.Errorf("the application is %v", got[1])
	}
	if !got[1].GetResources().GetCpuIdle() {
		t.Error("CPU is always allocated now: naming a limit has changed how the service is billed")
	}
	s, err := p.Describe(t.Context(), h.ref)
	if err != nil || s.Image != goodImage.Ref {
		t.Errorf("described with image %q, %v", s.Image, err)
	}
}

func TestTheTrafficTableThatStageLeaves(t *testing.T) {
	t.Parallel()
	old := deploy.CandidateName(serviceID, 41, 2)
	tests := map[string]struct {
		before []*runpb.TrafficTarget
		want   string
	}{
		"the newest revision becomes the baseline by name": {
			[]*runpb.TrafficTarget{latest(100)},
			"app-r41-2=100, app-r42-1=0 rc-42",
		},
		"a tag of a person on the newest revision keeps following it": {
			[]*runpb.TrafficTarget{byName(baseline, 100, ""), {Type: latest(0).Type, Tag: "next"}},
			"app-00001=100, LATEST=0 next, app-r42-1=0 rc-42",
		},
		"a tag that came with the share stays beside it": {
			[]*runpb.TrafficTarget{byName(baseline, 100, "live")},
			"app-00001=100, app-00001=0 live, app-r42-1=0 rc-42",
		},
		"lines without share and tag go, and what a former release left": {
			[]*runpb.TrafficTarget{byName(baseline, 100, ""), byName(old, 0, ""), byName(old, 0, "rc-41"), byName(old, 0, "mine")},
			"app-00001=100, app-r41-2=0 mine, app-r42-1=0 rc-42",
		},
		"a tag that only looks like one of ours stays": {
			[]*runpb.TrafficTarget{byName(baseline, 100, ""), byName(old, 0, "rc-40"), byName(baseline, 0, "rc-41")},
			"app-00001=100, app-r41-2=0 rc-40, app-00001=0 rc-41, app-r42-1=0 rc-42",
		},
		"what former releases kept warm goes, wherever it is": {
			[]*runpb.TrafficTarget{byName(old, 100, ""), byName(baseline, 0, "rb-41"), byName(old, 0, "rb-43"), byName(baseline, 0, "rb-7")},
			"app-r41-2=100, app-r42-1=0 rc-42",
		},
		"what this release keeps warm stays, and what only looks like it": {
			[]*runpb.TrafficTarget{
				byName(baseline, 100, ""), byName(baseline, 0, "rb-42"), byName(baseline, 0, "rb-07"), byName(baseline, 0, "rb-mine"), byName(old, 0, "rb-41"),
			},
			"app-00001=100, app-00001=0 rb-42, app-00001=0 rb-07, app-00001=0 rb-mine, app-r41-2=0 rb-41, app-r42-1=0 rc-42",
		},
		"the baseline keeps the tag it was released under": {
			[]*runpb.TrafficTarget{byName(old, 100, ""), byName(old, 0, "rc-41")},
			"app-r41-2=100, app-r41-2=0 rc-41, app-r42-1=0 rc-42",
		},
		"the candidate's tag moves over from an earlier attempt": {
			[]*runpb.TrafficTarget{byName(baseline, 100, ""), byName(old, 0, "rc-42")},
			"app-00001=100, app-r42-1=0 rc-42",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newPractice(t)
			p := h.connect(nil)
			former := h.request(deploy.Settings{})
			former.Candidate, former.Tag = old, "rc-41"
			h.stage(p, former)
			h.setTraffic(tc.before...)
			h.server.ForgetCalls()

			s, err := p.Describe(t.Context(), h.ref)
			if err != nil {
				t.Fatal(err)
			}
			q := h.request(deploy.Settings{})
			if q.Baseline, err = s.Baseline(); err != nil {
				t.Fatal(err)
			}
			op, err := p.Stage(t.Context(), q)
			if err != nil || op == "" {
				t.Fatalf("operation %q, %v", op, err)
			}
			if got := h.asked(); got != tc.want {
				t.Errorf("the table is %s, want %s", got, tc.want)
			}
		})
	}
}

func TestStageWaitsForOthers(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	_, err := h.server.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: &runpb.Service{
		Name: h.name, Traffic: []*runpb.TrafficTarget{byName(baseline, 100, "moving")},
	}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"traffic"}}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Stage(t.Context(), h.request(deploy.Settings{}))
	if deploy.CodeOf(err) != deploy.Conflict || len(h.updates()) != 0 {
		t.Errorf("while somebody else's change is in progress: %v, %d updates", err, len(h.updates()))
	}
	h.Finish()
	h.stage(p, h.request(deploy.Settings{}))
}

func TestStageKnowsItsOwnChangeBeforeTheRevisionIsSeen(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	q := h.request(deploy.Settings{})
	if _, err := p.Stage(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	unseen := sandbox.Fault{Kind: sandbox.Refuse, Method: "GetRevision", Code: codes.NotFound, Count: 1}
	h.inject(unseen)
	if op, err := p.Stage(t.Context(), q); op != "" || err != nil {
		t.Errorf("the same: operation %q, %v", op, err)
	}
	h.inject(unseen)
	q.Image = otherImage.Ref
	if _, err := p.Stage(t.Context(), q); deploy.CodeOf(err) != deploy.Conflict {
		t.Errorf("another image: %v", err)
	}
	if got := len(h.updates()); got != 1 {
		t.Errorf("%d updates, want 1", got)
	}
}
