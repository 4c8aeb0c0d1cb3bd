package httpcheck_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpcheck"
)

func TestWhatIsNotAsExpected(t *testing.T) {
	t.Parallel()
	url := handle(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/ok":
			w.Header().Set("X-Version", "v1.2.3")
			w.Header().Set("Set-Cookie", "sid=c00kie; Secure")
			_, _ = io.WriteString(w, `{"status":"ok","list":[1,2],"null":null,"big":12345678901234567890}`)
		case "/text":
			_, _ = io.WriteString(w, "<h1>\r\n\tIt   works</h1>\u202e")
		case "/binary":
			_, _ = w.Write([]byte{0, 1, 2, 3, 0xff, 0xfe})
		case "/204":
			w.WriteHeader(http.StatusNoContent)
		case "/two":
			_, _ = io.WriteString(w, `{"a":1}{"a":2}`)
		default:
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, strings.Repeat("long ", 100))
		}
	})
	tests := map[string]struct {
		path   string
		expect deploy.Expect
		want   []string // nothing: as expected
	}{
		"any 2xx is fine":               {"/204", deploy.Expect{}, nil},
		"but nothing else":              {"/x", deploy.Expect{}, []string{"answered 418, expected 200 to 299. Answer: long long", "…"}},
		"a status that is asked for":    {"/x", deploy.Expect{Status: 418}, nil},
		"another one":                   {"/ok", deploy.Expect{Status: 201}, []string{"answered 200, expected 201. Answer: {"}},
		"text in a header":              {"/ok", deploy.Expect{Headers: map[string]string{"x-version": "v1.2"}}, nil},
		"other text in a header":        {"/ok", deploy.Expect{Headers: map[string]string{"X-Version": "v1.2.4"}}, []string{`header X-Version is "v1.2.3", expected "v1.2.4" in it`}},
		"a header that is not there":    {"/ok", deploy.Expect{Headers: map[string]string{"X-Other": "v"}}, []string{`header X-Other is missing, expected "v" in it`}},
		"a header that is not shown":    {"/ok", deploy.Expect{Headers: map[string]string{"Set-Cookie": "HttpOnly"}}, []string{`header Set-Cookie is ***, expected "HttpOnly" in it`}},
		"jq":                            {"/ok", deploy.Expect{JSON: []string{`.status == "ok"`, `.list | length == 2`, `.big == 12345678901234567890`}}, nil},
		"jq that does not hold":         {"/ok", deploy.Expect{JSON: []string{`.status`}}, []string{`.status gives "ok", expected true`}},
		"jq that gives nothing":         {"/ok", deploy.Expect{JSON: []string{`.list[] | select(. > 2)`}}, []string{`gives nothing, expected true`}},
		"jq that fails":                 {"/ok", deploy.Expect{JSON: []string{`.status.code == 1`}}, []string{`.status.code == 1 fails: expected an object but got: string ("ok"), expected true`}},
		"jq that never ends":            {"/ok", deploy.Expect{JSON: []string{`def f: f; f`}}, []string{`was not done after 1 s`}},
		"jq on no JSON":                 {"/text", deploy.Expect{JSON: []string{`.a`, `.b`}}, []string{"the answer is not JSON, expected .a and .b. Answer: <h1> It works</h1>\ufffd"}},
		"jq on nothing":                 {"/204", deploy.Expect{JSON: []string{`.a`}}, []string{"the answer is empty and not JSON, expected .a. The answer has no body"}},
		"jq on two documents":           {"/two", deploy.Expect{JSON: []string{`.a`}}, []string{"the answer has more than one JSON value"}},
		"jq on what nobody can read":    {"/binary", deploy.Expect{JSON: []string{`.a`}}, []string{"The answer is no text (6 bytes)"}},
		"text in the body":              {"/text", deploy.Expect{Body: "works</h1>"}, nil},
		"other text":                    {"/text", deploy.Expect{Body: "fails"}, []string{`the body does not have "fails"`}},
		"as fast as it should be":       {"/ok", deploy.Expect{Latency: 30 * time.Millisecond}, nil},
		"slower":                        {"/ok", deploy.Expect{Latency: 29 * time.Millisecond}, []string{"took 30 ms, expected at most 29 ms"}},
		"all that is wrong in one line": {"/ok", deploy.Expect{Status: 201, Headers: map[string]string{"X-A": "1", "X-B": "2"}, JSON: []string{".null", "false"}, Body: "x y", Latency: 1}, []string{"answered 200, expected 201; header X-A is missing", "; header X-B is missing", "; .null gives null", "; false gives false", "; the body does not have", "; took 30 ms, expected at most 0 ms"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := run(t, url, check(get(tc.path, tc.expect)), &httpcheck.Options{Clock: &stepping{}})
			if len(tc.want) == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			refused(t, err, deploy.Invalid, append(tc.want, "call: GET "+url+tc.path)...)
			if msg := deploy.Message(err); strings.ContainsAny(msg, "\r\n\t\u202e") || len(msg) > 1000 || strings.Contains(msg, "c00kie") {
				t.Errorf("%q", msg)
			}
		})
	}
}

