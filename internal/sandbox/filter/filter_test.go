package filter_test

import (
	"strings"
	"testing"

	"slipway/internal/sandbox/filter"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"metric.type": "a/b", "labels.x": "one two", "n": "5"}
	for _, c := range []struct {
		fact, text string
		want       bool
	}{
		{"nothing is asked", "", true},
		{"equal", `metric.type = "a/b"`, true},
		{"not equal", `metric.type != "a/b"`, false},
		{"bare value", `n=5`, true},
		{"quoted part of a field", `labels."x" = "one two"`, true},
		{"has", `labels.x:TWO`, true},
		{"one of", `metric.type = one_of("x", "a/b")`, true},
		{"none of", `metric.type != one_of("x", "a/b")`, false},
		{"starts with", `metric.type = starts_with("a/")`, true},
		{"ends with", `metric.type = ends_with("a")`, false},
		{"has substring", `labels.x = has_substring("e t")`, true},
		{"both, and one is not so", `n=5 AND n=6`, false},
		{"either", `n=6 OR n=5`, true},
		{"OR binds tighter than AND", `n=5 OR n=6 AND n=6`, false},
		{"parentheses", `n=5 OR (n=6 AND n=6)`, true},
		{"nothing between is AND", "n=5\nn=6", false},
		{"NOT", `NOT n=6`, true},
		{"NOT of a group", `NOT (n=5 OR n=6)`, false},
		{"escaped quote", `n = "\"5\""`, false},
	} {
		t.Run(c.fact, func(t *testing.T) {
			t.Parallel()
			f, err := filter.Parse(c.text)
			if err != nil {
				t.Fatal(err)
			}
			got := f.Match(func(x filter.Comparison) bool {
				holds, understood := x.Compare(fields[x.Field])
				if !understood {
					t.Errorf("%s was not understood", x)
				}
				return holds
			})
			if got != c.want {
				t.Errorf("%s: %v, want %v", c.text, got, c.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`hello`, `=`, `a =`, `a = "x`, `a ! "x"`, `a = "x" AND`, `(a = "x"`, `a = "x")`, `a = f("x"`, `a = f(x)`, `OR a = "x"`,
		`a = "x" OR`, `NOT`, `"a" = "b"`, `a = = "x"`, strings.Repeat("(", 100) + `a=b`, strings.Repeat("a", 30_000),
	} {
		if f, err := filter.Parse(text); err == nil {
			t.Errorf("%.60q was taken for %+v", text, f)
		}
	}
}

func TestWhatIsNotACompareIsSaid(t *testing.T) {
	t.Parallel()
	f, err := filter.Parse(`a >= "x" AND b = near("y")`)
	if err != nil {
		t.Fatal(err)
	}
	var seen []string
	_ = f.Each(func(c filter.Comparison) error {
		if _, understood := c.Compare("x"); understood {
			t.Errorf("%s counts as understood", c)
		}
		seen = append(seen, c.String())
		return nil
	})
	if got := strings.Join(seen, "; "); got != `a >= "x"; b = near(["y"])` {
		t.Errorf("saw %s", got)
	}
}
