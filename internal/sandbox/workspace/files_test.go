package workspace_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"slipway/internal/sandbox/workspace"
)

func picture(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAFileIsUploadedAndShared(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	ts := p.say(slack.NewDividerBlock())
	if _, err := p.api.UploadFileContext(p.ctx, slack.UploadFileParameters{
		Filename: "report.txt", Content: "all of it", FileSize: 9, Channel: "C0ONCALL", ThreadTimestamp: ts, InitialComment: "the report"}); err != nil {
		t.Fatal(err)
	}
	thread, err := p.Thread("devops-oncall", ts)
	if err != nil || len(thread.Posts) != 2 || !strings.Contains(workspace.RenderText(thread), "the report\n  [file report.txt, 9 bytes]") {
		t.Errorf("thread = %+v, %v", thread, err)
	}
	if content, ok := p.File("report.txt"); !ok || string(content) != "all of it" {
		t.Errorf("content = %q", content)
	}
}

func TestAPictureIsShownByItsAltText(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	ts, content := p.say(slack.NewDividerBlock()), picture(t)
	shared, err := p.api.UploadFileContext(p.ctx, slack.UploadFileParameters{
		Filename: "canary.png", Title: "Canary", AltTxt: "Errors rose to 3.8 %.", Reader: bytes.NewReader(content), FileSize: len(content), Channel: "C0ONCALL", ThreadTimestamp: ts})
	if err != nil {
		t.Fatal(err)
	}
	thread, err := p.Thread("devops-oncall", ts)
	if err != nil || len(thread.Posts) != 2 || thread.Posts[1].Body() != "[picture canary.png: Errors rose to 3.8 %.]" {
		t.Fatalf("thread = %+v, %v", thread, err)
	}
	want := workspace.File{ID: shared.ID, Name: "canary.png", Title: "Canary", Alt: "Errors rose to 3.8 %.", Type: "image/png", Size: len(content)}
	if diff := cmp.Diff([]workspace.File{want}, thread.Posts[1].Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if file, got, ok := p.FileByID(shared.ID); !ok || file != want || !bytes.Equal(got, content) {
		t.Errorf("by id: %+v, %d bytes, %v", file, len(got), ok)
	}
	replies, _, _, err := p.api.GetConversationRepliesContext(p.ctx, &slack.GetConversationRepliesParameters{ChannelID: "C0ONCALL", Timestamp: ts})
	if err != nil || len(replies) != 2 || len(replies[1].Files) != 1 || replies[1].Files[0].ID != shared.ID || replies[1].Files[0].AltTxt != want.Alt {
		t.Errorf("replies = %+v, %v", replies, err)
	}
}

func TestWhatIsNoUploadIsRefused(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{Limits: workspace.Limits{Unlimited: true}})
	parent := p.say(slack.NewDividerBlock())
	_, reply, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", slack.MsgOptionText("x", false), slack.MsgOptionTS(parent))
	if err != nil {
		t.Fatal(err)
	}
	announced, err := p.api.GetUploadURLExternalContext(p.ctx, slack.GetUploadURLExternalParameters{FileName: "a.txt", FileSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	sent, err := p.api.GetUploadURLExternalContext(p.ctx, slack.GetUploadURLExternalParameters{FileName: "b.txt", FileSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.api.UploadToURL(p.ctx, slack.UploadToURLParameters{UploadURL: sent.UploadURL, Filename: "b.txt", Content: "bbb"}); err != nil {
		t.Fatal(err)
	}
	files := func(id string) []any { return []any{map[string]any{"id": id}} }
	for _, c := range []struct {
		fact, method string
		args         map[string]any
		want         string
	}{
		{"no name", "files.getUploadURLExternal", map[string]any{"length": 3}, "invalid_arguments"},
		{"no length", "files.getUploadURLExternal", map[string]any{"filename": "a.txt"}, "invalid_arguments"},
		{"too large", "files.getUploadURLExternal", map[string]any{"filename": "a.txt", "length": 4<<20 + 1}, "file_upload_size_restricted"},
		{"too long an alt text", "files.getUploadURLExternal", map[string]any{"filename": "a.png", "length": 3, "alt_txt": strings.Repeat("é", 1001)}, "alt_txt_too_large"},
		{"no files", "files.completeUploadExternal", map[string]any{"channel_id": "C0ONCALL"}, "invalid_arguments"},
		{"a file nobody announced", "files.completeUploadExternal", map[string]any{"files": files("F0NONE")}, "file_not_found"},
		{"a file that was not sent", "files.completeUploadExternal", map[string]any{"files": files(announced.FileID), "channel_id": "C0ONCALL"}, "file_not_found"},
		{"no such channel", "files.completeUploadExternal", map[string]any{"files": files(sent.FileID), "channel_id": "C0NOWHERE"}, "channel_not_found"},
		{"a channel by name", "files.completeUploadExternal", map[string]any{"files": files(sent.FileID), "channel_id": "devops-oncall"}, "channel_not_found"},
		{"the bot is not in the channel", "files.completeUploadExternal", map[string]any{"files": files(sent.FileID), "channel_id": "C0GENERAL"}, "not_in_channel"},
		{"a thread that is not there", "files.completeUploadExternal", map[string]any{"files": files(sent.FileID), "channel_id": "C0ONCALL", "thread_ts": "1.000001"}, "thread_not_found"},
		{"a reply to a reply", "files.completeUploadExternal", map[string]any{"files": files(sent.FileID), "channel_id": "C0ONCALL", "thread_ts": reply}, "cannot_reply_to_message"},
		{"several channels", "files.completeUploadExternal", map[string]any{"files": files(sent.FileID), "channels": "C0ONCALL"}, "invalid_arguments"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			if _, answer := p.call(c.method, c.args); answer["error"] != c.want {
				t.Errorf("%v, want %s", answer, c.want)
			}
		})
	}
	if n := len(p.channel().Posts); n != 1 {
		t.Errorf("%d posts after refusals only, want the parent alone", n)
	}
	if _, ok := p.File("b.txt"); ok {
		t.Error("a file that was not shared can be had by name")
	}
	complete := map[string]any{"files": files(sent.FileID), "channel_id": "C0ONCALL"}
	if _, answer := p.call("files.completeUploadExternal", complete); answer["ok"] != true {
		t.Errorf("after the refusals: %v", answer)
	}
	if _, answer := p.call("files.completeUploadExternal", complete); answer["error"] != "file_not_found" {
		t.Errorf("completed again: %v", answer)
	}
}

func TestAnUploadAddressTakesTheAnnouncedBytesOnce(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	u, err := p.api.GetUploadURLExternalContext(p.ctx, slack.GetUploadURLExternalParameters{FileName: "a.txt", FileSize: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		fact, url, content string
		want               int
	}{
		{"fewer bytes", u.UploadURL, "aa", http.StatusBadRequest},
		{"more bytes", u.UploadURL, "aaaa", http.StatusBadRequest},
		{"the id is no address", p.url + "/upload/" + u.FileID, "aaa", http.StatusBadRequest},
		{"what was announced", u.UploadURL, "aaa", 0},
		{"the same again", u.UploadURL, "aaa", http.StatusBadRequest},
	} {
		err := p.api.UploadToURL(p.ctx, slack.UploadToURLParameters{UploadURL: c.url, Filename: "a.txt", Content: c.content})
		status, _ := errors.AsType[slack.StatusCodeError](err)
		if status.Code != c.want || (err == nil) != (c.want == 0) {
			t.Errorf("%s: %v, want %d", c.fact, err, c.want)
		}
	}
}

func TestFilesNeedTheirScope(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{Scopes: []string{"commands", "chat:write"}})
	for _, method := range []string{"files.getUploadURLExternal", "files.completeUploadExternal"} {
		if _, answer := p.call(method, map[string]any{"filename": "a.txt", "length": 3}); answer["error"] != "missing_scope" || answer["needed"] != "files:write" {
			t.Errorf("%s: %v", method, answer)
		}
	}
}

func TestUploadsMeetFaults(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	try := func() error {
		_, err := p.api.UploadFileContext(p.ctx, slack.UploadFileParameters{Filename: "a.txt", Content: "aaa", FileSize: 3, Channel: "C0ONCALL"})
		return err
	}
	p.SetFault("files.completeUploadExternal", workspace.Fault{Error: "file_uploads_disabled", Times: 1})
	if refused, ok := errors.AsType[slack.SlackErrorResponse](try()); !ok || refused.Err != "file_uploads_disabled" {
		t.Errorf("completion: %+v", refused)
	}
	for _, f := range []workspace.Fault{{Error: "invalid_upload", Times: 1}, {Status: 400, Times: 1}} {
		p.SetFault(workspace.UploadURL, f)
		if status, ok := errors.AsType[slack.StatusCodeError](try()); !ok || status.Code != http.StatusBadRequest {
			t.Errorf("sending with %+v: %+v", f, status)
		}
	}
	p.SetFault("files.completeUploadExternal", workspace.Fault{LoseReply: true, Times: 1})
	if err := try(); err == nil {
		t.Error("the lost reply arrived")
	}
	if err := try(); err != nil {
		t.Errorf("after the faults: %v", err)
	}
	if n := len(p.channel().Posts); n != 2 {
		t.Errorf("%d pictures, want that of the lost reply and that after the faults", n)
	}
	if !workspace.HasMethod(workspace.UploadURL) || workspace.HasMethod("files.upload") {
		t.Error("faults can be named for the wrong methods")
	}
}
