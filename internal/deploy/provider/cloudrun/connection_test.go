package cloudrun_test

import (
	"net"
	"strings"
	"testing"

	"cloud.google.com/go/run/apiv2/runpb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/cloudrun"
	sandbox "slipway/internal/sandbox/cloudrun"
)

func TestAnEndpointThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := cloudrun.New(t.Context(), &cloudrun.Options{Endpoint: "ftp://host:1"})
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN") {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
}

func TestABotStartsWhileTheCloudIsAway(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	p, err := cloudrun.New(t.Context(), &cloudrun.Options{Endpoint: "http://" + address})
	if err != nil {
		t.Fatal(err)
	}
	ref := deploy.ServiceRef{Project: sandbox.GuideProject, Region: sandbox.GuideRegion, Name: serviceID}
	if _, err := p.Describe(t.Context(), ref); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("nobody listens: %v", err)
	}

	server := sandbox.New(nil)
	if err := server.Start(address); err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if _, err := server.Seed(sandbox.ServiceSpec{Name: serviceID}, "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	// The client itself waits up to a fraction of a second before it connects again.
	for range 20 {
		if _, err = p.Describe(t.Context(), ref); err == nil {
			break
		}
	}
	if err != nil {
		t.Errorf("once it is back: %v", err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if _, err := p.Describe(t.Context(), ref); deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("once it is closed: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(*practice)
		want    []deploy.Code
	}{
		"a service that is ready for a release": {
			func(*practice) {}, nil,
		},
		"a service that does not exist": {
			func(h *practice) { h.ref.Name = "nobody-knows-it" }, []deploy.Code{deploy.NotFound},
		},
		"a bot that may not even look": {
			func(h *practice) { h.Forbid() }, []deploy.Code{deploy.Forbidden},
		},
		"a bot that may look but not deploy": {
			func(h *practice) {
				h.inject(sandbox.Fault{Kind: sandbox.Refuse, Method: "UpdateService", Code: 7})
			}, []deploy.Code{deploy.Forbidden},
		},
		"a service with split traffic": {
			func(h *practice) {
				template := h.server.Service(h.name).GetTemplate()
				template.Containers[0].Image = otherImage.Ref
				template.Revision = serviceID + "-00002"
				h.edit(&runpb.Service{Template: template}, "template")
				h.setTraffic(byName(baseline, 50, ""), byName(serviceID+"-00002", 50, ""))
			}, []deploy.Code{deploy.Invalid},
		},
		"a service whose last change failed": {
			func(h *practice) {
				template := h.server.Service(h.name).GetTemplate()
				template.Containers[0].Image = missingImage.Ref
				h.edit(&runpb.Service{Template: template}, "template")
			}, []deploy.Code{deploy.NotYet},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newPractice(t)
			tc.prepare(h)
			before := h.Changes()
			var got []deploy.Code
			for _, err := range h.connect(nil).Check(t.Context(), h.ref) {
				got = append(got, deploy.CodeOf(err))
				if deploy.Message(err) == "" || deploy.Hint(err) == "" {
					t.Errorf("no message or no hint in %v", err)
				}
			}
			if len(got) != len(tc.want) || len(got) == 1 && got[0] != tc.want[0] {
				t.Errorf("problems %v, want %v", got, tc.want)
			}
			if h.Changes() != before {
				t.Error("checking changed something")
			}
		})
	}
}
