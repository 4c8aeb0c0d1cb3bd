package scans_test

import (
	"strings"
	"testing"
	"time"

	containeranalysis "cloud.google.com/go/containeranalysis/apiv1"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/genproto/googleapis/grafeas/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/registry"
	"slipway/internal/sandbox/scans"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2025, 12, 22, 12, 0, 0, 0, time.UTC)

const (
	repository = "my-gcp-project/coditect"
	digest     = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

type practice struct {
	*scans.Server
	t      *testing.T
	conn   *grpc.ClientConn
	client *containeranalysis.Client
}

func start(t *testing.T) *practice {
	t.Helper()
	s := scans.New(&scans.Options{Now: func() time.Time { return noon }})
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	client, err := containeranalysis.NewClient(t.Context(), option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return &practice{Server: s, t: t, conn: conn, client: client}
}

// list asks through the real client, page by page, and says each occurrence in a line.
func (p *practice) list(parent, filter string, size int32) ([]string, error) {
	var out []string
	for pages := p.client.GetGrafeasClient().ListOccurrences(p.t.Context(), &grafeas.ListOccurrencesRequest{Parent: parent, Filter: filter, PageSize: size}); ; {
		o, err := pages.Next()
		if err == iterator.Done { //nolint:errorlint // as the iterator promises
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		line := o.GetKind().String() + " " + o.GetResourceUri()
		if v := o.GetVulnerability(); v != nil {
			line += " " + v.GetEffectiveSeverity().String()
		}
		if d := o.GetDiscovery(); d != nil {
			line += " " + d.GetAnalysisStatus().String() + " " + d.GetLastScanTime().AsTime().Format(time.RFC3339)
		}
		out = append(out, line)
	}
}

func TestWhatWasFoundIsListed(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.Put(repository, digest, scans.Sample("v1.2.4"))
	p.Put(repository, digest, scans.Sample(scans.Vulnerable)) // in place of the first
	p.Put(repository, strings.ReplaceAll(digest, "a", "b"), scans.Sample("v1.2.4"))
	const discovered = " FINISHED_SUCCESS 2025-12-22T12:00:00Z"
	for name, tc := range map[string]struct {
		resource, filter string // RES in the filter stands for the resource
		want             []string
	}{
		"all of an image at gcr.io": {"https://gcr.io/my-gcp-project/coditect@" + digest, `resourceUrl = "RES"`,
			[]string{"DISCOVERY RES" + discovered, "VULNERABILITY RES LOW", "VULNERABILITY RES HIGH", "VULNERABILITY RES CRITICAL", "VULNERABILITY RES HIGH"}},
		"the same at the practice registry": {"https://127.0.0.1:5000/my-gcp-project/coditect@" + digest, `kind = "DISCOVERY" AND resourceUrl = "RES"`, []string{"DISCOVERY RES" + discovered}},
		"two kinds": {"https://gcr.io/my-gcp-project/coditect@" + strings.ReplaceAll(digest, "a", "b"), `(kind = "VULNERABILITY" OR kind = "DISCOVERY") AND resourceUrl = "RES"`,
			[]string{"DISCOVERY RES" + discovered, "VULNERABILITY RES LOW"}},
		"another kind":                 {"https://gcr.io/my-gcp-project/coditect@" + digest, `kind = "BUILD" AND resourceUrl = "RES"`, nil},
		"another image of the project": {"https://gcr.io/my-gcp-project/other@" + digest, `resourceUrl = "RES"`, nil},
		"another digest":               {"https://gcr.io/my-gcp-project/coditect@" + strings.ReplaceAll(digest, "a", "c"), `resourceUrl = "RES"`, nil},
		"a name that only ends alike":  {"https://gcr.io/not-my-gcp-project/coditect@" + digest, `resourceUrl = "RES"`, nil},
		"no scheme":                    {"gcr.io/my-gcp-project/coditect@" + digest, `resourceUrl = "RES"`, nil},
	} {
		for _, size := range []int32{0, 1, 2, 1000} {
			got, err := p.list("projects/my-gcp-project", strings.ReplaceAll(tc.filter, "RES", tc.resource), size)
			if err != nil {
				t.Fatal(name, err)
			}
			var want []string
			for _, w := range tc.want {
				want = append(want, strings.ReplaceAll(w, "RES", tc.resource))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %d a page (-want +got):\n%s", name, size, diff)
			}
		}
	}
}

func TestScansThatHaveNotEnded(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.Put(repository, digest, scans.Scan{Status: grafeas.DiscoveryOccurrence_FINISHED_FAILED})
	got, err := p.list("projects/my-gcp-project", `kind = "DISCOVERY"`, 0)
	if err != nil || len(got) != 1 || !strings.Contains(got[0], "FINISHED_FAILED") {
		t.Errorf("%v, %v", got, err)
	}
	p.Put(repository, digest, scans.Sample(scans.Vulnerable))
	p.SetFault(scans.Fault{Scanning: true})
	got, err = p.list("projects/my-gcp-project", "", 0)
	if err != nil || len(got) != 1 || !strings.Contains(got[0], " SCANNING ") {
		t.Errorf("%v, %v", got, err)
	}
}

func TestSampleFindings(t *testing.T) {
	t.Parallel()
	if scans.Vulnerable != registry.Vulnerable {
		t.Errorf("%s and %s", scans.Vulnerable, registry.Vulnerable)
	}
	for version, want := range map[string]map[grafeas.Severity]int{
		"v1.2.4":         {},
		scans.Vulnerable: {grafeas.Severity_CRITICAL: 1, grafeas.Severity_HIGH: 2},
	} {
		got := map[grafeas.Severity]int{}
		for _, f := range scans.Sample(version).Findings {
			if f.Severity >= grafeas.Severity_HIGH && f.Fixed != "" {
				got[f.Severity]++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", version, diff)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := start(t)
	for name, tc := range map[string]struct {
		parent, filter string
		code           codes.Code
	}{
		"another project":   {"projects/theirs", "", codes.PermissionDenied},
		"no project":        {"", "", codes.PermissionDenied},
		"an unknown field":  {"projects/my-gcp-project", `colour = "red"`, codes.InvalidArgument},
		"a broken filter":   {"projects/my-gcp-project", `kind = `, codes.InvalidArgument},
		"an order of kinds": {"projects/my-gcp-project", `kind > "BUILD"`, codes.InvalidArgument},
	} {
		if _, err := p.list(tc.parent, tc.filter, 0); status.Code(err) != tc.code {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
	}
	_, err := grafeas.NewGrafeasClient(p.conn).ListOccurrences(t.Context(), &grafeas.ListOccurrencesRequest{Parent: "projects/my-gcp-project", PageToken: "x"})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("a token that is none: %v", err)
	}
	if _, err = grafeas.NewGrafeasClient(p.conn).GetNote(t.Context(), &grafeas.GetNoteRequest{}); status.Code(err) != codes.Unimplemented {
		t.Errorf("notes: %v", err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault scans.Fault
		want  codes.Code
	}{"down": {scans.Fault{Down: true}, codes.Unavailable}, "denied": {scans.Fault{Denied: true}, codes.PermissionDenied}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t)
			// Past the real client, which tries again for a minute what is unavailable.
			ask := func() error {
				_, err := grafeas.NewGrafeasClient(p.conn).ListOccurrences(t.Context(), &grafeas.ListOccurrencesRequest{Parent: "projects/my-gcp-project"})
				return err
			}
			p.SetFault(tc.fault)
			if p.Fault() != tc.fault {
				t.Errorf("fault %+v", p.Fault())
			}
			if err := ask(); status.Code(err) != tc.want {
				t.Errorf("%v, want %s", err, tc.want)
			}
			p.SetFault(scans.Fault{})
			if err := ask(); err != nil {
				t.Errorf("mended: %v", err)
			}
		})
	}
}

func TestASlowAnswerEndsWithTheServer(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.SetFault(scans.Fault{Slow: time.Hour})
	answered := make(chan error, 1)
	go func() {
		_, err := grafeas.NewGrafeasClient(p.conn).ListOccurrences(t.Context(), &grafeas.ListOccurrencesRequest{Parent: "projects/my-gcp-project"})
		answered <- err
	}()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := <-answered; status.Code(err) != codes.Unavailable {
		t.Errorf("%v", err)
	}
}
