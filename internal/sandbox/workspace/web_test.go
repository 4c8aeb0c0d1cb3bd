package workspace_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"slipway/internal/sandbox/workspace"
)

func TestTokensAndScopes(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{Scopes: []string{"commands", "users:read"}})
	for _, c := range []struct{ fact, method, token, want string }{
		{"no token", "auth.test", "", "not_authed"},
		{"an unknown token", "auth.test", "xoxb-made-up", "invalid_auth"},
		{"a bot token does not open connections", "apps.connections.open", workspace.BotToken, "not_allowed_token_type"},
		{"an app token does not post", "chat.postMessage", workspace.AppToken, "not_allowed_token_type"},
		{"a scope that was not granted", "chat.postMessage", workspace.BotToken, "missing_scope"},
		{"an unknown method", "chat.postMessages", workspace.BotToken, "unknown_method"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			resp, answer := p.post("/api/"+c.method, c.token, map[string]any{})
			if answer["ok"] != false || answer["error"] != c.want || resp.StatusCode != http.StatusOK {
				t.Errorf("%d %v, want %s", resp.StatusCode, answer, c.want)
			}
			if c.want == "missing_scope" && (answer["needed"] != "chat:write" || answer["provided"] != "commands,users:read") {
				t.Errorf("needed and provided: %v", answer)
			}
		})
	}
	resp, answer := p.call("auth.test", map[string]any{})
	if answer["user_id"] != workspace.BotUserID || resp.Header.Get("X-OAuth-Scopes") != "commands,users:read" {
		t.Errorf("auth.test = %v, scopes %q", answer, resp.Header.Get("X-OAuth-Scopes"))
	}
}

func TestRefusedPosts(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{Limits: workspace.Limits{Unlimited: true}})
	reply, err := p.Type(p.ctx, "alice", "devops-oncall", "a message of hers")
	if err != nil {
		t.Fatal(err)
	}
	at := reply.TS
	for _, c := range []struct {
		fact, method string
		args         map[string]any
		want         string
	}{
		{"no such channel", "chat.postMessage", map[string]any{"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"},
		{"the bot is not in the channel", "chat.postMessage", map[string]any{"channel": "C0GENERAL", "text": "x"}, "not_in_channel"},
		{"nothing to say", "chat.postMessage", map[string]any{"channel": "C0ONCALL"}, "no_text"},
		{"far too long", "chat.postMessage", map[string]any{"channel": "C0ONCALL", "text": strings.Repeat("é", 40001)}, "msg_too_long"},
		{"blocks that are no JSON", "chat.postMessage", map[string]any{"channel": "C0ONCALL", "blocks": "[{"}, "invalid_blocks_format"},
		{"metadata without a type", "chat.postMessage", map[string]any{"channel": "C0ONCALL", "text": "x", "metadata": map[string]any{"event_payload": map[string]any{}}}, "invalid_metadata_format"},
		{"a thread that is not there", "chat.postMessage", map[string]any{"channel": "C0ONCALL", "text": "x", "thread_ts": "1.000001"}, "thread_not_found"},
		{"an edit of nothing", "chat.update", map[string]any{"channel": "C0ONCALL", "ts": "1.000001", "text": "x"}, "message_not_found"},
		{"an edit by name of the channel", "chat.update", map[string]any{"channel": "devops-oncall", "ts": at, "text": "x"}, "channel_not_found"},
		{"an edit of someone else's", "chat.update", map[string]any{"channel": "C0ONCALL", "ts": at, "text": "x"}, "cant_update_message"},
		{"a deletion of someone else's", "chat.delete", map[string]any{"channel": "C0ONCALL", "ts": at}, "cant_delete_message"},
		{"a whisper to someone elsewhere", "chat.postEphemeral", map[string]any{"channel": "C0ONCALL", "user": "U0NOBODY", "text": "x"}, "user_not_found"},
		{"history of a channel it is not in", "conversations.history", map[string]any{"channel": "C0GENERAL"}, "not_in_channel"},
		{"replies to nothing", "conversations.replies", map[string]any{"channel": "C0ONCALL", "ts": "1.000001"}, "thread_not_found"},
		{"a cursor that was never given", "users.list", map[string]any{"cursor": "zzz"}, "invalid_cursor"},
		{"a group that is not there", "usergroups.users.list", map[string]any{"usergroup": "S0NONE"}, "no_such_subteam"},
	} {
		t.Run(c.fact, func(t *testing.T) {
			if _, answer := p.call(c.method, c.args); answer["error"] != c.want {
				t.Errorf("%v, want %s", answer, c.want)
			}
		})
	}
}

