package catalog_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/deployments"
)

func TestTheDocumentationHasEveryKey(t *testing.T) {
	t.Parallel()
	type object struct {
		Properties map[string]any `json:"properties"`
	}
	var objects []object
	for _, name := range []string{"schema.json", "checklists/schema.json"} {
		var schema struct {
			object
			Defs map[string]object `json:"$defs"`
		}
		text, err := fs.ReadFile(deployments.Catalog(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		objects = slices.Concat(objects, []object{schema.object}, slices.Collect(maps.Values(schema.Defs)))
	}
	page, err := os.ReadFile("../../../docs/catalog.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) != 31 {
		t.Fatalf("the schemas have %d mappings, want 31", len(objects))
	}
	for _, o := range objects {
		for key := range o.Properties {
			if !strings.Contains(string(page), "\n| `"+key+"` |") {
				t.Errorf("docs/catalog.md has no row for %s", key)
			}
		}
	}
}

func TestTheExampleInTheDocumentationIsTheExample(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/catalog.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```yaml\nservice:")
	shown, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("docs/catalog.md shows no example")
	}
	sameSpecs(t, "service:"+shown)
}

// What is shown besides the whole file stands for one key of it, and is read as such.
func TestEveryOtherExampleInTheDocumentationCanBeRead(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/catalog.md")
	if err != nil {
		t.Fatal(err)
	}
	const uploads = "on_call: \"@oncall\"\nimage_policy: {scan: {critical: 0}}\nchecks: [{name: Uploads, stage: smoke, bucket: gs://uploads}]\n"
	shown := map[string]int{}
	for _, block := range strings.Split(string(page), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		key, _, _ := strings.Cut(text, "\n")
		files := guardedBy(sound+text, listed)
		if key == "database:" { // of one environment
			production := "  production:\n    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
			files = guardedBy(strings.Replace(sound, "  production:\n", production, 1), listed)
		}
		switch key {
		case "checks:", "load:", "image_policy:", "database:":
		case "# checklists/production.yaml":
			production := strings.Replace(sound, "  production:\n", "  production:\n    checklist: checklists/production.yaml\n", 1)
			files = guardedBy(production+uploads, text)
		default:
			continue
		}
		shown[key]++
		if _, err := load(t, files); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	if diff := cmp.Diff(map[string]int{"checks:": 3, "load:": 1, "image_policy:": 1, "database:": 1, "# checklists/production.yaml": 1}, shown); diff != "" {
		t.Errorf("examples (-want +got):\n%s", diff)
	}
}
