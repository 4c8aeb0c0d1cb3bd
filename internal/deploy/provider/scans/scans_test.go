package scans_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/genproto/googleapis/grafeas/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/scans"
	sandbox "slipway/internal/sandbox/scans"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2025, 12, 22, 12, 0, 0, 0, time.UTC)

// image is one of the practice range: the host is that of its registry.
var image = deploy.Image{Repository: "127.0.0.1:5000/my-gcp-project/coditect", Tag: "v1.2.8", Digest: "sha256:" + strings.Repeat("a", 64)}

// practice is the sandbox's Artifact Analysis with one image.
func practice(t *testing.T, found sandbox.Scan) *sandbox.Server {
	t.Helper()
	s := sandbox.New(&sandbox.Options{Now: func() time.Time { return noon }})
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.Put("my-gcp-project/coditect", image.Digest, found)
	return s
}

func connect(t *testing.T, address string, timeout time.Duration) *scans.Scans {
	t.Helper()
	s, err := scans.New(t.Context(), &scans.Options{Endpoint: "http://" + address, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestWhatWasFoundInAnImage(t *testing.T) {
	t.Parallel()
	p := practice(t, sandbox.Sample(sandbox.Vulnerable))
	got, err := connect(t, p.Addr(), 0).Scan(t.Context(), image)
	if err != nil {
		t.Fatal(err)
	}
	link := "https://security-tracker.debian.org/tracker/"
	want := deploy.Scan{Source: "Artifact Analysis", At: noon, Vulnerabilities: []deploy.Vulnerability{
		{ID: "CVE-2025-45582", Severity: deploy.Low, Package: "tar", Version: "1.34+dfsg-1.2", Link: link + "CVE-2025-45582"},
		{ID: "CVE-2026-22795", Severity: deploy.High, Package: "openssl", Version: "3.0.17-1~deb12u2", Fixed: "3.0.18-1~deb12u1", Link: link + "CVE-2026-22795"},
		{ID: "CVE-2026-0861", Severity: deploy.Critical, Package: "glibc", Version: "2.36-9+deb12u10", Fixed: "2.36-9+deb12u14", Link: link + "CVE-2026-0861"},
		{ID: "CVE-2026-1299", Severity: deploy.High, Package: "python3.11", Version: "3.11.2-6+deb12u6", Fixed: "3.11.2-6+deb12u7", Link: link + "CVE-2026-1299"},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scan (-want +got):\n%s", diff)
	}
}

func TestManyFindingsComeInPages(t *testing.T) {
	t.Parallel()
	many := sandbox.Scan{}
	for n := range 2345 {
		many.Findings = append(many.Findings, sandbox.Finding{ID: fmt.Sprintf("CVE-2026-%d", n), Severity: grafeas.Severity_MEDIUM})
	}
	got, err := connect(t, practice(t, many).Addr(), 0).Scan(t.Context(), image)
	if err != nil || len(got.Vulnerabilities) != 2345 {
		t.Errorf("%d findings, %v", len(got.Vulnerabilities), err)
	}
}

func TestWhatIsBeyondTheMostIsNotLeftOut(t *testing.T) {
	t.Parallel()
	many := make([]*grafeas.Occurrence, 20_001)
	for n := range many {
		many[n] = &grafeas.Occurrence{Kind: grafeas.NoteKind_VULNERABILITY}
	}
	many[0] = discovery(grafeas.DiscoveryOccurrence_FINISHED_SUCCESS, noon, noon)
	f := &fake{answer: func(context.Context) ([]*grafeas.Occurrence, error) { return many, nil }}
	got, err := connect(t, serve(t, f), 0).Scan(t.Context(), image)
	if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) != "Artifact Analysis has found more in the image than 20,000 vulnerabilities" || deploy.Hint(err) == "" {
		t.Errorf("%d findings, %v", len(got.Vulnerabilities), err)
	}
	many = many[1:]
	many[0] = discovery(grafeas.DiscoveryOccurrence_FINISHED_SUCCESS, noon, noon)
	if _, err := connect(t, serve(t, f), 0).Scan(t.Context(), image); err != nil {
		t.Errorf("just as many: %v", err)
	}
}

func TestAScanThatIsNone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status grafeas.DiscoveryOccurrence_AnalysisStatus
		code   deploy.Code
		says   string
		hint   string
	}{
		"it waits":             {grafeas.DiscoveryOccurrence_PENDING, deploy.NotYet, "still scanning", "wait"},
		"it is going on":       {grafeas.DiscoveryOccurrence_SCANNING, deploy.NotYet, "still scanning", "wait"},
		"it failed":            {grafeas.DiscoveryOccurrence_FINISHED_FAILED, deploy.NotFound, "could not scan", "gcloud artifacts docker images describe"},
		"it cannot be scanned": {grafeas.DiscoveryOccurrence_FINISHED_UNSUPPORTED, deploy.NotFound, "cannot scan images of this kind", "another scanner"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := sandbox.Sample(sandbox.Vulnerable)
			found.Status = tc.status
			_, err := connect(t, practice(t, found).Addr(), 0).Scan(t.Context(), image)
			if deploy.CodeOf(err) != tc.code || !strings.Contains(deploy.Message(err), tc.says) || !strings.Contains(deploy.Hint(err), tc.hint) {
				t.Errorf("%v, hint %q", err, deploy.Hint(err))
			}
		})
	}
	other := image
	other.Digest = "sha256:" + strings.Repeat("b", 64)
	_, err := connect(t, practice(t, sandbox.Sample("v1.2.4")).Addr(), 0).Scan(t.Context(), other)
	if deploy.CodeOf(err) != deploy.NotFound || deploy.Message(err) != "Artifact Analysis has not scanned the image" || !strings.Contains(deploy.Hint(err), "Container Scanning API") {
		t.Errorf("an image that it does not know: %v, hint %q", err, deploy.Hint(err))
	}
}

