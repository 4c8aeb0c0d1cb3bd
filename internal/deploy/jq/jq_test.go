package jq_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/jq"
)

func compile(t *testing.T, text string) *jq.Program {
	t.Helper()
	p, err := jq.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func read(t *testing.T, text string) jq.Document {
	t.Helper()
	d, err := jq.Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhatExpressionsGive(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		expr, doc, want string
		holds           bool
	}{
		"the guide's health":         {`.status == "ok"`, `{"status":"ok"}`, "true", true},
		"the guide's status":         {`.online == true`, `{"online":false}`, "false", false},
		"the guide's database":       {`.connected == true`, `{}`, "false", false},
		"the guide's user":           {`.user.id != null`, `{"user":{"id":7}}`, "true", true},
		"nobody there":               {`.user.id != null`, `{"user":null}`, "false", false},
		"there is not enough":        {`.user.id`, `{"user":{"id":7}}`, "7", false},
		"true as a string":           {`.a`, `{"a":"true"}`, `"true"`, false},
		"the last value counts":      {`false, true`, `null`, "true", true},
		"and not the one before":     {`true, false`, `null`, "false", false},
		"no value at all":            {`empty`, `null`, "nothing", false},
		"a select that finds none":   {`.[] | select(. > 5) | true`, `[1,2]`, "nothing", false},
		"numbers keep their digits":  {`.id`, `{"id":12345678901234567890123}`, "12345678901234567890123", false},
		"and compare":                {`.id == 12345678901234567890123 and .f < 1.5`, `{"id":12345678901234567890123,"f":1.25}`, "true", true},
		"the environment is empty":   {`env == {} and $ENV == {}`, `null`, "true", true},
		"halting is an end":          {`true, halt, false`, `null`, "true", true},
		"arithmetic":                 {`.a + .b`, `{"a":1,"b":0.5}`, "1.5", false},
		"a document that is a value": {`. == "pong"`, ` "pong" `, "true", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := compile(t, tc.expr).Last(t.Context(), read(t, tc.doc))
			if err != nil || got.String() != tc.want || got.True() != tc.holds {
				t.Errorf("%s, %v; %v, want %s, %v", got, got.True(), err, tc.want, tc.holds)
			}
		})
	}
}

func TestWhatIsNoExpression(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		`.status ==`:                "unexpected EOF",
		`.status = = "ok"`:          `unexpected token "="`,
		`status == "ok"`:            "function not defined: status/0",
		`$x`:                        "variable not defined: $x",
		`input`:                     "input",
		`import "x" as x; .`:        "",
		`include "x"; .`:            "",
		strings.Repeat(".", 10_001): "longer than 10,000",
	} {
		_, err := jq.Compile(expr)
		msg := deploy.Message(err)
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(msg, "is no jq expression: ") || !strings.Contains(msg, want) || len(msg) > 400 {
			t.Errorf("%.40s: %q (%s), want it to say %q", expr, msg, deploy.CodeOf(err), want)
		}
	}
}

func TestWhatFailsWhenItIsRun(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		`.a.b`:                  "expected an object but got",
		`.[] | .x`:              "expected an object but got",
		`error("as it wished")`: "as it wished",
		`true, error("late")`:   "late",
		`"x" | halt_error`:      "halt error: x",
		`repeat(1)`:             "gives more than 10,000 values",
		`def f: f; f`:           "was not done after 1 s",
		`[repeat(1)]`:           "was not done after 1 s",
	} {
		t.Run(expr, func(t *testing.T) {
			t.Parallel()
			_, err := compile(t, expr).Last(t.Context(), read(t, `{"a":"text"}`))
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), want) {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
}

func TestAnExpressionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := compile(t, `def f: f; f`).Last(ctx, read(t, `null`))
	if deploy.CodeOf(err) != deploy.Unavailable {
		t.Errorf("%v, want unavailable", err)
	}
}

