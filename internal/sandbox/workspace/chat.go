package workspace

import (
	"fmt"
	"slices"
	"strings"
)

// roomFor finds where a post goes: a channel by id or name, or a person for direct messages.
func (w *Workspace) roomFor(channel string) (*room, error) {
	if channel == "" {
		return nil, refuse("channel_not_found")
	}
	if r := w.room(channel); r != nil {
		if !r.has(BotUserID) && !slices.Contains(w.opts.Scopes, "chat:write.public") {
			return nil, refuse("not_in_channel")
		}
		return r, nil
	}
	if p := w.person(channel); p != nil && p.ID == channel && !p.IsBot {
		return w.directRoom(p), nil
	}
	return nil, refuse("channel_not_found")
}

func (w *Workspace) postMessage(a args) (reply, error) {
	r, err := w.roomFor(a.str("channel"))
	if err != nil {
		return nil, err
	}
	c, err := w.parseContent(a)
	if err != nil {
		return nil, err
	}
	if c.empty() {
		return nil, refuse("no_text")
	}
	m := &message{content: c, user: BotUserID, threadTS: a.str("thread_ts"), broadcast: a.flag("reply_broadcast")}
	if err := w.checkThread(r, m.threadTS); err != nil {
		return nil, err
	}
	w.add(r, m)
	return reply{"channel": r.ID, "ts": m.ts, "message": m.wire(r, false)}, nil
}

// checkThread refuses a reply to nothing, and a reply to a reply, of which Slack warns that it gets lost.
func (w *Workspace) checkThread(r *room, threadTS string) error {
	if threadTS == "" {
		return nil
	}
	parent := r.find(threadTS)
	switch {
	case parent == nil:
		return refuse("thread_not_found")
	case parent.threadTS != "":
		return refuse("cannot_reply_to_message")
	}
	return nil
}

// add puts a new message into the channel and notifies those it mentions. Callers hold mu.
func (w *Workspace) add(r *room, m *message) {
	m.ts = w.nextTS()
	r.messages = append(r.messages, m)
	if m.onlyFor == "" {
		w.notify(r, m)
	}
	w.touch()
}

func (w *Workspace) updateMessage(a args) (reply, error) {
	r := w.roomByID(a.str("channel"))
	if r == nil {
		return nil, refuse("channel_not_found")
	}
	m := r.find(a.str("ts"))
	switch {
	case m == nil:
		return nil, refuse("message_not_found")
	case m.user != BotUserID:
		return nil, refuse("cant_update_message")
	}
	c, err := w.parseContent(a)
	if err != nil {
		return nil, err
	}
	if !a.has("text") && !a.has("blocks") && !a.has("attachments") {
		return nil, refuse("no_text")
	}
	if !a.has("blocks") {
		c.blocks = m.blocks
	}
	if !a.has("attachments") {
		c.attachments = m.attachments
	}
	if !a.has("metadata") {
		c.metadata = m.metadata
	}
	if c.empty() {
		return nil, refuse("no_text")
	}
	m.edit(c, w.nextTS())
	return reply{"channel": r.ID, "ts": m.ts, "text": m.text, "message": m.wire(r, false)}, nil
}

func (w *Workspace) deleteMessage(a args) (reply, error) {
	r := w.roomByID(a.str("channel"))
	if r == nil {
		return nil, refuse("channel_not_found")
	}
	m := r.find(a.str("ts"))
	switch {
	case m == nil:
		return nil, refuse("message_not_found")
	case m.user != BotUserID:
		return nil, refuse("cant_delete_message")
	}
	m.deleted = true
	return reply{"channel": r.ID, "ts": m.ts}, nil
}

func (w *Workspace) postEphemeral(a args) (reply, error) {
	r, err := w.roomFor(a.str("channel"))
	if err != nil {
		return nil, err
	}
	p := w.person(a.str("user"))
	switch {
	case p == nil || p.ID != a.str("user"):
		return nil, refuse("user_not_found")
	case !r.has(p.ID):
		return nil, refuse("user_not_in_channel")
	}
	c, err := w.parseContent(a)
	if err != nil {
		return nil, err
	}
	if c.empty() {
		return nil, refuse("no_text")
	}
	m := &message{content: c, user: BotUserID, onlyFor: p.ID, threadTS: a.str("thread_ts")}
	if err := w.checkThread(r, m.threadTS); err != nil {
		return nil, err
	}
	w.add(r, m)
	return reply{"message_ts": m.ts}, nil
}

func (w *Workspace) getPermalink(a args) (reply, error) {
	r := w.roomByID(a.str("channel"))
	if r == nil {
		return nil, refuse("channel_not_found")
	}
	m := r.find(a.str("message_ts"))
	if m == nil {
		return nil, refuse("message_not_found")
	}
	link := fmt.Sprintf("https://%s.slack.com/archives/%s/p%s", TeamDomain, r.ID, strings.ReplaceAll(m.ts, ".", ""))
	if m.threadTS != "" {
		link += "?thread_ts=" + m.threadTS + "&cid=" + r.ID
	}
	return reply{"channel": r.ID, "permalink": link}, nil
}

func (w *Workspace) addReaction(a args) (reply, error) {
	r := w.roomByID(a.str("channel"))
	if r == nil {
		return nil, refuse("channel_not_found")
	}
	m := r.find(a.str("timestamp"))
	name := a.str("name")
	switch {
	case m == nil:
		return nil, refuse("message_not_found")
	case name == "":
		return nil, refuse("invalid_name")
	case slices.Contains(m.reactions[name], BotUserID):
		return nil, refuse("already_reacted")
	}
	if m.reactions == nil {
		m.reactions = map[string][]string{}
	}
	m.reactions[name] = append(m.reactions[name], BotUserID)
	return reply{}, nil
}
