package logging

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/api/monitoredres"
	ltype "google.golang.org/genproto/googleapis/logging/type"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	defaultPage = 50
	largestPage = 1000
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

// ListLogEntries answers with the entries that fit a filter, oldest first unless it is told otherwise.
func (s *Server) ListLogEntries(_ context.Context, req *loggingpb.ListLogEntriesRequest) (*loggingpb.ListLogEntriesResponse, error) {
	if err := s.checkNames(req.GetResourceNames()); err != nil {
		return nil, err
	}
	fits, err := s.readFilter(req.GetFilter())
	if err != nil {
		return nil, err
	}
	var order int
	switch req.GetOrderBy() {
	case "", "timestamp asc", "timestamp":
		order = 1
	case "timestamp desc":
		order = -1
	default:
		return nil, invalid("Invalid order_by: '%s'. Only 'timestamp asc' and 'timestamp desc' are supported.", req.GetOrderBy())
	}
	size := int(req.GetPageSize())
	switch {
	case size < 0 || size > largestPage:
		return nil, invalid("page_size must be between 0 and %d", largestPage)
	case size == 0:
		size = defaultPage
	}
	list := slices.DeleteFunc(s.entries(), func(e entry) bool { return !fits(e) })
	slices.SortFunc(list, func(a, b entry) int { return place{a.at, a.number}.compare(place{b.at, b.number}, order) })
	if token := req.GetPageToken(); token != "" {
		last, err := readPlace(token)
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(e entry) bool { return place{e.at, e.number}.compare(last, order) <= 0 })
	}
	out := &loggingpb.ListLogEntriesResponse{}
	if len(list) > size {
		list = list[:size]
		out.NextPageToken = place{list[size-1].at, list[size-1].number}.String()
	}
	for _, e := range list {
		out.Entries = append(out.Entries, s.pb(e))
	}
	return out, nil
}

func (s *Server) checkNames(names []string) error {
	if len(names) == 0 {
		return invalid("resource_names must not be empty")
	}
	for _, name := range names {
		project, ok := strings.CutPrefix(name, "projects/")
		switch {
		case !ok || project == "" || strings.Contains(project, "/"):
			return invalid("'%s' is not a resource such as projects/[PROJECT_ID]", name)
		case project != s.opts.Project:
			return status.Errorf(codes.PermissionDenied, "Permission denied for resource %s (or it may not exist).", name)
		}
	}
	return nil
}

// place is where an entry stands among the others.
type place struct {
	at     time.Time
	number int64
}

// compare orders by time, and entries of one time by their number whatever the order.
func (p place) compare(o place, order int) int {
	return cmp.Or(order*p.at.Compare(o.at), cmp.Compare(p.number, o.number))
}

func (p place) String() string { return fmt.Sprintf("%d.%d", p.at.UnixNano(), p.number) }

func readPlace(token string) (place, error) {
	at, number, _ := strings.Cut(token, ".")
	nanos, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return place{}, invalid("page_token '%s' is not valid", token)
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return place{}, invalid("page_token '%s' is not valid", token)
	}
	return place{time.Unix(0, nanos), n}, nil
}

// insertID grows with the number, as text too.
func (e entry) insertID() string { return fmt.Sprintf("practice%012d", e.number) }

func (s *Server) logName(e entry) string {
	return "projects/" + s.opts.Project + "/logs/" + strings.ReplaceAll(e.log, "/", "%2F")
}

func (e entry) resourceType() string {
	if e.job {
		return "cloud_run_job"
	}
	return "cloud_run_revision"
}

func (s *Server) resource(e entry) map[string]string {
	if e.job {
		return map[string]string{"project_id": s.opts.Project, "location": s.opts.Location, "job_name": e.service}
	}
	return map[string]string{
		"project_id": s.opts.Project, "location": s.opts.Location, "service_name": e.service,
		"revision_name": e.revision, "configuration_name": e.service,
	}
}

// labels are those of the entry itself.
func (e entry) labels() map[string]string {
	if !e.job {
		return nil
	}
	return map[string]string{"run.googleapis.com/execution_name": e.revision, "run.googleapis.com/task_index": "0", "run.googleapis.com/task_attempt": "0"}
}

func (s *Server) pb(e entry) *loggingpb.LogEntry {
	return &loggingpb.LogEntry{
		LogName: s.logName(e), InsertId: e.insertID(), Timestamp: timestamppb.New(e.at), ReceiveTimestamp: timestamppb.New(e.at),
		Severity: ltype.LogSeverity(ltype.LogSeverity_value[e.severity]), Labels: e.labels(),
		Resource: &monitoredres.MonitoredResource{Type: e.resourceType(), Labels: s.resource(e)},
		Payload:  &loggingpb.LogEntry_TextPayload{TextPayload: e.text},
	}
}
