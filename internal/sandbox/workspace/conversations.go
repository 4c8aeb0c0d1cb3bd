package workspace

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

func (w *Workspace) conversationWire(r *room) map[string]any {
	if r.direct != "" {
		return map[string]any{"id": r.ID, "is_im": true, "user": r.direct, "is_channel": false}
	}
	shared := w.shared(r)
	return map[string]any{
		"id": r.ID, "name": r.Name, "name_normalized": r.Name, "is_channel": true, "is_im": false, "is_private": false,
		"is_archived": false, "is_general": r.Name == "general", "is_member": r.has(BotUserID), "creator": "U0ALICE",
		"is_shared": shared, "is_ext_shared": shared, "is_org_shared": false, "num_members": len(r.Members),
		"context_team_id": TeamID,
		"topic":           map[string]any{"value": "", "creator": "", "last_set": 0},
		"purpose":         map[string]any{"value": "", "creator": "", "last_set": 0},
	}
}

// page cuts one page out of a list, and returns the cursor of the next.
func page[T any](list []T, a args, otherwise, atMost int) ([]T, string, error) {
	from := 0
	if cursor := a.str("cursor"); cursor != "" {
		text, err := base64.StdEncoding.DecodeString(cursor)
		n, err2 := strconv.Atoi(strings.TrimPrefix(string(text), "next:"))
		if err != nil || err2 != nil || n < 0 || n > len(list) {
			return nil, "", refuse("invalid_cursor")
		}
		from = n
	}
	to := min(len(list), from+a.number("limit", otherwise, atMost))
	next := ""
	if to < len(list) {
		next = base64.StdEncoding.EncodeToString([]byte("next:" + strconv.Itoa(to)))
	}
	return list[from:to], next, nil
}

func metadataOf(next string) map[string]any { return map[string]any{"next_cursor": next} }

func (w *Workspace) listConversations(a args) (reply, error) {
	types := a.str("types")
	all := []map[string]any{}
	for _, r := range w.rooms {
		if r.direct == "" && (types == "" || strings.Contains(types, "public_channel")) {
			all = append(all, w.conversationWire(r))
		}
	}
	some, next, err := page(all, a, 100, 1000)
	if err != nil {
		return nil, err
	}
	return reply{"channels": some, "response_metadata": metadataOf(next)}, nil
}

func (w *Workspace) conversationInfo(a args) (reply, error) {
	r := w.roomByID(a.str("channel"))
	if r == nil {
		return nil, refuse("channel_not_found")
	}
	return reply{"channel": w.conversationWire(r)}, nil
}

func (w *Workspace) conversationMembers(a args) (reply, error) {
	r := w.roomByID(a.str("channel"))
	if r == nil {
		return nil, refuse("channel_not_found")
	}
	some, next, err := page(r.Members, a, 100, 1000)
	if err != nil {
		return nil, err
	}
	return reply{"members": some, "response_metadata": metadataOf(next)}, nil
}

func (w *Workspace) joinConversation(a args) (reply, error) {
	r := w.roomByID(a.str("channel"))
	switch {
	case r == nil:
		return nil, refuse("channel_not_found")
	case r.direct != "":
		return nil, refuse("method_not_supported_for_channel_type")
	case r.has(BotUserID):
		return reply{"channel": w.conversationWire(r), "warning": "already_in_channel",
			"response_metadata": map[string]any{"warnings": []string{"already_in_channel"}}}, nil
	}
	r.Members = append(r.Members, BotUserID)
	return reply{"channel": w.conversationWire(r)}, nil
}

func (w *Workspace) readable(a args) (*room, error) {
	r := w.roomByID(a.str("channel"))
	switch {
	case r == nil:
		return nil, refuse("channel_not_found")
	case !r.has(BotUserID):
		return nil, refuse("not_in_channel")
	}
	return r, nil
}

// within tells whether a timestamp is between the arguments oldest and latest.
func within(ts string, a args) bool {
	oldest, latest := a.str("oldest"), a.str("latest")
	from, to := compareTS(ts, oldest), compareTS(ts, latest)
	inclusive := a.flag("inclusive")
	if oldest != "" && (from < 0 || from == 0 && !inclusive) {
		return false
	}
	return latest == "" || to < 0 || to == 0 && inclusive
}

func compareTS(a, b string) int { return timeOf(a).Compare(timeOf(b)) }

func (w *Workspace) conversationHistory(a args) (reply, error) {
	r, err := w.readable(a)
	if err != nil {
		return nil, err
	}
	all := []map[string]any{}
	for _, m := range slices.Backward(r.messages) {
		if !m.deleted && m.onlyFor == "" && (m.threadTS == "" || m.broadcast) && within(m.ts, a) {
			all = append(all, m.wire(r, a.flag("include_all_metadata")))
		}
	}
	some, next, err := page(all, a, 100, 999)
	if err != nil {
		return nil, err
	}
	return reply{"messages": some, "has_more": next != "", "pin_count": 0, "response_metadata": metadataOf(next)}, nil
}

// conversationReplies always begins with the parent, as Slack does, whatever oldest and latest say.
func (w *Workspace) conversationReplies(a args) (reply, error) {
	r, err := w.readable(a)
	if err != nil {
		return nil, err
	}
	parent := r.find(a.str("ts"))
	if parent == nil {
		return nil, refuse("thread_not_found")
	}
	withMetadata := a.flag("include_all_metadata")
	all := []map[string]any{parent.wire(r, withMetadata)}
	for _, m := range r.replies(parent.ts) {
		if within(m.ts, a) {
			all = append(all, m.wire(r, withMetadata))
		}
	}
	some, next, err := page(all, a, 1000, 1000)
	if err != nil {
		return nil, err
	}
	return reply{"messages": some, "has_more": next != "", "response_metadata": metadataOf(next)}, nil
}
