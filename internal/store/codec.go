package store

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// encodeRelease gives the document of a release, in the format deploy.SchemaVersion. ID, number and revision are
// not in it: they are fields of their own beside it, because scripts need them.
func encodeRelease(r deploy.Release) ([]byte, error) { return json.Marshal(r) }

// decodeRelease reads a document of schema version sv, lifted to the version of this program if it is older. It
// refuses what it would lose when writing the document again: fields it does not know, and versions newer than its
// own (Conflict).
func decodeRelease(sv int64, doc string) (deploy.Release, error) {
	if sv > deploy.SchemaVersion {
		return deploy.Release{}, newer("read a release", sv)
	}
	lifted, err := releases.lift(sv, doc)
	if err != nil {
		return deploy.Release{}, err
	}
	var r deploy.Release
	if err := strictly(lifted, &r); err != nil {
		return deploy.Release{}, err
	}
	return r, nil
}

// strictly decodes exactly one JSON value with nothing in it that v has no place for.
func strictly(doc string, v any) error {
	d := json.NewDecoder(strings.NewReader(doc))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return fmt.Errorf("something follows the document")
	}
	return nil
}

// stored is a release as it lies in its hash.
type stored struct {
	rev, sv int64
	created time.Time
	doc     string
}

// release puts the parts together. The document of revision 1 was written before Redis said what time it is, so
// it has no times; they are in the field created.
func (st stored) release(id deploy.ReleaseID) (deploy.Release, error) {
	r, err := decodeRelease(st.sv, st.doc)
	if err != nil {
		if deploy.CodeOf(err) == deploy.Conflict {
			return r, err
		}
		return r, &deploy.Error{Code: deploy.Internal, Op: "read " + string(id), Err: err,
			Msg:  fmt.Sprintf("the stored document of %s cannot be read", id),
			Hint: "the journal of the release says what took place; report this with the log"}
	}
	r.ID, r.Rev = id, st.rev
	_, r.Number, _ = id.Split()
	stamp(&r, st.created)
	return r, nil
}

// stamp fills in the times of a release that has just been created.
func stamp(r *deploy.Release, created time.Time) {
	if r.Created.IsZero() {
		r.Created = created
	}
	if r.Since.IsZero() {
		r.Since = created
	}
}

// fromScript reads rev, created, sv and doc from a script's reply, at its i-th element.
func fromScript(r reply, i int) stored {
	return stored{rev: r.number(i), created: r.time(i + 1), sv: r.number(i + 2), doc: r.text(i + 3)}
}

// decodeEntries reads one record of the journal. Entries are only ever read, so unknown fields are no loss. An
// entry without a time has the one of its commit.
func decodeEntries(id string, fields map[string]any) ([]deploy.Entry, error) {
	rev, err := strconv.ParseInt(strings.TrimSuffix(id, "-0"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is not a revision", id)
	}
	text, _ := fields["entries"].(string)
	var entries []deploy.Entry
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, fmt.Errorf("revision %d: %w", rev, err)
	}
	at, _ := fields["at"].(string)
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("revision %d: %q is not a time", rev, at)
	}
	for i := range entries {
		entries[i].Rev, entries[i].Index = rev, i
		if entries[i].At.IsZero() {
			entries[i].At = fromMillis(ms)
		}
	}
	return entries, nil
}

// announcementVersion is the schema version of announcements. As with releases, a replica does not touch what it
// would not write back whole.
const announcementVersion = 2

// decodeAnnouncement reads an announcement of schema version sv; doc is empty before the first has been saved.
func decodeAnnouncement(sv int64, doc string) (deploy.Announcement, error) {
	if doc == "" {
		return deploy.Announcement{}, nil
	}
	lifted, err := announcements.lift(sv, doc)
	if err != nil {
		return deploy.Announcement{}, err
	}
	var a deploy.Announcement
	if err := strictly(lifted, &a); err != nil {
		return deploy.Announcement{}, err
	}
	return a, nil
}
