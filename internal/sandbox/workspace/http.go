package workspace

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Call is one request to the Web API, or one post to a response_url, and what became of it.
type Call struct {
	Method string            `json:"method"`
	Args   map[string]string `json:"args"` // without tokens
	At     time.Time         `json:"at"`
	Status int               `json:"status"` // 0 when the reply was lost
	Error  string            `json:"error,omitempty"`
	TS     string            `json:"ts,omitempty"` // of the message that was made or changed
}

// Calls returns all calls so far, oldest first.
func (w *Workspace) Calls() []Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// apiError is how a method refuses; messages go to response_metadata.
type apiError struct {
	code     string
	messages []string
	extra    map[string]any
}

func (e *apiError) Error() string { return e.code }

func refuse(code string) error { return &apiError{code: code} }

// reply is the JSON of an answer, without ok.
type reply map[string]any

// Handler serves the bot: /api/METHOD, the WebSocket at /link/, response_urls and uploads. Any Origin and any
// host are welcome, as Slack's clients send theirs.
func (w *Workspace) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", w.serveAPI)
	mux.HandleFunc("GET /link/{$}", w.serveLink)
	mux.HandleFunc("POST /commands/{team}/{id}", w.serveResponseURL)
	mux.HandleFunc("POST /actions/{team}/{id}", w.serveResponseURL)
	mux.HandleFunc("POST /upload/{address}", w.serveUpload)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		down := w.down || w.closed
		w.mu.Unlock()
		if down {
			hangUp(rw)
			return
		}
		mux.ServeHTTP(rw, r)
	})
}

// hangUp ends the TCP connection without an answer.
func hangUp(rw http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(rw).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func (w *Workspace) serveAPI(rw http.ResponseWriter, r *http.Request) {
	name := r.PathValue("method")
	a, err := parseArgs(r)
	if err != nil {
		writeJSON(rw, http.StatusOK, failure(err))
		return
	}
	w.mu.Lock()
	fault := w.fault(name)
	call := Call{Method: name, Args: a.logged(), At: w.opts.Now()}
	w.mu.Unlock()

	if !w.pause(r, fault.Delay) {
		return
	}
	status, body := fault.answer()
	if status == 0 {
		w.mu.Lock()
		w.rememberHost(r)
		status, body = w.invoke(rw, r, name, a)
		w.mu.Unlock()
	}
	w.finish(rw, call, fault, status, body)
}

// finish logs a call and answers it, unless its fault is to lose the reply.
func (w *Workspace) finish(rw http.ResponseWriter, call Call, fault Fault, status int, body reply) {
	call.Error, _ = body["error"].(string)
	call.TS, _ = body["ts"].(string)
	call.Status = status
	if fault.LoseReply {
		call.Status = 0
	}
	w.logCall(call)
	if fault.LoseReply {
		hangUp(rw)
		return
	}
	if seconds, ok := body["retry_after"].(int); ok {
		delete(body, "retry_after")
		rw.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
	writeJSON(rw, status, body)
}

// invoke judges a call the way Slack does, token first, then scope, rate and arguments. Callers hold mu.
func (w *Workspace) invoke(rw http.ResponseWriter, r *http.Request, name string, a args) (int, reply) {
	m, known := methods[name]
	if !known {
		return http.StatusOK, failure(refuse("unknown_method"))
	}
	if err := w.authorise(rw, r, m, a); err != nil {
		return http.StatusOK, failure(err)
	}
	channel := a.str("channel")
	if r := w.room(channel); r != nil {
		channel = r.ID
	}
	if wait, ok := w.take(name, channel, m.perMinute, w.opts.Now()); !ok {
		return http.StatusTooManyRequests, reply{"ok": false, "error": "ratelimited", "retry_after": retryAfter(wait)}
	}
	body, err := m.run(w, a)
	if err != nil {
		return http.StatusOK, failure(err)
	}
	body["ok"] = true
	w.touch()
	return http.StatusOK, body
}

func (w *Workspace) authorise(rw http.ResponseWriter, r *http.Request, m method, a args) error {
	token := strings.TrimSpace(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if token == "" && !m.app {
		token = a.str("token")
	}
	scopes := w.opts.Scopes
	switch {
	case token == "":
		return refuse("not_authed")
	case token != AppToken && token != BotToken:
		return refuse("invalid_auth")
	case m.app != (token == AppToken):
		return refuse("not_allowed_token_type")
	case m.app:
		scopes = []string{"connections:write"}
	}
	rw.Header().Set("X-OAuth-Scopes", strings.Join(scopes, ","))
	rw.Header().Set("X-Accepted-OAuth-Scopes", m.scope)
	if m.scope != "" && !slices.Contains(scopes, m.scope) {
		return &apiError{code: "missing_scope", extra: map[string]any{"needed": m.scope, "provided": strings.Join(scopes, ",")}}
	}
	return nil
}

// answer is what a fault replies by itself; a status of 0 means that the call goes on.
func (f Fault) answer() (int, reply) {
	switch {
	case f.RetryAfter > 0:
		return http.StatusTooManyRequests, reply{"ok": false, "error": "ratelimited", "retry_after": retryAfter(f.RetryAfter)}
	case f.Status > 0:
		return f.Status, reply{"ok": false, "error": strings.ToLower(strings.ReplaceAll(http.StatusText(f.Status), " ", "_"))}
	case f.Error != "":
		return http.StatusOK, failure(refuse(f.Error))
	}
	return 0, nil
}

// pause waits for a fault's delay; false means that the caller gave up.
func (w *Workspace) pause(r *http.Request, delay time.Duration) bool {
	if delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-w.done:
	}
	return false
}

func (w *Workspace) logCall(c Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
	w.opts.Log("slack: %s %d %s", c.Method, c.Status, c.Error)
	w.touch()
}

// rememberHost keeps how the bot reached us, for the URLs that it is given. Callers hold mu.
func (w *Workspace) rememberHost(r *http.Request) {
	if w.baseURL == "" {
		scheme := "http"
		if r.TLS != nil {
			scheme = "https"
		}
		w.baseURL = scheme + "://" + r.Host
	}
}

func failure(err error) reply {
	body := reply{"ok": false, "error": "internal_error"}
	var refused *apiError
	if !errors.As(err, &refused) {
		return body
	}
	body["error"] = refused.code
	maps.Copy(body, refused.extra)
	if len(refused.messages) > 0 {
		marked := make([]string, len(refused.messages))
		for i, m := range refused.messages {
			marked[i] = "[ERROR] " + m
		}
		body["errors"] = refused.messages
		body["response_metadata"] = map[string]any{"messages": marked}
	}
	return body
}

func writeJSON(rw http.ResponseWriter, status int, body any) {
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(body) // a client that hung up is not the server's problem
}
