package store

import (
	"context"
	"encoding/json"
	"fmt"

	"slipway/internal/deploy"
)

// noteTries is how often a note is tried while others note things on the same release. There are few kinds of notes
// and each counts once, or twice, so that the others must be through before.
const noteTries = 20

// Note implements deploy.Commands. It takes two round trips, since the note carries the time of Redis, and one more
// for each other note that comes between. A repetition under the same event changes nothing, also after a lost answer.
func (s *Store) Note(ctx context.Context, id deploy.ReleaseID, n deploy.Note, event deploy.EventID) (deploy.Release, bool, error) {
	op := fmt.Sprintf("note %s on %s", n.Kind, id)
	k, err := keysOf(op, id)
	if err != nil {
		return deploy.Release{}, false, err
	}
	keys := []string{k.release(id), k.log(id), k.seen(event), k.announcement(id), k.announce()}
	args := []any{string(id), string(event), keepEvent.Milliseconds(), "", "", "", "", ""}
	var r deploy.Release
	for range noteTries {
		got, err := s.run(ctx, noteScript, keys, args...)
		if err != nil {
			return deploy.Release{}, false, classify(op, err)
		}
		switch got.status() {
		case "ok":
			return r, true, nil
		case "not_found":
			return deploy.Release{}, false, notFound(op, id)
		case "running":
			return deploy.Release{}, false, &deploy.Error{Code: deploy.Conflict, Op: op, Msg: fmt.Sprintf("%s has not ended yet", id)}
		case "read", "seen":
		default:
			return deploy.Release{}, false, got.strange(op)
		}
		if r, err = fromScript(got, 2).release(id); err != nil {
			return deploy.Release{}, false, err
		}
		n.At = got.time(1)
		notes, added := deploy.AddNote(r.Notes, n)
		if got.status() == "seen" || !added {
			return r, false, nil
		}
		r.Notes = notes
		next, err := noting(r, n)
		if err != nil {
			return deploy.Release{}, false, &deploy.Error{Code: deploy.Invalid, Op: op, Err: err}
		}
		args = append(args[:3], next...)
		r.Rev++
	}
	return deploy.Release{}, false, &deploy.Error{Code: deploy.Unavailable, Op: op, Err: deploy.ErrNotWritten,
		Msg: fmt.Sprintf("others are writing to %s", id)}
}

// noting is what the script needs to replace r at its revision by the next one, with n in the journal.
func noting(r deploy.Release, n deploy.Note) ([]any, error) {
	doc, err := encodeRelease(r)
	if err != nil {
		return nil, err
	}
	entries, err := json.Marshal([]deploy.Entry{n.Entry()})
	if err != nil {
		return nil, err
	}
	return []any{r.Rev, r.Rev + 1, doc, deploy.SchemaVersion, entries}, nil
}
