package phase_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/registry"
)

func TestCanaryReaches100WithOneCallPerShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.release("v1.2.4").end().is(deploy.Succeeded)
	want := []string{
		"template,traffic: app-00001=100, app-r1-1=0 tag rc-1",
		"traffic: app-00001=90, app-r1-1=10, app-r1-1=0 tag rc-1",
		"traffic: app-00001=50, app-r1-1=50, app-r1-1=0 tag rc-1",
		"traffic: app-r1-1=100, app-r1-1=0 tag rc-1",
		"traffic: app-r1-1=100",
	}
	if diff := cmp.Diff(want, w.updates()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	w.wantServes("app-r1-1=100")
	p.tells("baseline v1.2.3 ("+string(baseline)+") at 100 %", "digest "+w.registry.Digest("v1.2.4")[:19], "ready, 0 %",
		"/health 200 v1.2.4", "/health/ready 200", "10 % on "+string(candidate(1))+", as the platform reports", "tag rc-1 taken off")
	if f := p.r.Facts; f.Share != 100 || f.MaxShare != 100 || f.Operation != "" || f.Image.Digest != w.registry.Digest("v1.2.4") {
		t.Errorf("facts at the end: %+v", f)
	}
}

func TestPreflightRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		seed    func(*sandbox.ServiceSpec, *registry.Registry)
		before  func(w *world)
		change  func(p *play)
		version string
		says    []string
	}{
		"split traffic, since nobody could say where to go back to": {
			before: func(w *world) {
				w.release("v1.2.5").until("traffic/100")
			},
			version: "v1.2.4", says: []string{"traffic is split", "00001 50 %", "r1-1 50 %", "send 100 % to one revision by hand"},
		},
		"a version that is live": {
			version: "v1.2.3", says: []string{"v1.2.3 is live already, as " + string(baseline) + " with 100 %"},
		},
		"the very image that is live, under another tag": {
			seed: func(s *sandbox.ServiceSpec, r *registry.Registry) {
				s.Image = r.Addr() + "/coditect@" + r.Digest("v1.2.4")
			},
			version: "v1.2.4", says: []string{"v1.2.4 is the image that is live already (sha256:"},
		},
		"a tag that is not there, and names the nearest": {
			version: "v1.2.44", says: []string{"there is no ", ":v1.2.44", "v1.2.4"},
		},
		"a platform it has no client for": {
			change:  func(p *play) { p.r.Spec.Platform.Service.Kind = "ecs" },
			version: "v1.2.4", says: []string{"no client for the platform"},
		},
		"a service that is not there": {
			change:  func(p *play) { p.r.Spec.Platform.Service.Name = "coditect-app-elsewhere" },
			version: "v1.2.4", says: []string{"coditect-app-elsewhere", "create the service once"},
		},
		"credentials that do not suffice": {
			before:  func(w *world) { w.breaks(sandbox.Fault{Kind: sandbox.Refuse, Code: codes.PermissionDenied}) },
			version: "v1.2.4", says: []string{"does not let Slipway", "roles/run.developer"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, c.seed)
			if c.before != nil {
				c.before(w)
			}
			w.cloud.ForgetCalls()
			p := w.release(c.version)
			if c.change != nil {
				c.change(p)
			}
			p.end().is(deploy.Failed, c.says...)
			if got := w.updates(); len(got) > 0 {
				t.Errorf("a refused release called %v", got)
			}
		})
	}
}

func TestNameThatIsTakenIsSteppedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.release("v1.2.4").end().is(deploy.Succeeded)
	w.number = 0 // as after Redis lost its numbers
	w.release("v1.2.5").end().is(deploy.Succeeded)
	w.wantServes("app-r1-2=100")
}

func TestRegistryThatIsAway(t *testing.T) {
	t.Parallel()
	t.Run("for a while: tried again until it is back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.registry.SetFault(registry.Fault{Down: true})
		acts := 0
		w.around = func(s deploy.Step) bool {
			if s.Kind == deploy.KindImage {
				if acts++; acts == 4 {
					w.registry.SetFault(registry.Fault{})
				}
			}
			return false
		}
		w.release("v1.2.4").end().is(deploy.Succeeded).tells("does not answer; attempt 3, trying again")
	})
	t.Run("for good: said, and nothing was touched", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.registry.SetFault(registry.Fault{Down: true})
		p := w.release("v1.2.4")
		p.r.Steps[1].Within = 4 * time.Second // two minutes take too many real retries
		p.end().is(deploy.Failed, "preflight/image: not finished after 4 s", "does not answer")
		if got := w.updates(); len(got) > 0 {
			t.Errorf("calls %v", got)
		}
	})
	t.Run("refusing us: said at once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.registry.SetFault(registry.Fault{Unauthorised: true})
		w.release("v1.2.4").end().is(deploy.Failed, "does not let Slipway read coditect", "docker login")
	})
}
