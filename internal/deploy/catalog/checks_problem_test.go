package catalog_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// told is sound with checks: one of one call, and a story.
const told = sound + `checks:
  - name: Status
    stage: smoke
    get: /api/v1/status
    timeout: 2s
    expect: {status: 200, json: .online == true, headers: {Content-Type: json}, body: online, latency: 500ms}
  - name: Resources
    stage: functional
    within: 2m
    tries: 2
    calls:
      - name: Log in
        post: /login
        json: {email: a@example.com, age: 7}
        capture: {TOKEN: .token}
      - get: /resources/${ENVIRONMENT}
        headers: {Authorization: "Bearer ${TOKEN}"}
        expect: {json: [.id != null, '.name == "x"']}
        capture: {ID: .id}
      - put: /resources/${ID}
        body: ${secret:api-key}
    cleanup:
      - delete: /resources/${ID}
        headers: {Authorization: "Bearer ${TOKEN}"}
`

func TestAProblemOfTheChecksIsReportedWhereItIs(t *testing.T) {
	t.Parallel()
	for _, table := range [][]broken{checkProblems, callProblems, expectProblems, referenceProblems} {
		for _, tc := range table {
			t.Run(tc.fact, func(t *testing.T) {
				t.Parallel()
				tc.check(t, told)
			})
		}
	}
}

var checkProblems = []broken{
	{"no problem there", "", "", ``},
	{"checks that are no list", told[len(sound):], "checks: {name: x}\n", `38:9: checks must be a list, not a mapping`},
	{"a check without a name", "  - name: Status\n    stage", "  - stage", `39:5: the check has no name`},
	{"a check without a stage", "    stage: smoke\n", "", `39:5: the check has no stage`},
	{"an unknown stage", "stage: smoke", "stage: smok", `40:12: unknown stage "smok"; did you mean "smoke"?`},
	{"a name of more than one line", "name: Status", `name: "a\nb"`, `39:11: name "a\nb" cannot be shown in one line; write a few words`},
	{"a name that is too long", "name: Status", "name: " + strings.Repeat("x", 81), `39:11: name has 81 characters, at most 80 are allowed`},
	{"two checks of one name", "name: Resources\n    stage: functional", "name: Status\n    stage: smoke", `44:11: check "Status" stands in this stage twice; the other is on line 39`},
	{"two checks of one name in two stages", "name: Resources", "name: Status", ``},
	{"more time than there is", "within: 2m", "within: 11m", `46:13: within 11m0s is out of range; more than 0s, at most 10m`},
	{"no time", "within: 2m", "within: 0s", `46:13: within 0s is out of range; more than 0s, at most 10m`},
	{"no try", "tries: 2", "tries: 0", `47:12: tries 0 is out of range; 1 to 10`},
	{"too many tries", "tries: 2", "tries: 11", `47:12: tries 11 is out of range; 1 to 10`},
	{"a key that is nearly known", "within: 2m", "witin: 2m", `46:5: unknown key "witin"; did you mean "within"?`},
	{"no calls", told[strings.Index(told, "    calls:"):], "    calls: []\n", `48:12: the check has no calls; write one, or get: PATH in place of calls`},
	{"a call beside calls", "    within: 2m\n", "    get: /\n    headers: {A: b}\n", `46:10: get stands beside calls; it belongs to one of them
47:14: headers stands beside calls; it belongs to one of them`},
}

