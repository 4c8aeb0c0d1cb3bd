package cloudrun_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudrun"
	"slipway/internal/deploy/provider/providertest"
	sandbox "slipway/internal/sandbox/cloudrun"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	serviceID = "coditect-app-production"
	baseline  = deploy.RevisionName(serviceID + "-00001")
	userTag   = "preview"
)

var (
	goodImage     = image("v1.2.4", "4")
	otherImage    = image("v1.2.5", "5")
	crashingImage = image("v1.2.6", "6")
	missingImage  = image("v9.9.9", "9")
)

func image(version, digit string) providertest.Image {
	return providertest.Image{
		Ref:     "gcr.io/my-gcp-project/coditect@sha256:" + strings.Repeat(digit, 64),
		Version: version,
	}
}

// practice is a Cloud Run on loopback with the guide's service, whose changes take a minute of a clock that
// stands still.
type practice struct {
	t      *testing.T
	server *sandbox.Server
	clock  *sandbox.ManualClock
	ref    deploy.ServiceRef
	name   string
}

func newPractice(t *testing.T) *practice {
	t.Helper()
	clock := sandbox.NewManualClock(time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC))
	server := sandbox.New(&sandbox.Options{
		Clock: clock, Create: 10 * time.Second, Settle: 10 * time.Second,
		Pull: func(_ context.Context, image string) (string, error) {
			if image == missingImage.Ref {
				return "", sandbox.ErrImageNotFound
			}
			return "", nil
		},
	})
	if err := server.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	name, err := server.Seed(sandbox.ServiceSpec{Name: serviceID, Environment: "production"}, "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	server.Behaviour(serviceID, crashingImage.Version).SetCrashOnStart(true)
	h := &practice{
		t: t, server: server, clock: clock, name: name,
		ref: deploy.ServiceRef{
			Kind: deploy.CloudRun, Project: sandbox.GuideProject, Region: sandbox.GuideRegion, Name: serviceID,
		},
	}
	h.setTraffic(latest(100), byName(baseline, 0, userTag))
	return h
}

func (h *practice) connect(opts *cloudrun.Options) *cloudrun.Platform {
	h.t.Helper()
	o := cloudrun.Options{}
	if opts != nil {
		o = *opts
	}
	o.Endpoint, o.Now = "http://"+h.server.Addr(), h.clock.Now
	p, err := cloudrun.New(h.t.Context(), &o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() {
		if err := p.Close(); err != nil {
			h.t.Error(err)
		}
	})
	return p
}

func latest(percent int32) *runpb.TrafficTarget {
	return &runpb.TrafficTarget{
		Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, Percent: percent,
	}
}

func byName(revision deploy.RevisionName, percent int32, tag string) *runpb.TrafficTarget {
	return &runpb.TrafficTarget{
		Type:     runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
		Revision: string(revision), Percent: percent, Tag: tag,
	}
}

// setTraffic is a person at the console: no etag, not in the log.
func (h *practice) setTraffic(lines ...*runpb.TrafficTarget) {
	h.t.Helper()
	h.edit(&runpb.Service{Traffic: lines}, "traffic")
}

func (h *practice) edit(patch *runpb.Service, mask ...string) {
	h.t.Helper()
	patch.Name = h.name
	_, err := h.server.UpdateService(h.t.Context(), &runpb.UpdateServiceRequest{
		Service: patch, UpdateMask: &fieldmaskpb.FieldMask{Paths: mask},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.Finish()
}

// asked is the traffic table that the service was asked for last.
func (h *practice) asked() string {
	var out []string
	for _, l := range h.server.Service(h.name).GetTraffic() {
		line := fmt.Sprintf("%s=%d", l.GetRevision(), l.GetPercent())
		if l.GetRevision() == "" {
			line = fmt.Sprintf("LATEST=%d", l.GetPercent())
		}
		if l.GetTag() != "" {
			line += " " + l.GetTag()
		}
		out = append(out, strings.ReplaceAll(line, serviceID, "app"))
	}
	return strings.Join(out, ", ")
}

// updates is the calls that were sent to change the service, dry runs left out.
func (h *practice) updates() []sandbox.Call {
	return slices.DeleteFunc(h.server.Calls(), func(c sandbox.Call) bool {
		return c.Method != "UpdateService" || c.ValidateOnly
	})
}

func (h *practice) inject(f sandbox.Fault) {
	h.t.Helper()
	if err := h.server.Faults().Inject(f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *practice) Finish() { h.clock.Advance(time.Minute) }

func (h *practice) LoseAnswer() {
	h.inject(sandbox.Fault{Kind: sandbox.LoseAnswer, Method: "UpdateService", Code: codes.Unavailable, Count: 1})
}

func (h *practice) Contend(n int) { h.inject(sandbox.Fault{Kind: sandbox.EtagConflict, Count: n}) }
func (h *practice) Forbid() {
	h.inject(sandbox.Fault{Kind: sandbox.Refuse, Code: codes.PermissionDenied})
}
func (h *practice) Down() { h.inject(sandbox.Fault{Kind: sandbox.Refuse}) }
func (h *practice) Hang() { h.inject(sandbox.Fault{Kind: sandbox.NeverAnswer}) }
func (h *practice) Heal() { h.server.Faults().Clear("") }

func (h *practice) MoveTraffic(shares map[deploy.RevisionName]int) {
	var lines []*runpb.TrafficTarget
	for name, percent := range shares {
		lines = append(lines, byName(name, int32(percent), ""))
	}
	for _, l := range h.server.Service(h.name).GetTraffic() {
		if l.GetTag() != "" {
			l.Percent = 0
			lines = append(lines, l)
		}
	}
	h.setTraffic(lines...)
}

func (h *practice) Changes() int {
	n := 0
	for _, c := range h.server.Calls() {
		if c.Changed {
			n++
		}
	}
	return n
}

func TestConformance(t *testing.T) {
	t.Parallel()
	providertest.RunPlatform(t, harness)
}

func TestConformanceOfPreviews(t *testing.T) {
	t.Parallel()
	providertest.RunPreviewer(t, harness)
}

func harness(t *testing.T) providertest.Harness {
	h := newPractice(t)
	return providertest.Harness{
		Connect:       func() deploy.Platform { return h.connect(nil) },
		Service:       h.ref,
		Baseline:      baseline,
		Image:         goodImage,
		Other:         otherImage,
		Missing:       missingImage,
		Crashing:      crashingImage,
		MissingWords:  "not found",
		CrashingWords: "failed to start and listen on the port",
		UserTag:       userTag,
		Has:           providertest.All,
		Shares:        []int{10, 50, 100},
		Kind:          deploy.Canary,
		Sizes: providertest.Sizes{
			CPU: "1", MoreCPU: "2", Memory: "2Gi", Secret: "api-key:7", AnotherSecret: "api-key:8",
		},
		Levers: h,
	}
}
