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
	runners  map[deploy.StepKind]deploy.Runner
	service  string // full name

	// around is called before each act; it may break something, or say that the act is run a second time with the
	// same facts, as after a crash between the call and its outcome.
	around func(step deploy.Step) (twice bool)
	// between is called between the two.
	between func()
	number  int
}

func newWorld(t *testing.T, seed ...func(*sandbox.ServiceSpec, *registry.Registry)) *world {
	t.Helper()
	w := &world{t: t, clock: sandbox.NewManualClock(time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC))}
	var err error
	if w.registry, err = registry.New(&registry.Options{Repositories: []string{"coditect"}, Versions: []string{"v1.2.3", "v1.2.4", "v1.2.5"}}); err != nil {
		t.Fatal(err)
	}
	closing(t, w.registry.Close)
	w.cloud = sandbox.New(&sandbox.Options{
		Clock: w.clock, Create: 10 * time.Second, Settle: 5 * time.Second, Pull: sandbox.FromRegistry(w.registry.Addr()),
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
	w.runners = phase.Runners(phase.Ports{
		Platforms: map[deploy.PlatformKind]deploy.Platform{deploy.CloudRun: pf}, Images: resolver, Prober: prober,
	})
}

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

// play is one release in this world.
type play struct {
	*world
	r       deploy.Release
	journal []deploy.Entry
}

func (w *world) release(version string) *play {
	return w.ask(deploy.Ask{Kind: deploy.Deploy, Version: version, Spec: w.spec(version)})
}

func (w *world) ask(a deploy.Ask) *play {
	w.t.Helper()
	a.Target, a.Requester = deploy.Target{Service: "coditect-app", Environment: "production"}, "U0ALICE"
	r, err := deploy.NewRelease(a)
	if err != nil {
		w.t.Fatal(err)
	}
	w.number++
	r.ID, r.Number = deploy.NewReleaseID("coditect-app", w.number), w.number
	r.Created, r.Since = w.clock.Now(), w.clock.Now()
	return &play{world: w, r: r}
}

// until carries the release on, as the engine does, until it is about to act on stop, waits for people, or ends.
func (p *play) until(stop deploy.StepName) *play {
	p.t.Helper()
	for range 3000 {
		r, entries, a := deploy.Decide(p.r, p.clock.Now())
		p.r, p.journal = r, append(p.journal, entries...)
		switch {
		case a.Do == deploy.End, a.Do == deploy.Act && a.Step == stop, a.Do == deploy.Wait && a.Until.IsZero():
			return p
		case a.Do == deploy.Wait:
			p.clock.Advance(a.Until.Sub(p.clock.Now()))
		default:
			p.act()
		}
	}
	p.t.Fatalf("the release goes in circles at %+v\n%s", p.r.Current(), p.story())
	return p
}

func (p *play) act() {
	p.t.Helper()
	step := *p.r.Current()
	run := func() (deploy.Outcome, error) { return p.runners[step.Kind].Run(p.t.Context(), p.r.Clone(), step) }
	if p.around != nil && p.around(step) {
		_, _ = run()
		if p.between != nil {
			p.between()
		}
	}
	out, err := run()
	r, entries := deploy.Conclude(p.r, step.Name, out, err, p.clock.Now())
	p.r, p.journal = r, append(p.journal, entries...)
}

func (p *play) end() *play {
	p.t.Helper()
	p.until("")
	return p
}

func (p *play) say(s deploy.Signal) *play {
	r, entries := deploy.Apply(p.r, s, p.clock.Now())
	p.r, p.journal = r, append(p.journal, entries...)
	return p
}

// is checks the state, and that its reason says each of words.
func (p *play) is(state deploy.State, words ...string) *play {
	p.t.Helper()
	if p.r.State != state {
		p.t.Fatalf("the release is %s (%s), want %s\n%s", p.r.State, p.r.Why, state, p.story())
	}
	for _, w := range words {
		if !strings.Contains(p.r.Why, w) {
			p.t.Errorf("the reason does not say %q: %s", w, p.r.Why)
		}
	}
	return p
}

// tells checks that the journal says each of words.
func (p *play) tells(words ...string) *play {
	p.t.Helper()
	for _, w := range words {
		if !strings.Contains(p.story(), w) {
			p.t.Errorf("the journal does not say %q:\n%s", w, p.story())
		}
	}
	return p
}

func (p *play) story() string {
	var b strings.Builder
	for _, e := range p.journal {
		fmt.Fprintf(&b, "%s %s %s %s %s\n", e.At.Format("15:04:05"), e.Kind, e.Step, e.State, e.Text)
	}
	return b.String()
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
	w.clock.Advance(time.Minute)
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
