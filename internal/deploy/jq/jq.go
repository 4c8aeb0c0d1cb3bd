// Package jq runs jq expressions on answers in JSON, with gojq: the guide's own, such as `.status == "ok"` and
// `.user.id != null`, run unchanged.
//
// The catalog compiles expressions when it is loaded, so that a mistake is found before a release; the HTTP checks
// run them. An expression reads nothing but the document that it is given: no environment, no files, no modules, no
// further input. It is stopped after a second and after 10,000 values. Memory has no limit of its own: expressions
// come from the catalog, documents from outside are bounded by whoever reads them.
//
// Start reading at Compile, then Program.Last.
package jq

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/itchyny/gojq"

	"slipway/internal/deploy"
)

const (
	// longest is how long an expression may run. Those of checks take microseconds.
	longest = time.Second
	// mostValues bounds what an expression such as `repeat(1)` may give.
	mostValues = 10_000
	// mostText bounds an expression.
	mostText = 10_000
)

// Program is a compiled expression. It may be run from any goroutine.
type Program struct {
	text string
	code *gojq.Code
}

// Compile reads an expression. Invalid if jq would refuse it, with jq's reason in Msg: that is about the expression
// alone.
func Compile(text string) (*Program, error) {
	refused := func(why string, err error) error {
		return &deploy.Error{
			Code: deploy.Invalid, Op: "read a jq expression", Msg: fmt.Sprintf("%s is no jq expression: %s", shorten(text), why),
			Hint: "try it with: echo '{…}' | jq -e '…'", Err: err,
		}
	}
	if len(text) > mostText {
		return nil, refused("it is longer than 10,000 characters", nil)
	}
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, refused(reason(err), err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, refused(reason(err), err)
	}
	return &Program{text: text, code: code}, nil
}

// String is the expression as it was written.
func (p *Program) String() string { return p.text }

// copied is a document for one run: gojq's del writes into what it was given, although it puts it right again.
func copied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for key, x := range v {
			c[key] = copied(x)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, x := range v {
			c[i] = copied(x)
		}
		return c
	}
	return v
}

// Last runs the expression and gives the last of its values, as `jq -e` judges it; a Value that is nothing if there
// are none. Codes: Invalid (jq fails on this document; Msg has its words, which may quote the document, and so have
// to be masked by who shows them; too many values, too slow), Unavailable (ctx is over). The document is not changed.
func (p *Program) Last(ctx context.Context, d Document) (Value, error) {
	within, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	failed := func(msg string, err error) (Value, error) {
		return Value{}, &deploy.Error{Code: deploy.Invalid, Op: "run " + shorten(p.text), Msg: msg, Err: err}
	}
	last := Value{nothing: true}
	values := p.code.RunWithContext(within, copied(d.value))
	for n := 0; ; n++ {
		v, more := values.Next()
		if !more {
			return last, nil
		}
		if n == mostValues {
			return failed("gives more than 10,000 values", nil)
		}
		err, broken := v.(error)
		if !broken {
			last = Value{v: v}
			continue
		}
		switch halt := (*gojq.HaltError)(nil); {
		case ctx.Err() != nil:
			return Value{}, &deploy.Error{Code: deploy.Unavailable, Op: "run " + shorten(p.text), Msg: "was broken off", Err: ctx.Err()}
		case within.Err() != nil:
			return failed("was not done after "+deploy.Planned(longest), within.Err())
		case errors.As(err, &halt) && halt.Value() == nil:
			return last, nil // `halt` is an end like any other
		}
		return failed("fails: "+reason(err), err)
	}
}
