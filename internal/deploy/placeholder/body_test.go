package placeholder_test

import (
	"testing"

	"slipway/internal/deploy/placeholder"
)

func TestWhatABodyIs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		contentType, body string
		want              placeholder.Kind
	}{
		"said to be JSON":            {"application/json; charset=utf-8", "x", placeholder.JSON},
		"a kind of JSON":             {"Application/Problem+JSON", "x", placeholder.JSON},
		"said to be a form":          {"application/x-www-form-urlencoded", "{}", placeholder.Form},
		"an object by its looks":     {"", " {}", placeholder.JSON},
		"a list by its looks":        {"", "[1]", placeholder.JSON},
		"text by its looks":          {"", "a=b", placeholder.Verbatim},
		"text, whatever it looks as": {"text/plain", "{}", placeholder.Verbatim},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := placeholder.BodyKind(tc.contentType, tc.body); got != tc.want {
				t.Errorf("%d, want %d", got, tc.want)
			}
		})
	}
}
