package workspace_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"slipway/internal/sandbox/workspace"
)

func TestWhatPeopleType(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	p.run(ackAll)
	for _, c := range []struct{ fact, user, text, want string }{
		{"a command nobody registered", "alice", "/launch x", `/launch is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.`},
		{"people of other teams have no commands", "erin", "/deploy x", `/deploy is not a valid command. In Slack, all messages that start with the "/" character are interpreted as commands.`},
	} {
		typed, err := p.Type(p.ctx, c.user, "devops-oncall", c.text)
		if err != nil || typed.Text != c.want || typed.Ack != "" {
			t.Errorf("%s: %+v, %v", c.fact, typed, err)
		}
	}
	hello, err := p.Type(p.ctx, "alice", "#devops-oncall", "hi @bob & @oncall, see <https://example.com>")
	if err != nil {
		t.Fatal(err)
	}
	inThread, err := p.TypeInThread(p.ctx, "alice", "devops-oncall", hello.TS, "/deploy x")
	if err != nil || inThread.Text != "/deploy is not supported in threads. Sorry!" {
		t.Errorf("in a thread: %+v, %v", inThread, err)
	}
	if n := len(p.Envelopes()); n != 0 {
		t.Errorf("%d envelopes for what Slack refuses by itself", n)
	}
	if got := p.channel().Posts[0]; got.Text != "hi <@U0BOB> &amp; <!subteam^S0ONCALL>, see &lt;<https://example.com>&gt;" || got.Body() != "hi @bob & @oncall, see <https://example.com>" {
		t.Errorf("message = %q, shown as %q", got.Text, got.Body())
	}
	if _, err := p.Type(p.ctx, "erin", "general", "x"); err == nil || !strings.Contains(err.Error(), "erin is not in #general") {
		t.Errorf("err = %v", err)
	}
	if _, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy\tto @bob in #general"); err != nil {
		t.Fatal(err)
	}
	var payload struct{ Text string }
	if err := json.Unmarshal(p.Envelopes()[0].Payload, &payload); err != nil || payload.Text != "to <@U0BOB|bob> in <#C0GENERAL|general>" {
		t.Errorf("payload text = %q, %v", payload.Text, err)
	}
}

