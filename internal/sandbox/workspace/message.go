package workspace

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"slipway/internal/sandbox/workspace/blockkit"
)

// Limits of a message.
const (
	maxText        = 40_000 // characters; Slack truncates beyond, a bot must not come near
	maxAttachments = 100
	maxMetadata    = 8 << 10 // bytes, not documented
)

// content is what an edit replaces.
type content struct {
	text        string
	blocks      []any
	attachments []any
	metadata    map[string]any
}

// message is one message; its older contents are kept because people click on what they still see.
type message struct {
	content
	ts        string
	threadTS  string // of the parent, for replies
	user      string
	broadcast bool
	onlyFor   string // ephemeral: the one person who sees it
	editedAt  string
	deleted   bool
	olderOnes []content
	reactions map[string][]string
	files     []*upload
	warnings  map[string]string // by user: what a failed click left on the message
}

// parseContent takes a message's content from arguments and refuses what Slack refuses. Given tells which of
// text, blocks, attachments and metadata were there.
func (w *Workspace) parseContent(a args) (c content, err error) {
	c.text = a.str("text")
	if utf8.RuneCountInString(c.text) > maxText {
		return c, refuse("msg_too_long")
	}
	if a.has("blocks") {
		if c.blocks, err = a.list("blocks"); err != nil {
			return c, refuse("invalid_blocks_format")
		}
		if problems := blockkit.Validate(c.blocks, blockkit.Message, "/blocks"); len(problems) > 0 {
			return c, invalid("invalid_blocks", problems)
		}
		blockkit.Complete(c.blocks, w.blockID)
	}
	if a.has("attachments") {
		if c.attachments, err = a.list("attachments"); err != nil {
			return c, refuse("invalid_attachments")
		}
		if err := w.completeAttachments(c.attachments); err != nil {
			return c, err
		}
	}
	if a.has("metadata") {
		c.metadata, err = parseMetadata(a)
	}
	return c, err
}

func (w *Workspace) blockID() string { return w.id(5) }

func invalid(code string, problems []blockkit.Problem) error {
	e := &apiError{code: code}
	for _, p := range problems {
		e.messages = append(e.messages, p.String())
	}
	return e
}

// namedColours are what Slack makes of the three words it takes instead of a colour.
var namedColours = map[string]string{"good": "2eb886", "warning": "daa038", "danger": "a30200"}

func (w *Workspace) completeAttachments(list []any) error {
	if len(list) > maxAttachments {
		return refuse("too_many_attachments")
	}
	for i, v := range list {
		at, ok := v.(map[string]any)
		if !ok {
			return refuse("invalid_attachments")
		}
		at["id"] = i + 1
		if colour, ok := at["color"].(string); ok {
			if named, ok := namedColours[colour]; ok {
				colour = named
			}
			at["color"] = strings.TrimPrefix(colour, "#")
		}
		if at["blocks"] == nil {
			continue
		}
		blocks, ok := at["blocks"].([]any)
		if !ok {
			return refuse("invalid_attachments")
		}
		if problems := blockkit.Validate(blocks, blockkit.Message, fmt.Sprintf("/attachments/%d/blocks", i)); len(problems) > 0 {
			return invalid("invalid_attachments", problems)
		}
		blockkit.Complete(blocks, w.blockID)
		if at["fallback"] == nil {
			at["fallback"] = "[no preview available]"
		}
	}
	return nil
}

func parseMetadata(a args) (map[string]any, error) {
	v, err := a.structure("metadata")
	m, ok := v.(map[string]any)
	if err != nil || !ok {
		return nil, refuse("invalid_metadata_format")
	}
	if (m["event_type"] == nil || m["event_type"] == "") && m["event_payload"] == nil {
		return nil, nil // some clients always send the field
	}
	if kind, _ := m["event_type"].(string); kind == "" {
		return nil, refuse("invalid_metadata_format")
	}
	if _, ok := m["event_payload"].(map[string]any); !ok {
		return nil, refuse("invalid_metadata_format")
	}
	if text, err := json.Marshal(m); err != nil || len(text) > maxMetadata {
		return nil, refuse("metadata_too_large")
	}
	return m, nil
}

func (c content) empty() bool {
	return strings.TrimSpace(c.text) == "" && len(c.blocks) == 0 && len(c.attachments) == 0
}

// find returns a message that the Web API can see: neither deleted nor ephemeral.
func (r *room) find(ts string) *message {
	for _, m := range r.messages {
		if m.ts == ts && !m.deleted && m.onlyFor == "" {
			return m
		}
	}
	return nil
}

// replies returns the visible replies of a thread.
func (r *room) replies(parent string) []*message {
	var found []*message
	for _, m := range r.messages {
		if m.threadTS == parent && !m.deleted && m.onlyFor == "" {
			found = append(found, m)
		}
	}
	return found
}

// edit replaces the content and keeps the old one.
func (m *message) edit(c content, at string) {
	m.olderOnes = append(m.olderOnes, m.content)
	m.content = c
	m.editedAt = at
}

// wire is the message as the Web API and payloads show it.
func (m *message) wire(r *room, withMetadata bool) map[string]any {
	out := map[string]any{"type": "message", "user": m.user, "text": m.text, "ts": m.ts, "team": TeamID}
	if m.user == BotUserID {
		out["bot_id"], out["app_id"] = BotID, AppID
		out["bot_profile"] = map[string]any{"id": BotID, "app_id": AppID, "name": "Slipway", "team_id": TeamID, "deleted": false}
	}
	if len(m.blocks) > 0 {
		out["blocks"] = copyJSON(m.blocks)
	}
	if len(m.attachments) > 0 {
		out["attachments"] = copyJSON(m.attachments)
	}
	if withMetadata && m.metadata != nil {
		out["metadata"] = copyJSON(m.metadata)
	}
	if m.editedAt != "" {
		out["edited"] = map[string]any{"user": m.user, "ts": m.editedAt}
	}
	if len(m.files) > 0 {
		files := make([]any, len(m.files))
		for i, f := range m.files {
			files[i] = f.wire()
		}
		out["files"] = files
	}
	if names := m.reactionList(); len(names) > 0 {
		out["reactions"] = names
	}
	m.wireThread(out, r)
	return out
}

func (m *message) wireThread(out map[string]any, r *room) {
	if m.threadTS != "" {
		out["thread_ts"] = m.threadTS
		if parent := r.find(m.threadTS); parent != nil {
			out["parent_user_id"] = parent.user
			if m.broadcast {
				out["subtype"] = "thread_broadcast"
			}
		}
		return
	}
	if replies := r.replies(m.ts); len(replies) > 0 {
		var users []string
		for _, reply := range replies {
			if !slices.Contains(users, reply.user) {
				users = append(users, reply.user)
			}
		}
		out["thread_ts"], out["reply_count"] = m.ts, len(replies)
		out["reply_users"], out["reply_users_count"] = users, len(users)
		out["latest_reply"] = replies[len(replies)-1].ts
	}
}

func (m *message) reactionList() []map[string]any {
	var list []map[string]any
	for _, name := range slices.Sorted(maps.Keys(m.reactions)) {
		users := m.reactions[name]
		list = append(list, map[string]any{"name": name, "users": users, "count": len(users)})
	}
	return list
}

// timeOf reads a timestamp back.
func timeOf(ts string) time.Time {
	seconds, micros, _ := strings.Cut(ts, ".")
	var s, us int64
	_, _ = fmt.Sscan(seconds, &s)
	_, _ = fmt.Sscan(micros, &us)
	return time.Unix(s, us*1000)
}
