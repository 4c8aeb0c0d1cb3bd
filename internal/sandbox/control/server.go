package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"slipway/internal/sandbox/awsapi"
	"slipway/internal/sandbox/cloudrun"
	"slipway/internal/sandbox/cloudsql"
	"slipway/internal/sandbox/ecs"
	"slipway/internal/sandbox/elb"
	"slipway/internal/sandbox/logging"
	"slipway/internal/sandbox/monitoring"
	"slipway/internal/sandbox/registry"
	"slipway/internal/sandbox/sampleapp"
	"slipway/internal/sandbox/scans"
	"slipway/internal/sandbox/secrets"
	"slipway/internal/sandbox/storage"
	"slipway/internal/sandbox/workspace"
)

// maxBody bounds what a request may carry.
const maxBody = 64 << 10

// Server answers the API for one sandbox.
type Server struct {
	Workspace *workspace.Workspace
	CloudRun  *cloudrun.Server
	Registry  *registry.Registry
	// Monitoring and Logging are what the practice Cloud Run reports to.
	Monitoring *monitoring.Server
	Logging    *logging.Server
	Secrets    *secrets.Server
	Scans      *scans.Server
	Storage    *storage.Server
	// CloudSQL is nil where the sandbox has none.
	CloudSQL *cloudsql.Server
	// AWS, ECS and ELB are nil where the sandbox has none. Rules gives the listener rule of one of ECS's services, and its
	// target groups.
	AWS   *awsapi.Server
	ECS   *ecs.Server
	ELB   *elb.Server
	Rules func(service string) (rule string, groups []string)
	// Forget takes back what people have attested; nil where Redis is not the sandbox's own.
	Forget func() error
	// Redis takes the sandbox's own Redis down or up; nil where it is not the sandbox's own.
	Redis func(down bool) error
	// Bot stops the bot of the sandbox, or starts another one; nil where bots are processes of their own.
	Bot func(ctx context.Context, up bool) error
	// Stopped is closed when the sandbox ends, so that nobody waits for its next change.
	Stopped <-chan struct{}

	mu      sync.Mutex
	changed []*sampleapp.Behaviour
	rates   map[string]float64 // of traffic, by service, before anybody changed it
	crowded bool               // a database's connections were changed
	starved []string           // services of ECS that find no room for new tasks
}

// Handler routes the API under /v1/.
func (s *Server) Handler() http.Handler {
	sources := []func() <-chan struct{}{s.Workspace.Changed, s.CloudRun.Changed}
	if s.ECS != nil {
		sources = append(sources, s.ECS.Changed)
	}
	changes := watch(s.Stopped, sources...)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/type", s.typed)
	mux.HandleFunc("POST /v1/click", s.click)
	mux.HandleFunc("POST /v1/submit", s.submit)
	mux.HandleFunc("GET /v1/channel", s.channel)
	mux.HandleFunc("GET /v1/thread", s.thread)
	mux.HandleFunc("GET /v1/private", s.private)
	mux.HandleFunc("GET /v1/people", s.people)
	mux.HandleFunc("GET /v1/calls", s.calls)
	mux.HandleFunc("GET /v1/file", s.file)
	mux.HandleFunc("GET /v1/traffic", s.traffic)
	mux.HandleFunc("POST /v1/traffic", s.setTraffic)
	mux.HandleFunc("GET /v1/faults", s.faults)
	mux.HandleFunc("POST /v1/faults", s.addFault)
	mux.HandleFunc("DELETE /v1/faults", s.mend)
	mux.HandleFunc("GET /v1/changes", changes.serve)
	return http.MaxBytesHandler(mux, maxBody)
}

// Said is the body of type, click and submit.
type Said struct {
	Person  string            `json:"person"`
	Channel string            `json:"channel,omitempty"` // default devops-oncall
	Text    string            `json:"text,omitempty"`    // type: what is typed; click: the label of the button
	Message string            `json:"message,omitempty"` // click: timestamp of the message, default the newest with the button
	Past    bool              `json:"past,omitempty"`    // click: as the message was before, though the button may be gone
	Deny    bool              `json:"deny,omitempty"`    // click: say no in the confirm dialog
	Values  map[string]string `json:"values,omitempty"`  // submit: label, block id or action id → value
}

func (s *Server) typed(w http.ResponseWriter, r *http.Request) {
	said, ok := read(w, r)
	if !ok {
		return
	}
	typed, err := s.Workspace.Type(r.Context(), said.Person, said.Channel, said.Text)
	answer(w, typed, err)
}

func (s *Server) click(w http.ResponseWriter, r *http.Request) {
	said, ok := read(w, r)
	if !ok {
		return
	}
	opts := &workspace.ClickOptions{Channel: said.Channel, Deny: said.Deny}
	switch {
	case said.Message != "":
		clicked, err := s.Workspace.ClickAt(r.Context(), said.Person, said.Channel, said.Message, said.Text, opts)
		answer(w, clicked, err)
	case said.Past:
		clicked, err := s.clickPast(r, said, opts)
		answer(w, clicked, err)
	default:
		clicked, err := s.Workspace.Click(r.Context(), said.Person, said.Text, opts)
		answer(w, clicked, err)
	}
}

