package store

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"slipway/internal/deploy"
)

// upcaster turns a document of one schema version into one of the next, in place. It knows nothing but JSON: the
// types of package deploy will have moved on. Numbers are json.Number.
type upcaster func(doc map[string]any) error

// schema is a kind of document and how its older versions are read.
type schema struct {
	newest int64
	lifts  map[int64]upcaster // by the version they start from
}

// The documents that there are. To change the stored form of one: raise its version, add the upcaster from the version
// before, and keep that one's golden file. An upcaster whose version has been released is never changed nor taken out.
var (
	releases      = schema{newest: deploy.SchemaVersion, lifts: map[int64]upcaster{1: asItIs}}
	announcements = schema{newest: announcementVersion, lifts: map[int64]upcaster{1: asItIs}}
)

// asItIs is for a version that only added fields which may be missing. The version had to grow all the same: a replica
// that does not know them must not touch a document which may have them.
func asItIs(map[string]any) error { return nil }

// lift gives a document of version sv the form of the newest, version by version. One that is the newest already is
// returned as it is.
func (s schema) lift(sv int64, doc string) (string, error) {
	if sv == s.newest {
		return doc, nil
	}
	for v := sv; v != s.newest; v++ {
		if v > s.newest || s.lifts[v] == nil {
			return "", fmt.Errorf("there is no way from schema version %d to %d", sv, s.newest)
		}
	}
	d := json.NewDecoder(strings.NewReader(doc))
	d.UseNumber() // a float64 would round durations
	var fields map[string]any
	if err := d.Decode(&fields); err != nil {
		return "", err
	}
	if fields == nil {
		return "", fmt.Errorf("the document is null")
	}
	if _, err := d.Token(); err != io.EOF {
		return "", fmt.Errorf("something follows the document")
	}
	for v := sv; v < s.newest; v++ {
		if err := s.lifts[v](fields); err != nil {
			return "", fmt.Errorf("lift a document from schema version %d: %w", v, err)
		}
	}
	lifted, err := json.Marshal(fields)
	return string(lifted), err
}
