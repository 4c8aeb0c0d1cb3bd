package commands

import (
	"fmt"
	"strings"
	"time"

	"slipway/internal/deploy"
)

// SpanKind says how a piece of text is to be shown.
type SpanKind string

const (
	Plain  SpanKind = "plain"
	Code   SpanKind = "code"   // to be pasted, or a name to be read letter by letter
	Strong SpanKind = "strong" // what matters most in the line
	User   SpanKind = "user"   // Value is a user id
	Group  SpanKind = "group"  // Value is a principal: a user, a user group or its handle
	Clock  SpanKind = "clock"  // Time, to be shown in the reader's zone
	Break  SpanKind = "break"  // a new line
)

// Span is a piece of text shown in one way. Value is never escaped: that is for who shows it.
type Span struct {
	Kind  SpanKind
	Value string
	Time  time.Time
}

// Text is what people read, without anybody's markup. Its methods return a longer text and leave the receiver
// as it was.
type Text []Span

// clockLayout is how String shows a Clock span.
const clockLayout = "2006-01-02 15:04 UTC"

// String gives the text for logs and tests: users and groups as @ID, clocks in UTC, no markup.
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		switch s.Kind {
		case User, Group:
			b.WriteString("@" + strings.TrimPrefix(s.Value, "@"))
		case Clock:
			b.WriteString(s.Time.UTC().Format(clockLayout))
		case Break:
			b.WriteByte('\n')
		case Plain, Code, Strong:
			b.WriteString(s.Value)
		}
	}
	return b.String()
}

func (t Text) with(s Span) Text { return append(t[:len(t):len(t)], s) }

// Plain adds s as it is.
func (t Text) Plain(s string) Text { return t.with(Span{Kind: Plain, Value: s}) }

// Plainf adds formatted text.
func (t Text) Plainf(format string, args ...any) Text { return t.Plain(fmt.Sprintf(format, args...)) }

// Code adds something to be pasted or read letter by letter.
func (t Text) Code(s string) Text { return t.with(Span{Kind: Code, Value: s}) }

// Strong adds what matters most.
func (t Text) Strong(s string) Text { return t.with(Span{Kind: Strong, Value: s}) }

// User adds a person; what the bot did by itself is signed Slipway.
func (t Text) User(id deploy.UserID) Text {
	if id == deploy.Slipway || id == "" {
		return t.Plain("Slipway")
	}
	return t.with(Span{Kind: User, Value: string(id)})
}

// Group adds a principal.
func (t Text) Group(p deploy.Principal) Text { return t.with(Span{Kind: Group, Value: string(p)}) }

// Clock adds a moment.
func (t Text) Clock(at time.Time) Text { return t.with(Span{Kind: Clock, Time: at}) }

// Line starts a new line, unless nothing has been said yet.
func (t Text) Line() Text {
	if len(t) == 0 {
		return t
	}
	return t.with(Span{Kind: Break})
}

// Add appends another text.
func (t Text) Add(more Text) Text { return append(t[:len(t):len(t)], more...) }

// principals adds a list of them, or says that there is nobody.
func (t Text) principals(list []deploy.Principal) Text {
	if len(list) == 0 {
		return t.Plain("nobody, the list is empty")
	}
	for i, p := range list {
		if i > 0 {
			t = t.Plain(", ")
		}
		t = t.Group(p)
	}
	return t
}
