package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/deploy"
	"slipway/internal/store"
)

func announced() deploy.Announcement {
	return deploy.Announcement{Channel: "C0OPS", Parent: "1700000000.000100", Shown: "a b c 1", Told: 12, ToldTo: 1,
		Asked: map[string]string{"traffic/50/gate": "1700000001.000200"}, Posting: "entry 12 1", Since: at(8),
		Incident: "1700000002.000300", Files: map[string]string{"chart": "F0CHART"}}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{"testdata"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestEveryVersionThatWasEverStoredIsRead fails when a version is raised without a golden file and an upcaster of the
// version before: releases that are under way during an upgrade of the bot are stored in it.
func TestEveryVersionThatWasEverStoredIsRead(t *testing.T) {
	t.Parallel()
	for name, s := range store.Schemas(full(), announced()) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n := int64(len(s.Lifts)); n != s.Newest-1 {
				t.Errorf("%d upcasters lead to version %d", n, s.Newest)
			}
			for v := int64(1); v <= s.Newest; v++ {
				if _, err := s.Read(v, read(t, fmt.Sprintf("%s.v%d.json", name, v))); err != nil {
					t.Errorf("version %d: %v", v, err)
				}
			}
			doc, err := s.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(read(t, fmt.Sprintf("%s.v%d.json", name, s.Newest)), indented(t, doc)); diff != "" {
				t.Errorf("version %d is not as it always was: raise it\n%s", s.Newest, diff)
			}
		})
	}
}

// TestAVersionThatOnlyAddedFieldsIsReadAsItIs is about documents of releases that were under way during the upgrade.
func TestAVersionThatOnlyAddedFieldsIsReadAsItIs(t *testing.T) {
	t.Parallel()
	for name, s := range store.Schemas(full(), announced()) {
		doc := read(t, name+".v1.json")
		before, err := s.Read(1, doc)
		if err != nil {
			t.Fatal(err)
		}
		after, err := s.Read(2, doc)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(after, before); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func indented(t *testing.T, doc []byte) string {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, doc, "", "  "); err != nil {
		t.Fatal(err)
	}
	return pretty.String() + "\n"
}

// invented are upcasters from versions that never were, to what version 1 is.
var invented = map[int64]func(map[string]any) error{
	-1: func(doc map[string]any) error {
		doc["requester"] = doc["who"]
		delete(doc, "who")
		return nil
	},
	0: func(doc map[string]any) error {
		spec, _ := doc["spec"].(map[string]any)
		strategy, _ := spec["strategy"].(map[string]any)
		steps, _ := strategy["steps"].([]any)
		for _, s := range steps {
			step, _ := s.(map[string]any)
			seconds, ok := step["bake_seconds"].(json.Number)
			if !ok {
				return errors.New("a step has no bake_seconds")
			}
			step["bake"] = json.Number(seconds.String() + "000000000")
			delete(step, "bake_seconds")
		}
		return nil
	},
}

func lift(sv int64, doc string) (string, error) { return store.LiftRelease(invented, sv, doc) }

func TestOlderDocumentsAreLiftedVersionByVersion(t *testing.T) {
	t.Parallel()
	want, err := store.DecodeRelease(1, read(t, "release.v1.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []int64{-1, 0} {
		lifted, err := lift(v, read(t, "invented", fmt.Sprintf("release.v%d.json", v)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.DecodeRelease(deploy.SchemaVersion, lifted)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("from version %d:\n%s", v, diff)
		}
	}
}

func TestALiftLosesNothingAndNeverGuesses(t *testing.T) {
	t.Parallel()
	const precise = "9007199254740993" // 2^53 + 1, which no float64 is
	lifted, err := lift(0, `{"spec":{"strategy":{"steps":[]}},"kept":`+precise+`}`)
	if err != nil || !strings.Contains(lifted, precise) {
		t.Errorf("a number became %s, %v", lifted, err)
	}
	for name, c := range map[string]struct {
		sv  int64
		doc string
	}{
		"a version without an upcaster":     {-2, "{}"},
		"a version that is newer":           {deploy.SchemaVersion + 1, "{}"},
		"a document without what is lifted": {0, `{"spec":{"strategy":{"steps":[{}]}}}`},
		"half a document":                   {0, `{"spec":`},
		"two documents":                     {0, `{}{}`},
		"no document":                       {0, `null`},
	} {
		if lifted, err := lift(c.sv, c.doc); err == nil {
			t.Errorf("%s is taken for %s", name, lifted)
		}
	}
}