func TestBlocksOverTheirLimitsAreRefusedWithPointers(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	_, _, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", slack.MsgOptionText("x", false),
		slack.MsgOptionBlocks(slack.NewSectionBlock(mrkdwn(strings.Repeat("x", 3001)), nil, nil)))
	refused, ok := errors.AsType[slack.SlackErrorResponse](err)
	if !ok || refused.Err != "invalid_blocks" {
		t.Fatalf("err = %v", err)
	}
	want := []string{"[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"}
	if diff := cmp.Diff(want, refused.ResponseMetadata.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	_, _, err = p.api.PostMessageContext(p.ctx, "C0ONCALL", slack.MsgOptionAttachments(slack.Attachment{
		Color: "good", Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewHeaderBlock(plain(strings.Repeat("x", 151)))}}}))
	refused, ok = errors.AsType[slack.SlackErrorResponse](err)
	if !ok || refused.Err != "invalid_attachments" || !strings.Contains(refused.ResponseMetadata.Messages[0], "/attachments/0/blocks/0/text/text") {
		t.Errorf("err = %+v", err)
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	post := func(channel string) error {
		_, _, err := p.api.PostMessageContext(p.ctx, channel, slack.MsgOptionText("x", false))
		return err
	}
	for i := range 5 {
		if err := post("C0ONCALL"); err != nil {
			t.Fatalf("post %d of a burst: %v", i+1, err)
		}
	}
	err := post("#devops-oncall")
	limited, ok := errors.AsType[*slack.RateLimitedError](err)
	if !ok || limited.RetryAfter != time.Second {
		t.Fatalf("sixth post: %v", err)
	}
	if err := post("U0BOB"); err != nil {
		t.Errorf("another channel has its own rate: %v", err)
	}
	p.clock.advance(time.Second)
	if err := post("C0ONCALL"); err != nil {
		t.Errorf("after Retry-After: %v", err)
	}
	for range 25 {
		if _, answer := p.call("chat.update", map[string]any{"channel": "C0ONCALL", "ts": "1.1", "text": "x"}); answer["error"] != "message_not_found" {
			t.Fatalf("chat.update: %v", answer)
		}
	}
	resp, answer := p.call("chat.update", map[string]any{"channel": "C0ONCALL", "ts": "1.1", "text": "x"})
	if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "2" || answer["error"] != "ratelimited" {
		t.Errorf("%d %q %v", resp.StatusCode, resp.Header.Get("Retry-After"), answer)
	}
}

func TestMetadataIsKeptAndShownOnRequest(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	_, ts, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", slack.MsgOptionText("x", false),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: "release", EventPayload: map[string]any{"id": "r42"}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := p.api.UpdateMessage("C0ONCALL", ts, slack.MsgOptionText("y", false)); err != nil {
		t.Fatal(err)
	}
	for _, all := range []bool{false, true} {
		h, err := p.api.GetConversationHistoryContext(p.ctx, &slack.GetConversationHistoryParameters{ChannelID: "C0ONCALL", IncludeAllMetadata: all})
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Messages[0].Metadata.EventPayload["id"] == "r42"; got != all || h.Messages[0].Text != "y" {
			t.Errorf("include_all_metadata %v: %+v", all, h.Messages[0])
		}
	}
}

