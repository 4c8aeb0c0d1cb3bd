package workspace

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Typed is what came of something that a person typed.
type Typed struct {
	Command  bool          `json:"command"`            // a slash command, and not a message
	TS       string        `json:"ts,omitempty"`       // of the message
	Ack      string        `json:"ack,omitempty"`      // of the command: Acked, OperationTimeout or DispatchFailed; empty if it never left
	Elapsed  time.Duration `json:"elapsed"`            // until the ack
	Text     string        `json:"text,omitempty"`     // what the person was shown at once
	Envelope string        `json:"envelope,omitempty"` // id
}

// slashPayload has the keys of Slack's slash_commands payload in their order.
type slashPayload struct {
	Token               string `json:"token"`
	TeamID              string `json:"team_id"`
	TeamDomain          string `json:"team_domain"`
	ChannelID           string `json:"channel_id"`
	ChannelName         string `json:"channel_name"`
	UserID              string `json:"user_id"`
	UserName            string `json:"user_name"`
	Command             string `json:"command"`
	Text                string `json:"text"`
	APIAppID            string `json:"api_app_id"`
	IsEnterpriseInstall string `json:"is_enterprise_install"`
	ResponseURL         string `json:"response_url"`
	TriggerID           string `json:"trigger_id"`
}

const verificationToken = "practice-verification-token"

// Type lets a person type into a channel and press return: a slash command, or a message for all to read.
// It returns when the command was acknowledged or given up. An error means that the person could not do it,
// or that ctx ended; a command that fails at the bot is no error but told in Ack and Text.
func (w *Workspace) Type(ctx context.Context, user, channel, text string) (Typed, error) {
	return w.TypeInThread(ctx, user, channel, "", text)
}

// TypeInThread is Type in the reply box of a thread, where Slack takes no slash commands.
func (w *Workspace) TypeInThread(ctx context.Context, user, channel, thread, text string) (Typed, error) {
	w.mu.Lock()
	p, r, err := w.personIn(user, channel)
	if err != nil {
		w.mu.Unlock()
		return Typed{}, fmt.Errorf("type %q: %w", text, err)
	}
	if !strings.HasPrefix(text, "/") {
		defer w.mu.Unlock()
		if err := w.checkThread(r, thread); err != nil {
			return Typed{}, fmt.Errorf("type in thread %s: %w", thread, err)
		}
		m := &message{content: content{text: w.escape(text, false)}, user: p.ID, threadTS: thread}
		w.add(r, m)
		return Typed{TS: m.ts}, nil
	}
	command, rest := text, ""
	if end := strings.IndexAny(text, " \t\n"); end > 0 {
		command, rest = text[:end], text[end:]
	}
	switch {
	case !slices.Contains(w.opts.Commands, command) || p.TeamID != TeamID:
		defer w.mu.Unlock()
		return w.told(r, p, command+" is not a valid command. In Slack, all messages that start with the \"/\" character are interpreted as commands."), nil
	case thread != "":
		defer w.mu.Unlock()
		return w.told(r, p, command+" is not supported in threads. Sorry!"), nil
	}
	link, url := w.newResponseURL("commands", r, p.ID, nil)
	payload := slashPayload{
		Token: verificationToken, TeamID: p.TeamID, TeamDomain: TeamDomain, ChannelID: r.ID, ChannelName: r.Name,
		UserID: p.ID, UserName: p.Name, Command: command, Text: w.escape(strings.TrimSpace(rest), true), APIAppID: AppID,
		IsEnterpriseInstall: "false", ResponseURL: link, TriggerID: w.newTrigger(p.ID),
	}
	w.mu.Unlock()
	return w.command(ctx, r, p, url, payload, text)
}

func (w *Workspace) command(ctx context.Context, r *room, p *Person, url *responseURL, payload slashPayload, said string) (Typed, error) {
	e, err := w.deliver(ctx, "slash_commands", payload, true)
	if err != nil {
		return Typed{}, fmt.Errorf("type %q: %w", said, err)
	}
	typed := Typed{Command: true, Ack: e.Outcome, Elapsed: e.Elapsed, Envelope: e.ID}
	failed := e.Outcome
	if e.Outcome == Acked {
		typed.Text, err = w.showResponse(url, said, e.Response)
		if err == nil {
			return typed, nil
		}
		failed = err.Error()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	typed.Text = w.told(r, p, fmt.Sprintf("%s failed with the error %q", payload.Command, failed)).Text
	return typed, nil
}

// told shows one person a line from Slack itself. Callers hold mu.
func (w *Workspace) told(r *room, p *Person, text string) Typed {
	w.add(r, &message{content: content{text: text}, user: slackbot, onlyFor: p.ID})
	return Typed{Command: true, Text: text}
}

// slackbot speaks for Slack.
const slackbot = "USLACKBOT"

func (w *Workspace) personIn(user, channel string) (*Person, *room, error) {
	p, err := w.mustPerson(user)
	if err != nil {
		return nil, nil, err
	}
	r, err := w.mustRoom(channel)
	if err != nil {
		return nil, nil, err
	}
	if !r.has(p.ID) {
		return nil, nil, fmt.Errorf("%s is not in #%s", p.Name, r.Name)
	}
	return p, r, nil
}

var (
	typedMention  = regexp.MustCompile(`(^|[\s(])([@#])([a-z0-9][a-z0-9._-]*[a-z0-9])`)
	typedSequence = regexp.MustCompile(`&lt;([@#!][^&|]+(?:\|[^&]*)?)&gt;`)
	typedLink     = regexp.MustCompile(`https?://[^\s<>]+`)
)

// escape turns what a person types into what Slack sends: & < > as entities, names as mentions, links in
// angle brackets. Slash commands with should_escape carry the name in the mention as well.
func (w *Workspace) escape(text string, withName bool) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
	text = typedSequence.ReplaceAllString(text, "<$1>")
	text = typedLink.ReplaceAllStringFunc(text, func(link string) string {
		end := len(link)
		for _, entity := range []string{"&lt;", "&gt;"} {
			if i := strings.Index(link, entity); i >= 0 {
				end = min(end, i)
			}
		}
		return "<" + link[:end] + ">" + link[end:]
	})
	return typedMention.ReplaceAllStringFunc(text, func(whole string) string {
		m := typedMention.FindStringSubmatch(whole)
		before, sign, name := m[1], m[2], m[3]
		label := func(name string) string {
			if withName {
				return "|" + name
			}
			return ""
		}
		if sign == "#" {
			if r := w.room(name); r != nil {
				return before + "<#" + r.ID + label(r.Name) + ">"
			}
			return whole
		}
		if p := w.person(name); p != nil {
			return before + "<@" + p.ID + label(p.Name) + ">"
		}
		if g := w.group(name); g != nil {
			return before + "<!subteam^" + g.ID + label("@"+g.Handle) + ">"
		}
		if name == "here" || name == "channel" || name == "everyone" {
			return before + "<!" + name + ">"
		}
		return whole
	})
}
