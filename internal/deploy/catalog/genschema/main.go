// Command genschema writes the JSON Schemas of catalog files and of checklists, from the Go types that decode them, to
// the folder it is given. Editors use it to complete and check keys while one types; the bot itself never reads it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"

	"slipway/internal/deploy/catalog"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: genschema FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "genschema:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	schemas, err := generate()
	if err != nil {
		return err
	}
	for name, schema := range schemas {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, schema, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate makes the schemas, by the names of their files. The working folder must be that of package catalog: the
// descriptions are the comments in its source.
func generate() (map[string][]byte, error) {
	r := &jsonschema.Reflector{
		Anonymous:                  true,
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		ExpandedStruct:             true,
		Mapper:                     custom,
	}
	if err := addComments(r); err != nil {
		return nil, err
	}
	schema := r.Reflect(&catalog.File{})
	schema.Title = "Slipway catalog file"
	// What is inlined twice would be written twice; environments refer to their own definition.
	environment := r.Reflect(&catalog.Environment{})
	for name, definition := range environment.Definitions {
		schema.Definitions[name] = definition
	}
	environment.Definitions, environment.Version = nil, ""
	schema.Definitions["Environment"] = environment

	checklist := r.Reflect(&catalog.Checklist{})
	checklist.Title = "Slipway checklist"
	if prove, ok := checklist.Definitions["Item"].Properties.Get("prove"); ok { // its kind may stand alone
		alone := &jsonschema.Schema{Type: "string"}
		if kind, ok := checklist.Definitions["Prove"].Properties.Get("kind"); ok {
			alone.Enum = kind.Enum
		}
		*prove = jsonschema.Schema{OneOf: []*jsonschema.Schema{alone, {Ref: prove.Ref}}, Description: prove.Description}
	}
	schemas := map[string][]byte{}
	for name, s := range map[string]*jsonschema.Schema{"schema.json": schema, "checklists/schema.json": checklist} {
		text, err := json.MarshalIndent(s, "", "  ")
		if err != nil {
			return nil, err
		}
		schemas[name] = append(text, '\n')
	}
	return schemas, nil
}

// custom describes the types that are not decoded as Go declares them.
func custom(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[catalog.Duration](), reflect.TypeFor[catalog.Latency]():
		return &jsonschema.Schema{Type: "string", Pattern: `^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$`}
	case reflect.TypeFor[catalog.Percentage]():
		return &jsonschema.Schema{Type: "string", Pattern: `^[0-9]+(\.[0-9]+)? ?%$`}
	case reflect.TypeFor[catalog.Date]():
		return &jsonschema.Schema{Type: "string", Pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`}
	case reflect.TypeFor[catalog.Approve]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "boolean"}, {Type: "string", Enum: []any{"inconclusive"}}}}
	case reflect.TypeFor[catalog.JSON]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "object"}, {Type: "array"}}}
	case reflect.TypeFor[catalog.Expressions]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "array", Items: &jsonschema.Schema{Type: "string"}}}}
	case reflect.TypeFor[catalog.CPU](), reflect.TypeFor[catalog.Memory]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "number"}, {Type: "string"}}}
	case reflect.TypeFor[catalog.Environments]():
		one := uint64(1)
		return &jsonschema.Schema{
			Type: "object", MinProperties: &one,
			AdditionalProperties: &jsonschema.Schema{Ref: "#/$defs/Environment"},
		}
	}
	return nil
}

// addComments makes the comments of package catalog the descriptions, each as one line.
func addComments(r *jsonschema.Reflector) error {
	base := reflect.TypeFor[catalog.File]().PkgPath()
	if err := r.AddGoComments(base, ".", jsonschema.WithFullComment()); err != nil {
		return fmt.Errorf("read the comments of package catalog: %w", err)
	}
	for name, text := range r.CommentMap {
		r.CommentMap[name] = strings.Join(strings.Fields(text), " ")
	}
	return nil
}
