package slack

import (
	"context"
	"time"

	sdk "github.com/slack-go/slack"

	"slipway/internal/commands"
)

const (
	// ackWithin bounds the wait for a place in slack-go's queue, which is full only while there is no connection.
	ackWithin = 2 * time.Second
	// mostAck is how many bytes of JSON an answer may be to go with the acknowledgement: Slack drops frames of
	// 20 KB without a word.
	mostAck = 19 << 10
	// mostAnswer is in characters; nobody reads more at once, and Slack cuts at 40,000.
	mostAnswer = 12_000
)

// heard is an envelope that waits for its acknowledgement.
type heard struct {
	link     *link
	life     int64 // of the link when it was heard
	envelope string
	place
	inAck bool  // the acknowledgement may carry the answer
	sent  *sent // a form that was sent
}

// answered is what a handler came to.
type answered struct {
	reply   commands.Reply
	form    *commands.Form    // is opened, and nothing is said
	wrong   map[string]string // with a form that was sent: it stays open
	unheard bool              // the handler was not asked, or did not come back
}

func saying(text commands.Text) answered { return answered{reply: commands.Reply{Text: text}} }

// spoken is the message that the acknowledgement of a slash command carries.
type spoken struct {
	ResponseType string `json:"response_type"`
	Text         string `json:"text"`
}

// answer acknowledges h and tells the person what the handler said: with the acknowledgement of a command, by
// response_url after that of a press. A command's answer takes the response_url too if the connection was renewed
// meanwhile, for then the acknowledgement may not count, and if it is too long for an acknowledgement.
func (s *Socket) answer(ctx context.Context, h *heard, a answered) {
	switch {
	case h.sent != nil:
		s.answerForm(ctx, h, a)
		return
	case a.form != nil:
		s.openForm(ctx, h, *a.form)
		return
	}
	reply := a.reply
	if reply.Later != nil && h.url != "" {
		defer s.addLater(ctx, h, reply.Later)
	}
	text := cutMarkup(markup(reply.Text), mostAnswer)
	if h.inAck && text != "" && h.life == h.link.life.Load() && encodedSize(text) < mostAck {
		if s.acknowledge(ctx, h, spoken{ResponseType: sdk.ResponseTypeEphemeral, Text: text}) {
			return
		}
	} else {
		s.acknowledge(ctx, h, nil)
	}
	if text == "" || h.url == "" {
		return
	}
	if h.inAck {
		s.count.moved.Add(1)
	}
	if err := s.client.respond(ctx, h.url, text); err != nil {
		s.log.Warn().Err(err).Msg("an answer did not reach the person")
	}
}

// addLater tells the person what was not known in time.
func (s *Socket) addLater(ctx context.Context, h *heard, later func(context.Context) commands.Text) {
	within, cancel := context.WithTimeout(ctx, commands.LaterWithin)
	a := s.guarded(within, func(ctx context.Context) answered { return saying(later(ctx)) })
	cancel()
	if err := s.client.respond(ctx, h.url, cutMarkup(markup(a.reply.Text), mostAnswer)); err != nil {
		s.log.Warn().Err(err).Msg("the rest of an answer did not reach the person")
	}
}

// acknowledge hands the acknowledgement to the connection that brought the envelope, or to its successor.
func (s *Socket) acknowledge(ctx context.Context, h *heard, payload any) bool {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	if err := h.link.mode.AckCtx(ctx, h.envelope, payload); err != nil {
		s.count.unacked.Add(1)
		s.log.Warn().Err(err).Int("socket", h.link.number).Msg("an envelope could not be acknowledged")
		return false
	}
	s.count.acked.Add(1)
	return true
}

// encodedSize is at least the length of text as JSON, where < > & and control characters take six bytes.
func encodedSize(text string) int {
	n := len(text)
	for _, r := range text {
		switch {
		case r < ' ', r == '<', r == '>', r == '&', r == '\u2028', r == '\u2029':
			n += 5
		case r == '"', r == '\\':
			n++
		}
	}
	return n
}
