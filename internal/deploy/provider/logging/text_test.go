package logging_test

import (
	"math"
	"strings"
	"testing"
	"unicode/utf8"

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

func TestALineIsCut(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"a thousand and one": strings.Repeat("é", 1001),
		"a megabyte":         strings.Repeat("é", 1<<19),
	} {
		got := one(t, text(s))
		if utf8.RuneCountInString(got) != 1000 || !utf8.ValidString(got) || !strings.HasSuffix(got, "é…") {
			t.Errorf("%s: %d characters, valid %v, ends with %q", name, utf8.RuneCountInString(got), utf8.ValidString(got), got[len(got)-6:])
		}
	}
	if whole := strings.Repeat("é", 1000); one(t, text(whole)) != whole {
		t.Error("a line of a thousand characters is cut")
	}
}

func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	const key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"
	tests := map[string]struct{ text, want string }{
		"a bearer token":                  {"401 for Bearer abc123.def: expired", "401 for Bearer ***: expired"},
		"a word after bearer":             {"bearer authentication is required", "bearer authentication is required"},
		"an authorization header":         {"authorization: Basic dXNlcjpwYXNz sent", "authorization: *** sent"},
		"a header in JSON":                {`{"Authorization":"Bearer s3cr3t-token","path":"/x"}`, `{"Authorization":***,"path":"/x"}`},
		"headers as Go prints them":       {"map[Authorization:[Bearer abcdef123] Accept:[*/*]]", "map[Authorization:[*** Accept:[*/*]]"},
		"a cookie":                        {"Cookie: sid=1; theme=dark\nnext", "Cookie: *** next"},
		"a Slack token":                   {"slack said no to xoxb-1234-5678-abcdef", "slack said no to ***"},
		"a Slack app token":               {"xapp-1-A012-34-abcd is not valid", "*** is not valid"},
		"a Slack webhook":                 {"POST https://hooks.slack.com/services/T0/B0/xyz failed", "POST https://*** failed"},
		"a GitHub token":                  {"clone with ghp_abcdefghijklmnopqrstuvwxyz0123", "clone with ***"},
		"an AWS key":                      {"AKIAIOSFODNN7EXAMPLE denied", "*** denied"},
		"a Google key":                    {"key AIzaSyA-1234567890abcdefghijklmnopqrstu not valid", "key *** not valid"},
		"a Google access token":           {"got ya29.a0AfH6SMBx-y_z back", "got *** back"},
		"a Stripe key":                    {"sk_live_4eC39HqLyjWDarjtT1zdp7dc", "***"},
		"a JSON web token":                {"bad eyJhbGciOiJI.eyJzdWIiOiIx.c2ln here", "bad *** here"},
		"a private key":                   {"loaded " + key + " and more", "loaded *** and more"},
		"a private key that is cut off":   {"loaded " + key[:40], "loaded ***"},
		"a password in an address":        {"dial postgres://app:hunter2@10.0.0.5:5432/db?sslmode=off", "dial postgres://app:***@10.0.0.5:5432/db?sslmode=off"},
		"a password with an @ and a /":    {"dial postgres://app:p@ss/w0rd@db/x failed", "dial postgres://app:***@db/x failed"},
		"a password of digits":            {"redis://:123456@cache:6379", "redis://:***@cache:6379"},
		"a port is no password":           {"GET http://host:8080/x?to=a@example.com", "GET http://host:8080/x?to=a@example.com"},
		"an address of Go's MySQL driver": {"open app:hunter2@tcp(db:3306)/x", "open app:***@tcp(db:3306)/x"},
		"a password as a setting":         {"host=db password=hunter2 user=app", "host=db password=*** user=app"},
		"a password in a sentence":        {"password: hunter2, again", "password: ***, again"},
		"a quoted password with spaces":   {`password="correct horse" ok`, "password=*** ok"},
		"a password in JSON":              {`{"db_password":"hunter2","user":"app"}`, `{"db_password":***,"user":"app"}`},
		"a password in JSON in JSON":      {`{\"password\":\"hunter2\",\"user\":\"app\"}`, `{\"password\":***,\"user\":\"app\"}`},
		"a variable":                      {"SLACK_SIGNING_SECRET=abcdef ok", "SLACK_SIGNING_SECRET=*** ok"},
		"a key in a query":                {"GET /v1?api_key=k1&x=2 500", "GET /v1?api_key=***&x=2 500"},
		"a token that looks like one":     {"token: a1b2c3 was refused", "token: *** was refused"},
		"a word after token":              {"invalid token: signature mismatch", "invalid token: signature mismatch"},
		"nothing secret":                  {"dial tcp 10.0.0.5:5432: connection refused", "dial tcp 10.0.0.5:5432: connection refused"},
		"two secrets":                     {"password=a secret=b", "password=*** secret=***"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := one(t, text(tc.text)); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	t.Run("a secret at the end of the line", func(t *testing.T) {
		t.Parallel()
		got := one(t, text(strings.Repeat("a ", 490)+"password=hunter2hunter2hunter2hunter2"))
		if strings.Contains(got, "hunter") {
			t.Errorf("half a secret is left: %q", got[900:])
		}
	})
}
