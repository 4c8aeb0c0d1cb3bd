package catalog_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"

	"slipway/deployments"
)

func TestTheDocumentationHasEveryKey(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(deployments.Catalog(), "schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Properties map[string]any `json:"properties"`
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../../docs/catalog.md")
	if err != nil {
		t.Fatal(err)
	}
	objects := []object{schema.object}
	for _, o := range schema.Defs {
		objects = append(objects, o)
	}
	if len(objects) != 16 {
		t.Fatalf("the schema has %d mappings, want 16", len(objects))
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
