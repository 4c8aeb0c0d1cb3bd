package workspace

import (
	"io"
	"net/http"
	"strconv"
)

// upload is a file on its way: announced, sent, and then completed into a channel.
type upload struct {
	id, name string
	length   int
	sent     bool
	content  []byte
}

func (w *Workspace) uploadURL(a args) (reply, error) {
	name := a.str("filename")
	length, err := strconv.Atoi(a.str("length"))
	if name == "" || err != nil || length <= 0 {
		return nil, &apiError{code: "invalid_arguments", messages: []string{"missing required field: filename or length"}}
	}
	f := &upload{id: "F" + w.id(10), name: name, length: length}
	w.uploads[f.id] = f
	return reply{"upload_url": w.baseURL + "/upload/" + f.id, "file_id": f.id}, nil
}

func (w *Workspace) serveUpload(rw http.ResponseWriter, r *http.Request) {
	content, err := uploaded(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.uploads[r.PathValue("id")]
	if err != nil || f == nil || f.sent || len(content) != f.length {
		writeJSON(rw, http.StatusBadRequest, failure(refuse("invalid_upload")))
		return
	}
	f.content, f.sent = content, true
	writeJSON(rw, http.StatusOK, reply{"ok": true})
}

func uploaded(r *http.Request) ([]byte, error) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxBody)
	if file, _, err := r.FormFile("file"); err == nil {
		defer func() { _ = file.Close() }()
		return io.ReadAll(file)
	}
	return io.ReadAll(r.Body)
}

// completeUpload shares the files as one message.
func (w *Workspace) completeUpload(a args) (reply, error) {
	list, err := a.list("files")
	if err != nil || len(list) == 0 {
		return nil, &apiError{code: "invalid_arguments", messages: []string{"missing required field: files"}}
	}
	var files []map[string]any
	for _, v := range list {
		o, _ := v.(map[string]any)
		id, _ := o["id"].(string)
		f := w.uploads[id]
		if f == nil || !f.sent {
			return nil, refuse("file_not_found")
		}
		title, _ := o["title"].(string)
		if title == "" {
			title = f.name
		}
		files = append(files, map[string]any{"id": id, "name": f.name, "title": title, "size": f.length, "user": BotUserID})
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
	return reply{"files": files}, nil
}

// File returns the content of a shared file by name, the newest of that name.
func (w *Workspace) File(name string) ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rooms {
		for i := len(r.messages) - 1; i >= 0; i-- {
			for _, f := range r.messages[i].files {
				if id, _ := f["id"].(string); f["name"] == name {
					return w.uploads[id].content, true
				}
			}
		}
	}
	return nil, false
}
