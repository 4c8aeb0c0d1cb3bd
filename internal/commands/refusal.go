package commands

import (
	"errors"

	"slipway/internal/deploy"
)

// refusal is a no with everything the person must know. err is the cause, for the log, if something was broken.
type refusal struct {
	text Text
	err  error
}

// Error gives the text in one piece.
func (r *refusal) Error() string { return r.text.String() }

// Unwrap gives the cause.
func (r *refusal) Unwrap() error { return r.err }

func refused(text Text) error { return &refusal{text: text} }

// unconfirmed is a write whose outcome is not known.
type unconfirmed struct {
	target deploy.Target
	err    error
}

// Error names the target.
func (u *unconfirmed) Error() string {
	return "store a word on " + u.target.String() + ": " + u.err.Error()
}

// Unwrap gives the cause.
func (u *unconfirmed) Unwrap() error { return u.err }

// correction tells of a mistake in a command, with the command as it was meant.
func correction(err error) Text {
	t := Text{}.Plain(deploy.Message(err))
	if deploy.CodeOf(err) == deploy.NotFound {
		return t.Plain(" Did you mean: ").Code(deploy.Hint(err))
	}
	return t.Plain(" Type: ").Code(deploy.Hint(err))
}

// apology tells of something that did not work. It promises nothing that is not stored.
func apology(err error, again string) Text {
	var unsure *unconfirmed
	mayHave := errors.As(err, &unsure) && !errors.Is(err, deploy.ErrNotWritten)
	switch {
	case deploy.CodeOf(err) != deploy.Unavailable:
		t := Text{}.Plainf("This did not work: %s.", deploy.Message(err))
		if hint := deploy.Hint(err); hint != "" {
			t = t.Plainf(" %s.", hint)
		}
		return t.Plain(" Nothing was started.")
	case mayHave:
		status := StatusCommand{Service: unsure.target.Service, Environment: unsure.target.Environment}
		return onceMore(Text{}.Plain("Redis does not answer: whether this was stored is not known, and nothing is promised. Look first: ").
			Code(status.String()).Plain("."), again)
	default:
		return onceMore(Text{}.Plain("Redis does not answer; nothing was stored, nothing was started."), again)
	}
}

func onceMore(t Text, again string) Text {
	if again == "" {
		return t.Plain(" Press the button again in a moment.")
	}
	return t.Plain(" Try again in a moment: ").Code(again)
}
