package lines

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// mostText is what deploy.LogLine promises of a line, in characters.
	mostText = 1000
	// mostRead is how much of a message is looked at, in bytes: enough that whatever is cut here is past mostText.
	mostRead = 64 << 10
)

// Text is a message as it may be shown: secrets masked, one line of at most 1,000 characters.
func Text(message string) string { return oneLine(mask(cut(message))) }

// Fields are those of a structured message: one that is a JSON object. ok is false for any other.
func Fields(message string) (fields map[string]any, ok bool) {
	if text := strings.TrimSpace(message); strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &fields) == nil {
		return fields, true
	}
	return nil, false
}

// Said finds the message in a structured entry. Of what logging libraries call it, the first with anything in it
// counts; an error stands beside the message when it says something else. Without any, it is the entry as JSON. It is not
// masked yet.
func Said(fields map[string]any) string {
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
