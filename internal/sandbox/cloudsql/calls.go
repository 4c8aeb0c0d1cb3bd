package cloudsql

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/sql/apiv1/sqlpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// Call is one call of the API as Cloud SQL saw it.
type Call struct {
	// At is when it was received, on the server's clock.
	At time.Time
	// Method is its API and name, "BackupRuns.Insert"; of a call that is not served, what was asked over HTTP.
	Method string
	// Instance is the short name of the instance that it is about; "" for lists over all of them.
	Instance string
	// Asked is what it asked for: a description, a backup, or the name of a clone and a moment.
	Asked string
	// Done says that it was answered; Code, in gRPC's terms, is meaningful only then.
	Done bool
	Code codes.Code
	// Changed says that the call began an operation, whatever was answered.
	Changed bool
}

// String is the call on one line.
func (c Call) String() string {
	var b strings.Builder
	b.WriteString(c.Method)
	for _, part := range []string{c.Instance, c.Asked} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	if c.Done {
		fmt.Fprintf(&b, " → %s", c.Code)
	} else {
		b.WriteString(" → (unanswered)")
	}
	if c.Changed {
		b.WriteString(" changed")
	}
	return b.String()
}

// Calls returns every call received so far, in order of arrival.
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
	mu   sync.Mutex
	list []*Call
}

type callKey struct{}

func (l *callLog) received(c *Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, c)
}

func (l *callLog) answered(c *Call, code codes.Code) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.Done, c.Code = true, code
}

// change marks the call of ctx as one that changed something, and gives its method.
func (l *callLog) change(ctx context.Context) string {
	c, ok := ctx.Value(callKey{}).(*Call)
	if !ok {
		return ""
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c.Changed = true
	return c.Method
}

// describe fills in what the request says.
func (c *Call) describe(req proto.Message) {
	if r, ok := req.(interface{ GetInstance() string }); ok {
		c.Instance = r.GetInstance()
	}
	switch r := req.(type) {
	case *sqlpb.SqlBackupRunsInsertRequest:
		c.Asked = r.GetBody().GetDescription()
	case *sqlpb.SqlBackupRunsGetRequest:
		c.Asked = fmt.Sprint(r.GetId())
	case *sqlpb.SqlBackupRunsDeleteRequest:
		c.Asked = fmt.Sprint(r.GetId())
	case *sqlpb.SqlOperationsGetRequest:
		c.Asked = r.GetOperation()
	case *sqlpb.SqlInstancesRestoreBackupRequest:
		c.Asked = fmt.Sprint(r.GetBody().GetRestoreBackupContext().GetBackupRunId())
	case *sqlpb.SqlInstancesCloneRequest:
		q := r.GetBody().GetCloneContext()
		c.Asked = q.GetDestinationInstanceName()
		if q.GetPointInTime() != nil {
			c.Asked += " at " + stamp(q.GetPointInTime().AsTime())
		}
	}
}