func TestWhatIsNoDocument(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "empty", " \n": "empty", "<html>": "is not JSON", `{"a":`: "ends too early", `{"a":1}{"a":2}`: "more than one",
		`{"a":1} x`: "more than one", "\x00": "is not JSON", strings.Repeat("[", 20_000): "is not JSON",
	} {
		_, err := jq.Read([]byte(text))
		if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), want) {
			t.Errorf("%.20q: %v, want %q", text, err, want)
		}
	}
}

func TestOnlyScalarsAreText(t *testing.T) {
	t.Parallel()
	doc := read(t, `{"s":"a b","n":12345678901234567890,"f":1.50,"b":false,"null":null,"list":[1],"map":{},"e":""}`)
	for expr, want := range map[string]string{".s": "a b", ".n": "12345678901234567890", ".f": "1.50", ".b": "false", ".n - .n": "0", ".e": ""} {
		v, err := compile(t, expr).Last(t.Context(), doc)
		if text, ok := v.Text(); err != nil || !ok || text != want {
			t.Errorf("%s: %q %v %v, want %q", expr, text, ok, err, want)
		}
	}
	for _, expr := range []string{".null", ".list", ".map", ".missing", "empty"} {
		v, err := compile(t, expr).Last(t.Context(), doc)
		if text, ok := v.Text(); err != nil || ok {
			t.Errorf("%s: %q %v %v, want no text", expr, text, ok, err)
		}
	}
}

func TestADocumentIsNotChangedByExpressions(t *testing.T) {
	t.Parallel()
	const text = `{"a":[3,1,2],"b":{"c":1,"d":[{"e":2}]}}`
	doc, same := read(t, text), compile(t, ".")
	var wg sync.WaitGroup
	for _, expr := range []string{".a |= sort", "del(.b.c)", ".b.d[0].e = 5", ".a += [9]", "walk(if type == \"number\" then . + 1 else . end)", "to_entries | reverse", "reduce .a[] as $x (.; .b.c += $x)"} {
		p := compile(t, expr)
		for range 2 {
			wg.Go(func() {
				if _, err := p.Last(t.Context(), doc); err != nil {
					t.Errorf("%s: %v", expr, err)
				}
			})
		}
	}
	wg.Wait()
	if v, err := same.Last(t.Context(), doc); err != nil || v.String() != text {
		t.Errorf("%s, %v", v, err)
	}
}

func TestRewriting(t *testing.T) {
	t.Parallel()
	doc := read(t, `{"token":"abc","ids":[1,22],"token_22":{"deep":["22",true,null]}}`)
	got := doc.Rewritten(func(key, s string) string {
		if key == "token" || key == "deep" {
			return "hidden"
		}
		return strings.ReplaceAll(s, "22", "*")
	})
	v, err := compile(t, ".").Last(t.Context(), got)
	if want := `{"ids":[1,"*"],"token":"hidden","token_*":{"deep":["hidden",true,null]}}`; err != nil || v.String() != want {
		t.Errorf("%s, %v; want %s", v, err, want)
	}
}

func FuzzLast(f *testing.F) {
	for _, expr := range []string{`.status == "ok"`, `.a[1:] | length`, `..|numbers`, `.. |= .`, `@base64 "x\(.)"`, `test("a.b"; "g")`, `limit(3; repeat(1))`, `. * 1e3`, `ltrimstr("x")`, `getpath(["a",0])`, `try error catch .`, `input`, `$__loc__`} {
		f.Add(expr, `{"status":"ok","a":[1,2,{"b":null}]}`)
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		p, err := jq.Compile(expr)
		if err != nil {
			if deploy.CodeOf(err) != deploy.Invalid || deploy.Message(err) == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		d, err := jq.Read([]byte(text))
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		v, err := p.Last(ctx, d)
		if err == nil && v.True() && v.String() != "true" {
			t.Errorf("%s is true", v)
		}
	})
}
