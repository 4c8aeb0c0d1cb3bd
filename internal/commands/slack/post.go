package slack

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// eventType marks our messages' metadata. Metadata can be read by everyone in the workspace.
const eventType = "slipway_release"

// Slack's clock and Redis's may differ by this much; a search for a message begins so much earlier.
const clockSkew = 2 * time.Minute

// mayArrive is how long after a call without an answer its message can still appear, as when Slack is slow.
const mayArrive = 10 * time.Second

// sendWithin is how long after a post was noted it may be sent: a process that was stopped in between leaves it to whoever
// has its lease by now. With callTimeout it has arrived, or never will, when a successor no longer waits for it.
const sendWithin = mayArrive - callTimeout

// searchPages bounds the search for a message whose posting is in doubt; 200 messages each.
const searchPages = 5

type keyKind string

const (
	keyParent keyKind = "parent"
	keyAsk    keyKind = "ask"
	keyEntry  keyKind = "entry"

	keyIncident keyKind = "incident"
)

// inChannel says whether a message stands in the channel, and not in the thread of the release.
func (k keyKind) inChannel() bool { return k == keyParent || k == keyIncident }

// postKey names a message before it is posted, so that it can be found again by its metadata.
type postKey struct {
	kind  keyKind
	asked string // keyAsk: the key in Announcement.Asked
	rev   int64  // keyEntry
	nth   int    // keyEntry
}

// String gives parent, ask traffic/50/gate or entry 12 0.
func (k postKey) String() string {
	switch k.kind {
	case keyAsk:
		return string(keyAsk) + " " + k.asked
	case keyEntry:
		return fmt.Sprintf("%s %d %d", keyEntry, k.rev, k.nth)
	case keyParent, keyIncident:
	}
	return string(k.kind)
}

func parsePostKey(text string) (postKey, bool) {
	parts := strings.Split(text, " ")
	k := postKey{kind: keyKind(parts[0])}
	switch {
	case k.kind.inChannel() && len(parts) == 1:
		return k, true
	case k.kind == keyAsk && len(parts) == 2:
		k.asked = parts[1]
		return k, true
	case k.kind == keyEntry && len(parts) == 3:
		rev, err1 := strconv.ParseInt(parts[1], 10, 64)
		nth, err2 := strconv.Atoi(parts[2])
		k.rev, k.nth = rev, nth
		return k, err1 == nil && err2 == nil
	}
	return k, false
}

// post posts m, in the thread unless it stands in the channel. Its key is stored before, and stays stored if the outcome
// is not known: the next round then looks for the message before it posts again.
func (t *round) post(ctx context.Context, key postKey, m message) (ts string, err error) {
	t.note.Posting, t.note.Since = t.postingKey(key), t.now()
	if err := t.save(ctx, false); err != nil {
		return "", err
	}
	if t.now().Sub(t.note.Since) > sendWithin {
		t.note.Posting = "" // it was not sent; if nobody has the lease by now, the next round sends it
		t.comeBack(soon)
		return "", errStop
	}
	opts := append(m.options(), sdk.MsgOptionMetadata(sdk.SlackMetadata{EventType: eventType,
		EventPayload: map[string]any{"release": string(t.release.ID), "key": t.note.Posting}}))
	if !key.kind.inChannel() {
		opts = append(opts, sdk.MsgOptionTS(t.note.Parent))
	}
	if m.aloud {
		opts = append(opts, sdk.MsgOptionBroadcast())
	}
	err = t.a.client.callNow(ctx, methodPost, func(ctx context.Context) error {
		var err error
		_, ts, err = t.a.client.api.PostMessageContext(ctx, t.note.Channel, opts...)
		return err
	})
	if inDoubt(err) {
		return "", err
	}
	t.a.answered()
	t.note.Posting = ""
	if refusal(err) == "thread_not_found" {
		t.note.Parent, t.shown = "", shown{after: t.shown.after}
	}
	return ts, err
}

// postingKey makes keys unique among the messages of a release: a gate can ask more than once.
func (t *round) postingKey(key postKey) string {
	if key.kind == keyEntry {
		return key.String()
	}
	return fmt.Sprintf("%s@%d", key, t.release.Rev)
}

