package placeholder_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"slipway/internal/deploy"
	"slipway/internal/deploy/placeholder"
)

func parse(t *testing.T, s string) placeholder.Text {
	t.Helper()
	text, err := placeholder.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func from(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := values[name]
		return v, ok
	}
}

func TestFilling(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"ID": "42", "NAME": `Ann "A" <a&b>`, "ODD": "a/b?c#d e", "EMPTY": "", "UP": "..", "LINES": "a\r\nX-Evil: 1",
		"YES": "true", "LIST": "[1]", "secret:API_KEY": "s3cret+&=", "_x1": "x",
	}
	tests := map[string]struct {
		kind       placeholder.Kind
		text, want string
	}{
		"nothing to fill":                     {placeholder.Path, "/health", "/health"},
		"one value":                           {placeholder.Path, "/users/${ID}/x", "/users/42/x"},
		"two next to one another":             {placeholder.Verbatim, "${ID}${_x1}", "42x"},
		"a $ is a $":                          {placeholder.Verbatim, "$5 $ID $$ {x} $", "$5 $ID $$ {x} $"},
		"$${ is ${":                           {placeholder.Verbatim, "$${ID} and ${ID}", "${ID} and 42"},
		"as often as one likes":               {placeholder.Verbatim, "$$${ID}", "$${ID}"},
		"a value is not filled again":         {placeholder.Verbatim, "${LIST}", "[1]"},
		"a value stays one segment":           {placeholder.Path, "/x/${ODD}", "/x/a%2Fb%3Fc%23d%20e"},
		"and one parameter":                   {placeholder.Path, "/x?q=${secret:API_KEY}&r=${ODD}", "/x?q=s3cret%2B%26%3D&r=a%2Fb%3Fc%23d+e"},
		"which may be empty":                  {placeholder.Path, "/x?q=${EMPTY}", "/x?q="},
		"a header":                            {placeholder.Header, "Bearer ${secret:API_KEY}", "Bearer s3cret+&="},
		"in a JSON string":                    {placeholder.JSON, `{"name":"<${NAME}>","n":"${ID}"}`, `{"name":"<Ann \"A\" <a&b>>","n":"42"}`},
		"a line break there":                  {placeholder.JSON, `{"l":"${LINES}"}`, `{"l":"a\r\nX-Evil: 1"}`},
		"a number outside a string":           {placeholder.JSON, `{"n":${ID}}`, `{"n":42}`},
		"true outside a string":               {placeholder.JSON, `[${YES}]`, `[true]`},
		"text outside a string becomes one":   {placeholder.JSON, `{"name":${NAME}}`, `{"name":"Ann \"A\" <a&b>"}`},
		"so does a list":                      {placeholder.JSON, `{"l":${LIST}}`, `{"l":"[1]"}`},
		"and nothing at all":                  {placeholder.JSON, `{"l":${EMPTY}}`, `{"l":""}`},
		"behind an escaped quote, still text": {placeholder.JSON, `{"a\"":"\\","b":"\"${NAME}"}`, `{"a\"":"\\","b":"\"Ann \"A\" <a&b>"}`},
		"a form":                              {placeholder.Form, "user=a&password=${secret:API_KEY}", "user=a&password=s3cret%2B%26%3D"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parse(t, tc.text).Fill(tc.kind, from(values))
			if err != nil || got != tc.want {
				t.Errorf("%s, %v; want %s", got, err, tc.want)
			}
		})
	}
	for name, tc := range map[string]struct {
		kind       placeholder.Kind
		text, want string
	}{
		"nobody captured it":       {placeholder.Path, "/x/${TOKEN}", "${TOKEN}"},
		"nor knows the secret":     {placeholder.Header, "${secret:TOKEN}", "${secret:TOKEN}"},
		"a path that is shortened": {placeholder.Path, "/users/${EMPTY}", "${EMPTY} is empty"},
		"a path that goes up":      {placeholder.Path, "/users/${UP}/x", "${UP} is empty, . or .."},
		"a second header":          {placeholder.Header, "${LINES}", "${LINES} has a line break"},
		"half an escape":           {placeholder.JSON, `"\${ID}"`, "behind a backslash"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := parse(t, tc.text).Fill(tc.kind, from(values))
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), tc.want) {
				t.Errorf("%q, %v; want it to say %q", got, err, tc.want)
			}
			for name, v := range values {
				if len(v) > 4 && strings.Contains(err.Error(), v) {
					t.Errorf("%v: it has the value of %s", err, name)
				}
			}
		})
	}
}

