package httpcheck_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"slipway/internal/deploy"
	"slipway/internal/deploy/provider/httpcheck"
)

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	const session = "s3ss10n+of/Ann=="
	answer := ""
	at := handle(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			write(`{"token":"`+session+`"}`)(w, r)
			return
		}
		w.Header().Set("X-Echo", r.Header.Get("Authorization"))
		w.Header().Set("X-Api-Key", "server-side")
		write(strings.NewReplacer("@K", apiKey, "@S", session, "@A", r.Header.Get("Authorization"), "@U", r.URL.RequestURI()).Replace(answer))(w, r)
	})
	for text, want := range map[string]string{
		`@K`:                                 `Answer: ***`,
		`a @K and @S.`:                       `Answer: a *** and ***.`,
		`{"you said":"@A"}`:                  `Answer: {"you said":"***"}`,
		`@U`:                                 `Answer: /x/***?k=***`,
		`{"refresh_token": "unknown-1"}`:     `Answer: {"refresh_token": "***"}`,
		`{"a":{"Password":"un\"known`:        `Answer: {"a":{"Password":"***"`,
		`{"api_key":12345}`:                  `Answer: {"api_key":"***"}`,
		`at /y?sig=1&access_token=unk-2&a=b`: `Answer: at /y?sig=1&access_token=***&a=b`,
		`jwt ` + token:                       `Answer: jwt ***`,
		`needs basic authentication, not Bearer abc123`:             `Answer: needs basic authentication, not ***`,
		`{"error":"the token is no longer valid"}`:                  `Answer: {"error":"the token is no longer valid"}`,
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVA": `Answer: ***`,
		`{"user":{"session":{"id":"seven"}},"x":["@K"]}`:            `.user gives {"session":{"id":"seven"}}`,
		`{"user":"` + strings.Repeat("x", 25) + `@K"}`:              `.user.id fails: expected an object but got: string ("` + strings.Repeat("x", 25),
		`{"user":["@S"]}`:                                           `.user gives ["***"]`,
		`{"user":{"token":"unknown-4","id":null}}`:                  `.user gives {"id":null,"token":"***"}`,
		strings.Repeat(`@K`, 1<<20/len(apiKey)) + `@K@K`:            `Answer: ***`,
		strings.Repeat("x", 296) + `@K`:                             "x***",
		"Content that is long enough " + strings.Repeat("@K ", 200): "Answer: Content that is long enough *** ***",
	} {
		answer = text
		login := deploy.Call{Method: "POST", Path: "/login", Capture: map[string]string{"SESSION_TOKEN": ".token"}}
		call := get("/x/${secret:API_KEY}?k=${SESSION_TOKEN}", deploy.Expect{
			Status: 204, Headers: map[string]string{"X-Echo": "nobody", "X-Api-Key": "x"}, JSON: []string{".user", ".user.id"}, Body: "nothing",
		})
		call.Headers = map[string]string{"Authorization": "Bearer ${SESSION_TOKEN}"}
		_, err := run(t, at, check(login, call), nil)
		refused(t, err, deploy.Invalid, "call 2 of 2: GET "+at+"/x/***?k=*** answered 200", `header X-Echo is "***"`, "header X-Api-Key is ***", want)
		for _, s := range []string{apiKey, session, "server-side", url.QueryEscape(session), apiKey[:6]} {
			if strings.Contains(err.Error(), s) {
				t.Errorf("%v: it has %q", err, s)
			}
		}
	}
}

func TestTheAnswerToAFailedLoginIsMasked(t *testing.T) {
	t.Parallel()
	at := handle(t, write(`{"data":["s3cr3t-value"],"n":4711}`))
	c := get("/login", deploy.Expect{Status: 201, JSON: []string{".data[0] | ascii_downcase | startswith(\"x\")"}})
	c.Capture = map[string]string{"TOKEN": ".data[0]", "ID": ".n"}
	_, err := run(t, strings.Replace(at, "http://", "http://user:p4ssword@", 1), check(c), nil)
	refused(t, err, deploy.Invalid, "call: GET "+at+"/login answered 200, expected 201", `Answer: {"data":["***"],"n":4711}`)
}

func TestASecretInOtherSpacesIsNotShown(t *testing.T) {
	t.Parallel()
	at := handle(t, write("you said: correct\n  horse\tbattery"))
	c := deploy.Call{Method: "POST", Path: "/", Body: "${secret:PHRASE}", Expect: deploy.Expect{Status: 201}}
	_, err := run(t, at, check(c), &httpcheck.Options{Secrets: secrets{"PHRASE": "correct horse battery"}})
	refused(t, err, deploy.Invalid, "Answer: you said: ***")
}

