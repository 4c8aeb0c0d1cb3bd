package jq

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"

	"slipway/internal/deploy"
)

// Document is one JSON value that expressions are run on.
type Document struct{ value any }

// Read makes a document of a text that is one JSON value and nothing else. Numbers keep all their digits. Invalid
// otherwise; Msg says what is wrong without quoting the text.
func Read(text []byte) (Document, error) {
	wrong := func(msg string, err error) (Document, error) {
		return Document{}, &deploy.Error{Code: deploy.Invalid, Op: "read JSON", Msg: msg, Err: err}
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return wrong("is empty and not JSON", nil)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return wrong("is JSON that ends too early", err)
		}
		return wrong("is not JSON", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return wrong("has more than one JSON value", err)
	}
	return Document{value: v}, nil
}

// Rewritten is a copy in which f has replaced each text: names, strings and numbers. Of a number that f leaves as it
// is, a number is left. key is the name that a value stands under, also through arrays; empty for names themselves.
func (d Document) Rewritten(f func(key, text string) string) Document {
	return Document{value: rewritten(d.value, "", f)}
}

func rewritten(v any, key string, f func(key, text string) string) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for name, value := range v {
			m[f("", name)] = rewritten(value, name, f)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, value := range v {
			list[i] = rewritten(value, key, f)
		}
		return list
	case string:
		return f(key, v)
	case json.Number:
		if s := f(key, v.String()); s != v.String() {
			return s
		}
	}
	return v
}

// Value is what an expression has given.
type Value struct {
	v       any
	nothing bool
}

// True says whether it is exactly true: a check does not hold because something is merely there.
func (v Value) True() bool { return !v.nothing && v.v == true }

// Text is a string as it is, and a number or a boolean as JSON has it. ok is false for anything else.
func (v Value) Text() (text string, ok bool) {
	switch x := v.v.(type) {
	case string:
		return x, !v.nothing
	case bool:
		return strconv.FormatBool(x), true
	case json.Number:
		return x.String(), true
	case int, float64, *big.Int:
		return v.String(), true
	}
	return "", false
}

// String is the value as jq prints it, or "nothing".
func (v Value) String() string {
	if v.nothing {
		return "nothing"
	}
	b, err := gojq.Marshal(v.v)
	if err != nil {
		return gojq.TypeOf(v.v)
	}
	return string(b)
}

// reason is what jq says, in one line.
func reason(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

// shorten keeps a long expression from filling a message.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return text
}
