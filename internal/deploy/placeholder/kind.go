package placeholder

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
)

// Kind says what a text is, which is how values in it are escaped.
type Kind int

const (
	// Verbatim takes values as they are.
	Verbatim Kind = iota
	// Path is the path of a request, with or without a query. Values cannot end a segment or a query's parameter. In
	// a segment they cannot be empty, . or .. either: DELETE /users/${ID} would be of something else.
	Path
	// Header is the value of a header. Values have no line breaks and no other control characters.
	Header
	// JSON is a JSON text. Inside a string a value is escaped; elsewhere it stands as it is if it is a number, true,
	// false or null, and as a string if not. What was JSON with placeholders is JSON in any case.
	JSON
	// Form is application/x-www-form-urlencoded.
	Form
)

// place is where in a text one is.
type place struct {
	kind    Kind
	query   bool // Path: behind the ?
	quoted  bool // JSON: inside a string
	slashed bool // JSON: directly behind a backslash there
}

// pass goes over a stretch that the author has written.
func (p *place) pass(text string) {
	switch p.kind {
	case Path:
		p.query = p.query || strings.Contains(text, "?")
	case JSON:
		for i := range len(text) {
			switch {
			case p.slashed:
				p.slashed = false
			case p.quoted && text[i] == '\\':
				p.slashed = true
			case text[i] == '"':
				p.quoted = !p.quoted
			}
		}
	case Verbatim, Header, Form:
	}
}

// escape is the value as it may stand here, or why it may not.
func (p *place) escape(v string) (escaped, why string) {
	switch p.kind {
	case Path:
		if p.query {
			return url.QueryEscape(v), ""
		}
		if v == "" || v == "." || v == ".." {
			return "", "is empty, . or .., which cannot stand in a path"
		}
		return url.PathEscape(v), ""
	case Header:
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
			return "", "has a line break or another control character, which cannot stand in a header"
		}
		return v, ""
	case JSON:
		switch {
		case p.slashed:
			return "", "stands directly behind a backslash"
		case p.quoted:
			return strings.TrimSuffix(strings.TrimPrefix(quote(v), `"`), `"`), ""
		case scalar(v):
			return v, ""
		}
		return quote(v), ""
	case Form:
		return url.QueryEscape(v), ""
	case Verbatim:
	}
	return v, ""
}

// quote makes a JSON string, with < and > as they are.
func quote(v string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil { // does not happen to a string
		return `""`
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// scalar says whether a text is a number, true, false or null in JSON, with nothing around it.
func scalar(v string) bool {
	if v == "" || strings.ContainsAny(v, " \t\r\n\"[{") {
		return false
	}
	return json.Valid([]byte(v))
}