func TestWhatCannotBeCaptured(t *testing.T) {
	t.Parallel()
	url := handle(t, write(`{"id":null,"list":[],"n":42,"f":1.50,"b":true,"s":"","long":"`+strings.Repeat("x", 17<<10)+`"}`))
	for expr, want := range map[string]string{
		".id": ".id gives null, expected a text or a number for ${ID}", ".list": ".list gives []", ".none": ".none gives null", ".n.x": ".n.x fails: expected an object",
		"empty": "empty gives nothing", ".long": "for ${ID}",
	} {
		c := get("/", deploy.Expect{})
		c.Capture = map[string]string{"ID": expr, "OK": ".n"}
		_, err := run(t, url, check(c), nil)
		refused(t, err, deploy.Invalid, want)
	}
	html := get("/", deploy.Expect{})
	html.Capture = map[string]string{"ID": ".id"}
	_, err := run(t, handle(t, write("<html>")), check(html), nil)
	refused(t, err, deploy.Invalid, "the answer is not JSON, so that nothing can be captured of it")

	for expr, want := range map[string]string{".n": "/42", ".f": "/1.50", ".b": "/true", ".n + 1": "/43"} {
		first, second := get("/", deploy.Expect{}), get("/${ID}", deploy.Expect{Status: 204})
		first.Capture = map[string]string{"ID": expr}
		_, err := run(t, url, check(first, second), nil)
		refused(t, err, deploy.Invalid, url+want+" answered 200, expected 204")
	}
	first, second := get("/", deploy.Expect{}), get("/${ID}/x", deploy.Expect{})
	first.Capture = map[string]string{"ID": ".s"}
	_, err = run(t, url, check(first, second), nil)
	refused(t, err, deploy.Invalid, "call 2 of 2: the value of ${ID} is empty")
}

func TestWhatIsWrongWithACheckIsFoundBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	asked := false
	url := handle(t, func(http.ResponseWriter, *http.Request) { asked = true })
	call := func(f func(c *deploy.Call)) deploy.Check {
		c := get("/", deploy.Expect{})
		f(&c)
		return check(c)
	}
	late := check(get("/${ID}", deploy.Expect{}), get("/", deploy.Expect{}))
	late.Calls[1].Capture = map[string]string{"ID": ".id"}
	cleaning := check(get("/", deploy.Expect{}))
	cleaning.Cleanup = []deploy.Call{get("/${NEVER}", deploy.Expect{})}
	timeless := check(get("/", deploy.Expect{}))
	timeless.Within = 0
	tests := map[string]struct {
		check deploy.Check
		want  string
	}{
		"a name that nobody knows":    {call(func(c *deploy.Call) { c.Path = "/${WHO}" }), "call: ${WHO} is neither captured by a call before nor a value of the release"},
		"one in a header":             {call(func(c *deploy.Call) { c.Headers = map[string]string{"X": "${WHO}"} }), "${WHO}"},
		"one in a body":               {call(func(c *deploy.Call) { c.Body = "${WHO}" }), "${WHO}"},
		"one captured too late":       {late, "call 1 of 2: ${ID}"},
		"one that is never captured":  {cleaning, "clean-up call: ${NEVER}"},
		"one without an end":          {call(func(c *deploy.Call) { c.Path = "/${WHO" }), "has no end"},
		"a secret of no name":         {call(func(c *deploy.Call) { c.Path = "/${secret:}" }), "is no placeholder"},
		"jq that is none":             {call(func(c *deploy.Call) { c.Expect.JSON = []string{".a ="} }), ".a = is no jq expression: unexpected EOF"},
		"jq in a capture":             {call(func(c *deploy.Call) { c.Capture = map[string]string{"A": "nope"} }), "function not defined: nope/0"},
		"a name for no capture":       {call(func(c *deploy.Call) { c.Capture = map[string]string{"a b": "."} }), `"a b" is no name`},
		"nor is that of a secret":     {call(func(c *deploy.Call) { c.Capture = map[string]string{"secret:A": "."} }), `"secret:A" is no name`},
		"a path that is an address":   {call(func(c *deploy.Call) { c.Path = "https://elsewhere" }), "does not begin with /"},
		"a path with a fragment":      {call(func(c *deploy.Call) { c.Path = "/#x" }), "has a # in it"},
		"a method that is none":       {call(func(c *deploy.Call) { c.Method = "GET /" }), "is no method"},
		"a header that is none":       {call(func(c *deploy.Call) { c.Headers = map[string]string{"X:": ""} }), "no name of a header"},
		"no call":                     {check(), "there is no call in it"},
		"no time":                     {timeless, "it has no time"},
		"everything is said together": {call(func(c *deploy.Call) { c.Path, c.Method = "x${WHO}", "( )" }), "; "},
	}
	for name, tc := range tests {
		_, err := run(t, url, tc.check, nil)
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), tc.want) || deploy.Hint(err) != "correct the check in the catalog" {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	for _, base := range []string{"", "/x", "ftp://host", "http://", "https://host?q=1", "https://host#f", "ht tp://x"} {
		_, err := run(t, base, check(get("/", deploy.Expect{})), nil)
		refused(t, err, deploy.Invalid, "the address of the service is not")
	}
	if asked {
		t.Error("something was sent")
	}
}

func TestSecretsThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	asked := false
	url := handle(t, func(http.ResponseWriter, *http.Request) { asked = true })
	c := get("/", deploy.Expect{})
	c.Headers = map[string]string{"Authorization": "Bearer ${secret:API_KEY}"}
	_, err := run(t, url, check(c), &httpcheck.Options{Secrets: secrets{}})
	refused(t, err, deploy.NotFound, "there is no secret API_KEY")
	_, err = run(t, url, check(c), &httpcheck.Options{Secrets: secrets{"API_KEY": "\n"}})
	refused(t, err, deploy.Invalid, "the secret API_KEY is empty")
	_, err = run(t, url, check(c), &httpcheck.Options{Secrets: secrets{"API_KEY": "two\nlines"}})
	refused(t, err, deploy.Invalid, "call: the value of ${secret:API_KEY} has a line break")
	_, err = httpcheck.New(nil).Run(t.Context(), deploy.CheckRequest{Check: check(c), BaseURL: url})
	refused(t, err, deploy.Invalid, "there is nothing to read secrets from")
	if asked {
		t.Error("something was sent")
	}
}