var callProblems = []broken{
	{"nothing is called", "    get: /api/v1/status\n", "", `39:5: nothing is called; write one of get, post, put, patch, delete with the path`},
	{"nothing is called in a story", "post: /login", "name2: /login", `49:9: nothing is called; write one of get, post, put, patch, delete with the path
50:9: unknown key "name2"; did you mean "name"?`},
	{"a method that is nearly known", "get: /api/v1/status", "gett: /api/v1/status", `41:5: unknown key "gett"; did you mean "get"?`},
	{"a method that there is not", "get: /api/v1/status", "head: /api/v1/status", `39:5: nothing is called; write one of get, post, put, patch, delete with the path
41:5: unknown key "head"; there is name, stage, within, tries, get, post, put, patch, delete, headers, json, body, timeout, expect, capture, calls, cleanup, postgres, redis, bucket, http, tcp, dns, command, job, beside_the_bot`},
	{"two methods", "get: /api/v1/status", "get: /\n    post: /", `42:11: there are get and post; one call has one method`},
	{"a path without a slash", "get: /api/v1/status", "get: api/v1/status", `41:10: path "api/v1/status" is not a path; it begins with / and has no spaces`},
	{"a path that is an address", "get: /api/v1/status", "get: https://example.com/", `41:10: path "https://example.com/" is not a path; it begins with / and has no spaces`},
	{"two bodies", "json: {email: a@example.com, age: 7}", "json: {}\n        body: x", `52:15: body stands beside json; a call has one body`},
	{"JSON that is text", "json: {email: a@example.com, age: 7}", "json: '{}'", `51:15: json must be a mapping or a list, not text; any other text is a body`},
	{"JSON with a number that is none there", "age: 7", "age: 0x7", `51:43: age must be a number as JSON has it, not 0x7; put it in quotes if it is text`},
	{"JSON with what some read as a number", "age: 7", "age: 1e3", `51:43: age must be a number with a point, or text in quotes, not text`},
	{"JSON with a key twice", "age: 7", "email: 7", `51:38: key "email" stands here twice; it is also on line 51`},
	{"JSON with an alias", "age: 7", "age: *x", `51:43: anchors, aliases and tags are not read here; write the value out; what environments share may stand at the top of the file`},
	{"a header that cannot be", "headers: {Authorization: \"Bearer ${TOKEN}\"}\n        expect", "headers: {\"A b\": x}\n        expect", `54:26: "A b" cannot be the name of a header; letters, digits and hyphens`},
	{"a header of two lines", "headers: {Authorization: \"Bearer ${TOKEN}\"}\n        expect", "headers: {A: \"x\\ny\"}\n        expect", `54:22: header A has more than one line`},
	{"no time for an answer", "    timeout: 2s\n", "    timeout: 0s\n", `42:14: timeout 0s is out of range; more than 0s, at most 1m`},
	{"too much time for an answer", "    timeout: 2s\n", "    timeout: 2m\n", `42:14: timeout 2m0s is out of range; more than 0s, at most 1m`},
	{"a name that cannot be captured", "capture: {ID: .id}", "capture: {MY-ID: .id, ID: .id}", `56:26: "MY-ID" cannot be captured; letters, digits and _, not beginning with a digit`},
	{"a name that is the release's", "capture: {ID: .id}", "capture: {VERSION: .id, ID: .id}", `56:28: VERSION cannot be captured; it is the release's`},
	{"what is captured is no expression", "capture: {ID: .id}", "capture: {ID: '.id['}", `56:23: .id[ is no jq expression: unexpected EOF`},
}

var expectProblems = []broken{
	{"a status that is none", "status: 200, json", "status: 20, json", `43:22: status 20 is not an HTTP status; 100 to 599; leave it out for any from 200 to 299`},
	{"no expression", "json: .online == true", "json: []", `43:33: json is empty; write a jq expression, such as '.status == "ok"'`},
	{"an expression that is none", "json: .online == true", "json: .online =", `43:33: .online = is no jq expression: unexpected EOF`},
	{"a second expression that is none", `'.name == "x"'`, `'.name =="x'`, `55:38: .name =="x is no jq expression: unterminated string literal`},
	{"a function that there is not", "json: .online == true", "json: online == true", `43:33: online == true is no jq expression: function not defined: online/0`},
	{"no text", "body: online", `body: ""`, `43:87: body is empty; any text has nothing in it`},
	{"no latency", "latency: 500ms", "latency: 0ms", `43:104: latency 0s is out of range; more than 0ms, at most 1m`},
	{"too much latency", "latency: 500ms", "latency: 2m", `43:104: latency 2m0s is out of range; more than 0ms, at most 1m`},
	{"a latency without a unit", "latency: 500ms", "latency: 500", `43:104: latency 500 has no unit; write 500ms if you mean milliseconds`},
	{"a reference in an expression", "json: .online == true", `json: '.v == "${VERSION}"'`, `43:33: ${ is not filled in here; only paths, headers and bodies of requests have references`},
	{"a reference in a text", "body: online", `body: "${VERSION}"`, `43:87: ${ is not filled in here; only paths, headers and bodies of requests have references`},
}

