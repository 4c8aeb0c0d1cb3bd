package catalog_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"slipway/deployments"
	"slipway/internal/deploy"
	"slipway/internal/deploy/catalog"
)

// FuzzLoad holds that no text of a file, of its checklist or of its task definition makes Load panic, that problems stand in the file, and that what loads can be
// resolved, planned and rewritten.
func FuzzLoad(f *testing.F) {
	guide, err := fs.ReadFile(deployments.Catalog(), "coditect-app.yaml")
	if err != nil {
		f.Fatal(err)
	}
	list := string(checklistOfTheGuide(f).Data)
	f.Add(string(guide), list)
	for _, seed := range []string{sound, watched, scraped, told, guarded, kept} {
		f.Add(seed, listed)
	}
	for _, seed := range []string{"groups: []", "groups: [{items: [{prove: {}}]}]", "- a", "groups: [{name: A, items: [{key: b, text: c, prove: [scan]}]}]"} {
		f.Add(guarded, seed)
	}
	for _, seed := range []string{task, "{}", "[1]", `{"containerDefinitions": [{"name": "${VERSION}"}]}`, `{"a": "\xff"}`} {
		f.Add(onECS, seed)
		f.Add(weighted, seed)
	}
	for _, seed := range []string{"also: [{}]", "also: [{name: a, platform: {kind: ecs, rule: x}}]", "", "a: &x [*x]", "? [a]: b", "service: {a: b: c}", "%YAML 1.2\n---\n-", "environments: {? : }", "a:\n\t- b", "service: |\n  x\n", "metrics: {objectives: {cpu: {target: 1e2%, worse: .5}}}"} {
		f.Add(seed, "")
	}
	f.Fuzz(func(t *testing.T, text, list string) {
		src := fstest.MapFS{"app.yaml": file(text), "checklists/production.yaml": file(list), "scripts/smoke.sh": file(""), "migrations/001_users.sql": file(""), "tasks/edge.json": file(list)}
		c, err := catalog.LoadFS(src, "cat")
		if err != nil {
			if deploy.CodeOf(err) != deploy.Invalid {
				t.Fatalf("code %s of %v", deploy.CodeOf(err), err)
			}
			return
		}
		for _, target := range c.Targets() {
			spec, err := c.Resolve(target, "v1")
			if err != nil {
				t.Fatalf("resolve %s: %v", target, err)
			}
			if _, err := deploy.NewPlan(spec); err != nil {
				t.Fatalf("plan %s: %v", target, err)
			}
		}
		if err := catalog.Rewrite(src, t.TempDir(), catalog.Rewriting{Speed: 60, Registry: "127.0.0.1:5000", DatabaseOff: "there is none: not here"}); err != nil {
			t.Fatalf("rewrite: %v", err)
		}
	})
}
