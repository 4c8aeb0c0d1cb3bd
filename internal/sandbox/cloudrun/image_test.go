package cloudrun_test

import (
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"

	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/registry"
)

func TestARevisionStartsOnlyFromAnImageThatIsThere(t *testing.T) {
	t.Parallel()
	images, err := registry.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = images.Close() })
	digest := images.Digest("v1.2.4")

	for _, c := range []struct {
		fact, image, env string
		code             codes.Code
		reason           runpb.Condition_CommonReason
		serves           string
	}{
		{fact: "by tag, the version from the environment", image: images.Addr() + "/coditect:v1.2.4", env: "v1.2.4", serves: "v1.2.4"},
		{fact: "by digest, the version from the image", image: images.Addr() + "/coditect@" + digest, serves: "v1.2.4"},
		{fact: "by the name of a registry that this one stands in for", image: "gcr.io/my-gcp-project/coditect@" + digest, serves: "v1.2.4"},
		{fact: "an unknown tag", image: images.Addr() + "/coditect:v9.9.9", code: codes.NotFound, reason: runpb.Condition_CONTAINER_MISSING},
		{fact: "an unknown digest", image: images.Addr() + "/coditect@sha256:" + repeated("0", 64), code: codes.NotFound, reason: runpb.Condition_CONTAINER_MISSING},
		{fact: "a name that is none", image: "not an image", code: codes.NotFound, reason: runpb.Condition_CONTAINER_MISSING},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			p := start(t, &cloudrun.Options{Pull: cloudrun.FromRegistry(images.Addr())})
			op := p.mustUpdate(staged(app+"-r1", c.image, c.env), "template", "traffic")
			_, _, err := p.poll(op)
			wantCode(t, "operation", err, c.code)
			ready := p.revision(app + "-r1").Conditions[0]
			if ready.GetReason() != c.reason {
				t.Errorf("condition %v, want reason %s", ready, c.reason)
			}
			if c.serves != "" {
				if v := body(t, uri(t, p.get(), "rc")+"/health"); v != c.serves {
					t.Errorf("serves %s, want %s", v, c.serves)
				}
				return
			}
			if want := "Image '" + c.image + "' not found."; ready.Message != want {
				t.Errorf("message %q, want %q", ready.Message, want)
			}
		})
	}
}

func TestAnImageOnLoopbackIsPulledFromWhereItsNameSays(t *testing.T) {
	t.Parallel()
	images, err := registry.New(&registry.Options{Versions: []string{"v1.2.4"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = images.Close() })
	const nobody = "127.0.0.1:1"
	version, err := cloudrun.FromRegistry(nobody)(t.Context(), images.Addr()+"/coditect:v1.2.4")
	if err != nil || version != "v1.2.4" {
		t.Errorf("version %q, %v", version, err)
	}
	if _, err := cloudrun.FromRegistry(nobody)(t.Context(), image+"v1.2.4"); err == nil {
		t.Error("an image was pulled from nobody")
	}
}

func TestARegistryThatDoesNotAnswerFailsTheRevision(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fact   string
		fault  registry.Fault
		code   codes.Code
		reason runpb.Condition_CommonReason
	}{
		{"down", registry.Fault{Down: true}, codes.Internal, runpb.Condition_REVISION_FAILED},
		{"unauthorised", registry.Fault{Unauthorised: true}, codes.PermissionDenied, runpb.Condition_CONTAINER_PERMISSION_DENIED},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			images, err := registry.New(&registry.Options{Versions: []string{"v1.2.4"}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = images.Close() })
			images.SetFault(c.fault)
			p := start(t, &cloudrun.Options{Pull: cloudrun.FromRegistry(images.Addr())})
			_, done, err := p.poll(p.mustUpdate(staged(app+"-r1", image+"v1.2.4", "v1.2.4"), "template", "traffic"))
			wantCode(t, "operation", err, c.code)
			if reason := p.revision(app + "-r1").Conditions[0].GetReason(); !done || reason != c.reason {
				t.Errorf("done %v, reason %s, want %s", done, reason, c.reason)
			}
			same(t, "traffic", []*runpb.TrafficTarget{to(baseline, 100, "")}, statuses(p.get()))
		})
	}
}

func TestClosingEndsAPullInProgress(t *testing.T) {
	t.Parallel()
	images, err := registry.New(&registry.Options{Versions: []string{"v1.2.4"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = images.Close() })
	images.SetFault(registry.Fault{Slow: time.Hour})
	s := cloudrun.New(&cloudrun.Options{Pull: cloudrun.FromRegistry(images.Addr()), Create: time.Nanosecond})
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Seed(cloudrun.ServiceSpec{Name: app}, "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.UpdateService(t.Context(), &runpb.UpdateServiceRequest{Service: &runpb.Service{
		Name:     full,
		Template: &runpb.RevisionTemplate{Containers: []*runpb.Container{{Image: images.Addr() + "/coditect:v1.2.4"}}},
	}}); err != nil {
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("closing waits for the registry")
	}
}

func repeated(s string, n int) (out string) {
	for range n {
		out += s
	}
	return out
}
