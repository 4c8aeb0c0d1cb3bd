package deploy

import (
	"errors"
	"strings"
)

// Code classifies an error for programs. People read Msg and Hint.
type Code string

const (
	Invalid     Code = "invalid"     // the request makes no sense; repeating it will not help
	NotFound    Code = "not_found"   // the thing named does not exist
	Conflict    Code = "conflict"    // the outside is not as it was when we looked; look again
	Held        Code = "held"        // another release has the target
	Forbidden   Code = "forbidden"   // this person, or this bot, may not
	Fenced      Code = "fenced"      // a newer owner drives the release; stop at once and write nothing
	Unavailable Code = "unavailable" // the other side did not answer, or said "not now"; try again later
	NotYet      Code = "not_yet"     // what was asked for has not happened yet; look again
	Internal    Code = "internal"    // everything else; a defect until proved otherwise
)

// Error is the one error type of Slipway. Programs act on Code; a person reads Msg (what is so) and Hint (what
// to do next); the log has Op and the whole chain.
type Error struct {
	Code Code
	Op   string
	Msg  string
	Hint string
	Err  error
}

// Error joins what we were doing, what is so and the cause.
func (e *Error) Error() string {
	var parts []string
	for _, s := range []string{e.Op, e.Msg} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	if len(parts) == 0 {
		return string(e.Code)
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf is the code of the first Error in the chain; Internal for any other error, empty for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// Message is what a person may read of the error: Msg of the first Error in the chain that has one. The text
// of a foreign error is never shown to people.
func Message(err error) string {
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		if e.Msg != "" {
			return e.Msg
		}
	}
	if err == nil {
		return ""
	}
	return "internal error"
}

// Hint is the next thing to do, from the first Error in the chain that has one.
func Hint(err error) string {
	for e := (*Error)(nil); errors.As(err, &e); err = e.Err {
		if e.Hint != "" {
			return e.Hint
		}
	}
	return ""
}

// Retryable says whether the same call may succeed later without anybody changing anything.
func Retryable(err error) bool {
	switch CodeOf(err) {
	case Unavailable, NotYet, Conflict:
		return true
	case Invalid, NotFound, Held, Forbidden, Fenced, Internal:
		return false
	}
	return false
}
