package cloudrun_test

import (
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"

	"slipway/internal/deploy"
	sandbox "slipway/internal/sandbox/cloudrun"
)

// away asks for all traffic on the candidate with the baseline kept.
func (h *practice) away() deploy.ShiftRequest {
	return deploy.ShiftRequest{
		Service: h.ref, Shares: map[deploy.RevisionName]int{deploy.CandidateName(serviceID, 42, 1): 100},
		Keep: map[string]deploy.RevisionName{deploy.WarmTag(42): baseline},
	}
}

func (h *practice) shift(q deploy.ShiftRequest) {
	h.t.Helper()
	if _, err := h.connect(nil).Shift(h.t.Context(), q); err != nil {
		h.t.Fatal(err)
	}
	h.Finish()
}

func TestTrafficMovesWhenWhatIsToBeKeptCannotBeLookedAt(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	h.stage(h.connect(nil), h.request(deploy.Settings{}))
	h.inject(sandbox.Fault{Kind: sandbox.Refuse, Method: "GetRevision", Code: codes.PermissionDenied})
	h.shift(h.away())
	if got, want := h.asked(), "app-r42-1=100, app-00001=0 preview, app-r42-1=0 rc-42"; got != want {
		t.Errorf("the table is %s, want %s", got, want)
	}
	h.Heal()
	h.shift(h.away())
	kept := "app-r42-1=100, app-00001=0 preview, app-r42-1=0 rc-42, app-00001=0 rb-42"
	if got := h.asked(); got != kept {
		t.Errorf("once it can be looked at, the table is %s, want %s", got, kept)
	}
	h.inject(sandbox.Fault{Kind: sandbox.Refuse, Method: "GetRevision", Code: codes.PermissionDenied})
	half := h.away()
	half.Shares = map[deploy.RevisionName]int{baseline: 50, deploy.CandidateName(serviceID, 42, 1): 50}
	h.shift(half)
	if got, want := h.asked(), "app-00001=50, app-r42-1=50, app-00001=0 preview, app-r42-1=0 rc-42, app-00001=0 rb-42"; got != want {
		t.Errorf("what is kept already stays: the table is %s, want %s", got, want)
	}
}

func TestTrafficDoesNotWaitLongForALookAtWhatIsToBeKept(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	h.stage(p, h.request(deploy.Settings{}))
	h.inject(sandbox.Fault{Kind: sandbox.NeverAnswer, Method: "GetRevision"})
	begun := time.Now()
	if _, err := p.Shift(t.Context(), h.away()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("traffic was asked for after %s", took)
	}
}

func TestATagThatHoldsTrafficUpComesOff(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	p := h.connect(nil)
	h.stage(p, h.request(deploy.Settings{}))
	// Somebody has put the tag on a revision that does not exist: Cloud Run puts no table into force.
	gone := deploy.CandidateName(serviceID, 7, 1)
	h.setTraffic(byName(baseline, 100, ""), byName(gone, 0, deploy.WarmTag(42)))
	q := h.away()
	q.Keep = map[string]deploy.RevisionName{deploy.WarmTag(42): gone}
	h.shift(q)
	s, err := p.Describe(t.Context(), h.ref)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Percent(deploy.CandidateName(serviceID, 42, 1)); got != 100 {
		t.Errorf("%d %% arrived, want 100: the table is %s", got, h.asked())
	}
}

func TestSettingsOfARevisionThatAreNotInTheCatalog(t *testing.T) {
	t.Parallel()
	h := newPractice(t)
	template := h.server.Service(h.name).GetTemplate()
	template.ServiceAccount = "app@my-gcp-project.iam.gserviceaccount.com"
	template.Containers[0].Args = []string{"--token", "in-the-clear"}
	template.Containers[0].Ports = []*runpb.ContainerPort{{ContainerPort: 8080}}
	template.Containers = append(template.Containers, &runpb.Container{Name: "proxy", Image: "proxy:v3", Args: []string{"in-the-clear"}})
	h.edit(&runpb.Service{Template: template}, "template")
	h.setTraffic(byName(baseline, 100, ""))
	p := h.connect(nil)
	h.stage(p, h.request(deploy.Settings{}))
	got, err := p.Revision(t.Context(), h.ref, deploy.CandidateName(serviceID, 42, 1))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"service account": "app@my-gcp-project.iam.gserviceaccount.com", "image": goodImage.Ref, "port": "8080",
		"secret API_KEY": "api-key:latest", "arguments": "1fe716ad", // sha256 of the two with a zero byte between
	} {
		if got.Config[name] != want {
			t.Errorf("%s is %q, want %q", name, got.Config[name], want)
		}
	}
	if !strings.HasPrefix(got.Config["container proxy"], "proxy:v3, settings ") {
		t.Errorf("the sidecar is %q", got.Config["container proxy"])
	}
	for name, value := range got.Config {
		if strings.Contains(value, "in-the-clear") {
			t.Errorf("%s gives its value away: %s", name, value)
		}
	}
}
