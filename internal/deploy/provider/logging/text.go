package logging

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/cloud/audit"
	"google.golang.org/protobuf/types/known/anypb"
)

const (
	// mostText is what the port promises of a line, in characters.
	mostText = 1000
	// mostRead is how much of a message is looked at, in bytes: enough that whatever is cut here is past mostText.
	mostRead = 64 << 10
)

// textOf is the message of an entry: one line, secrets masked.
func textOf(e *loggingpb.LogEntry) string {
	text := payload(e)
	if strings.TrimSpace(text) == "" {
		text = requested(e)
	}
	return oneLine(mask(cut(text)))
}

// payload is what the program, or the platform, said.
func payload(e *loggingpb.LogEntry) string {
	switch p := e.GetPayload().(type) {
	case *loggingpb.LogEntry_TextPayload:
		return p.TextPayload
	case *loggingpb.LogEntry_JsonPayload:
		return said(p.JsonPayload.AsMap())
	case *loggingpb.LogEntry_ProtoPayload:
		return audited(p.ProtoPayload)
	}
	return ""
}

// said finds the message in a structured entry. Of what logging libraries call it, the first with anything in it
// counts; an error stands beside the message when it says something else. Without any, it is the entry as JSON.
func said(fields map[string]any) string {
	message := first(fields, "message", "msg", "textPayload", "text", "event")
	problem := first(fields, "error", "err", "exception", "stack_trace", "stack")
	switch {
	case message == "" && problem == "":
		return compact(fields)
	case message == "":
		return problem
	case problem == "" || strings.Contains(message, problem):
		return message
	}
	return message + ": " + problem
}

func first(fields map[string]any, names ...string) string {
	for _, name := range names {
		switch v := fields[name].(type) {
		case string:
			if v != "" {
				return v
			}
		case map[string]any:
			if text := first(v, "message", "msg", "reason", "code"); text != "" {
				return text
			}
			return compact(v)
		}
	}
	return ""
}

// compact is JSON on one line, its names in order.
func compact(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "an entry that cannot be shown"
	}
	return strings.TrimSpace(b.String())
}

// audited is the status that the platform's own log carries, such as why a revision did not start. Other messages
// have nothing to read but their type.
func audited(p *anypb.Any) string {
	var log audit.AuditLog
	if !p.MessageIs(&log) || p.UnmarshalTo(&log) != nil {
		return "an entry of type " + p.GetTypeUrl()
	}
	if msg := log.GetStatus().GetMessage(); msg != "" {
		return msg
	}
	return fmt.Sprintf("%s: code %d", log.GetMethodName(), log.GetStatus().GetCode())
}

// requested is the platform's record of a request that failed, without its query.
func requested(e *loggingpb.LogEntry) string {
	r := e.GetHttpRequest()
	if r == nil {
		return ""
	}
	path := "an address that cannot be read"
	if u, err := url.Parse(r.GetRequestUrl()); err == nil {
		path = u.EscapedPath()
	}
	return fmt.Sprintf("%s %s was answered with %d", r.GetRequestMethod(), path, r.GetStatus())
}

// cut bounds what is worked on. What it leaves at the end may be half a secret, and is never shown.
func cut(s string) string {
	if len(s) > mostRead {
		s = s[:mostRead]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// oneLine makes a line of it, of at most mostText characters.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) <= mostText {
		return s
	}
	return string([]rune(s)[:mostText-1]) + "…"
}
