package slack

import (
	"net/url"
	"strings"

	"slipway/internal/deploy"
)

// verdictSigns stand before a verdict in the thread; its words say the same.
var verdictSigns = map[deploy.Verdict]string{
	deploy.Healthy: "✓", deploy.Unhealthy: "✗", deploy.Inconclusive: "?", deploy.Unknown: "?",
}

// judgedAnew says that the verdict is another one now, and what it rests on.
func judgedAnew(e deploy.Entry) string {
	v, why, _ := strings.Cut(e.Text, ": ")
	words, known := verdictWords[deploy.Verdict(v)]
	if !known || v == "" {
		return "*Verdict*\n" + evidence(e.Text)
	}
	text := verdictSigns[deploy.Verdict(v)] + " *" + capital(words) + "*"
	if why != "" {
		text += "\n" + evidence(why)
	}
	return text
}

// capital begins words of ours as a sentence does.
func capital(words string) string {
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// noted is what somebody did about a rollback, as the thread tells it.
func noted(r *deploy.Release, e deploy.Entry) string {
	kind, rest, _ := strings.Cut(e.Text, ": ")
	name, _, _ := strings.Cut(kind, " ") // "bug https://…" has no text
	n, ok := r.Noted(deploy.NoteKind(name))
	if !ok {
		n = deploy.Note{Kind: deploy.NoteKind(name), By: e.By, At: e.At, Text: rest}
	}
	if n.Link != "" && !strings.HasSuffix(e.Text, n.Link) { // what came of it is told by a later entry
		n.Link, n.Text, n.Done = "", "", false
	}
	return noteLine(n)
}

// noteLine says who did what, when, and what has come of it.
func noteLine(n deploy.Note) string {
	who, at, text := mention(n.By), clock(n.At), esc(cut(oneLine(n.Text), 2*mostNote))
	said := ""
	if text != "" {
		said = ": " + text
	}
	switch n.Kind {
	case deploy.NoteTaken:
		return who + " takes this since " + at + said
	case deploy.NoteBug:
		return "Bug report asked for by " + who + " at " + at + came(n, text)
	case deploy.NoteFix:
		return who + " plans the fix since " + at + said + linkAfter(n.Link)
	case deploy.NoteUnlocked:
		return "Lock cleared by " + who + " at " + at + said
	case deploy.NoteReport:
		return "Report asked for by " + who + " at " + at + came(n, text)
	}
	return esc(string(n.Kind)) + " by " + who + " at " + at + said
}

// came is what has become of something that was asked for. text is the note's, escaped.
func came(n deploy.Note, text string) string {
	switch {
	case linked(n.Link, "open it") != "":
		return linkAfter(n.Link)
	case text != "":
		return ": " + text
	case n.Done:
		return ": done"
	}
	return ": on its way"
}

func linkAfter(link string) string {
	if l := linked(link, "open it"); l != "" {
		return ": " + l
	}
	return ""
}

// linked is a link with our own words, or nothing where the address is not one that can be followed safely.
func linked(link, words string) string {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(link) > mostLink || strings.ContainsAny(link, "<>|\" \t\r\n") {
		return ""
	}
	return "<" + esc(link) + "|" + words + ">"
}

// mostLink is longer than any address of a bug report.
const mostLink = 500