func TestHistoryAndReplies(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{Limits: workspace.Limits{Unlimited: true}})
	var all []string
	post := func(o ...slack.MsgOption) string {
		t.Helper()
		_, ts, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", append(o, slack.MsgOptionText("x", false))...)
		if err != nil {
			t.Fatal(err)
		}
		return ts
	}
	for range 3 {
		all = append(all, post())
	}
	quiet := post(slack.MsgOptionTS(all[0]))
	loud := post(slack.MsgOptionTS(all[0]), slack.MsgOptionBroadcast())
	if err := func() error {
		_, err := p.api.PostEphemeral("C0ONCALL", "U0BOB", slack.MsgOptionText("x", false))
		return err
	}(); err != nil {
		t.Fatal(err)
	}
	var seen []string
	params := &slack.GetConversationHistoryParameters{ChannelID: "C0ONCALL", Limit: 3, Oldest: all[0], Inclusive: true}
	for {
		h, err := p.api.GetConversationHistoryContext(p.ctx, params)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range h.Messages {
			seen = append(seen, m.Timestamp)
		}
		if params.Cursor = h.ResponseMetaData.NextCursor; params.Cursor == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{loud, all[2], all[1], all[0]}, seen); diff != "" {
		t.Errorf("history, newest first, without quiet replies and ephemerals (-want +got):\n%s", diff)
	}
	replies, _, _, err := p.api.GetConversationRepliesContext(p.ctx, &slack.GetConversationRepliesParameters{ChannelID: "C0ONCALL", Timestamp: all[0], Oldest: quiet})
	if err != nil || len(replies) != 2 || replies[0].Timestamp != all[0] || replies[1].Timestamp != loud || replies[0].ReplyCount != 2 {
		t.Errorf("replies = %+v, %v", replies, err)
	}
	got := workspace.RenderText(p.channel())
	if !strings.Contains(got, "↳ 2 replies") || !strings.Contains(got, "replied to a thread: x") {
		t.Errorf("channel:\n%s", got)
	}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	members, err := p.api.GetUserGroupMembersContext(p.ctx, "S0ONCALL")
	if err != nil || !slices.Equal(members, []string{"U0BOB"}) {
		t.Errorf("@oncall = %v, %v", members, err)
	}
	if err := p.SetGroup("oncall"); err != nil {
		t.Fatal(err)
	}
	if members, err = p.api.GetUserGroupMembersContext(p.ctx, "S0ONCALL"); err != nil || len(members) != 0 {
		t.Errorf("emptied @oncall = %v, %v", members, err)
	}
	groups, err := p.api.GetUserGroupsContext(p.ctx, slack.GetUserGroupsOptionIncludeUsers(true))
	if err != nil || len(groups) != 2 || groups[1].Handle != "platform" || len(groups[1].Users) != 2 {
		t.Errorf("groups = %+v, %v", groups, err)
	}
	erin, err := p.api.GetUserInfoContext(p.ctx, "U0ERIN")
	if err != nil || erin.TeamID == workspace.TeamID || erin.IsStranger {
		t.Errorf("erin = %+v, %v", erin, err)
	}
	mallory, err := p.api.GetUserInfoContext(p.ctx, "U0MALLORY")
	if err != nil || !mallory.IsRestricted {
		t.Errorf("mallory = %+v, %v", mallory, err)
	}
	users, err := p.api.GetUsersContext(p.ctx)
	if err != nil || len(users) != 6 {
		t.Errorf("users = %d, %v", len(users), err)
	}
	channels, _, err := p.api.GetConversationsContext(p.ctx, &slack.GetConversationsParameters{Types: []string{"public_channel"}})
	if err != nil || len(channels) != 2 || !channels[0].IsExtShared || channels[1].IsExtShared || channels[1].IsMember {
		t.Errorf("channels = %+v, %v", channels, err)
	}
	if _, _, _, err := p.api.JoinConversationContext(p.ctx, "C0GENERAL"); err != nil {
		t.Error(err)
	}
	if _, _, err := p.api.PostMessageContext(p.ctx, "general", slack.MsgOptionText("hello", false)); err != nil {
		t.Errorf("after joining: %v", err)
	}
}