func TestASecretThatIsCutWithTheAnswerIsNotShown(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 4<<10)[:60<<10]
	at := handle(t, write(strings.Repeat(long, 20)))
	c := deploy.Call{Method: "POST", Path: "/", Body: "${secret:LONG}", Expect: deploy.Expect{Status: 201}}
	_, err := run(t, at, check(c), &httpcheck.Options{Secrets: secrets{"LONG": long}})
	refused(t, err, deploy.Invalid, "answered 200, expected 201. Answer: ***")
	if msg := deploy.Message(err); strings.Contains(msg, "0123") {
		t.Errorf("%.400s", msg)
	}
}

// echo answers with all it was sent, as the property draws it: in any of the ways in which servers write things.
func echo(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	said := q.Get("secret")
	if strings.HasPrefix(r.URL.Path, "/login") {
		b, err := json.Marshal(map[string]any{"token": q.Get("token")})
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(b)
		return
	}
	both := said + q.Get("filler") + r.Header.Get("X-Session")
	switch q.Get("as") {
	case "json":
		b, _ := json.Marshal(map[string]any{"x": []string{both, r.Header.Get("Authorization")}, both: 1})
		_, _ = w.Write(b)
	case "path":
		fmt.Fprintf(w, "<a href=%q>", r.URL.EscapedPath()+"?"+r.URL.RawQuery)
	case "deep":
		b, _ := json.Marshal(map[string]any{"x": map[string]any{"y": q.Get("filler") + both}})
		_, _ = w.Write(b)
	default:
		w.Header().Set("X-Said", url.QueryEscape(both))
		_, _ = w.Write([]byte(q.Get("filler") + both))
	}
}

// Whatever the secrets are and however they come back, no message and no error has one, nor the beginning of one.
func TestNoSecretIsInAnyMessage(t *testing.T) {
	t.Parallel()
	at := handle(t, echo)
	rapid.Check(t, func(t *rapid.T) {
		// Long enough, and unlike any word of ours, to be told from the rest of a message.
		secret := "§" + rapid.StringMatching(`[A-Za-z0-9"\\/<>&=+%?# ~é🙂'.:;,_-]{4,30}`).Draw(t, "secret") + "Q7"
		session := "Z8" + rapid.StringMatching(`[A-Za-z0-9"\\/<>&=+%.~_-]{6,40}`).Draw(t, "session") + "§"
		filler := rapid.StringMatching(`[a-z {}\[\]":,]{0,8}|[x]{0,400}`).Draw(t, "filler")
		as := rapid.SampledFrom([]string{"json", "path", "deep", "plain"}).Draw(t, "as")
		expr := rapid.SampledFrom([]string{".x", ".x.y", ".x.y.z", ".x[0]", ".x[0].a", ".x | keys", "error", ".x | tojson | error", "."}).Draw(t, "expr")
		login := get("/login?token="+url.QueryEscape(session), deploy.Expect{})
		login.Capture = map[string]string{"AUTH_TOKEN": ".token"}
		call := get("/${secret:S}?secret=${secret:S}&as="+as+"&filler="+url.QueryEscape(filler), deploy.Expect{
			Status: 500, Headers: map[string]string{"X-Said": "nothing"}, JSON: []string{expr, expr + " | length > 1000"},
		})
		call.Headers = map[string]string{"Authorization": "Basic ${AUTH_TOKEN}", "X-Session": "${AUTH_TOKEN}"}
		call.Capture = map[string]string{"OTHER": "(" + expr + ") | .none"}
		c := check(login, call)
		c.Cleanup = []deploy.Call{call}
		_, err := httpcheck.New(&httpcheck.Options{Secrets: secrets{"S": secret}}).Run(context.Background(), deploy.CheckRequest{Check: c, BaseURL: at, Service: deploy.ServiceRef{Project: "prod"}})
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), "answered 200, expected 500") {
			t.Fatalf("%v", err)
		}
		for _, s := range []string{secret, session, url.QueryEscape(secret), url.PathEscape(secret), url.PathEscape(session), secret[:6], session[:6]} {
			if strings.Contains(err.Error(), s) || strings.Contains(deploy.Message(err), s) {
				t.Fatalf("%q is in %v", s, err)
			}
		}
	})
}