func TestWhatIsNoPlaceholder(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"${", "a${b", "${}", "${a b}", "${1}", "${a-b}", "${secret:}", "${secret:a/b}", "${secret:a.b}", "${a${b}}", "${" + strings.Repeat("x y", 500) + "}", "${ä}"} {
		_, err := placeholder.Parse(s)
		if msg := deploy.Message(err); deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(msg, "placeholder") || len(msg) > 200 || !strings.Contains(deploy.Hint(err), "$${") {
			t.Errorf("%.20s: %v", s, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	got := parse(t, "/${A}/$${B}/${secret:C-1}?a=${A}").Names()
	if diff := cmp.Diff([]string{"A", "secret:C-1", "A"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"secret:C-1": "C-1", "A": "", "secret": ""} {
		if secret, ok := placeholder.Secret(name); ok != (want != "") || ok && secret != want {
			t.Errorf("%s: %q %v", name, secret, ok)
		}
	}
}

// Whatever a value is, it is that value and nothing else at the other end.
func TestValuesArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	body, path := parse(t, `{"a":"x${V}y","b":[${V}],"c":1}`), parse(t, "/v/${V}/w?q=${V}&r=1")
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.String().Draw(t, "value")
		value := func(string) (string, bool) { return v, true }
		text, err := body.Fill(placeholder.JSON, value)
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			A string
			B []any
			C int
		}
		if err := json.Unmarshal([]byte(text), &got); err != nil || got.A != "x"+v+"y" || len(got.B) != 1 || got.C != 1 {
			t.Fatalf("%s: %+v, %v", text, got, err)
		}
		if v == "" || v == "." || v == ".." {
			return
		}
		at, err := path.Fill(placeholder.Path, value)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse("https://host" + at)
		if err != nil || u.Host != "host" || u.Path != "/v/"+v+"/w" || u.Query().Get("q") != v || u.Query().Get("r") != "1" || u.Fragment != "" {
			t.Fatalf("%s: %+v, %v", at, u, err)
		}
	})
}

func FuzzFill(f *testing.F) {
	for _, s := range []string{"/x/${A}?q=${B}", `{"a":"${A}","b":${B}}`, "$${A}", "${secret:x}", "$$${", "Bearer ${A}", `"\\${A}\"`} {
		f.Add(s, "value", "a\"b\\\r\n")
	}
	f.Fuzz(func(t *testing.T, s, a, b string) {
		text, err := placeholder.Parse(s)
		if err != nil {
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(s, "${") {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		value := func(name string) (string, bool) {
			if name == "A" {
				return a, true
			}
			return b, true
		}
		if !strings.Contains(s, "${") {
			if got, err := text.Fill(placeholder.Verbatim, value); err != nil || got != s {
				t.Fatalf("%q became %q, %v", s, got, err)
			}
		}
		if header, err := text.Fill(placeholder.Header, value); err == nil && strings.ContainsAny(header, "\r\n") && !strings.ContainsAny(s, "\r\n") {
			t.Fatalf("%q became %q", s, header)
		}
		// What is JSON with a number in each place is JSON with anything there.
		zeroes, err := text.Fill(placeholder.JSON, func(string) (string, bool) { return "0", true })
		if err != nil || !json.Valid([]byte(zeroes)) || !utf8.ValidString(s) {
			return
		}
		if got, err := text.Fill(placeholder.JSON, value); err != nil || !json.Valid([]byte(got)) && !joined(text) {
			t.Fatalf("%q became %q, %v", s, got, err)
		}
	})
}

// joined says whether a placeholder is only a part of a word, as in 1${A}: there it is up to the author.
func joined(text placeholder.Text) bool {
	spaced, err := text.Fill(placeholder.JSON, func(string) (string, bool) { return `x`, true })
	return err != nil || !json.Valid([]byte(spaced))
}
