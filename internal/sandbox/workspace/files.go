package workspace

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a file. Slack takes a gigabyte, unless the team has restricted it, as this one has: files are kept in
// memory.
const (
	maxFile    = 4 << 20
	maxAltText = 1000 // characters
)

// UploadURL is the name under which posts of a file's bytes are logged and can be given faults.
const UploadURL = "upload_url"

// upload is a file on its way: announced, sent, and then completed into a channel.
type upload struct {
	id, name, title, alt string
	address              string // last part of the address to send it to
	length               int
	sent, completed      bool
	content              []byte
}

// A File is what people see of a file in a message.
type File struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Title string `json:"title"`
	Alt   string `json:"alt,omitempty"` // what is read out in place of a picture
	Type  string `json:"type"`          // image/png, as the bytes are
	Size  int    `json:"size"`          // in bytes
}

func (f *upload) shown() File {
	kind, _, _ := mime.ParseMediaType(http.DetectContentType(f.content))
	return File{ID: f.id, Name: f.name, Title: f.title, Alt: f.alt, Type: kind, Size: f.length}
}

// line is the file as it is shown on a plain screen.
func (f File) line() string {
	kind := "file"
	if strings.HasPrefix(f.Type, "image/") {
		kind = "picture"
	}
	if kind == "picture" && f.Alt != "" {
		return fmt.Sprintf("[picture %s: %s]", f.Name, f.Alt)
	}
	return fmt.Sprintf("[%s %s, %d bytes]", kind, f.Name, f.Size)
}

func (w *Workspace) uploadURL(a args) (reply, error) {
	name := a.str("filename")
	length, err := strconv.Atoi(a.str("length"))
	switch {
	case name == "" || err != nil || length <= 0:
		return nil, &apiError{code: "invalid_arguments", messages: []string{"missing required field: filename or length"}}
	case length > maxFile:
		return nil, refuse("file_upload_size_restricted")
	case utf8.RuneCountInString(a.str("alt_txt")) > maxAltText:
		return nil, refuse("alt_txt_too_large")
	}
	f := &upload{id: "F" + w.id(10), name: name, title: name, alt: a.str("alt_txt"), length: length, address: w.id(24)}
	w.uploads[f.id] = f
	return reply{"upload_url": w.baseURL + "/upload/" + f.address, "file_id": f.id}, nil
}

// serveUpload takes the bytes of a file, once, and exactly as many as were announced. Slack says that they came by the
// status alone.
func (w *Workspace) serveUpload(rw http.ResponseWriter, r *http.Request) {
	content, err := uploaded(r)
	w.mu.Lock()
	fault := w.fault(UploadURL)
	call := Call{Method: UploadURL, Args: map[string]string{"length": strconv.Itoa(len(content))}, At: w.opts.Now()}
	w.mu.Unlock()
	if !w.pause(r, fault.Delay) {
		return
	}
	status, body := fault.answer()
	if status == http.StatusOK {
		status = http.StatusBadRequest
	}
	if status == 0 {
		status, body = http.StatusOK, reply{"ok": true}
		w.mu.Lock()
		if err != nil || !w.receive(r.PathValue("address"), content) {
			status, body = http.StatusBadRequest, failure(refuse("invalid_upload"))
		}
		w.mu.Unlock()
	}
	w.finish(rw, call, fault, status, body)
}

// receive keeps the bytes of the file that is to be sent to an address. Callers hold mu.
func (w *Workspace) receive(address string, content []byte) bool {
	for _, f := range w.uploads {
		if f.address == address && !f.sent && len(content) == f.length {
			f.content, f.sent = content, true
			return true
		}
	}
	return false
}

// uploaded reads a file from a form, or from the whole body.
func uploaded(r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return io.ReadAll(r.Body)
	}
	file, _, err := r.FormFile("file")
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(file)
}

// completeUpload shares files as one message. What becomes of a file that is completed twice is not documented; here
// it is refused. Slack may show the message later than it answers, which is not done here.
func (w *Workspace) completeUpload(a args) (reply, error) {
	files, err := w.completed(a)
	if err != nil {
		return nil, err
	}
	if channel := a.str("channel_id"); channel != "" {
		r := w.roomByID(channel)
		switch {
		case r == nil:
			return nil, refuse("channel_not_found")
		case !r.has(BotUserID):
			return nil, refuse("not_in_channel")
		}
		if err := w.checkThread(r, a.str("thread_ts")); err != nil {
			return nil, err
		}
		w.add(r, &message{content: content{text: a.str("initial_comment")}, user: BotUserID, threadTS: a.str("thread_ts"), files: files})
	}
	var wire []map[string]any
	for _, f := range files {
		f.completed = true
		wire = append(wire, f.wire())
	}
	return reply{"files": wire}, nil
}

// completed are the files that a call names, each sent and none completed before, with the titles it gives them.
func (w *Workspace) completed(a args) ([]*upload, error) {
	list, err := a.list("files")
	switch {
	case err != nil || len(list) == 0:
		return nil, &apiError{code: "invalid_arguments", messages: []string{"missing required field: files"}}
	case a.has("channels"):
		return nil, &apiError{code: "invalid_arguments", messages: []string{"the practice workspace takes one channel: channel_id"}}
	}
	var files []*upload
	for _, v := range list {
		o, _ := v.(map[string]any)
		id, _ := o["id"].(string)
		f := w.uploads[id]
		if f == nil || !f.sent || f.completed {
			return nil, refuse("file_not_found")
		}
		if title, _ := o["title"].(string); title != "" {
			f.title = title
		}
		files = append(files, f)
	}
	return files, nil
}

// wire is the file as the Web API shows it.
func (f *upload) wire() map[string]any {
	shown := f.shown()
	out := map[string]any{"id": shown.ID, "name": shown.Name, "title": shown.Title, "mimetype": shown.Type, "size": shown.Size, "user": BotUserID, "mode": "hosted"}
	if shown.Alt != "" {
		out["alt_txt"] = shown.Alt
	}
	return out
}

// File returns the content of a shared file by name, the newest of that name.
func (w *Workspace) File(name string) ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var newest *upload
	at := ""
	for _, r := range w.rooms {
		for _, m := range r.messages {
			for _, f := range m.files {
				if f.name == name && (newest == nil || compareTS(m.ts, at) >= 0) {
					newest, at = f, m.ts
				}
			}
		}
	}
	if newest == nil {
		return nil, false
	}
	return newest.content, true
}

// FileByID returns a completed file and its content.
func (w *Workspace) FileByID(id string) (File, []byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.uploads[id]
	if f == nil || !f.completed {
		return File{}, nil, false
	}
	return f.shown(), f.content, true
}
