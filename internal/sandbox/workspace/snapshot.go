package workspace

import (
	"fmt"
	"slices"

	"slipway/internal/sandbox/workspace/blockkit"
)

// A Snapshot is what can be seen in one channel, thread or person's private view at one moment, oldest first.
type Snapshot struct {
	Title string `json:"title"` // #devops-oncall, or the thread's place
	Posts []Post `json:"posts"`
}

// A Post is one message as people see it.
type Post struct {
	Channel    string             `json:"channel"`
	TS         string             `json:"ts"`
	Time       string             `json:"time"` // 15:04 on the readers' clock
	ThreadTS   string             `json:"thread_ts,omitempty"`
	Author     string             `json:"author"` // name
	UserID     string             `json:"user_id"`
	Text       string             `json:"text"`  // what was sent as text, unrendered
	Lines      []string           `json:"lines"` // what is shown, from the blocks
	Bars       []Bar              `json:"bars,omitempty"`
	Buttons    []blockkit.Control `json:"buttons,omitempty"`
	Edited     bool               `json:"edited,omitempty"`
	Revision   int                `json:"revision"` // 0 when never edited
	ReplyCount int                `json:"reply_count,omitempty"`
	Broadcast  string             `json:"broadcast,omitempty"`   // of a reply shown in the channel: how its thread begins
	OnlyFor    string             `json:"only_for,omitempty"`    // ephemeral: the name of who sees it
	Warning    string             `json:"warning,omitempty"`     // what a failed click left for its viewer
	Reactions  []string           `json:"reactions,omitempty"`   // names
	Files      []File             `json:"files,omitempty"`       // pictures too
	Blocks     []any              `json:"blocks,omitempty"`      // as stored
	Attached   []any              `json:"attachments,omitempty"` // as stored
	Metadata   map[string]any     `json:"metadata,omitempty"`
}

// A Bar is an attachment: lines beside a bar of a colour.
type Bar struct {
	Colour string   `json:"colour"` // six hexadecimal digits, or empty
	Lines  []string `json:"lines"`
}

// Channel shows a channel, by name or id, as everyone in it sees it.
func (w *Workspace) Channel(name string) (Snapshot, error) { return w.ChannelFor("", name) }

// ChannelFor shows a channel as one person sees it: with the messages that only they see.
func (w *Workspace) ChannelFor(user, name string) (Snapshot, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.mustRoom(name)
	if err != nil {
		return Snapshot{}, fmt.Errorf("show channel: %w", err)
	}
	viewer := ""
	if user != "" {
		p, _, err := w.personIn(user, name)
		if err != nil {
			return Snapshot{}, fmt.Errorf("show channel: %w", err)
		}
		viewer = p.ID
	}
	s := Snapshot{Title: "#" + r.Name, Posts: []Post{}}
	for _, m := range r.messages {
		if m.visible(viewer) && (m.threadTS == "" || m.broadcast) {
			s.Posts = append(s.Posts, w.post(r, m, viewer))
		}
	}
	return s, nil
}

// Thread shows a thread, parent first.
func (w *Workspace) Thread(channel, ts string) (Snapshot, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, err := w.mustRoom(channel)
	if err != nil {
		return Snapshot{}, fmt.Errorf("show thread: %w", err)
	}
	parent := r.find(ts)
	if parent == nil {
		return Snapshot{}, fmt.Errorf("show thread: no message %s in #%s", ts, r.Name)
	}
	s := Snapshot{Title: "thread in #" + r.Name, Posts: []Post{w.post(r, parent, "")}}
	for _, m := range r.replies(ts) {
		s.Posts = append(s.Posts, w.post(r, m, ""))
	}
	return s, nil
}

// Ephemerals shows what only one person sees, in all channels; it is empty for a stranger.
func (w *Workspace) Ephemerals(user string) Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.person(user)
	s := Snapshot{Title: "only visible to " + user, Posts: []Post{}}
	if p == nil {
		return s
	}
	for _, r := range w.rooms {
		for _, m := range r.messages {
			if m.onlyFor == p.ID && !m.deleted {
				s.Posts = append(s.Posts, w.post(r, m, p.ID))
			}
		}
	}
	slices.SortFunc(s.Posts, func(a, b Post) int { return compareTS(a.TS, b.TS) })
	return s
}

// Direct shows the direct messages between the bot and a person.
func (w *Workspace) Direct(user string) Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := Snapshot{Title: "slipway and " + user, Posts: []Post{}}
	p := w.person(user)
	if p == nil {
		return s
	}
	r := w.directRoom(p)
	for _, m := range r.messages {
		if m.visible(p.ID) {
			s.Posts = append(s.Posts, w.post(r, m, p.ID))
		}
	}
	return s
}

// Revisions shows every state that a message has been in, oldest first; the last is what is shown now.
func (w *Workspace) Revisions(channel, ts string) ([]Post, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, m, err := w.anyMessage(channel, ts)
	if err != nil {
		return nil, err
	}
	var posts []Post
	for i := range len(m.olderOnes) + 1 {
		posts = append(posts, w.post(r, m.at(i), ""))
	}
	return posts, nil
}

// anyMessage finds a message whoever may see it, deleted or not. Callers hold mu.
func (w *Workspace) anyMessage(channel, ts string) (*room, *message, error) {
	r, err := w.mustRoom(channel)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range r.messages {
		if m.ts == ts {
			return r, m, nil
		}
	}
	return nil, nil, fmt.Errorf("there is no message %s in #%s", ts, r.Name)
}

// at is the message as it was after n edits.
func (m *message) at(n int) *message {
	old := *m
	if n < len(m.olderOnes) {
		old.content, old.olderOnes = m.olderOnes[n], m.olderOnes[:n]
		if n == 0 {
			old.editedAt = ""
		}
	}
	return &old
}

func (m *message) visible(viewer string) bool {
	return !m.deleted && (m.onlyFor == "" || m.onlyFor == viewer)
}

// post shows one message to a viewer. Callers hold mu.
func (w *Workspace) post(r *room, m *message, viewer string) Post {
	names := w.names()
	p := Post{
		Channel: r.ID, TS: m.ts, Time: timeOf(m.ts).In(w.opts.Zone).Format("15:04"), ThreadTS: m.threadTS,
		UserID: m.user, Author: names.User(m.user), Text: m.text, Edited: m.editedAt != "", Revision: len(m.olderOnes),
		Warning: m.warnings[viewer], Metadata: m.metadata,
	}
	if m.user == slackbot {
		p.Author = "Slackbot"
	}
	if blocks, ok := copyJSON(m.blocks).([]any); ok {
		p.Blocks = blocks
	}
	if attachments, ok := copyJSON(m.attachments).([]any); ok {
		p.Attached = attachments
	}
	p.Lines = body(names, m.text, m.blocks)
	for _, c := range m.controls() {
		p.Buttons = append(p.Buttons, c.Control)
	}
	for _, v := range m.attachments {
		if a, ok := v.(map[string]any); ok {
			p.Bars = append(p.Bars, bar(names, a))
		}
	}
	if m.threadTS == "" {
		p.ReplyCount = len(r.replies(m.ts))
	} else if parent := r.find(m.threadTS); m.broadcast && parent != nil {
		p.Broadcast = firstLine(w.post(r, parent, ""))
	}
	if m.onlyFor != "" {
		p.OnlyFor = names.User(m.onlyFor)
	}
	for _, reaction := range m.reactionList() {
		p.Reactions = append(p.Reactions, fmt.Sprint(reaction["name"]))
	}
	for _, f := range m.files {
		p.Files = append(p.Files, f.shown())
	}
	return p
}