// fake answers with what it is given, and keeps what it was asked.
type fake struct {
	grafeas.UnimplementedGrafeasServer

	answer func(context.Context) ([]*grafeas.Occurrence, error)

	mu    sync.Mutex
	asked []*grafeas.ListOccurrencesRequest
}

func (f *fake) ListOccurrences(ctx context.Context, req *grafeas.ListOccurrencesRequest) (*grafeas.ListOccurrencesResponse, error) {
	f.mu.Lock()
	f.asked = append(f.asked, req)
	f.mu.Unlock()
	out, err := f.answer(ctx)
	return &grafeas.ListOccurrencesResponse{Occurrences: out}, err
}

func serve(t *testing.T, f *fake) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	grafeas.RegisterGrafeasServer(server, f)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func discovery(status grafeas.DiscoveryOccurrence_AnalysisStatus, scanned, updated time.Time) *grafeas.Occurrence {
	d := &grafeas.DiscoveryOccurrence{AnalysisStatus: status}
	if !scanned.IsZero() {
		d.LastScanTime = timestamppb.New(scanned)
	}
	return &grafeas.Occurrence{Kind: grafeas.NoteKind_DISCOVERY, UpdateTime: timestamppb.New(updated), Details: &grafeas.Occurrence_Discovery{Discovery: d}}
}

