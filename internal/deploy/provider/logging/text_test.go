package logging_test

import (
	"math"
	"strings"
	"testing"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/cloud/audit"
	ltype "google.golang.org/genproto/googleapis/logging/type"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/structpb"
)

func fields(t *testing.T, m map[string]any) *loggingpb.LogEntry {
	t.Helper()
	s, err := structpb.NewStruct(m)
	if err != nil {
		t.Fatal(err)
	}
	return &loggingpb.LogEntry{Payload: &loggingpb.LogEntry_JsonPayload{JsonPayload: s}}
}

func packed(t *testing.T, m proto.Message) *loggingpb.LogEntry {
	t.Helper()
	a, err := anypb.New(m)
	if err != nil {
		t.Fatal(err)
	}
	return &loggingpb.LogEntry{Payload: &loggingpb.LogEntry_ProtoPayload{ProtoPayload: a}}
}

func TestWhatIsSaid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		entry *loggingpb.LogEntry
		want  string
	}{
		"text is taken as it is":                          {text("connection refused"), "connection refused"},
		"a trace becomes one line":                        {text("panic: nil\n\tmain.go:12\r\n\x00\tmain.go:30\n"), "panic: nil main.go:12 main.go:30"},
		"bytes that are no text are replaced":             {fields(t, map[string]any{"message": "caf\u00e9"}), "café"},
		"a structured message":                            {fields(t, map[string]any{"message": "no route", "level": "error"}), "no route"},
		"a message under its short name":                  {fields(t, map[string]any{"msg": "no route"}), "no route"},
		"a message with the error beside it":              {fields(t, map[string]any{"msg": "query failed", "error": "timeout"}), "query failed: timeout"},
		"an error that the message has already":           {fields(t, map[string]any{"msg": "query failed: timeout", "err": "timeout"}), "query failed: timeout"},
		"an error with a message of its own":              {fields(t, map[string]any{"error": map[string]any{"message": "timeout", "code": 4}}), "timeout"},
		"an error without a message is shown whole":       {fields(t, map[string]any{"error": map[string]any{"b": 1, "a": "<x>"}}), `{"a":"<x>","b":1}`},
		"without a message it is JSON, names in order":    {fields(t, map[string]any{"b": 2, "a": map[string]any{"c": true}}), `{"a":{"c":true},"b":2}`},
		"an empty message does not count":                 {fields(t, map[string]any{"message": "", "msg": "no route"}), "no route"},
		"what JSON has no word for is shown all the same": {fields(t, map[string]any{"a": math.NaN()}), `{"a":"NaN"}`},
		"the status of an audit log": {
			packed(t, &audit.AuditLog{Status: &status.Status{Code: 9, Message: "Revision is not ready."}}), "Revision is not ready.",
		},
		"an audit log without words": {
			packed(t, &audit.AuditLog{MethodName: "/Services.ReplaceService", Status: &status.Status{Code: 9}}), "/Services.ReplaceService: code 9",
		},
		"another message is named": {
			packed(t, &status.Status{Message: "x"}), "an entry of type type.googleapis.com/google.rpc.Status",
		},
		"a request is told without its query": {
			&loggingpb.LogEntry{HttpRequest: &ltype.HttpRequest{RequestMethod: "GET", RequestUrl: "https://app.example.com/orders/7?key=abc", Status: 503}},
			"GET /orders/7 was answered with 503",
		},
		"a request whose address cannot be read": {
			&loggingpb.LogEntry{HttpRequest: &ltype.HttpRequest{RequestMethod: "GET", RequestUrl: "http://[::1", Status: 500}},
			"GET an address that cannot be read was answered with 500",
		},
		"an entry of nothing says nothing": {&loggingpb.LogEntry{}, ""},
		"secrets in text are masked":       {text("dial postgres://app:hunter2@db/x"), "dial postgres://app:***@db/x"},
		"secrets in a structured message are masked": {
			fields(t, map[string]any{"msg": "refused", "error": "password=hunter2"}), "refused: password=***",
		},
		"secrets in what is shown as JSON are masked": {fields(t, map[string]any{"password": "hunter2"}), `{"password":***}`},
		"a long line is cut":                          {text(strings.Repeat("é", 1001)), strings.Repeat("é", 999) + "…"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := one(t, tc.entry); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}