func TestAnswersInsideTheAck(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	answers := []map[string]any{
		{"text": "for you"},
		{"text": "for all", "response_type": "in_channel"},
		{"blocks": []any{map[string]any{"type": "hologram"}}},
	}
	next := make(chan map[string]any, len(answers))
	for _, a := range answers {
		next <- a
	}
	p.run(func(sm *socketmode.Client, e socketmode.Event) {
		if e.Type == socketmode.EventTypeSlashCommand {
			_ = sm.Ack(*e.Request, <-next)
		}
	})
	var got []string
	for range answers {
		typed, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy x")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, typed.Text)
	}
	want := []string{"for you", "for all", `/deploy failed with the error "invalid_command_response"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alice was shown (-want +got):\n%s", diff)
	}
	var all []string
	for _, post := range p.channel().Posts {
		all = append(all, post.Author+": "+post.Body())
	}
	if diff := cmp.Diff([]string{"alice: /deploy x", "slipway: for all"}, all); diff != "" {
		t.Errorf("everybody was shown (-want +got):\n%s", diff)
	}
}

// clicks runs a bot that acknowledges and hands over the clicks it gets.
func clicks(p *practice) <-chan slack.InteractionCallback {
	got := make(chan slack.InteractionCallback, 10)
	p.run(func(sm *socketmode.Client, e socketmode.Event) {
		ackAll(sm, e)
		if i, ok := e.Data.(slack.InteractionCallback); ok {
			got <- i
		}
	})
	return got
}

func TestAStaleClickCarriesWhatThePersonStillSaw(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	got := clicks(p)
	gate := func(step string) slack.Block {
		return slack.NewActionBlock("gate", button("promote", step, "Promote to "+step))
	}
	ts := p.say(gate("10 %"))
	for _, blocks := range [][]slack.Block{{gate("50 %")}, {slack.NewSectionBlock(mrkdwn("done"), nil, nil)}} {
		if _, _, _, err := p.api.UpdateMessage("C0ONCALL", ts, slack.MsgOptionBlocks(blocks...)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.Click(p.ctx, "bob", "promote", nil); !errors.Is(err, workspace.ErrNoButton) {
		t.Errorf("a button that is gone was clicked: %v", err)
	}
	for named, want := range map[string]string{"promote": "50 %", "Promote to 10 %": "10 %"} {
		if _, err := p.ClickAt(p.ctx, "bob", "devops-oncall", ts, named, nil); err != nil {
			t.Fatal(err)
		}
		i := <-got
		if a := i.ActionCallback.BlockActions[0]; a.Value != want || i.Message.Timestamp != ts || len(i.Message.Blocks.BlockSet) != 1 {
			t.Errorf("click on %q = %+v", named, a)
		}
	}
	history, err := p.Revisions("devops-oncall", ts)
	if err != nil || len(history) != 3 || history[0].Body() != "[ Promote to 10 % ]" || history[0].Edited || history[2].Body() != "done" {
		t.Errorf("revisions = %+v, %v", history, err)
	}
}

func TestClicks(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	got := clicks(p)
	roll := button("rollback", "r1", "Roll back")
	roll.Confirm = slack.NewConfirmationBlockObject(plain("Roll back?"), plain("100 % to v1.2.3"), plain("Roll back"), plain("Leave it"))
	parent := p.say(slack.NewActionBlock("ops", roll, button("hold", "h1", "Hold")))
	_, reply, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", slack.MsgOptionText("x", false), slack.MsgOptionTS(parent),
		slack.MsgOptionAttachments(slack.Attachment{Color: "#36a64f", Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewActionBlock("more", button("details", "d1", "Details"))}}}))
	if err != nil {
		t.Fatal(err)
	}

	denied, err := p.Click(p.ctx, "bob", "Roll back", &workspace.ClickOptions{Deny: true})
	if err != nil || !denied.Denied || denied.Confirm.Text != "100 % to v1.2.3" || len(p.Envelopes()) != 0 {
		t.Errorf("denied = %+v, %v", denied, err)
	}
	through, err := p.Click(p.ctx, "erin", "rollback", nil)
	if err != nil || through.Confirm == nil || through.Ack != workspace.Acked {
		t.Errorf("through the dialog = %+v, %v", through, err)
	}
	if i := <-got; i.User.TeamID != "T0OTHER" || i.Team.ID != workspace.TeamID || i.Container.MessageTs != parent {
		t.Errorf("erin's click = %+v", i)
	}
	if _, err := p.Click(p.ctx, "bob", "Details", &workspace.ClickOptions{Thread: parent}); err != nil {
		t.Error(err)
	}
	if i := <-got; i.Container.Type != "message_attachment" || i.Container.MessageTs != reply || i.Container.ThreadTs != parent || i.ActionCallback.BlockActions[0].Value != "d1" {
		t.Errorf("click in the attachment of a reply = %+v", i.Container)
	}
	_, err = p.Click(p.ctx, "bob", "Launch", nil)
	if err == nil || !strings.Contains(err.Error(), "[ Roll back ] [ Hold ] [ Details ]") {
		t.Errorf("the error does not list what there is: %v", err)
	}
}

func TestAnEphemeralIsSeenByOneAndSentBackWithoutItsContent(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	got := clicks(p)
	ts, err := p.api.PostEphemeralContext(p.ctx, "C0ONCALL", "U0ALICE", slack.MsgOptionText("only you", false), slack.MsgOptionBlocks(slack.NewActionBlock("b", button("retry", "1", "Try again"))))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Click(p.ctx, "bob", "Try again", nil); !errors.Is(err, workspace.ErrNoButton) {
		t.Errorf("bob clicked what only alice sees: %v", err)
	}
	if _, err := p.Click(p.ctx, "alice", "Try again", nil); err != nil {
		t.Fatal(err)
	}
	i := <-got
	if !i.Container.IsEphemeral || i.Container.MessageTs != ts || i.Message.Timestamp != "" {
		t.Errorf("container = %+v, message = %+v", i.Container, i.Message)
	}
	if _, _, _, err := p.api.UpdateMessage("C0ONCALL", ts, slack.MsgOptionText("x", false)); err == nil || err.Error() != "message_not_found" {
		t.Errorf("chat.update of an ephemeral message: %v", err)
	}
	status, answer := p.post(i.ResponseURL, "", map[string]any{"replace_original": true, "text": "trying"})
	if status.StatusCode != http.StatusOK || p.Ephemerals("alice").Posts[0].Body() != "trying" {
		t.Errorf("replace_original: %v, alice sees %+v", answer, p.Ephemerals("alice"))
	}
}

func TestAFailedClickLeavesAWarningForItsClicker(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{AckWithin: 30 * time.Millisecond})
	p.say(slack.NewActionBlock("b", button("go", "1", "Go")))
	clicked, err := p.Click(p.ctx, "bob", "Go", nil)
	if err != nil || clicked.Ack != workspace.DispatchFailed || clicked.Warning == "" {
		t.Fatalf("clicked = %+v, %v", clicked, err)
	}
	bobs, err := p.ChannelFor("bob", "devops-oncall")
	if err != nil || bobs.Posts[0].Warning == "" || p.channel().Posts[0].Warning != "" {
		t.Errorf("bob sees %+v, %v", bobs, err)
	}
}

func TestResponseURLs(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	urls := make(chan string, 2)
	p.run(func(sm *socketmode.Client, e socketmode.Event) {
		ackAll(sm, e)
		if c, ok := e.Data.(slack.SlashCommand); ok {
			urls <- c.ResponseURL
		}
	})
	ask := func() string {
		if _, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy x"); err != nil {
			t.Fatal(err)
		}
		return <-urls
	}
	url := ask()
	for _, o := range []slack.MsgOption{
		slack.MsgOptionResponseURL(url, slack.ResponseTypeEphemeral), slack.MsgOptionReplaceOriginal(url), slack.MsgOptionResponseURL(url, slack.ResponseTypeInChannel),
	} {
		if _, _, err := p.api.PostMessageContext(p.ctx, "C0ONCALL", o, slack.MsgOptionText("said", false)); err != nil {
			t.Fatal(err)
		}
	}
	if mine, all := p.Ephemerals("alice").Posts, p.channel().Posts; len(mine) != 1 || !mine[0].Edited || len(all) != 1 {
		t.Errorf("alice sees %+v, all see %+v", mine, all)
	}
	if _, answer := p.post(url, "", map[string]any{"delete_original": true}); answer["ok"] != true || len(p.Ephemerals("alice").Posts) != 0 {
		t.Errorf("delete_original: %v", answer)
	}
	if _, answer := p.post(url, "", map[string]any{}); answer["error"] != "no_text" {
		t.Errorf("fifth post: %v", answer)
	}
	if resp, answer := p.post(url, "", map[string]any{"text": "x"}); resp.StatusCode != http.StatusNotFound || answer["error"] != "used_url" {
		t.Errorf("sixth post: %d %v", resp.StatusCode, answer)
	}
	late := ask()
	p.clock.advance(30 * time.Minute)
	if resp, answer := p.post(late, "", map[string]any{"text": "x"}); resp.StatusCode != http.StatusNotFound || answer["error"] != "expired_url" {
		t.Errorf("after 30 min: %d %v", resp.StatusCode, answer)
	}
}

func modal() slack.ModalViewRequest {
	reason := slack.NewInputBlock("why", plain("Reason"), nil, slack.NewPlainTextInputBlockElement(nil, "reason"))
	where := slack.NewInputBlock("where", plain("Environment"), nil, slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain("Choose"), "env",
		slack.NewOptionBlockObject("prod", plain("production"), nil), slack.NewOptionBlockObject("stage", plain("staging"), nil)))
	return slack.ModalViewRequest{Type: slack.VTModal, CallbackID: "release", Title: plain("Release"), Submit: plain("Go"), Blocks: slack.Blocks{BlockSet: []slack.Block{reason, where}}}
}

func TestModals(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	triggers := make(chan string, 5)
	sent := make(chan slack.View, 5)
	p.run(func(sm *socketmode.Client, e socketmode.Event) {
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			triggers <- data.TriggerID
			_ = sm.Ack(*e.Request)
		case slack.InteractionCallback:
			sent <- data.View
			if data.View.State.Values["why"]["reason"].Value == "no" {
				_ = sm.Ack(*e.Request, slack.NewErrorsViewSubmissionResponse(map[string]string{"why": "say more"}))
				return
			}
			_ = sm.Ack(*e.Request)
		}
	})
	trigger := func() string {
		if _, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy"); err != nil {
			t.Fatal(err)
		}
		return <-triggers
	}
	id := trigger()
	opened, err := p.api.OpenViewContext(p.ctx, id, modal())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.api.OpenViewContext(p.ctx, id, modal()); err == nil || err.Error() != "exchanged_trigger_id" {
		t.Errorf("second use of a trigger: %v", err)
	}
	late := trigger()
	p.clock.advance(3 * time.Second)
	if _, err := p.api.OpenViewContext(p.ctx, late, modal()); err == nil || err.Error() != "expired_trigger_id" {
		t.Errorf("trigger after 3 s: %v", err)
	}
	if form, ok := p.Modal("alice"); !ok || form.Title != "Release" || !slices.Contains(form.Lines, "Environment: [ Choose ]") {
		t.Errorf("form = %+v", form)
	}
	if _, err := p.Submit(p.ctx, "alice", map[string]string{"Reason": "x"}); err == nil || !strings.Contains(err.Error(), `"Environment" must be filled in`) {
		t.Errorf("an empty required input: %v", err)
	}
	refused, err := p.Submit(p.ctx, "alice", map[string]string{"Reason": "no", "Environment": "staging"})
	if err != nil || refused.Errors["why"] != "say more" {
		t.Errorf("refused = %+v, %v", refused, err)
	}
	<-sent
	if _, err := p.api.UpdateViewContext(p.ctx, modal(), "", "old-hash", opened.ID); err == nil || err.Error() != "hash_conflict" {
		t.Errorf("update with an old hash: %v", err)
	}
	done, err := p.Submit(p.ctx, "alice", map[string]string{"reason": "needed", "env": "prod"})
	if err != nil || done.Ack != workspace.Acked || done.Errors != nil {
		t.Errorf("done = %+v, %v", done, err)
	}
	if v := <-sent; v.ID != opened.ID || v.CallbackID != "release" || v.State.Values["where"]["env"].SelectedOption.Value != "prod" {
		t.Errorf("submitted view = %+v", v)
	}
	if _, ok := p.Modal("alice"); ok {
		t.Error("the modal stayed open")
	}
	bad := modal()
	bad.Title = plain(strings.Repeat("x", 25))
	_, err = p.api.OpenViewContext(p.ctx, trigger(), bad)
	if err == nil || !strings.Contains(err.Error(), "invalid_arguments") {
		t.Errorf("a title of 25 characters: %v", err)
	}
}

func TestStackedModalsAndTheHomeTab(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	triggers := make(chan string, 1)
	closed := make(chan string, 1)
	titled := func(title string) *slack.ModalViewRequest {
		v := modal()
		v.Title, v.NotifyOnClose = plain(title), true
		return &v
	}
	answers := make(chan *slack.ViewSubmissionResponse, 3)
	p.run(func(sm *socketmode.Client, e socketmode.Event) {
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			triggers <- data.TriggerID
			_ = sm.Ack(*e.Request)
		case slack.InteractionCallback:
			if data.Type == slack.InteractionTypeViewClosed {
				closed <- data.View.Title.Text
				_ = sm.Ack(*e.Request)
				return
			}
			_ = sm.Ack(*e.Request, <-answers)
		}
	})
	if _, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.api.OpenViewContext(p.ctx, <-triggers, *titled("one")); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{"Reason": "x", "Environment": "staging"}
	for _, step := range []struct {
		answer *slack.ViewSubmissionResponse
		shown  string
	}{
		{slack.NewPushViewSubmissionResponse(titled("two")), "two"},
		{slack.NewUpdateViewSubmissionResponse(titled("three")), "three"},
	} {
		answers <- step.answer
		sent, err := p.Submit(p.ctx, "alice", values)
		if err != nil || sent.Text != "" {
			t.Fatalf("submit: %+v, %v", sent, err)
		}
		if form, _ := p.Modal("alice"); form.Title != step.shown {
			t.Errorf("alice sees %q, want %q", form.Title, step.shown)
		}
	}
	if err := p.CloseModal(p.ctx, "alice"); err != nil {
		t.Fatal(err)
	}
	if form, _ := p.Modal("alice"); form.Title != "one" || <-closed != "three" {
		t.Errorf("under the closed modal is %q", form.Title)
	}
	answers <- slack.NewClearViewSubmissionResponse()
	if _, err := p.Submit(p.ctx, "alice", values); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Submit(p.ctx, "alice", nil); !errors.Is(err, workspace.ErrNoModal) {
		t.Errorf("after clear: %v", err)
	}

	home := slack.PublishViewContextRequest{UserID: "U0ALICE", View: slack.HomeTabViewRequest{
		Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewSectionBlock(mrkdwn("in flight: *2*"), nil, nil)}}}}
	if _, err := p.api.PublishViewContext(p.ctx, home); err != nil {
		t.Fatal(err)
	}
	if form, ok := p.HomeTab("alice"); !ok || !slices.Equal(form.Lines, []string{"in flight: 2"}) {
		t.Errorf("home = %+v", form)
	}
}

func TestBoxesThatPeopleTick(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	triggers := make(chan string, 1)
	sent := make(chan []string, 1)
	p.run(func(sm *socketmode.Client, e socketmode.Event) {
		switch data := e.Data.(type) {
		case slack.SlashCommand:
			triggers <- data.TriggerID
			_ = sm.Ack(*e.Request)
		case slack.InteractionCallback:
			var ticked []string
			for _, o := range data.View.State.Values["security"]["items"].SelectedOptions {
				ticked = append(ticked, o.Value)
			}
			_ = sm.Ack(*e.Request, slack.NewErrorsViewSubmissionResponse(map[string]string{"security": "not yours"}))
			sent <- ticked
		}
	})
	if _, err := p.Type(p.ctx, "alice", "devops-oncall", "/deploy"); err != nil {
		t.Fatal(err)
	}
	boxes := slack.NewCheckboxGroupsBlockElement("items", slack.NewOptionBlockObject("https", plain("HTTPS, with redirect"), plain("no answer")),
		slack.NewOptionBlockObject("cors", plain("CORS"), nil), slack.NewOptionBlockObject("csrf", plain("CSRF tokens"), nil))
	view := modal()
	view.Blocks.BlockSet = []slack.Block{slack.NewInputBlock("security", plain("Security"), nil, boxes)}
	if _, err := p.api.OpenViewContext(p.ctx, <-triggers, view); err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string][]string{
		"HTTPS, with redirect": {"https"}, "csrf, CORS": {"csrf", "cors"}, "*": {"https", "cors", "csrf"},
	} {
		if _, err := p.Submit(p.ctx, "alice", map[string]string{"Security": said}); err != nil {
			t.Errorf("%s: %v", said, err)
			continue
		}
		if got := <-sent; !slices.Equal(got, want) {
			t.Errorf("%s: ticked %v, want %v", said, got, want)
		}
	}
	if _, err := p.Submit(p.ctx, "alice", map[string]string{"Security": "CORS, HSTS"}); err == nil || !strings.Contains(err.Error(), `Security has no box "HSTS"`) {
		t.Errorf("a box that there is not: %v", err)
	}
	const want = "form: Release\nSecurity:\n  ☐ HTTPS, with redirect  (no answer)\n  ☐ CORS\n  ☐ CSRF tokens\n⚠ Security: not yours\n[ Go ]\n"
	if form, _ := p.Modal("alice"); form.Text() != want {
		t.Errorf("alice sees\n%s", cmp.Diff(want, form.Text()))
	}
}

func TestDirectMessages(t *testing.T) {
	t.Parallel()
	p := open(t, workspace.Options{})
	if _, _, err := p.api.PostMessageContext(p.ctx, "U0ALICE", slack.MsgOptionText("yours is done", false)); err != nil {
		t.Fatal(err)
	}
	if posts := p.Direct("alice").Posts; len(posts) != 1 || posts[0].Body() != "yours is done" || len(p.Direct("bob").Posts) != 0 {
		t.Errorf("alice reads %+v", posts)
	}
}