func TestMentionsNotifyOnceAndOnlyInNewMessages(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	ts := p.say(slack.NewSectionBlock(mrkdwn("<!subteam^S0ONCALL> and <@U0BOB>, not <@U0NOBODY>"), nil, nil))
	if _, _, _, err := p.api.UpdateMessage("C0ONCALL", ts, slack.MsgOptionBlocks(slack.NewSectionBlock(mrkdwn("<!channel>"), nil, nil))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", slack.MsgOptionText("x", false), slack.MsgOptionAttachments(slack.Attachment{Text: "<@U0ALICE>"})); err != nil {
		t.Fatal(err)
	}
	want := []workspace.Notification{{Channel: "C0ONCALL", TS: ts, Text: "fallback", Why: "@oncall"}}
	if diff := cmp.Diff(want, p.Notifications("bob")); diff != "" {
		t.Errorf("bob (-want +got):\n%s", diff)
	}
	if got := p.Notifications("alice"); len(got) != 0 {
		t.Errorf("alice: %+v", got)
	}
	if _, _, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", slack.MsgOptionText("injected <!channel>", false)); err != nil {
		t.Fatal(err)
	}
	if got := p.Notifications("carol"); len(got) != 1 || got[0].Why != "@channel" {
		t.Errorf("carol: %+v", got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	post := func() error {
		_, _, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", slack.MsgOptionText("x", false))
		return err
	}
	p.SetFault("chat.postMessage", workspace.Fault{LoseReply: true, Times: 1})
	if err := post(); err == nil {
		t.Error("the lost reply arrived")
	}
	if n := len(p.channel().Posts); n != 1 {
		t.Errorf("%d posts after a lost reply, want 1: the call itself was carried out", n)
	}
	p.SetFault("chat.postMessage", workspace.Fault{Status: 503, Times: 1})
	if status, ok := errors.AsType[slack.StatusCodeError](post()); !ok || status.Code != 503 {
		t.Errorf("status = %+v", status)
	}
	p.SetFault("*", workspace.Fault{Error: "fatal_error", Times: 1})
	if err := post(); err == nil || err.Error() != "fatal_error" {
		t.Errorf("err = %v", err)
	}
	p.SetFault("chat.postMessage", workspace.Fault{RetryAfter: 7 * time.Second, Times: 1})
	if limited, ok := errors.AsType[*slack.RateLimitedError](post()); !ok || limited.RetryAfter != 7*time.Second {
		t.Errorf("limited = %+v", limited)
	}
	p.Down(true)
	if err := post(); err == nil {
		t.Error("a call got through while Slack was down")
	}
	p.Down(false)
	if err := post(); err != nil {
		t.Errorf("after all faults: %v", err)
	}
	var got []string
	for _, c := range p.Calls() {
		if c.Args["channel"] != "C0ONCALL" || c.Args["token"] != "" {
			t.Errorf("args = %v", c.Args)
		}
		got = append(got, c.Method+" "+c.Error)
	}
	want := []string{"chat.postMessage ", "chat.postMessage service_unavailable", "chat.postMessage fatal_error", "chat.postMessage ratelimited", "chat.postMessage "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestPermalinkReactionAndDeletion(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	ts := p.say(slack.NewDividerBlock())
	link, err := p.api.GetPermalinkContext(p.ctx, &slack.PermalinkParameters{Channel: "C0ONCALL", Ts: ts})
	if err != nil || link != "https://practice.slack.com/archives/C0ONCALL/p"+strings.ReplaceAll(ts, ".", "") {
		t.Errorf("link = %q, %v", link, err)
	}
	if err := p.api.AddReactionContext(p.ctx, "eyes", slack.NewRefToMessage("C0ONCALL", ts)); err != nil {
		t.Fatal(err)
	}
	if err := p.api.AddReactionContext(p.ctx, "eyes", slack.NewRefToMessage("C0ONCALL", ts)); err == nil || err.Error() != "already_reacted" {
		t.Errorf("second reaction: %v", err)
	}
	if got := p.channel().Posts[0].Reactions; !slices.Equal(got, []string{"eyes"}) {
		t.Errorf("reactions = %v", got)
	}
	if _, _, err := p.api.DeleteMessageContext(p.ctx, "C0ONCALL", ts); err != nil {
		t.Fatal(err)
	}
	if n := len(p.channel().Posts); n != 0 {
		t.Errorf("%d posts after the deletion", n)
	}
}
