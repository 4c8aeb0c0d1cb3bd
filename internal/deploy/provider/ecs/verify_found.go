package ecs

import (
	"fmt"

	"slipway/internal/deploy"
)

// findings are what a look before a release came to: what is wrong, all of it, and what could not be looked at.
type findings struct {
	doing  string
	wrong  []error
	unseen []error
}

// bad adds something that would keep a release from coming up, with what to do about it.
func (f *findings) bad(hint, format string, args ...any) {
	f.wrong = append(f.wrong, &deploy.Error{Code: deploy.Invalid, Op: f.doing, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// missing adds something that is named and is not there.
func (f *findings) missing(hint, format string, args ...any) {
	f.wrong = append(f.wrong, &deploy.Error{Code: deploy.NotFound, Op: f.doing, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// blind adds what could not be looked at. The error is one of ours; it is no word against the release.
func (f *findings) blind(what, right string, err error) {
	e := &deploy.Error{Code: deploy.CodeOf(err), Op: f.doing, Msg: what + " was not looked at: " + deploy.Message(err), Hint: deploy.Hint(err), Err: err}
	if e.Code == deploy.Forbidden {
		e.Hint = "grant the bot " + right + ", or do without this look"
	}
	f.unseen = append(f.unseen, e)
}