// clickPast presses a button on the newest message that ever had it.
func (s *Server) clickPast(r *http.Request, said Said, opts *workspace.ClickOptions) (workspace.Clicked, error) {
	snap, err := s.Workspace.Channel(said.Channel)
	if err != nil {
		return workspace.Clicked{}, err
	}
	err = workspace.ErrNoButton
	for i := len(snap.Posts) - 1; i >= 0; i-- {
		clicked, clickErr := s.Workspace.ClickAt(r.Context(), said.Person, said.Channel, snap.Posts[i].TS, said.Text, opts)
		if !errors.Is(clickErr, workspace.ErrNoButton) {
			return clicked, clickErr
		}
		err = clickErr
	}
	return workspace.Clicked{}, err
}

func (s *Server) submit(w http.ResponseWriter, r *http.Request) {
	said, ok := read(w, r)
	if !ok {
		return
	}
	s.awaitForm(r.Context(), said.Person)
	submitted, err := s.Workspace.Submit(r.Context(), said.Person, said.Values)
	answer(w, submitted, err)
}

// opensWithin is how long somebody who pressed a button looks for the form: Slack opens none later than 3 s after it.
const opensWithin = 3 * time.Second

// awaitForm waits until a person has a form open: it opens only after the press was acknowledged.
func (s *Server) awaitForm(ctx context.Context, person string) {
	ctx, cancel := context.WithTimeout(ctx, opensWithin)
	defer cancel()
	_ = s.Workspace.Wait(ctx, func() bool { // if there is none, whoever wants to fill it in says so
		_, open := s.Workspace.Modal(person)
		return open
	})
}

func read(w http.ResponseWriter, r *http.Request) (Said, bool) {
	var said Said
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&said); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return Said{}, false
	}
	if said.Channel == "" {
		said.Channel = workspace.DefaultChannel
	}
	return said, true
}

func answer(w http.ResponseWriter, v any, err error) {
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client has gone: nobody is left to tell
}

func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

// show answers with a snapshot: as JSON, or as people see it with format=text.
func show(w http.ResponseWriter, r *http.Request, snap workspace.Snapshot, err error) {
	if err != nil {
		refuse(w, http.StatusNotFound, err)
		return
	}
	if r.URL.Query().Get("format") != "text" {
		answer(w, snap, nil)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = io.WriteString(w, workspace.RenderText(snap))
}

func (s *Server) channel(w http.ResponseWriter, r *http.Request) {
	snap, err := s.Workspace.ChannelFor(r.URL.Query().Get("as"), channelOf(r))
	show(w, r, snap, err)
}

// thread shows the thread of a message, by default of the newest one in the channel that has replies.
func (s *Server) thread(w http.ResponseWriter, r *http.Request) {
	ts := r.URL.Query().Get("message")
	if ts == "" {
		snap, err := s.Workspace.Channel(channelOf(r))
		if err != nil {
			refuse(w, http.StatusNotFound, err)
			return
		}
		for _, p := range snap.Posts {
			if p.ReplyCount > 0 {
				ts = p.TS
			}
		}
	}
	if ts == "" {
		show(w, r, workspace.Snapshot{Title: "no thread yet", Posts: []workspace.Post{}}, nil)
		return
	}
	snap, err := s.Workspace.Thread(channelOf(r), ts)
	show(w, r, snap, err)
}

func (s *Server) private(w http.ResponseWriter, r *http.Request) {
	as := r.URL.Query().Get("as")
	if !s.Workspace.HasPerson(as) {
		refuse(w, http.StatusNotFound, fmt.Errorf("there is nobody called %q", as))
		return
	}
	show(w, r, s.Workspace.Ephemerals(as), nil)
	if form, open := s.Workspace.Modal(as); open && r.URL.Query().Get("format") == "text" {
		_, _ = io.WriteString(w, "\n"+form.Text()) // the client has gone: nobody is left to tell
	}
}

func (s *Server) people(w http.ResponseWriter, _ *http.Request) {
	answer(w, workspace.DefaultPeople(), nil)
}

func (s *Server) calls(w http.ResponseWriter, r *http.Request) {
	changed := r.URL.Query().Get("changed") == "true"
	lines := []string{}
	for _, c := range s.CloudRun.Calls() {
		if !changed || c.Changed {
			lines = append(lines, "cloudrun "+c.String())
		}
	}
	answer(w, append(lines, s.amazonCalls(changed)...), nil)
}

// file answers with the bytes of a file that was shared: by id, or the newest of a name.
func (s *Server) file(w http.ResponseWriter, r *http.Request) {
	id, name := r.URL.Query().Get("id"), r.URL.Query().Get("name")
	_, content, ok := s.Workspace.FileByID(id)
	if !ok && id == "" {
		content, ok = s.Workspace.File(name)
	}
	if !ok {
		refuse(w, http.StatusNotFound, fmt.Errorf("there is no file %q", id+name))
		return
	}
	w.Header().Set("Content-Type", http.DetectContentType(content))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(content) // the client has gone: nobody is left to tell
}

func (s *Server) traffic(w http.ResponseWriter, r *http.Request) {
	answer(w, s.CloudRun.Stats(r.URL.Query().Get("service")), nil)
}

func channelOf(r *http.Request) string {
	if c := r.URL.Query().Get("channel"); c != "" {
		return c
	}
	return workspace.DefaultChannel
}

// mark is the parameter after; without one it is 0.
func mark(r *http.Request) (int64, error) {
	after := r.URL.Query().Get("after")
	if after == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(after, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("after=%s is not a number that /v1/changes gave", after)
	}
	return n, nil
}
