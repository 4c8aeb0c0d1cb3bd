package workspace

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// maxBody is far above what Slack takes and keeps a mistaken client from filling memory.
const maxBody = 8 << 20

// args are the arguments of a call, from a form, a query or a JSON body.
type args map[string]any

func parseArgs(r *http.Request) (args, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	a := args{}
	if kind == "application/json" {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, refuse("request_timeout")
		}
		if len(strings.TrimSpace(string(body))) > 0 {
			if err := json.Unmarshal(body, &a); err != nil || a == nil {
				return nil, refuse("invalid_json")
			}
		}
		delete(a, "token") // with JSON, Slack takes the token from the header only
		return a, nil
	}
	if kind == "multipart/form-data" {
		if err := r.ParseMultipartForm(maxBody); err != nil {
			return nil, refuse("invalid_form_data")
		}
	} else if err := r.ParseForm(); err != nil {
		return nil, refuse("invalid_form_data")
	}
	for key, values := range r.Form {
		a[key] = values[0]
	}
	return a, nil
}

// str returns an argument as text; absent and null are "".
func (a args) str(key string) string {
	switch v := a[key].(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(text)
	}
}

func (a args) flag(key string) bool {
	v := a.str(key)
	return v == "true" || v == "1"
}

func (a args) number(key string, otherwise, atMost int) int {
	n, err := strconv.Atoi(a.str(key))
	if err != nil || n <= 0 {
		n = otherwise
	}
	return min(n, atMost)
}

func (a args) has(key string) bool {
	v, ok := a[key]
	return ok && v != nil && v != ""
}

// structure returns an argument that is JSON: encoded in a string, as forms have it, or as it is.
func (a args) structure(key string) (any, error) {
	text, ok := a[key].(string)
	if !ok {
		return copyJSON(a[key]), nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		return nil, fmt.Errorf("decode %s: %w", key, err)
	}
	return v, nil
}

func (a args) list(key string) ([]any, error) {
	v, err := a.structure(key)
	if err != nil {
		return nil, err
	}
	l, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("decode %s: not an array", key)
	}
	return l, nil
}

func (a args) logged() map[string]string {
	out := map[string]string{}
	for key := range a {
		if key != "token" {
			out[key] = a.str(key)
		}
	}
	return out
}

// copyJSON copies decoded JSON, so that no two messages share blocks.
func copyJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, inner := range v {
			m[k] = copyJSON(inner)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, inner := range v {
			l[i] = copyJSON(inner)
		}
		return l
	}
	return v
}
