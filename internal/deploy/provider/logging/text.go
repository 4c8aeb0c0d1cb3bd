package logging

import (
	"fmt"
	"net/url"
	"strings"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"google.golang.org/genproto/googleapis/cloud/audit"
	"google.golang.org/protobuf/types/known/anypb"

	"slipway/internal/deploy/provider/lines"
)

// textOf is the message of an entry: one line, secrets masked.
func textOf(e *loggingpb.LogEntry) string {
	text := payload(e)
	if strings.TrimSpace(text) == "" {
		text = requested(e)
	}
	return lines.Text(text)
}

// payload is what the program, or the platform, said.
func payload(e *loggingpb.LogEntry) string {
	switch p := e.GetPayload().(type) {
	case *loggingpb.LogEntry_TextPayload:
		return p.TextPayload
	case *loggingpb.LogEntry_JsonPayload:
		return lines.Said(p.JsonPayload.AsMap())
	case *loggingpb.LogEntry_ProtoPayload:
		return audited(p.ProtoPayload)
	}
	return ""
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
