package httpcheck

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"slipway/internal/deploy"
	"slipway/internal/deploy/jq"
)

// mostCaptured bounds a value that is carried to other calls: the longest tokens fit.
const mostCaptured = 16 << 10

// judge says all that is not as expected.
func (t *telling) judge(ctx context.Context, st *step, a *answer) []string {
	var problems []string
	wrong := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	want := st.call.Expect
	switch {
	case want.Status != 0 && a.status != want.Status:
		wrong("answered %d, expected %d", a.status, want.Status)
	case want.Status == 0 && (a.status < 200 || a.status > 299) && !gone(st, a):
		wrong("answered %d, expected 200 to 299", a.status)
	}
	for _, name := range slices.Sorted(maps.Keys(want.Headers)) {
		got := a.header.Values(name)
		switch text := strings.Join(got, ", "); {
		case len(got) == 0:
			wrong("header %s is missing, expected %q in it", name, want.Headers[name])
		case strings.Contains(text, want.Headers[name]):
		case sensitive.MatchString(name):
			wrong("header %s is %s, expected %q in it", name, hidden, want.Headers[name])
		default:
			wrong("header %s is %q, expected %q in it", name, t.shown(text, 100), want.Headers[name])
		}
	}
	problems = append(problems, t.judgeJSON(ctx, st, a)...)
	if want.Body != "" && !bytes.Contains(a.body, []byte(want.Body)) {
		where := "the body"
		if a.cut {
			where = "the first MiB of the body"
		}
		wrong("%s does not have %q", where, want.Body)
	}
	if want.Latency > 0 && a.took > want.Latency {
		wrong("took %s, expected at most %s", precisely(a.took), precisely(want.Latency))
	}
	return problems
}

// gone says whether a clean-up call was about something that is not there any more.
func gone(st *step, a *answer) bool {
	return st.cleaning && st.method == http.MethodDelete && (a.status == http.StatusNotFound || a.status == http.StatusGone)
}

func (t *telling) judgeJSON(ctx context.Context, st *step, a *answer) []string {
	if len(st.json) == 0 {
		return nil
	}
	doc, why := document(a)
	if why != "" {
		return []string{fmt.Sprintf("%s, expected %s", why, list(st.json))}
	}
	var problems []string
	for _, p := range st.json {
		v, err := p.Last(ctx, doc)
		if err != nil || !v.True() {
			given := t.gives(ctx, p, doc)
			if given == "gives true" { // as it does without the secrets
				given = "gives something else"
			}
			problems = append(problems, fmt.Sprintf("%s %s, expected true", p, given))
		}
	}
	return problems
}

// keep captures values. What cannot be captured is said; what can is kept all the same.
func (t *telling) keep(ctx context.Context, st *step, a *answer) (lost []string) {
	if len(st.captures) == 0 {
		return nil
	}
	doc, why := document(a)
	if why != "" {
		return []string{why + ", so that nothing can be captured of it"}
	}
	var missing []capture
	for _, c := range st.captures {
		v, err := c.expr.Last(ctx, doc)
		text, ok := v.Text()
		if err != nil || !ok || len(text) > mostCaptured {
			missing = append(missing, c)
			continue
		}
		t.values[c.name] = text
		if sensitive.MatchString(c.name) && text != "true" && text != "false" {
			t.mask.add(text)
		}
	}
	for _, c := range missing {
		lost = append(lost, fmt.Sprintf("%s %s, expected a text or a number for ${%s}", c.expr, t.gives(ctx, c.expr, doc), c.name))
	}
	return lost
}

// gives says what an expression gives, or how it fails. It is run again on a copy without secrets: jq shortens what it
// quotes, and a part of a secret would not be found in its words.
func (t *telling) gives(ctx context.Context, p *jq.Program, doc jq.Document) string {
	v, err := p.Last(ctx, doc.Rewritten(t.mask.hideUnder))
	if err != nil {
		return t.shown(deploy.Message(err), 200)
	}
	return "gives " + t.shown(v.String(), 100)
}

// document reads an answer as JSON, or says why it cannot be.
func document(a *answer) (jq.Document, string) {
	if a.cut {
		return jq.Document{}, "the answer is longer than 1 MiB and was cut, so that it cannot be read as JSON"
	}
	doc, err := jq.Read(a.body)
	if err != nil {
		return jq.Document{}, "the answer " + deploy.Message(err)
	}
	return doc, ""
}

func list(programs []*jq.Program) string {
	var all []string
	for _, p := range programs {
		all = append(all, p.String())
	}
	return strings.Join(all, " and ")
}

// precisely says a latency: 412 ms, 12.5 s.
func precisely(d time.Duration) string {
	if d >= 10*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%g ms", float64(d.Round(time.Millisecond/10).Microseconds())/1000)
}