func (t *round) edit(ctx context.Context, ts string, m message) error {
	err := t.a.client.callNow(ctx, methodUpdate, func(ctx context.Context) error {
		_, _, _, err := t.a.client.api.UpdateMessageContext(ctx, t.note.Channel, ts, m.options()...)
		return err
	})
	if !inDoubt(err) {
		t.a.answered()
	}
	return err
}

// settle finds out what became of a post whose outcome was not known: found, it is taken as posted; if it can no
// longer arrive, it is posted again if it is still wanted.
func (t *round) settle(ctx context.Context) error {
	if t.note.Posting == "" {
		return nil
	}
	text, _, _ := strings.Cut(t.note.Posting, "@")
	key, ok := parsePostKey(text)
	if ok && t.note.Channel != "" {
		ts, looked, err := t.find(ctx, key)
		if err != nil {
			return err
		}
		if !looked {
			return errStop
		}
		wait := t.note.Since.Add(mayArrive).Sub(t.now())
		switch {
		case ts != "":
			t.adopt(key, ts)
		case wait > 0:
			t.comeBack(wait)
			return errStop
		}
	}
	t.note.Posting = ""
	return nil
}

func (t *round) adopt(key postKey, ts string) {
	switch key.kind {
	case keyParent:
		t.note.Parent = ts
	case keyIncident:
		t.note.Incident = ts
	case keyAsk:
		t.asked(key.asked, ts)
	case keyEntry:
		for i, l := range t.lines {
			if l.Rev == key.rev && l.nth == key.nth {
				t.chartFor(l)
				t.note.Told, t.note.ToldTo = l.after()
				t.lines = t.lines[i+1:]
				return
			}
		}
	}
}

// find looks for our message by its metadata, in the channel or in the thread of the release. looked is
// false if there was no call left for it.
func (t *round) find(ctx context.Context, key postKey) (ts string, looked bool, err error) {
	method := methodReplies
	if key.kind.inChannel() {
		method = methodHistory
	}
	self, err := t.a.client.Identity(ctx)
	if err != nil {
		return "", false, err
	}
	oldest := fmt.Sprintf("%d.000000", t.note.Since.Add(-clockSkew).Unix())
	cursor := ""
	for range searchPages {
		if !t.may(method, "", urgent) {
			return "", false, nil
		}
		var page []sdk.Message
		err := t.a.client.callNow(ctx, method, func(ctx context.Context) error {
			var err error
			page, cursor, err = t.page(ctx, key, oldest, cursor)
			return err
		})
		switch {
		case deploy.CodeOf(err) == deploy.NotFound && !key.kind.inChannel():
			return "", true, nil // the thread is gone with its parent
		case err != nil:
			return "", false, err
		}
		t.a.answered()
		for _, m := range page {
			if t.ours(m, self) {
				return m.Timestamp, true, nil
			}
		}
		if cursor == "" {
			break
		}
	}
	return "", true, nil
}

func (t *round) page(ctx context.Context, key postKey, oldest, cursor string) ([]sdk.Message, string, error) {
	const most = 200
	if !key.kind.inChannel() {
		page, _, next, err := t.a.client.api.GetConversationRepliesContext(ctx, &sdk.GetConversationRepliesParameters{
			ChannelID: t.note.Channel, Timestamp: t.note.Parent, Oldest: oldest, Cursor: cursor, Limit: most, IncludeAllMetadata: true})
		return page, next, err
	}
	answer, err := t.a.client.api.GetConversationHistoryContext(ctx, &sdk.GetConversationHistoryParameters{
		ChannelID: t.note.Channel, Oldest: oldest, Cursor: cursor, Limit: most, IncludeAllMetadata: true})
	if err != nil {
		return nil, "", err
	}
	return answer.Messages, answer.ResponseMetaData.NextCursor, nil
}

// ours says whether m is the message that was being posted: ours by author as well, since any app can write any
// metadata.
func (t *round) ours(m sdk.Message, self Identity) bool {
	if m.User != self.User && (m.BotID == "" || m.BotID != self.Bot) || m.Metadata.EventType != eventType {
		return false
	}
	p := m.Metadata.EventPayload
	return p["release"] == string(t.release.ID) && p["key"] == t.note.Posting
}
