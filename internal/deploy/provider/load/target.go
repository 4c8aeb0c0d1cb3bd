package load

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"slipway/internal/deploy"
	"slipway/internal/deploy/placeholder"
)

// usualTimeout is for calls without one: the library's own.
const usualTimeout = vegeta.DefaultTimeout

// target is a call with its values put in.
type target struct {
	vegeta.Target
	timeout time.Duration
}

// target puts the values into a call.
func (r *reading) target(base *url.URL, i int, call deploy.Call) target {
	label := fmt.Sprintf("target %d (%s)", i+1, call.Path)
	fill := func(s string, kind placeholder.Kind) string {
		text, err := placeholder.Parse(s)
		if err == nil {
			s, err = text.Fill(kind, func(name string) (string, bool) { v, ok := r.known[name]; return v, ok })
		}
		if err != nil {
			r.wrong("%s: %s", label, deploy.Message(err))
		}
		return s
	}
	t := target{timeout: call.Timeout}
	if t.timeout <= 0 {
		t.timeout = usualTimeout
	}
	if t.Method = call.Method; t.Method == "" {
		t.Method = http.MethodGet
	}
	if !token(t.Method) {
		r.wrong("%s: %q is no method", label, call.Method)
	}
	t.Header = http.Header{"User-Agent": {"slipway"}}
	for _, name := range slices.Sorted(maps.Keys(call.Headers)) {
		if !token(name) {
			r.wrong("%s: %q is no name of a header", label, name)
		}
		t.Header.Set(name, fill(call.Headers[name], placeholder.Header))
	}
	t.Header[which] = []string{strconv.Itoa(i)}
	kind := placeholder.BodyKind(t.Header.Get("Content-Type"), call.Body)
	if kind == placeholder.JSON && t.Header.Get("Content-Type") == "" {
		t.Header.Set("Content-Type", "application/json")
	}
	t.Body = []byte(fill(call.Body, kind))
	path := fill(call.Path, placeholder.Path)
	if !strings.HasPrefix(call.Path, "/") || strings.ContainsAny(call.Path, "#\r\n") {
		r.wrong("%s: the path does not begin with / or has a # in it", label)
	} else {
		// Never by resolving a reference: //elsewhere is a path here.
		u, err := url.ParseRequestURI(base.EscapedPath() + path)
		if err != nil {
			r.wrong("%s: it cannot be the path of a URL", label)
			return t
		}
		u.Scheme, u.Host, u.User = base.Scheme, base.Host, base.User
		t.URL = u.String()
	}
	return t
}

// token says whether s may be a method or the name of a header.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
