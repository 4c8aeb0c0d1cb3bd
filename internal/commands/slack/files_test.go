package slack_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
	"slipway/internal/sandbox/workspace"
)

// pixel is a file that begins as pictures do.
var pixel = append([]byte("\x89PNG\r\n\x1a\n"), 1, 2, 3)

// said begins a thread.
func said(t *testing.T, w *workspace.Workspace) string {
	t.Helper()
	typed := say(t, w, "alice", "look at this")
	return typed.TS
}

func files(t *testing.T, w *workspace.Workspace, thread string) (found []workspace.File) {
	t.Helper()
	snapshot, err := w.Thread(channel, thread)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range snapshot.Posts {
		found = append(found, p.Files...)
	}
	return found
}

func TestAPictureIsPutIntoTheThread(t *testing.T) {
	t.Parallel()
	w, client := open(t, nil, nil)
	thread := said(t, w)
	alt := strings.Repeat("é", 1200)
	id, err := client.Upload(t.Context(), "C0ONCALL", thread, "canary.png", "Canary of v1.2.4", alt, pixel)
	if err != nil {
		t.Fatal(err)
	}
	want := []workspace.File{{ID: id, Name: "canary.png", Title: "Canary of v1.2.4", Alt: strings.Repeat("é", 999) + "…", Type: "image/png", Size: len(pixel)}}
	if diff := cmp.Diff(want, files(t, w, thread)); diff != "" {
		t.Errorf("files of the thread (-want +got):\n%s", diff)
	}
	if _, content, ok := w.FileByID(id); !ok || !bytes.Equal(content, pixel) {
		t.Errorf("the file has %d bytes, %v", len(content), ok)
	}
}

func TestAnUploadThatIsRefusedLeavesNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		method string
		fault  workspace.Fault
		change func(*workspace.Options)
		to     string // a channel other than the usual
		data   []byte // other than the usual
		code   deploy.Code
		msg    string
	}{
		"the token lacks the scope": {code: deploy.Forbidden, msg: "missing_scope", change: func(o *workspace.Options) {
			o.Scopes = slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == "files:write" })
		}},
		"the workspace takes no files":  {method: "files.getUploadURLExternal", fault: workspace.Fault{Error: "file_uploads_disabled"}, code: deploy.Forbidden, msg: "file_uploads_disabled"},
		"the bot is not in the channel": {to: "C0GENERAL", code: deploy.Forbidden, msg: "not_in_channel"},
		"there is no such channel":      {to: "C0NOWHERE", code: deploy.NotFound, msg: "channel_not_found"},
		"too large":                     {data: make([]byte, 5<<20), code: deploy.Forbidden, msg: "file_upload_size_restricted"},
		"nothing":                       {data: []byte{}, code: deploy.Invalid, msg: "without content"},
		"the bytes get no answer":       {method: workspace.UploadURL, fault: workspace.Fault{LoseReply: true}, code: deploy.Unavailable, msg: "did not answer"},
		"the bytes are not taken":       {method: workspace.UploadURL, fault: workspace.Fault{Status: 500}, code: deploy.Unavailable, msg: "did not answer"},
		"the address gets no answer":    {method: "files.getUploadURLExternal", fault: workspace.Fault{LoseReply: true}, code: deploy.Unavailable, msg: "did not answer"},
		"called too often":              {method: "files.completeUploadExternal", fault: workspace.Fault{RetryAfter: time.Minute}, code: deploy.Unavailable, msg: "less often"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, client := open(t, c.change, nil)
			thread := said(t, w)
			if c.method != "" {
				w.SetFault(c.method, c.fault)
			}
			to, data := "C0ONCALL", pixel
			if c.to != "" {
				to = c.to
			}
			if c.data != nil {
				data = c.data
			}
			id, err := client.Upload(t.Context(), to, thread, "canary.png", "Canary", "Nothing happened.", data)
			if id != "" || deploy.CodeOf(err) != c.code || !strings.Contains(deploy.Message(err), c.msg) {
				t.Errorf("%q, %v (%s), want %s with %q", id, err, deploy.CodeOf(err), c.code, c.msg)
			}
			if found := files(t, w, thread); len(found) != 0 {
				t.Errorf("left behind: %+v", found)
			}
		})
	}
}

func TestAFileWhoseLastAnswerIsLostHasAnID(t *testing.T) {
	t.Parallel()
	w, client := open(t, nil, nil)
	thread := said(t, w)
	w.SetFault("files.completeUploadExternal", workspace.Fault{LoseReply: true, Times: 1})
	id, err := client.Upload(t.Context(), "C0ONCALL", thread, "canary.png", "Canary", "Nothing happened.", pixel)
	if deploy.CodeOf(err) != deploy.Unavailable || id == "" {
		t.Fatalf("%q, %v", id, err)
	}
	if found := files(t, w, thread); len(found) != 1 || found[0].ID != id {
		t.Errorf("the thread has %+v, want %s", found, id)
	}
}

func TestAnUploadTakesNoLongerThanOneCall(t *testing.T) {
	t.Parallel()
	w, client := open(t, nil, &slack.Options{})
	thread := said(t, w)
	w.SetFault("*", workspace.Fault{Delay: 3 * time.Second})
	begun := time.Now()
	_, err := client.Upload(t.Context(), "C0ONCALL", thread, "canary.png", "Canary", "Nothing happened.", pixel)
	if took := time.Since(begun); deploy.CodeOf(err) != deploy.Unavailable || took > 7*time.Second {
		t.Errorf("after %s: %v", took, err)
	}
}
