package deploy_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
)

// scripts makes a set of files that hold their own names, unless they are given another content.
func scripts(t *testing.T, files ...string) deploy.ScriptSet {
	t.Helper()
	set, err := deploy.NewScriptSet("migrations", contents(files...))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// contents are the contents of files, each named, or given as name=content.
func contents(files ...string) map[string][]byte {
	all := map[string][]byte{}
	for _, f := range files {
		name, content, given := strings.Cut(f, "=")
		if !given {
			content = "-- " + name
		}
		all[name] = []byte(content)
	}
	return all
}

func TestScriptsAreAppliedByTheirNumber(t *testing.T) {
	t.Parallel()
	set := scripts(t, "100_c.sql", "v1/9_a.sql", "020_b.sql", "README.md", "notes.SQL", "v1/", "20260101120000_d.sql")
	var order []string
	for _, s := range set.Scripts {
		order = append(order, s.Name)
	}
	if diff := cmp.Diff([]string{"9_a.sql", "020_b.sql", "100_c.sql", "20260101120000_d.sql"}, order); diff != "" {
		t.Error(diff)
	}
	want := deploy.Script{Version: 20, Name: "020_b.sql", SQL: "-- 020_b.sql"}
	want.Sum = fmt.Sprintf("%x", sha256.Sum256([]byte(want.SQL)))
	if diff := cmp.Diff(want, set.Scripts[1]); diff != "" || set.Source != "migrations" {
		t.Errorf("of %q: %s", set.Source, diff)
	}
}

func TestNoScriptsAreASet(t *testing.T) {
	t.Parallel()
	if set := scripts(t); len(set.Scripts) != 0 || len(set.Hash) != 64 {
		t.Errorf("%+v", set)
	}
}

func TestFilesThatMakeNoSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"no number":             {[]string{"users.sql"}, `"users.sql" is not called NNN_name.sql`},
		"a number alone":        {[]string{"001.sql"}, `"001.sql" is not called NNN_name.sql`},
		"a space in it":         {[]string{"001_a b.sql"}, `"001_a b.sql" is not called NNN_name.sql`},
		"a number of 19 digits": {[]string{"1234567890123456789_a.sql"}, `is not called NNN_name.sql`},
		"number nothing":        {[]string{"000_a.sql"}, "000_a.sql has no number above 0"},
		"two with one number":   {[]string{"014_b.sql", "14_a.sql"}, "014_b.sql and 14_a.sql have the same number"},
		"an empty one":          {[]string{"001_a.sql= \n"}, "001_a.sql is empty"},
		"one that is no text":   {[]string{"001_a.sql=\xff\xfe"}, "001_a.sql is not UTF-8"},
		"everything that is amiss": {[]string{"x.sql", "001_a.sql=", "002_b.sql", "2_c.sql", "3_d.sql"},
			`"x.sql" is not called NNN_name.sql; 001_a.sql is empty; 002_b.sql and 2_c.sql have the same number`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			set, err := deploy.NewScriptSet("gs://bucket/v1/", contents(c.files...))
			if deploy.CodeOf(err) != deploy.Invalid || !strings.Contains(deploy.Message(err), c.want) || !strings.Contains(deploy.Hint(err), "gs://bucket/v1/") {
				t.Errorf("%v (%s)", err, deploy.Hint(err))
			}
			if len(set.Scripts) != 0 || set.Hash != "" {
				t.Errorf("there is a set all the same: %+v", set)
			}
		})
	}
}

func TestTheHashOfASetIsOfNamesAndContents(t *testing.T) {
	t.Parallel()
	first := scripts(t, "001_a.sql", "002_b.sql")
	for name, c := range map[string]struct {
		files []string
		same  bool
	}{
		"the same":           {[]string{"002_b.sql", "001_a.sql"}, true},
		"in a folder":        {[]string{"v1/001_a.sql=-- 001_a.sql", "v1/002_b.sql=-- 002_b.sql"}, true},
		"beside other files": {[]string{"001_a.sql", "002_b.sql", "README.md"}, true},
		"another content":    {[]string{"001_a.sql", "002_b.sql=SELECT 1"}, false},
		"another name":       {[]string{"001_a.sql", "002_c.sql=-- 002_b.sql"}, false},
		"another number":     {[]string{"001_a.sql", "003_b.sql=-- 002_b.sql"}, false},
		"one more":           {[]string{"001_a.sql", "002_b.sql", "003_c.sql"}, false},
		"one less":           {[]string{"001_a.sql"}, false},
	} {
		if same := scripts(t, c.files...).Hash == first.Hash; same != c.same {
			t.Errorf("%s: the same hash: %t", name, same)
		}
	}
}

func TestWhichClassIsWorse(t *testing.T) {
	t.Parallel()
	order := []deploy.SchemaClass{deploy.Unchanged, deploy.Expand, deploy.Unsure, deploy.Contract}
	for i, a := range order {
		for j, b := range order {
			if got := a.Worse(b); got != order[max(i, j)] {
				t.Errorf("%q and %q are %q", a, b, got)
			}
		}
	}
}
