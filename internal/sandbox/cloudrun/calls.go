package cloudrun

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc/codes"
)

// Call is one RPC as the platform saw it.
type Call struct {
	// At is when it was received, on the server's clock.
	At time.Time
	// Method is the bare name of the RPC: "UpdateService".
	Method string
	// Service is the short name of the service, or the job, it is about; "" for lists over all of them.
	Service string
	// Etag is what the caller gave.
	Etag string
	// Mask is the update mask, its paths joined by commas.
	Mask string
	// Traffic is what an update asked for, such as "app-00001=100, app-r42-1=0 tag rc"; "" if its mask
	// leaves traffic alone.
	Traffic string
	// ValidateOnly calls change nothing.
	ValidateOnly bool
	// Done says that it was answered; Code is meaningful only then.
	Done bool
	Code codes.Code
	// Changed says that the call changed a service or revision, whatever was answered.
	Changed bool
}

// String is the call on one line.
func (c Call) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", c.Method, c.Service)
	for _, part := range []struct{ label, value string }{{"mask", c.Mask}, {"etag", c.Etag}, {"traffic", c.Traffic}} {
		if part.value != "" {
			fmt.Fprintf(&b, " %s[%s]", part.label, part.value)
		}
	}
	if c.ValidateOnly {
		b.WriteString(" validate-only")
	}
	switch {
	case !c.Done:
		b.WriteString(" → (unanswered)")
	default:
		fmt.Fprintf(&b, " → %s", c.Code)
	}
	if c.Changed {
		b.WriteString(" changed")
	}
	return b.String()
}

// Calls returns every RPC received so far, in order of arrival.
func (s *Server) Calls() []Call {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	list := make([]Call, len(s.calls.list))
	for i, c := range s.calls.list {
		list[i] = *c
	}
	return list
}

// ForgetCalls empties the log.
func (s *Server) ForgetCalls() {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.list = nil
}

type callLog struct {
	wake *broadcast
	mu   sync.Mutex
	list []*Call
}

func (l *callLog) received(c *Call) {
	l.mu.Lock()
	l.list = append(l.list, c)
	l.mu.Unlock()
	l.wake.signal()
}

func (l *callLog) changed(c *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.Changed = true
}

func (l *callLog) answered(c *Call, code codes.Code) {
	l.mu.Lock()
	c.Done, c.Code = true, code
	l.mu.Unlock()
	l.wake.signal()
}

// describe fills in what the request says.
func (s *Server) describe(c *Call, req any) {
	switch r := req.(type) {
	case *runpb.GetServiceRequest:
		c.Service = shortName(r.GetName())
	case *runpb.CreateServiceRequest:
		c.Service, c.ValidateOnly = r.GetServiceId(), r.GetValidateOnly()
		c.Traffic = compactTraffic(r.GetService().GetTraffic())
	case *runpb.UpdateServiceRequest:
		c.Service, c.ValidateOnly = shortName(r.GetService().GetName()), r.GetValidateOnly()
		c.Etag, c.Mask = r.GetService().GetEtag(), strings.Join(r.GetUpdateMask().GetPaths(), ",")
		paths := r.GetUpdateMask().GetPaths()
		if len(paths) == 0 || slices.Contains(paths, "*") || slices.Contains(paths, "traffic") {
			c.Traffic = compactTraffic(r.GetService().GetTraffic())
		}
	case *runpb.DeleteServiceRequest:
		c.Service, c.Etag, c.ValidateOnly = shortName(r.GetName()), r.GetEtag(), r.GetValidateOnly()
	case *runpb.GetRevisionRequest:
		c.Service = serviceOfRevision(r.GetName())
	case *runpb.ListRevisionsRequest:
		c.Service = strings.TrimPrefix(shortName(r.GetParent()), "-")
	case *runpb.DeleteRevisionRequest:
		c.Service, c.Etag, c.ValidateOnly = serviceOfRevision(r.GetName()), r.GetEtag(), r.GetValidateOnly()
	case *runpb.GetJobRequest:
		c.Service = shortName(r.GetName())
	case *runpb.UpdateJobRequest:
		c.Service, c.Etag, c.ValidateOnly = shortName(r.GetJob().GetName()), r.GetJob().GetEtag(), r.GetValidateOnly()
	case *runpb.ListExecutionsRequest:
		c.Service = shortName(r.GetParent())
	case *runpb.RunJobRequest:
		c.Service, c.Etag, c.ValidateOnly = shortName(r.GetName()), r.GetEtag(), r.GetValidateOnly()
	case *runpb.GetExecutionRequest:
		c.Service = jobOfExecution(r.GetName())
	case *runpb.CancelExecutionRequest:
		c.Service, c.Etag, c.ValidateOnly = jobOfExecution(r.GetName()), r.GetEtag(), r.GetValidateOnly()
	case *longrunningpb.GetOperationRequest:
		c.Service = s.serviceOfOperation(r.GetName())
	case *longrunningpb.WaitOperationRequest:
		c.Service = s.serviceOfOperation(r.GetName())
	}
}

func compactTraffic(targets []*runpb.TrafficTarget) string {
	parts := make([]string, len(targets))
	for i, t := range targets {
		revision := t.GetRevision()
		if t.GetType() == runpb.TrafficTargetAllocationType_TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST {
			revision = "LATEST"
		}
		parts[i] = fmt.Sprintf("%s=%d", revision, t.GetPercent())
		if t.GetTag() != "" {
			parts[i] += " tag " + t.GetTag()
		}
	}
	return strings.Join(parts, ", ")
}
