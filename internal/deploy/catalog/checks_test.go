package catalog_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

// checksOf loads sound with checks.
func checksOf(t *testing.T, text string) []deploy.Check {
	t.Helper()
	c, err := load(t, fstest.MapFS{"app.yaml": file(sound + "checks:\n" + text)})
	if err != nil {
		t.Fatal(err)
	}
	return resolve(t, c, "staging").Checks
}

func TestWhatChecksMean(t *testing.T) {
	t.Parallel()
	one := func(c deploy.Call) []deploy.Check {
		if c.Timeout == 0 {
			c.Timeout = 5 * time.Second
		}
		return []deploy.Check{{Name: "A", Stage: deploy.Smoke, Calls: []deploy.Call{c}, Within: time.Minute, Tries: 1}}
	}
	sent := map[string]string{"Content-Type": "application/json"}
	for _, tc := range []struct {
		fact, text string
		want       []deploy.Check
	}{
		{"none are none", "  []", nil},
		{"a method and a path are enough", "  - {name: A, stage: smoke, get: /a}", one(deploy.Call{Method: "GET", Path: "/a"})},
		{"a list of one call means the same", "  - {name: A, stage: smoke, calls: [{get: /a}]}", one(deploy.Call{Method: "GET", Path: "/a"})},
		{"each key is a method", "  - {name: A, stage: smoke, calls: [{post: /a}, {put: /a}, {patch: /a}, {delete: /a}]}",
			[]deploy.Check{{Name: "A", Stage: deploy.Smoke, Within: time.Minute, Tries: 1, Calls: []deploy.Call{
				{Method: "POST", Path: "/a", Timeout: 5 * time.Second}, {Method: "PUT", Path: "/a", Timeout: 5 * time.Second},
				{Method: "PATCH", Path: "/a", Timeout: 5 * time.Second}, {Method: "DELETE", Path: "/a", Timeout: 5 * time.Second},
			}}}},
		{"everything of a call", "  - {name: A, stage: smoke, post: /a, headers: {B: c}, body: d, timeout: 1s, capture: {E: .e}, expect: {status: 201, headers: {F: g}, json: .h, body: i, latency: 3ms}}",
			one(deploy.Call{Method: "POST", Path: "/a", Headers: map[string]string{"B": "c"}, Body: "d", Timeout: time.Second,
				Capture: map[string]string{"E": ".e"},
				Expect:  deploy.Expect{Status: 201, Headers: map[string]string{"F": "g"}, JSON: []string{".h"}, Body: "i", Latency: 3 * time.Millisecond}})},
		{"JSON keeps its order, its numbers and its references", `  - {name: A, stage: smoke, post: /a, json: {z: "<${VERSION}>", a: [1.50, 1.0e3, -0, "1e3", true, null, "true", {}, []]}}`,
			one(deploy.Call{Method: "POST", Path: "/a", Headers: sent, Body: `{"z":"<${VERSION}>","a":[1.50,1.0e3,-0,"1e3",true,null,"true",{},[]]}`})},
		{"JSON may be a list", "  - name: A\n    stage: smoke\n    post: /a\n    json:\n      - a: b\n      - |\n        c\n", one(deploy.Call{Method: "POST", Path: "/a", Headers: sent, Body: `[{"a":"b"},"c\n"]`})},
		{"a type of its own stays", "  - {name: A, stage: smoke, post: /a, headers: {content-type: a/b}, json: {}}",
			one(deploy.Call{Method: "POST", Path: "/a", Headers: map[string]string{"content-type": "a/b"}, Body: `{}`})},
		{"a story", "  - {name: A, stage: functional, within: 2m, tries: 3, calls: [{name: Log in, get: /a, expect: {json: [.b, .c]}}], cleanup: [{delete: /d, timeout: 1m}]}",
			[]deploy.Check{{Name: "A", Stage: deploy.Functional, Within: 2 * time.Minute, Tries: 3,
				Calls:   []deploy.Call{{Name: "Log in", Method: "GET", Path: "/a", Timeout: 5 * time.Second, Expect: deploy.Expect{JSON: []string{".b", ".c"}}}},
				Cleanup: []deploy.Call{{Method: "DELETE", Path: "/d", Timeout: time.Minute}}}}},
	} {
		t.Run(tc.fact, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, checksOf(t, tc.text)); diff != "" {
				t.Errorf("checks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnEnvironmentsChecksReplaceTheInheritedOnesAsAWhole(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		fact, own string
		want      int // of staging
	}{
		{"inherited", "", 2},
		{"replaced", "    checks: [{name: Up, stage: smoke, get: /up}]\n", 1},
		{"none is something", "    checks: []\n", 0},
	} {
		c, err := load(t, fstest.MapFS{"app.yaml": file(strings.Replace(told, "  staging:\n", "  staging:\n"+tc.own, 1))})
		if err != nil {
			t.Errorf("%s: %v", tc.fact, err)
			continue
		}
		if got := len(resolve(t, c, "staging").Checks); got != tc.want {
			t.Errorf("%s: staging has %d checks, want %d", tc.fact, got, tc.want)
		}
		if got := len(resolve(t, c, "production").Checks); got != 2 {
			t.Errorf("%s: production has %d checks, want the 2 at the top", tc.fact, got)
		}
	}
}

// Whoever writes the copy must not lose what looks like something else in YAML.
func TestARewrittenCatalogTellsTheSameStories(t *testing.T) {
	t.Parallel()
	src := fstest.MapFS{"app.yaml": file(told + `  - name: "1"
    stage: smoke
    tries: 3
    post: /x
    body: "  true\n\n# no comment: {\n\ttab \\ \"quoted\" é \u2028 end \n"
    headers: {A: "007", B: "~", C: "- x", D: "@x", e-f: "${VERSION}"}
    expect: {json: "\"a: b\" == \"a: b\" # said"}
  - name: 'yes'
    stage: smoke
    post: /x
    json: {"a": "true", "b": "line\n\nline ", "c": "<&>", "d": " # "}
`)}
	dst := t.TempDir()
	if err := catalog.Rewrite(src, dst, catalog.Rewriting{Speed: 60}); err != nil {
		t.Fatal(err)
	}
	original, err := load(t, src)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := catalog.Load(dst)
	if err != nil {
		t.Fatal(err)
	}
	want := resolve(t, original, "staging").Checks
	if len(want) != 4 || want[3].Calls[0].Body != `{"a":"true","b":"line\n\nline ","c":"<&>","d":" # "}` || !strings.Contains(want[2].Calls[0].Body, "# no comment: {\n\ttab") {
		t.Fatalf("not what was written: %+v", want)
	}
	if diff := cmp.Diff(want, resolve(t, copied, "staging").Checks); diff != "" {
		t.Errorf("checks of the copy; times of requests stay (-want +got):\n%s", diff)
	}
}

func TestResolvedChecksAreTheCallersOwn(t *testing.T) {
	t.Parallel()
	c, err := load(t, fstest.MapFS{"app.yaml": file(told)})
	if err != nil {
		t.Fatal(err)
	}
	want, mine := resolve(t, c, "staging").Checks, resolve(t, c, "staging").Checks
	for _, check := range mine {
		for _, calls := range [][]deploy.Call{check.Calls, check.Cleanup} {
			for i := range calls {
				calls[i].Path = "x"
				for _, m := range []map[string]string{calls[i].Headers, calls[i].Expect.Headers, calls[i].Capture} {
					clear(m)
				}
				clear(calls[i].Expect.JSON)
			}
		}
	}
	clear(mine)
	if diff := cmp.Diff(want, resolve(t, c, "staging").Checks); diff != "" {
		t.Errorf("changing one answer changed the next (-want +got):\n%s", diff)
	}
}
