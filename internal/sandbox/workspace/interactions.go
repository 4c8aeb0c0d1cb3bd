package workspace

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"time"
)

// How long what a payload hands out may be used; from Slack's interactivity pages.
const (
	triggerLives      = 3 * time.Second
	responseURLLives  = 30 * time.Minute
	responseURLPosts  = 5
	responseURLLength = 24
)

type trigger struct {
	user  string
	until time.Time
	spent bool
}

// responseURL remembers where its posts go and which message it may replace.
type responseURL struct {
	room   *room
	user   string
	target *message // nil until a command's first answer
	until  time.Time
	posts  int
}

type interactions struct {
	triggers  map[string]*trigger
	responses map[string]*responseURL
	modals    map[string][]*view // by user, the newest on top
	homes     map[string]*view   // by user
}

func newInteractions() interactions {
	return interactions{
		triggers:  map[string]*trigger{},
		responses: map[string]*responseURL{},
		modals:    map[string][]*view{},
		homes:     map[string]*view{},
	}
}

// newTrigger hands out a trigger_id. Callers hold mu.
func (w *Workspace) newTrigger(user string) string {
	id := fmt.Sprintf("%d.%d.%s", w.opts.Rand.Int63n(1e13), w.opts.Rand.Int63n(1e9), w.id(32))
	w.triggers[id] = &trigger{user: user, until: w.opts.Now().Add(triggerLives)}
	return id
}

func (w *Workspace) exchange(id string) (user string, err error) {
	t := w.triggers[id]
	switch {
	case t == nil:
		return "", refuse("invalid_trigger_id")
	case t.spent:
		return "", refuse("exchanged_trigger_id")
	case !w.opts.Now().Before(t.until):
		return "", refuse("expired_trigger_id")
	}
	t.spent = true
	return t.user, nil
}

// newResponseURL hands out a response_url; kind is commands or actions. Callers hold mu.
func (w *Workspace) newResponseURL(kind string, r *room, user string, target *message) (string, *responseURL) {
	id := w.id(responseURLLength)
	u := &responseURL{room: r, user: user, target: target, until: w.opts.Now().Add(responseURLLives)}
	w.responses[id] = u
	return w.baseURL + "/" + kind + "/" + TeamID + "/" + id, u
}

func (w *Workspace) serveResponseURL(rw http.ResponseWriter, r *http.Request) {
	a, err := parseArgs(r)
	w.mu.Lock()
	fault := w.fault(ResponseURL)
	call := Call{Method: ResponseURL, Args: a.logged(), At: w.opts.Now()}
	w.mu.Unlock()
	if !w.pause(r, fault.Delay) {
		return
	}
	status, body := fault.answer()
	if status == 0 && err == nil {
		w.mu.Lock()
		err = w.respond(w.responses[r.PathValue("id")], a)
		w.mu.Unlock()
	}
	switch {
	case status != 0:
	case err == nil:
		status, body = http.StatusOK, reply{"ok": true}
	case err.Error() == "expired_url" || err.Error() == "used_url":
		status, body = http.StatusNotFound, failure(err)
	default:
		status, body = http.StatusBadRequest, failure(err)
	}
	w.finish(rw, call, fault, status, body)
}

// respond carries out one post to a response_url. Callers hold mu.
func (w *Workspace) respond(u *responseURL, a args) error {
	switch {
	case u == nil || !w.opts.Now().Before(u.until):
		return refuse("expired_url")
	case u.posts >= responseURLPosts:
		return refuse("used_url")
	}
	u.posts++
	if a.flag("delete_original") {
		if u.target != nil {
			u.target.deleted = true
			w.touch()
		}
		return nil
	}
	c, err := w.parseContent(a)
	if err != nil {
		return err
	}
	if c.empty() {
		return refuse("no_text")
	}
	if a.flag("replace_original") && u.target != nil && !u.target.deleted {
		u.target.edit(c, w.nextTS())
		w.touch()
		return nil
	}
	m := &message{content: c, user: BotUserID, threadTS: a.str("thread_ts")}
	if a.str("response_type") != "in_channel" {
		m.onlyFor = u.user
	}
	if err := w.checkThread(u.room, m.threadTS); err != nil {
		return err
	}
	w.add(u.room, m)
	if u.target == nil {
		u.target = m
	}
	return nil
}

// showResponse shows the answer that came inside a command's acknowledgement, and returns its text.
// What Slack cannot show it reports to the person as invalid_command_response.
func (w *Workspace) showResponse(u *responseURL, said string, response json.RawMessage) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := args{}
	if len(response) == 0 || json.Unmarshal(response, &a) != nil {
		return "", nil
	}
	c, err := w.parseContent(a)
	if err != nil {
		return "", refuse("invalid_command_response")
	}
	inChannel := a.str("response_type") == "in_channel"
	if inChannel {
		w.add(u.room, &message{content: content{text: html.EscapeString(said)}, user: u.user})
	}
	if c.empty() {
		return "", nil
	}
	m := &message{content: c, user: BotUserID}
	if !inChannel {
		m.onlyFor = u.user
	}
	w.add(u.room, m)
	u.target = m
	return w.post(u.room, m, u.user).Body(), nil
}
