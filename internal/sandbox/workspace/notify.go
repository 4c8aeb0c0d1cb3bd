package workspace

import (
	"slices"

	"slipway/internal/sandbox/workspace/blockkit"
)

// A Notification is what made someone's phone buzz.
type Notification struct {
	Channel string `json:"channel"`
	TS      string `json:"ts"`
	Text    string `json:"text"` // what the phone shows: the text of the message, not its blocks
	Why     string `json:"why"`  // @bob, @oncall or @channel
}

// Notifications returns what notified a person, oldest first; user is a name or id.
func (w *Workspace) Notifications(user string) []Notification {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.person(user)
	if p == nil {
		return nil
	}
	return slices.Clone(w.notifications[p.ID])
}

// notify records whom a new message notifies: those mentioned in its blocks, or in its text if it has none,
// who are in the channel. Edits and attachments notify nobody.
func (w *Workspace) notify(r *room, m *message) {
	mentions := blockkit.Mentions(m.blocks)
	if len(m.blocks) == 0 {
		mentions = blockkit.MentionsIn(m.text)
	}
	told := map[string]bool{m.user: true}
	for _, mention := range mentions {
		why, members := w.mentioned(r, mention)
		for _, id := range members {
			if told[id] || !r.has(id) {
				continue
			}
			told[id] = true
			w.notifications[id] = append(w.notifications[id],
				Notification{Channel: r.ID, TS: m.ts, Text: w.names().Markup(m.text), Why: why})
		}
	}
}

func (w *Workspace) mentioned(r *room, m blockkit.Mention) (why string, ids []string) {
	switch m.Kind {
	case "user":
		if p := w.person(m.ID); p != nil {
			return "@" + p.Name, []string{p.ID}
		}
	case "usergroup":
		if g := w.group(m.ID); g != nil {
			return "@" + g.Handle, g.Members
		}
	case "broadcast":
		return "@" + m.ID, r.Members
	}
	return "", nil
}
