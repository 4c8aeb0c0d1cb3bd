package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheSchemaInTheRepositoryIsCurrent(t *testing.T) {
	t.Chdir("..")
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../deployments/catalog/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("deployments/catalog/schema.json is not what the types say; run go generate ./... (-types +file):\n%s", diff)
	}
}
