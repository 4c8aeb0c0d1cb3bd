package logging_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	loggingapi "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"slipway/internal/sandbox/logging"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	project = "projects/my-gcp-project"
	app     = "coditect-app-production"
	canary  = app + "-r1-1"
)

var noon = time.Date(2025, 12, 22, 12, 0, 0, 0, time.UTC)

type practice struct {
	*logging.Server
	t      *testing.T
	client *loggingapi.Client
}

func start(t *testing.T, opts *logging.Options) *practice {
	t.Helper()
	s := logging.New(opts)
	if err := s.Start(""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	client, err := loggingapi.NewClient(t.Context(), option.WithEndpoint(s.Addr()), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return &practice{Server: s, t: t, client: client}
}

// list is the text of the entries, through the real client, which follows pages.
func (p *practice) list(req *loggingpb.ListLogEntriesRequest) ([]string, error) {
	if req.ResourceNames == nil {
		req.ResourceNames = []string{project}
	}
	lines := []string{}
	for it := p.client.ListLogEntries(p.t.Context(), req); ; {
		e, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		lines = append(lines, e.GetTextPayload())
	}
}

// filled has an error a minute of two revisions, and the end of a container.
func filled(t *testing.T) *practice {
	t.Helper()
	p := start(t, nil)
	for i := range 3 {
		at := noon.Add(time.Duration(i) * time.Minute)
		p.Write(app, canary, logging.Stderr, "ERROR", fmt.Sprintf("canary %d", i), at)
		p.Write(app, app+"-00001", logging.Stderr, "ERROR", fmt.Sprintf("stable %d", i), at)
	}
	p.Write(app, canary, logging.System, "WARNING", "Container called exit(1).", noon.Add(3*time.Minute))
	return p
}

func TestListLogEntries(t *testing.T) {
	t.Parallel()
	p := filled(t)
	const errorsOfCanary = `resource.type="cloud_run_revision" AND resource.labels.service_name="` + app + `" AND resource.labels.revision_name="` + canary + `" AND severity>=ERROR`
	for _, c := range []struct {
		fact, filter, order string
		size                int32
		want                []string
	}{
		{"of one revision, newest first", errorsOfCanary, "timestamp desc", 0, []string{"canary 2", "canary 1", "canary 0"}},
		{"pages go on where the last one ended", errorsOfCanary, "timestamp desc", 1, []string{"canary 2", "canary 1", "canary 0"}},
		{"between two times", errorsOfCanary + ` timestamp>="2025-12-22T12:01:00Z" timestamp<="2025-12-22T12:01:30Z"`, "", 0, []string{"canary 1"}},
		{"after a time", errorsOfCanary + ` timestamp>"2025-12-22T12:01:00Z"`, "", 0, []string{"canary 2"}},
		{"oldest first, one time by insert id", `severity=ERROR AND timestamp < "2025-12-22T12:02:00Z"`, "timestamp asc", 0, []string{"canary 0", "stable 0", "canary 1", "stable 1"}},
		{"everything that a revision wrote", `resource.labels.revision_name="` + canary + `"`, "", 2, []string{"canary 0", "canary 1", "canary 2", "Container called exit(1)."}},
		{"by log", `logName="` + project + `/logs/run.googleapis.com%2Fvarlog%2Fsystem"`, "", 0, []string{"Container called exit(1)."}},
		{"by text", `textPayload:"STABLE" AND NOT textPayload:"1"`, "", 0, []string{"stable 0", "stable 2"}},
		{"severity by number", `severity<=400`, "", 0, []string{"Container called exit(1)."}},
		{"of another resource", `resource.type="k8s_container"`, "", 0, []string{}},
		{"with a payload that there is none of", `jsonPayload.message="x"`, "", 0, []string{}},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			got, err := p.list(&loggingpb.ListLogEntriesRequest{Filter: c.filter, OrderBy: c.order, PageSize: c.size})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEntryIsComplete(t *testing.T) {
	t.Parallel()
	p := filled(t)
	e, err := p.client.ListLogEntries(t.Context(), &loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}}).Next()
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"project_id": "my-gcp-project", "location": "us-central1", "service_name": app, "revision_name": canary, "configuration_name": app}
	if diff := cmp.Diff(labels, e.GetResource().GetLabels()); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if e.GetLogName() != project+"/logs/run.googleapis.com%2Fstderr" || e.GetInsertId() == "" || !e.GetTimestamp().AsTime().Equal(noon) ||
		e.GetSeverity().String() != "ERROR" || e.GetResource().GetType() != "cloud_run_revision" {
		t.Errorf("entry %v", e)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	p := filled(t)
	for fact, c := range map[string]struct {
		req  *loggingpb.ListLogEntriesRequest
		want codes.Code
	}{
		"an order that there is none of":  {&loggingpb.ListLogEntriesRequest{OrderBy: "severity"}, codes.InvalidArgument},
		"a page of less than nothing":     {&loggingpb.ListLogEntriesRequest{PageSize: -1}, codes.InvalidArgument},
		"a page of too many":              {&loggingpb.ListLogEntriesRequest{PageSize: 1001}, codes.InvalidArgument},
		"a page that is not ours":         {&loggingpb.ListLogEntriesRequest{PageToken: "next"}, codes.InvalidArgument},
		"half a page token":               {&loggingpb.ListLogEntriesRequest{PageToken: "1."}, codes.InvalidArgument},
		"a filter that cannot be read":    {&loggingpb.ListLogEntriesRequest{Filter: `severity>=`}, codes.InvalidArgument},
		"a field that there is none of":   {&loggingpb.ListLogEntriesRequest{Filter: `resource.lables.service_name="x"`}, codes.InvalidArgument},
		"a severity that there is not":    {&loggingpb.ListLogEntriesRequest{Filter: `severity>=BAD`}, codes.InvalidArgument},
		"a time that is none":             {&loggingpb.ListLogEntriesRequest{Filter: `timestamp>="noon"`}, codes.InvalidArgument},
		"a text that is more than a text": {&loggingpb.ListLogEntriesRequest{Filter: `textPayload>="a"`}, codes.InvalidArgument},
		"a function":                      {&loggingpb.ListLogEntriesRequest{Filter: `textPayload=one_of("a")`}, codes.InvalidArgument},
		"another project":                 {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{"projects/another"}}, codes.PermissionDenied},
		"no project":                      {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{"my-gcp-project"}}, codes.InvalidArgument},
		"nothing at all":                  {&loggingpb.ListLogEntriesRequest{ResourceNames: []string{}}, codes.InvalidArgument},
	} {
		t.Run(fact, func(t *testing.T) {
			t.Parallel()
			if _, err := p.list(c.req); status.Code(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}

func TestOldEntriesAreLetGo(t *testing.T) {
	t.Parallel()
	p := start(t, &logging.Options{Keep: 3})
	for i := range 5 {
		p.Write(app, canary, logging.Stderr, "ERROR", fmt.Sprint(i), noon.Add(time.Duration(i)*time.Second))
	}
	got, err := p.list(&loggingpb.ListLogEntriesRequest{})
	if err != nil || strings.Join(got, " ") != "2 3 4" {
		t.Errorf("kept %v, %v", got, err)
	}
}

func TestPageIsNotMovedByNewEntries(t *testing.T) {
	t.Parallel()
	p := filled(t)
	api := bare(t, p.Addr())
	req := &loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}, Filter: `severity=ERROR`, OrderBy: "timestamp desc", PageSize: 4}
	first, err := api.ListLogEntries(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	p.Write(app, canary, logging.Stderr, "ERROR", "new", noon.Add(time.Hour))
	req.PageToken = first.GetNextPageToken()
	second, err := api.ListLogEntries(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range append(first.GetEntries(), second.GetEntries()...) {
		got = append(got, e.GetTextPayload())
	}
	want := []string{"canary 2", "stable 2", "canary 1", "stable 1", "canary 0", "stable 0"}
	if diff := cmp.Diff(want, got); diff != "" || second.GetNextPageToken() != "" {
		t.Errorf("and then page %q (-want +got):\n%s", second.GetNextPageToken(), diff)
	}
}

func TestDownAndUp(t *testing.T) {
	t.Parallel()
	p := filled(t)
	api := bare(t, p.Addr())
	for _, down := range []bool{true, false} {
		p.Down(down)
		_, err := api.ListLogEntries(t.Context(), &loggingpb.ListLogEntriesRequest{ResourceNames: []string{project}})
		if got := status.Code(err) == codes.Unavailable; got != down || p.IsDown() != down {
			t.Errorf("down %v: %v", down, err)
		}
	}
}

func TestStartAndClose(t *testing.T) {
	t.Parallel()
	s := logging.New(nil)
	other := start(t, nil)
	if err := s.Start(other.Addr()); err == nil {
		t.Error("it listens where another does")
	}
	for range 2 { // closing twice is harmless
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := s.Start(""); err == nil {
		t.Error("a closed one starts")
	}
}

// bare is the service without what the real client does by itself: follow pages, and ask again while it is unavailable.
func bare(t *testing.T, addr string) loggingpb.LoggingServiceV2Client {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return loggingpb.NewLoggingServiceV2Client(conn)
}

func TestWhatJobsWrite(t *testing.T) {
	t.Parallel()
	p := filled(t)
	p.WriteJob("probe", "probe-x7k2p", logging.Stdout, "DEFAULT", "Redis 7.0.15", noon)
	p.WriteJob("probe", "probe-abcde", logging.Stdout, "DEFAULT", "another time", noon)
	p.WriteJob("other", "other-x7k2p", logging.Stdout, "DEFAULT", "another job", noon)
	of := `resource.type="cloud_run_job" AND resource.labels.job_name="probe"`
	for filter, want := range map[string][]string{
		of: {"Redis 7.0.15", "another time"},
		of + ` AND labels."run.googleapis.com/execution_name"="probe-x7k2p"`:                                                                {"Redis 7.0.15"},
		`labels."run.googleapis.com/execution_name"="` + canary + `"`:                                                                       {},
		`resource.type="cloud_run_revision" AND resource.labels.service_name="probe"`:                                                       {},
		`resource.type="cloud_run_job" AND logName="` + project + `/logs/run.googleapis.com%2Fstdout" AND resource.labels.job_name="other"`: {"another job"},
	} {
		got, err := p.list(&loggingpb.ListLogEntriesRequest{Filter: filter})
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v, (-want +got):\n%s", filter, err, diff)
		}
	}
}