var referenceProblems = []broken{
	{"to nothing", "Bearer ${TOKEN}", "Bearer ${KEY}", `54:34: header Authorization refers to the unknown ${KEY}; there is TOKEN, VERSION, ENVIRONMENT and secret:NAME; write $${ if you mean the characters`},
	{"to something near", "Bearer ${TOKEN}", "Bearer ${TOKE}", `54:34: header Authorization refers to the unknown ${TOKE}; did you mean "${TOKEN}"?`},
	{"to what only a later call captures", "/resources/${ENVIRONMENT}", "/resources/${ID}", `53:14: path refers to ${ID}, which no call before captures; calls are made in the order of the file`},
	{"to itself", "post: /login", "post: /login/${TOKEN}", `50:15: path refers to ${TOKEN}, which no call before captures; calls are made in the order of the file`},
	{"without an end", "Bearer ${TOKEN}", "Bearer ${TOKEN", `54:34: header Authorization: a placeholder has no end: ${TOKEN; write ${NAME} or ${secret:NAME} for a value, and $${ for ${ itself`},
	{"to characters", "body: ${secret:api-key}", "body: $${secret:api-key}", ``},
	{"to what is nearly a secret", "${secret:api-key}", "${secrets:api-key}", `58:15: body: ${secrets:api-key} is no placeholder; did you mean "${secret:api-key}", its newest version?`},
	{"to a secret that cannot be", "${secret:api-key}", "${secret:api key}", `58:15: body: ${secret:api key} is no placeholder; write ${NAME} or ${secret:NAME} for a value, and $${ for ${ itself`},
	{"to the version of a secret", "${secret:api-key}", "${secret:api-key:3}", `58:15: body: ${secret:api-key:3} is no placeholder; did you mean "${secret:api-key}", its newest version?`},
	{"behind characters", "${secret:api-key}", "$${a ${KEY}", `58:15: body refers to the unknown ${KEY}; there is ID, TOKEN, VERSION, ENVIRONMENT and secret:NAME; write $${ if you mean the characters`},
	{"in JSON", "email: a@example.com", `email: "${MAIL}"`, `51:15: json refers to the unknown ${MAIL}; there is VERSION, ENVIRONMENT and secret:NAME; write $${ if you mean the characters`},
	{"in a clean-up", "delete: /resources/${ID}", "delete: /resources/${IT}", `60:17: path refers to the unknown ${IT}; there is ID, TOKEN, VERSION, ENVIRONMENT and secret:NAME; write $${ if you mean the characters`},
}

func TestThereAreSoManyChecksOfAStage(t *testing.T) {
	t.Parallel()
	text := sound + "checks:\n"
	for i := range 50 {
		text += fmt.Sprintf("  - {name: a%d, stage: smoke, get: /}\n  - {name: b%d, stage: functional, get: /}\n", i, i)
	}
	if _, err := load(t, fstest.MapFS{"app.yaml": file(text)}); err != nil {
		t.Fatal(err)
	}
	_, err := load(t, fstest.MapFS{"app.yaml": file(text + "  - {name: more, stage: smoke, get: /}\n")})
	if want := "there are more than 50 checks of stage smoke; all of a stage are run at the same time"; err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
		t.Errorf("%v, want %q", err, want)
	}
}
