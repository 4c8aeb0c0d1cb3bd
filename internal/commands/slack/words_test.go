package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"slipway/internal/commands"
	"slipway/internal/commands/slack"
	"slipway/internal/deploy"
)

func TestATokenIsNeverPrinted(t *testing.T) {
	t.Parallel()
	tokens := slack.Tokens{App: "xapp-secret", Bot: "xoxb-secret"}
	js, err := json.Marshal(tokens)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(tokens), fmt.Sprintf("%+v %#v %s %q", tokens, tokens, tokens.App, tokens.Bot), string(js)} {
		if strings.Contains(text, "secret") || !strings.Contains(text, "***") {
			t.Error(text)
		}
	}
}

func TestAnswersAreWrittenInSlacksMarkup(t *testing.T) {
	t.Parallel()
	text := commands.Text{}.Plain("a <!channel> & ").Strong("b*c").Line().Code("x`y\n<z>").Plain(" ").User("U0BOB").
		Plain(" ").User(deploy.Slipway).Plain(" ").Group("S0ONCALL").Plain(" ").Group("@on<call").Plain(" ").Clock(noon)
	want := "a &lt;!channel&gt; &amp; *b∗c*\n`x'y &lt;z&gt;` <@U0BOB> Slipway <!subteam^S0ONCALL> @on&lt;call " +
		"<!date^1795435200^{date_short_pretty} {time}|2026-11-23 12:00 UTC>"
	if diff := cmp.Diff(want, slack.Markup(text)); diff != "" {
		t.Error(diff)
	}
}

func TestAButtonsValueIsTakenOnlyIfItIsOurs(t *testing.T) {
	t.Parallel()
	if id, step, plan, ok := slack.ParseValue("coditect-app-42|preflight/approve|3f2a"); id != "coditect-app-42" || step != "preflight/approve" || plan != "3f2a" || !ok {
		t.Errorf("%q %q %q %v", id, step, plan, ok)
	}
	if id, step, plan, ok := slack.ParseValue("coditect-app-42|traffic/50/gate"); id != "coditect-app-42" || step != "traffic/50/gate" || plan != "" || !ok {
		t.Errorf("%q %q %v", id, step, ok)
	}
	for _, v := range []string{"", "coditect-app-42", "|step", "coditect-app|step", "coditect-app-0|step", "a-1|" + strings.Repeat("x", 2000)} {
		if id, step, _, ok := slack.ParseValue(v); ok {
			t.Errorf("%q is taken as %q %q", v, id, step)
		}
	}
}

func TestTheThreadGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	entries := []deploy.Entry{{Rev: 4, Text: "a"}, {Rev: 4, Text: "b"}, {Rev: 4, Text: "c"}, {Rev: 5, Text: "d"}, {Rev: 7, Text: "e"}}
	for toldTo, want := range [][]string{{"a", "b", "c", "d", "e"}, {"b", "c", "d", "e"}, {"c", "d", "e"}} {
		if diff := cmp.Diff(want, slack.Untold(entries, 3, toldTo)); diff != "" {
			t.Errorf("%d told: %s", toldTo, diff)
		}
	}
}

func TestAPostIsFoundByTheKeyItWasPostedUnder(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"parent", "ask traffic/50/gate", "ask preflight/approve#3f2a9c1b", "entry 12 0"} {
		if !slack.PostKeyRoundTrips(key) {
			t.Errorf("%q", key)
		}
	}
	for _, key := range []string{"", "entry 1", "entry x 0", "ask", "parent now", "other"} {
		if slack.PostKeyRoundTrips(key) {
			t.Errorf("%q is taken for a key", key)
		}
	}
}
