package cloudrun_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	run "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"slipway/internal/sandbox/cloudrun"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	app      = "coditect-app-production"
	baseline = app + "-00001"
	parent   = "projects/my-gcp-project/locations/us-central1"
	full     = parent + "/services/" + app
)

var noon = time.Date(2025, 12, 22, 12, 0, 0, 0, time.UTC)

// platform is a practice cloud with the guide's production service and the real client of it.
type platform struct {
	*cloudrun.Server
	t         *testing.T
	services  *run.ServicesClient
	revisions *run.RevisionsClient
	lro       longrunningpb.OperationsClient
}

func start(t *testing.T, opts *cloudrun.Options, spec ...cloudrun.ServiceSpec) *platform {
	t.Helper()
	s := cloudrun.New(opts)
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if len(spec) == 0 {
		spec = []cloudrun.ServiceSpec{{Name: app, Environment: "production", Pinned: true}}
	}
	for _, x := range spec {
		if _, err := s.Seed(x, "v1.2.3"); err != nil {
			t.Fatal(err)
		}
	}
	plain := grpc.WithTransportCredentials(insecure.NewCredentials())
	dial := []option.ClientOption{
		option.WithEndpoint(s.Addr()), option.WithoutAuthentication(), option.WithGRPCDialOption(plain),
	}
	services, err := run.NewServicesClient(t.Context(), dial...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = services.Close() })
	revisions, err := run.NewRevisionsClient(t.Context(), dial...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = revisions.Close() })
	conn, err := grpc.NewClient(s.Addr(), plain)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &platform{Server: s, t: t, services: services, revisions: revisions, lro: longrunningpb.NewOperationsClient(conn)}
}

func (p *platform) get() *runpb.Service {
	p.t.Helper()
	svc, err := p.services.GetService(p.t.Context(), &runpb.GetServiceRequest{Name: full})
	if err != nil {
		p.t.Fatal(err)
	}
	return svc
}

func (p *platform) revision(id string) *runpb.Revision {
	p.t.Helper()
	r, err := p.revisions.GetRevision(p.t.Context(), &runpb.GetRevisionRequest{Name: full + "/revisions/" + id})
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// update sends what change makes of the present service, with these paths as the mask.
func (p *platform) update(change func(*runpb.Service), mask ...string) (*run.UpdateServiceOperation, error) {
	p.t.Helper()
	svc := p.get()
	change(svc)
	req := &runpb.UpdateServiceRequest{Service: svc}
	if len(mask) > 0 {
		req.UpdateMask = &fieldmaskpb.FieldMask{Paths: mask}
	}
	return p.services.UpdateService(p.t.Context(), req)
}

func (p *platform) mustUpdate(change func(*runpb.Service), mask ...string) *run.UpdateServiceOperation {
	p.t.Helper()
	op, err := p.update(change, mask...)
	if err != nil {
		p.t.Fatal(err)
	}
	return op
}

// poll asks for the operation by name, as a program does that was started anew in between.
func (p *platform) poll(op *run.UpdateServiceOperation) (*runpb.Service, bool, error) {
	p.t.Helper()
	again := p.services.UpdateServiceOperation(op.Name())
	svc, err := again.Poll(p.t.Context())
	return svc, again.Done(), err
}

// staged is an update to revision id with this image and version, at 0 % beside the baseline.
func staged(id, image, version string) func(*runpb.Service) {
	return func(svc *runpb.Service) {
		renamed(id, image, version)(svc)
		svc.Traffic = []*runpb.TrafficTarget{to(baseline, 100, ""), to(id, 0, "rc")}
	}
}

func renamed(id, image, version string) func(*runpb.Service) {
	return func(svc *runpb.Service) {
		svc.Template.Revision = id
		c := svc.Template.Containers[0]
		c.Image = image
		for _, env := range c.Env {
			if env.Name == "VERSION" {
				env.Values = &runpb.EnvVar_Value{Value: version}
			}
		}
	}
}

func traffic(targets ...*runpb.TrafficTarget) func(*runpb.Service) {
	return func(svc *runpb.Service) { svc.Traffic = targets }
}

func to(revision string, percent int32, tag string) *runpb.TrafficTarget {
	return &runpb.TrafficTarget{
		Type:     runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION,
		Revision: revision, Percent: percent, Tag: tag,
	}
}

func latest(percent int32) *runpb.TrafficTarget {
	return &runpb.TrafficTarget{
		Type: runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST, Percent: percent,
	}
}

// statuses is the reported traffic without its addresses, in the form of what is asked for.
func statuses(svc *runpb.Service) []*runpb.TrafficTarget {
	var out []*runpb.TrafficTarget
	for _, st := range svc.TrafficStatuses {
		out = append(out, &runpb.TrafficTarget{Type: st.Type, Revision: st.Revision, Percent: st.Percent, Tag: st.Tag})
	}
	return out
}

func uri(t *testing.T, svc *runpb.Service, tag string) string {
	t.Helper()
	for _, st := range svc.TrafficStatuses {
		if st.Tag == tag {
			return st.Uri
		}
	}
	t.Fatalf("no status has tag %q in %v", tag, svc.TrafficStatuses)
	return ""
}

func states(svc *runpb.Service) map[string]string {
	out := map[string]string{}
	for _, c := range append([]*runpb.Condition{svc.TerminalCondition}, svc.Conditions...) {
		out[c.Type] = c.State.String()[len("CONDITION_"):]
	}
	return out
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	opt := cmp.Comparer(func(a, b proto.Message) bool { return proto.Equal(a, b) })
	if diff := cmp.Diff(want, got, opt); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantCode(t *testing.T, what string, err error, code codes.Code) {
	t.Helper()
	if got := status.Code(err); got != code {
		t.Errorf("%s: %v, want code %s", what, err, code)
	}
}

func inject(t *testing.T, p *platform, f cloudrun.Fault) {
	t.Helper()
	if err := p.Faults().Inject(f); err != nil {
		t.Fatal(err)
	}
}

// until waits for a condition on the server's own signal.
func until(t *testing.T, p *platform, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	for {
		changed := p.Changed()
		if ok() {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%s: not within 5 s; calls: %v", what, p.Calls())
		}
	}
}

// web is a plain HTTP client that keeps no connections.
func web() *http.Client {
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
}