func TestOddOccurrences(t *testing.T) {
	t.Parallel()
	normal := func(full, name, revision string) *grafeas.Version {
		return &grafeas.Version{Kind: grafeas.Version_NORMAL, FullName: full, Name: name, Revision: revision}
	}
	vulnerability := func(id string, v *grafeas.VulnerabilityOccurrence) *grafeas.Occurrence {
		return &grafeas.Occurrence{Kind: grafeas.NoteKind_VULNERABILITY, NoteName: "projects/goog-vulnz/notes/" + id, Details: &grafeas.Occurrence_Vulnerability{Vulnerability: v}}
	}
	f := &fake{answer: func(context.Context) ([]*grafeas.Occurrence, error) {
		return []*grafeas.Occurrence{
			discovery(grafeas.DiscoveryOccurrence_SCANNING, time.Time{}, noon.Add(time.Hour)), // of another kind: one that ended will do
			discovery(grafeas.DiscoveryOccurrence_FINISHED_SUCCESS, time.Time{}, noon),        // as it was before there was a time of the scan
			discovery(grafeas.DiscoveryOccurrence_FINISHED_SUCCESS, noon.Add(-time.Hour), noon.Add(time.Hour)),
			vulnerability("CVE-2026-1", &grafeas.VulnerabilityOccurrence{Severity: grafeas.Severity_CRITICAL, EffectiveSeverity: grafeas.Severity_MEDIUM}),
			vulnerability("CVE-2026-2", &grafeas.VulnerabilityOccurrence{Severity: grafeas.Severity_MINIMAL, PackageIssue: []*grafeas.VulnerabilityOccurrence_PackageIssue{
				{AffectedPackage: "a", AffectedVersion: normal("", "1.0", "2"), FixedVersion: &grafeas.Version{Kind: grafeas.Version_MAXIMUM}},
				{AffectedPackage: "b", AffectedVersion: normal("2:1.0-2", "1.0", "2"), FixedVersion: normal("", "1.1", ""), EffectiveSeverity: grafeas.Severity_HIGH},
			}}),
			vulnerability("CVE-2026-3", &grafeas.VulnerabilityOccurrence{}),
		}, nil
	}}
	got, err := connect(t, serve(t, f), 0).Scan(t.Context(), deploy.Image{Repository: "europe-docker.pkg.dev/example.com/prod/app/web", Digest: image.Digest})
	if err != nil {
		t.Fatal(err)
	}
	want := deploy.Scan{Source: "Artifact Analysis", At: noon, Vulnerabilities: []deploy.Vulnerability{
		{ID: "CVE-2026-1", Severity: deploy.Medium},
		{ID: "CVE-2026-2", Severity: deploy.Negligible, Package: "a", Version: "1.0-2"},
		{ID: "CVE-2026-2", Severity: deploy.High, Package: "b", Version: "2:1.0-2", Fixed: "1.1"},
		{ID: "CVE-2026-3", Severity: deploy.Unrated},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("scan (-want +got):\n%s", diff)
	}
	req := f.asked[0]
	filter := `(kind = "VULNERABILITY" OR kind = "DISCOVERY") AND resourceUrl = "https://europe-docker.pkg.dev/example.com/prod/app/web@` + image.Digest + `"`
	if req.GetParent() != "projects/example.com:prod" || req.GetFilter() != filter {
		t.Errorf("asked %v", req)
	}
}

func TestImagesOfOtherRegistriesAreNotAskedAbout(t *testing.T) {
	t.Parallel()
	s, err := scans.New(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, repository := range []string{"ghcr.io/org/app", "127.0.0.1:5000/p/app", "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app", "notgcr.io/p/app", "gcr.io"} {
		_, err := s.Scan(t.Context(), deploy.Image{Repository: repository, Digest: image.Digest})
		if deploy.CodeOf(err) != deploy.NotFound || !strings.Contains(deploy.Message(err), "Artifact Registry and gcr.io only") {
			t.Errorf("%s: %v", repository, err)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   sandbox.Fault
		timeout time.Duration
		want    deploy.Code
		says    string
	}{
		"down":   {sandbox.Fault{Down: true}, 0, deploy.Unavailable, "Artifact Analysis does not answer"},
		"denied": {sandbox.Fault{Denied: true}, 0, deploy.Forbidden, "Artifact Analysis does not let Slipway read the scans of my-gcp-project"},
		"slow":   {sandbox.Fault{Slow: time.Hour}, 50 * time.Millisecond, deploy.Unavailable, "Artifact Analysis did not answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := practice(t, sandbox.Sample("v1.2.4"))
			p.SetFault(tc.fault)
			_, err := connect(t, p.Addr(), tc.timeout).Scan(t.Context(), image)
			if deploy.CodeOf(err) != tc.want || deploy.Message(err) != tc.says {
				t.Errorf("%v, want %s: %s", err, tc.want, tc.says)
			}
		})
	}
}

func TestWhatAStatusMeans(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status codes.Code
		want   deploy.Code
		hint   string // part of it
		calls  int
	}{
		{codes.InvalidArgument, deploy.Invalid, "catalog", 1},
		{codes.NotFound, deploy.NotFound, "catalog", 1},
		{codes.PermissionDenied, deploy.Forbidden, "roles/containeranalysis.occurrences.viewer", 1},
		{codes.ResourceExhausted, deploy.Unavailable, "quotas", 1},
		{codes.Unimplemented, deploy.Invalid, "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINERANALYSIS", 1},
		{codes.Unavailable, deploy.Unavailable, "", 3},
	} {
		t.Run(tc.status.String(), func(t *testing.T) {
			t.Parallel()
			f := &fake{answer: func(context.Context) ([]*grafeas.Occurrence, error) { return nil, status.Error(tc.status, "words") }}
			_, err := connect(t, serve(t, f), 0).Scan(t.Context(), image)
			if deploy.CodeOf(err) != tc.want || !strings.Contains(deploy.Hint(err), tc.hint) {
				t.Errorf("%v, hint %q", err, deploy.Hint(err))
			}
			if msg := deploy.Message(err); strings.Contains(msg, "words") || strings.Contains(msg, "PROJECT") {
				t.Errorf("message %q", msg)
			}
			if len(f.asked) != tc.calls {
				t.Errorf("%d calls, want %d", len(f.asked), tc.calls)
			}
		})
	}
}

func TestAnEndpointThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := scans.New(t.Context(), &scans.Options{Endpoint: "ftp://host:1"})
	if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Hint(err), "CLOUDSDK_API_ENDPOINT_OVERRIDES_CONTAINERANALYSIS") {
		t.Errorf("%v, hint %q", err, deploy.Hint(err))
	}
}
