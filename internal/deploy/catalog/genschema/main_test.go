package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheSchemasInTheRepositoryAreCurrent(t *testing.T) {
	t.Chdir("..")
	schemas, err := generate()
	if err != nil || len(schemas) != 2 {
		t.Fatal(len(schemas), err)
	}
	for name, want := range schemas {
		got, err := os.ReadFile("../../../deployments/catalog/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("deployments/catalog/%s is not what the types say; run go generate ./... (-types +file):\n%s", name, diff)
		}
	}
}
