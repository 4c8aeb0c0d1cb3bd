package slack

import (
	"context"
	"fmt"
	"strings"

	sdk "github.com/slack-go/slack"

	"slipway/internal/deploy"
)

// Scope is a permission of the bot token and what needs it.
type Scope struct {
	Name string
	For  string
}

// RequiredScopes are exactly what the bot token must have; deployments/slack/manifest.yaml asks for the same.
func RequiredScopes() []Scope {
	return []Scope{
		{"commands", "/deploy, /promote and /rollback"},
		{"chat:write", "chat.postMessage and chat.update: the messages of a release; chat.postEphemeral: answers to forms"},
		{"files:write", "files.getUploadURLExternal and files.completeUploadExternal: pictures of a canary"},
		{"channels:read", "conversations.list and conversations.info: finding a channel by name"},
		{"channels:history", "conversations.history and conversations.replies: finding a message whose posting is in doubt"},
		{"groups:read", "conversations.list and conversations.info in private channels"},
		{"groups:history", "conversations.history and conversations.replies in private channels"},
		{"users:read", "users.info: refusing guests, bots and people of other organisations"},
		{"usergroups:read", "usergroups.list and usergroups.users.list: who may deploy and approve"},
	}
}

// Problem is one thing that keeps the bot from working, and what to do about it.
type Problem struct {
	What   string
	Remedy string
}

// Needs are the names of the catalog that Slack must know.
type Needs struct {
	Channels []string           // #name, name or id
	Groups   []deploy.Principal // who may deploy or approve, and who is on call
}

// Check asks Slack for everything that the bot will need and changes nothing. No problems means that the bot
// can be started.
func (c *Client) Check(ctx context.Context, needs Needs) []Problem {
	problems, usable := c.checkBot(ctx)
	problems = append(problems, c.checkApp(ctx)...)
	if !usable {
		return problems
	}
	rooms := &channels{client: c}
	for _, name := range needs.Channels {
		problems = append(problems, c.checkChannel(ctx, rooms, name)...)
	}
	people := NewDirectory(c)
	for _, p := range needs.Groups {
		members, err := people.Members(ctx, p)
		switch {
		case deploy.CodeOf(err) == deploy.NotFound:
			problems = append(problems, Problem{"there is no user group " + string(p) + " in Slack", "create it, or name another in the catalog"})
		case err != nil:
			problems = append(problems, problemOf("look up "+string(p), err))
		case len(members) == 0:
			problems = append(problems, Problem{"nobody is in the user group " + string(p), "add somebody: an empty group means that nobody may"})
		}
	}
	return problems
}

// checkBot looks at the bot token; usable is false if nothing else can be asked with it.
func (c *Client) checkBot(ctx context.Context) (problems []Problem, usable bool) {
	var granted string
	err := c.call(ctx, methodAuth, func(ctx context.Context) error {
		answer, err := c.api.AuthTestContext(ctx)
		if err == nil {
			granted = answer.Header.Get("X-OAuth-Scopes")
		}
		return err
	})
	if err != nil {
		return []Problem{problemOf("use SLACK_BOT_TOKEN", err)}, false
	}
	has := map[string]bool{}
	for s := range strings.SplitSeq(granted, ",") {
		has[strings.TrimSpace(s)] = true
	}
	for _, s := range RequiredScopes() {
		if !has[s.Name] {
			problems = append(problems, Problem{
				What:   fmt.Sprintf("the bot token lacks the scope %s, needed for %s", s.Name, s.For),
				Remedy: "add it to the app as in deployments/slack/manifest.yaml and install the app again",
			})
		}
	}
	return problems, true
}

// checkApp opens a connection's address, which is what the app token is for, and leaves it unused.
func (c *Client) checkApp(ctx context.Context) []Problem {
	err := c.call(ctx, methodOpen, func(ctx context.Context) error {
		_, _, err := c.api.StartSocketModeContext(ctx)
		return err
	})
	if err != nil {
		return []Problem{problemOf("use SLACK_APP_TOKEN", err)}
	}
	return nil
}

func (c *Client) checkChannel(ctx context.Context, rooms *channels, name string) []Problem {
	id, err := rooms.id(ctx, name)
	if err != nil {
		return []Problem{problemOf("find the channel "+name, err)}
	}
	var info *sdk.Channel
	err = c.call(ctx, methodChannel, func(ctx context.Context) error {
		var err error
		info, err = c.api.GetConversationInfoContext(ctx, &sdk.GetConversationInfoInput{ChannelID: id})
		return err
	})
	switch {
	case err != nil:
		return []Problem{problemOf("look at the channel "+name, err)}
	case info.IsArchived:
		return []Problem{{"the channel " + name + " is archived", "name another in the catalog"}}
	case !info.IsMember:
		return []Problem{{"the bot is not in the channel " + name, "type /invite @slipway there"}}
	}
	return nil
}

// problemOf says what went wrong. Without a better remedy the usual one is that the network is in the way.
func problemOf(doing string, err error) Problem {
	remedy := deploy.Hint(err)
	if remedy == "" {
		remedy = "see that Slack can be reached from here, then check again"
	}
	return Problem{What: "cannot " + doing + ": " + deploy.Message(err), Remedy: remedy}
}
