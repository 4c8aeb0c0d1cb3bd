package catalog_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"slipway/deployments"
	"slipway/internal/deploy"
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
	if len(objects) != 32 {
		t.Fatalf("the schemas have %d mappings, want 32", len(objects))
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

// A service on ECS, with its task definition, and one that is released with another are whole files too.
func TestTheExamplesOnECSCanBeReleased(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/catalog.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```json\n")
	task, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("docs/catalog.md shows no task definition")
	}
	files := fstest.MapFS{"tasks/coditect-edge.json": file(task)}
	for _, service := range []string{"coditect-edge", "coditect-duo"} {
		_, after, _ = strings.Cut(string(page), "```yaml\nservice: "+service+"\n")
		text, _, found := strings.Cut(after, "```")
		if !found {
			t.Fatalf("docs/catalog.md shows no %s", service)
		}
		files[service+".yaml"] = file("service: " + service + "\n" + text)
	}
	c, err := load(t, files)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, target := range c.Targets() {
		spec, err := c.Resolve(target, "v1.2.4")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := deploy.NewPlan(spec); err != nil {
			t.Errorf("%s: %v", target, err)
		}
		got[target.String()] = spec.Platform.Service.String()
		for _, part := range spec.Also {
			got[target.String()] += ", then " + part.Platform.Service.String()
		}
	}
	want := map[string]string{
		"coditect-edge/staging":    "ecs:coditect-staging/us-east-1/coditect-edge",
		"coditect-edge/production": "ecs:coditect-production/us-east-1/coditect-edge",
		"coditect-duo/production":  "cloudrun:my-gcp-project/us-central1/coditect-duo-production, then ecs:coditect-production/us-east-1/coditect-worker",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is released (-want +got):\n%s", diff)
	}
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
