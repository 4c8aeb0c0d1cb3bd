package httpcheck

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// hidden stands where a secret was.
const hidden = "***"

const secretWords = `token|passw|passphrase|pwd|secret|key|credential|authorization|cookie|session|jwt|signature`

var (
	// sensitive are names of headers, captures and fields whose values are not shown.
	sensitive = regexp.MustCompile(`(?i)(` + secretWords + `)`)
	// field is such a name with its value, in JSON; the value may be cut off.
	field = regexp.MustCompile(`(?i)("[^"\\\s]{0,60}(?:` + secretWords + `)[^"\\\s]{0,60}"\s*:\s*)("(?:[^"\\]|\\.)*"?|[^\s",}\]{\[][^\s",}\]]*)`)
	// parameter is the same in a query or a form.
	parameter = regexp.MustCompile(`(?i)([\w.-]*(?:` + secretWords + `)[\w.-]*=)([^&\s"'<>]+)`)
	// shapes are secrets that can be told by how they look.
	shapes = regexp.MustCompile(`\beyJ[\w-]{5,}(?:\.[\w-]*){0,2}|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*`)
	scheme = regexp.MustCompile(`(?i)\b(?:bearer|basic|digest)\s+[\w.~+/=-]{6,}`)
)

// mask knows the secrets of a story, and hides them.
type mask struct {
	known    map[string]bool // in every form in which they may come back
	replacer *strings.Replacer
}

func newMask() *mask { return &mask{known: map[string]bool{}} }

// add makes a value a secret: as it is, and as JSON and addresses have it.
func (m *mask) add(v string) {
	if v == "" {
		return
	}
	forms := []string{v, url.QueryEscape(v), url.PathEscape(v)}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	for _, html := range []bool{true, false} {
		enc.SetEscapeHTML(html)
		b.Reset()
		if enc.Encode(v) == nil {
			quoted := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`)
			forms = append(forms, quoted, strings.ReplaceAll(quoted, "/", `\/`))
		}
	}
	for _, f := range forms {
		m.known[f] = true
	}
	m.replacer = nil
}

// addHeader makes the value of a header a secret, and what stands behind a scheme such as Bearer. Words of a few
// letters are not: they would be found everywhere.
func (m *mask) addHeader(v string) {
	_, behind, _ := strings.Cut(v, " ")
	for _, s := range []string{v, strings.TrimSpace(behind)} {
		if len(s) >= 6 {
			m.add(s)
		}
	}
}

// hide replaces all secrets in a text.
func (m *mask) hide(s string) string {
	if len(m.known) == 0 {
		return s
	}
	if m.replacer == nil {
		var pairs []string
		for v := range m.known {
			pairs = append(pairs, v)
		}
		// The longest first: of two secrets that begin alike the shorter one would leave the rest of the other.
		slices.SortFunc(pairs, func(a, b string) int { return len(b) - len(a) })
		for i := len(pairs) - 1; i >= 0; i-- {
			pairs = slices.Insert(pairs, i+1, hidden)
		}
		m.replacer = strings.NewReplacer(pairs...)
	}
	return m.replacer.Replace(s)
}

// trim takes the beginning of a secret from the end of a text that was cut there.
func (m *mask) trim(s string) string {
	most := 0
	for v := range m.known {
		for n := min(len(v)-1, len(s)); n > most; n-- {
			if strings.HasSuffix(s, v[:n]) {
				most = n
			}
		}
	}
	return s[:len(s)-most]
}

// hideUnder hides a text of a document altogether if the name it stands under is that of a secret.
func (m *mask) hideUnder(name, s string) string {
	if name != "" && sensitive.MatchString(name) {
		return hidden
	}
	return m.hide(s)
}

// hideUnknown replaces what looks like a secret that nobody has told us of.
func hideUnknown(s string) string {
	s = field.ReplaceAllString(s, `${1}"`+hidden+`"`)
	s = parameter.ReplaceAllString(s, "${1}"+hidden)
	s = shapes.ReplaceAllLiteralString(s, hidden)
	return scheme.ReplaceAllStringFunc(s, func(m string) string {
		if len(m) < 26 && !strings.ContainsAny(m, "0123456789") { // basic authentication
			return m
		}
		return hidden
	})
}
