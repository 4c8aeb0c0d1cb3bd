package lines_test

import (
	"strings"
	"testing"

	"slipway/internal/deploy/provider/lines"
)

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
			if got := lines.Text(tc.text); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
	t.Run("a secret at the end of the line", func(t *testing.T) {
		t.Parallel()
		got := lines.Text(strings.Repeat("a ", 490) + "password=hunter2hunter2hunter2hunter2")
		if strings.Contains(got, "hunter") {
			t.Errorf("half a secret is left: %q", got[900:])
		}
	})
}
