package phase_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/phase"
	"slipway/internal/deploy/provider/cloudrun"
	"slipway/internal/deploy/provider/httpprobe"
	images "slipway/internal/deploy/provider/registry"
	sandbox "slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	serviceID = "coditect-app-production"
	baseline  = deploy.RevisionName(serviceID + "-00001")
)

// world is the practice Cloud Run and registry, the real adapters, and one clock that stands still until a
// release has to wait.
type world struct {
	t        *testing.T
	clock    *sandbox.ManualClock
	cloud    *sandbox.Server
	registry *registry.Registry
	ports    phase.Ports
	runners  map[deploy.StepKind]deploy.Runner
	service  string // full name

	// around is called before each act; it may break something, or say that the act is run a second time with the
	// same facts, as after a crash between the call and its outcome.
	around func(step deploy.Step) (twice bool)
	// between is called between the two.
	between func()
	// passed is called when time has passed.
	passed func()
	number int
}

func newWorld(t *testing.T, seed ...func(*sandbox.ServiceSpec, *registry.Registry)) *world {
	t.Helper()
	return buildWorld(t, nil, seed...)
}

// buildWorld makes a world whose revisions are heard by logs, if there are any.
func buildWorld(t *testing.T, logs sandbox.Logs, seed ...func(*sandbox.ServiceSpec, *registry.Registry)) *world {
	t.Helper()
	w := &world{t: t, clock: sandbox.NewManualClock(time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC))}
	var err error
	if w.registry, err = registry.New(&registry.Options{Repositories: []string{"coditect"}, Versions: []string{"v1.2.3", "v1.2.4", "v1.2.5"}}); err != nil {
		t.Fatal(err)
	}
	closing(t, w.registry.Close)
	w.cloud = sandbox.New(&sandbox.Options{
		Clock: w.clock, Create: 10 * time.Second, Settle: 5 * time.Second, Pull: sandbox.FromRegistry(w.registry.Addr()), Logs: logs,
	})
	if err := w.cloud.Start(""); err != nil {
		t.Fatal(err)
	}
	closing(t, w.cloud.Close)
	spec := sandbox.ServiceSpec{Name: serviceID, Environment: "production"}
	for _, s := range seed {
		if s != nil {
			s(&spec, w.registry)
		}
	}
	if w.service, err = w.cloud.Seed(spec, "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	w.connect()
	return w
}

func (w *world) connect() {
	pf, err := cloudrun.New(w.t.Context(), &cloudrun.Options{Endpoint: "http://" + w.cloud.Addr(), Now: w.clock.Now})
	if err != nil {
		w.t.Fatal(err)
	}
	closing(w.t, pf.Close)
	resolver, prober := images.New(nil), httpprobe.New(nil)
	w.t.Cleanup(resolver.Close)
	w.use(phase.Ports{
		Platforms: map[deploy.PlatformKind]deploy.Platform{deploy.CloudRun: pf}, Images: resolver, Prober: prober,
	})
}

func (w *world) use(p phase.Ports) { w.ports, w.runners = p, phase.Runners(p) }

func closing(t *testing.T, f func() error) {
	t.Cleanup(func() {
		if err := f(); err != nil {
			t.Error(err)
		}
	})
}

func (w *world) spec(version string) deploy.Spec {
	return deploy.Spec{
		Image: w.registry.Addr() + "/coditect",
		Platform: deploy.PlatformSpec{
			Service:  deploy.ServiceRef{Kind: deploy.CloudRun, Project: sandbox.GuideProject, Region: sandbox.GuideRegion, Name: serviceID},
			Settings: deploy.Settings{Env: map[string]string{"VERSION": version, "ENVIRONMENT": "production"}},
		},
		Strategy: deploy.Strategy{Kind: deploy.Canary, Steps: []deploy.TrafficStep{
			{Percent: 10, Bake: 5 * time.Minute}, {Percent: 50, Bake: 5 * time.Minute}, {Percent: 100},
		}},
		Health: []deploy.HealthCheck{
			{Path: "/health", Status: 200, Version: true, Timeout: 5 * time.Second}, {Path: "/health/ready", Status: 200, Timeout: 5 * time.Second},
		},
		Policy: deploy.Policy{ApprovalExpires: time.Hour},
	}
}

// updates is every UpdateService that was sent, with what was asked of the traffic, in short.
func (w *world) updates() []string {
	var out []string
	for _, c := range w.cloud.Calls() {
		if c.Method == "UpdateService" {
			out = append(out, strings.ReplaceAll(c.Mask+": "+c.Traffic, serviceID, "app"))
		}
	}
	return out
}

// effects is those of updates that changed something.
func (w *world) effects() []string {
	var out []string
	for _, c := range w.cloud.Calls() {
		if c.Changed {
			out = append(out, strings.ReplaceAll(c.Mask+": "+c.Traffic, serviceID, "app"))
		}
	}
	return out
}

// serves is the traffic as users get it.
func (w *world) serves() string {
	var out []string
	for _, l := range w.cloud.Service(w.service).GetTrafficStatuses() {
		revision := l.GetRevision()
		if revision == "" {
			revision = "LATEST"
		}
		line := fmt.Sprintf("%s=%d", strings.ReplaceAll(revision, serviceID, "app"), l.GetPercent())
		if l.GetTag() != "" {
			line += " tag " + l.GetTag()
		}
		out = append(out, line)
	}
	return strings.Join(out, ", ")
}

// byHand is a person at the console who sends traffic where they like; tags go.
func (w *world) byHand(shares map[deploy.RevisionName]int32) {
	w.t.Helper()
	patch := &runpb.Service{Name: w.service}
	for name, percent := range shares {
		patch.Traffic = append(patch.Traffic, &runpb.TrafficTarget{
			Type:     runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
			Revision: string(name), Percent: percent,
		})
	}
	slices.SortFunc(patch.Traffic, func(a, b *runpb.TrafficTarget) int { return strings.Compare(a.Revision, b.Revision) })
	w.edit(patch, "traffic")
}

func (w *world) edit(patch *runpb.Service, mask ...string) {
	w.t.Helper()
	patch.Name = w.service
	if _, err := w.cloud.UpdateService(w.t.Context(), &runpb.UpdateServiceRequest{
		Service: patch, UpdateMask: &fieldmaskpb.FieldMask{Paths: mask},
	}); err != nil {
		w.t.Fatal(err)
	}
	w.wait(time.Minute)
}

func (w *world) breaks(f sandbox.Fault) {
	w.t.Helper()
	if err := w.cloud.Faults().Inject(f); err != nil {
		w.t.Fatal(err)
	}
}

func candidate(number int) deploy.RevisionName { return deploy.CandidateName(serviceID, number, 1) }

func (w *world) wantServes(want string) {
	w.t.Helper()
	if got := w.serves(); got != want {
		w.t.Errorf("traffic is %s, want %s", got, want)
	}
}
