package slack

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"

	sdk "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// What people are told when the Handler was not asked, or did not come back.
var (
	sayBusy       = plain("Slipway has too much to do at this moment. Nothing was accepted: say it again in a few seconds.")
	sayRestarting = plain("Slipway is being restarted. Nothing was accepted: say it again in a few seconds.")
	sayDefect     = plain("A defect in Slipway kept it from answering. What you asked for may have been stored: look with ").Code("/deploy status").Plain(" before you repeat it.")
	sayForeign    = plain("This button is not known to this version of Slipway. Use ").Code("/deploy help").Plain(".")
)

func plain(s string) commands.Text { return commands.Text{}.Plain(s) }

// hear takes one event of slack-go. It never waits for a handler.
func (s *Socket) hear(ctx context.Context, l *link, ev socketmode.Event) {
	switch ev.Type {
	case socketmode.EventTypeConnecting:
		l.life.Add(1)
		l.open.Store(false)
	case socketmode.EventTypeHello:
		s.count.opened.Add(1)
		s.opened(l, ev.Request.NumConnections)
	case socketmode.EventTypeConnectionError:
		if trouble, ok := ev.Data.(*sdk.ConnectionErrorEvent); ok {
			s.refusedConnection(l, trouble)
		}
	case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
		s.envelope(ctx, l, ev.Type, ev.Data, ev.Request)
	case socketmode.EventTypeErrorBadMessage:
		s.salvage(ctx, l, ev.Data)
	case socketmode.EventTypeErrorWriteFailed:
		s.count.unacked.Add(1)
		s.log.Warn().Int("socket", l.number).Msg("an acknowledgement could not be written")
	case socketmode.EventTypeConnected, socketmode.EventTypeIncomingError, socketmode.EventTypeInvalidAuth, socketmode.EventTypeDisconnect:
	}
}

func (s *Socket) envelope(ctx context.Context, l *link, kind socketmode.EventType, data any, req *socketmode.Request) {
	if req == nil || req.EnvelopeID == "" {
		return
	}
	if s.stale(l) {
		return
	}
	s.count.envelopes.Add(1)
	h := &heard{link: l, life: l.life.Load(), envelope: req.EnvelopeID}
	switch kind {
	case socketmode.EventTypeSlashCommand:
		if cmd, ok := data.(sdk.SlashCommand); ok {
			h.url, h.inAck = cmd.ResponseURL, true
			r := request(cmd, req.EnvelopeID)
			s.serve(ctx, h, func(ctx context.Context) answered { return answered{reply: s.handler.Command(ctx, r)} })
			return
		}
	case socketmode.EventTypeInteractive:
		if s.interactive(ctx, h, req) {
			return
		}
	case socketmode.EventTypeEventsAPI:
		s.regrouped(data)
	default:
	}
	// Neither a command, nor one of our buttons or forms: there is nothing to store, but Slack wants to know that it arrived.
	s.begin(func() { s.acknowledge(ctx, h, nil) })
}

// interactive takes presses of buttons and forms that were sent; false for anything else.
func (s *Socket) interactive(ctx context.Context, h *heard, req *socketmode.Request) bool {
	p, at, err := press(req.Payload, req.EnvelopeID)
	if !errors.Is(err, errNoPress) {
		h.place = at
		s.serve(ctx, h, func(ctx context.Context) answered {
			switch {
			case err != nil:
				return saying(sayForeign)
			case opensForm(p.Action):
				f, reply, opens := s.handler.Form(ctx, p)
				if opens {
					return answered{form: &f}
				}
				return answered{reply: reply}
			}
			return answered{reply: s.handler.Press(ctx, p)}
		})
		return true
	}
	filled, form, ours := submission(req.Payload)
	if !ours {
		return false
	}
	h.sent = &form
	s.serve(ctx, h, func(ctx context.Context) answered {
		reply, wrong := s.handler.Submit(ctx, filled)
		return answered{reply: reply, wrong: wrong}
	})
	return true
}

// serve has h answered by a handler, within handleWithin of now, at most opts.Handlers at the same time.
func (s *Socket) serve(ctx context.Context, h *heard, answer func(context.Context) answered) {
	if s.count.waiting.Add(1) > int64(mostWaiting+cap(s.slots)) {
		s.turnAway(ctx, h, sayBusy)
		return
	}
	begun := s.begin(func() {
		defer s.count.waiting.Add(-1)
		within, cancel := context.WithTimeout(ctx, handleWithin)
		defer cancel()
		reply := answered{reply: commands.Reply{Text: sayBusy}, unheard: true}
		select {
		case s.slots <- struct{}{}:
			reply = s.guarded(within, answer)
			<-s.slots
		case <-within.Done():
			s.count.refused.Add(1)
		}
		s.answer(ctx, h, reply)
	})
	if !begun {
		s.turnAway(ctx, h, sayRestarting)
	}
}

// turnAway answers h without a handler. Only at shutdown, when there is nothing more to hear, does it wait.
func (s *Socket) turnAway(ctx context.Context, h *heard, text commands.Text) {
	s.count.waiting.Add(-1)
	s.count.refused.Add(1)
	tell := func() { s.answer(ctx, h, answered{reply: commands.Reply{Text: text}, unheard: true}) }
	if !s.begin(tell) {
		tell()
	}
}

// guarded calls a handler; a panic in it ends nothing but this answer.
func (s *Socket) guarded(ctx context.Context, answer func(context.Context) answered) (a answered) {
	defer func() {
		if v := recover(); v != nil {
			s.count.panics.Add(1)
			s.log.Error().Interface("panic", v).Bytes("stack", debug.Stack()).Msg("a command handler panicked")
			a = answered{reply: commands.Reply{Text: sayDefect}, unheard: true}
		}
	}()
	return answer(ctx)
}

// request is what a slash command says. The trigger is unique to the moment the person pressed return.
func request(cmd sdk.SlashCommand, envelope string) commands.Request {
	event := cmd.TriggerID
	if event == "" {
		event = envelope
	}
	return commands.Request{
		Event: deploy.EventID("slash:" + event), By: deploy.UserID(cmd.UserID), Team: cmd.TeamID,
		Channel: cmd.ChannelID, Command: cmd.Command, Text: cmd.Text,
	}
}

// regrouped forgets what is known of a user group that changed.
func (s *Socket) regrouped(data any) {
	ev, ok := data.(slackevents.EventsAPIEvent)
	if !ok {
		s.opts.Regrouped("")
		return
	}
	switch change := ev.InnerEvent.Data.(type) {
	case *slackevents.SubteamMembersChangedEvent:
		s.opts.Regrouped(change.SubteamID)
	case *slackevents.SubteamUpdatedEvent:
		s.opts.Regrouped(change.Subteam.ID)
	}
}

// salvage looks at an envelope that slack-go would not decode. It judges whole messages, of which a press needs
// almost nothing, and a press of Roll back must not be lost to a block that it finds odd.
func (s *Socket) salvage(ctx context.Context, l *link, data any) {
	s.count.unreadable.Add(1)
	bad, ok := data.(*socketmode.ErrorBadMessage)
	if !ok {
		return
	}
	s.log.Warn().Err(bad.Cause).Int("socket", l.number).Msg("slack-go could not read an envelope")
	var req socketmode.Request
	if json.Unmarshal(bad.Message, &req) != nil {
		return
	}
	switch req.Type {
	case socketmode.RequestTypeInteractive:
		s.envelope(ctx, l, socketmode.EventTypeInteractive, nil, &req)
	case socketmode.RequestTypeEventsAPI:
		s.envelope(ctx, l, socketmode.EventTypeEventsAPI, nil, &req)
	}
}
