// Package docs_test holds the pages to the code where a machine can: tests that are named exist, links lead somewhere,
// and nothing that people can set or call is left out.
package docs_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"slipway/internal/sandbox/control"
	"slipway/internal/sandbox/rehearsal"
)

// pages are all Markdown files of the repository.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && len(d.Name()) > 2 && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".md"):
			found[filepath.ToSlash(name)] = read(t, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("found only %d pages", len(found))
	}
	return found
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// sources are the Go files whose names end in suffix, as one text.
func sources(t *testing.T, folder, suffix string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, suffix) {
			all.WriteString(read(t, name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// named are the first groups of all matches, each once.
func named(pattern, text string) []string {
	var all []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestEveryTestThatAPageNamesExists(t *testing.T) {
	t.Parallel()
	there := named(`(?m)^func ((?:Test|Fuzz)\w+)\(`, sources(t, "../internal", "_test.go")+sources(t, "../cmd", "_test.go"))
	for page, text := range pages(t) {
		for _, name := range named("`((?:Test|Fuzz)[A-Z]\\w+)[`/]", text) {
			if !slices.Contains(there, name) {
				t.Errorf("%s names %s, and there is no such test", page, name)
			}
		}
	}
}

func TestEveryPromiseNamesWhatHoldsIt(t *testing.T) {
	t.Parallel()
	facts := sources(t, "../internal/store/storetest", ".go") + sources(t, "../internal/deploy/provider/providertest", ".go") +
		sources(t, "../internal/deploy/provider/metricstest", ".go")
	promises := strings.Split(read(t, "guarantees.md"), "\n## ")[1:]
	for _, promise := range promises[:16] {
		title, text, _ := strings.Cut(promise, "\n")
		_, rest, ok := strings.Cut(text, "**Tests**")
		if !ok {
			t.Errorf("%q names no test", title)
		}
		tests, _, _ := strings.Cut(rest, "\n\n")
		for _, fact := range named(`"([^"]+)"`, strings.Join(strings.Fields(tests), " ")) {
			if !strings.Contains(facts, `"`+fact+`"`) {
				t.Errorf("%q quotes %q, and no suite has this case", title, fact)
			}
		}
	}
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	t.Parallel()
	for page, text := range pages(t) {
		for _, link := range named(`\]\(([^)\s]+)\)`, text) {
			target, _, _ := strings.Cut(link, "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(path.Join(path.Dir(page), target)); err != nil {
				t.Errorf("%s links to %s: %v", page, link, err)
			}
		}
	}
}

func TestNothingIsLeftOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, page, pattern, text string }{
		{"a variable", "configuration.md", `"([A-Z]+_[A-Z_]+)"`, read(t, "../cmd/bot/config.go")},
		{"a metric", "configuration.md", `Name: "(\w+)"`, read(t, "../internal/telemetry/metrics.go")},
		{"a scope", "../deployments/slack/manifest.yaml", `\{"([a-z]+:[a-z]+)"`, read(t, "../internal/commands/slack/check.go")},
		{"an endpoint", "sandbox.md", `HandleFunc\("\w+ /v1(/\w+)"`, read(t, "../internal/sandbox/control/server.go")},
		{"a fault", "sandbox.md", `\b([a-z]+(?:-[a-z]+)+|[a-z-]+=)`, control.FaultUsage},
		{"a key", "architecture.md", `(?m)^//\t(?:sw:\{p\})?(?:\S+, )?(:?[a-z]+)`, read(t, "../internal/store/keys.go")},
	} {
		names := named(c.pattern, c.text)
		if len(names) < 5 && c.what != "a metric" {
			t.Errorf("found only %v for %s", names, c.what)
		}
		text := read(t, c.page)
		for _, name := range names {
			if !strings.Contains(text, name) {
				t.Errorf("%s lacks %s: %s", c.page, c.what, name)
			}
		}
	}
}

func TestEveryRehearsalIsListed(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../deployments/rehearsals/*.txt")
	if err != nil || len(files) < 3 {
		t.Fatalf("found %v, %v", files, err)
	}
	listed := named("(?m)^\\| `([a-z-]+\\.txt)` \\|", read(t, "rehearsals.md"))
	for _, f := range files {
		if !slices.Contains(listed, filepath.Base(f)) {
			t.Errorf("rehearsals.md does not list %s", filepath.Base(f))
		}
	}
	if len(listed) != len(files) {
		t.Errorf("rehearsals.md lists %v, there are %v", listed, files)
	}
}

func TestTheExampleOfARehearsalCanBeRead(t *testing.T) {
	t.Parallel()
	_, example, ok := strings.Cut(read(t, "rehearsals.md"), "## An example\n\n```\n")
	if !ok {
		t.Fatal("there is no example")
	}
	example, _, _ = strings.Cut(example, "```")
	script, err := rehearsal.Parse("docs/rehearsals.md", strings.NewReader(example))
	if err != nil {
		t.Fatal(err)
	}
	if len(script.People()) != 3 {
		t.Errorf("%v play in it", script.People())
	}
}
