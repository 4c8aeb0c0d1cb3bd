package lines_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"slipway/internal/deploy/provider/lines"
)

func TestText(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ message, want string }{
		"is one line":                              {" a\n\tb\x00c ", "a b c"},
		"masks a password":                         {`password="a b" user=x`, `password=*** user=x`},
		"masks what is in an address":              {"redis://u:p/w@host/0", "redis://u:***@host/0"},
		"leaves a port":                            {"http://host:8080/path?to=a@example.com", "http://host:8080/path?to=a@example.com"},
		"masks keys by their shape":                {"key AKIAIOSFODNN7EXAMPLE is used", "key *** is used"},
		"masks headers":                            {"Authorization: Bearer abc123def456", "Authorization: ***"},
		"leaves a word after token":                {"unexpected token: comma", "unexpected token: comma"},
		"says where text is none":                  {"\xff", "\uFFFD"},
		"masks a key that is cut":                  {"-----BEGIN RSA PRIVATE KEY-----\nMIIE", "***"},
		"masks a password of Go's driver of MySQL": {"root:s3cret@tcp(db:3306)/app", "root:***@tcp(db:3306)/app"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := lines.Text(tc.message); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestALineIsCut(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]string{
		"a thousand and one": strings.Repeat("é", 1001),
		"a megabyte":         strings.Repeat("é", 1<<19),
	} {
		got := lines.Text(s)
		if utf8.RuneCountInString(got) != 1000 || !utf8.ValidString(got) || !strings.HasSuffix(got, "é…") {
			t.Errorf("%s: %d characters, valid %v, ends with %q", name, utf8.RuneCountInString(got), utf8.ValidString(got), got[len(got)-6:])
		}
	}
	if whole := strings.Repeat("é", 1000); lines.Text(whole) != whole {
		t.Error("a line of a thousand characters is cut")
	}
}

func TestSaid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ message, want string }{
		"the message":                   {`{"msg":"a","message":"b"}`, "b"},
		"with the error":                {`{"msg":"a","err":"b"}`, "a: b"},
		"and not the error twice":       {`{"msg":"a: b","err":"b"}`, "a: b"},
		"an error alone":                {`{"err":{"code":"E1"}}`, "E1"},
		"an error that says nothing":    {`{"error":{"n":1}}`, `{"n":1}`},
		"otherwise all of it, in order": {`{"b":"<","a":2}`, `{"a":2,"b":"<"}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fields, ok := lines.Fields(tc.message)
			if got := lines.Said(fields); !ok || got != tc.want {
				t.Errorf("%q, %v, want %q", got, ok, tc.want)
			}
		})
	}
	for _, message := range []string{"", "[1]", "{", `"a"`, "null"} {
		if _, ok := lines.Fields(message); ok {
			t.Errorf("%q is structured", message)
		}
	}
}
