package slack

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack/slackutilsx"

	"slipway/internal/commands"
	"slipway/internal/deploy"
)

// Lengths, in characters, that Slack takes.
const (
	mostSection = 3000
	mostText    = 4000 // advised; beyond 40,000 Slack cuts itself
	mostButton  = 75
	mostValue   = 2000
	mostEntry   = 1500 // ours: a thread entry is one thing said
	mostNote    = 200  // ours: evidence in the parent message is one line
)

// esc makes text that somebody typed harmless in mrkdwn and in top-level text.
func esc(s string) string { return slackutilsx.EscapeMessage(s) }

// code shows s letter by letter. Backticks and new lines would end the span.
func code(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '`':
			return '\''
		case '\n', '\r':
			return ' '
		}
		return r
	}, s)
	if s == "" {
		return ""
	}
	return "`" + esc(s) + "`"
}

// mention names a person. It notifies when it is posted, not when it is edited in.
func mention(id deploy.UserID) string {
	if id == "" || id == deploy.Slipway {
		return "Slipway"
	}
	if !isUser(string(id)) { // who used the command line, by the name of the operating system
		return esc(string(id))
	}
	return "<@" + esc(string(id)) + ">"
}

// clock shows the time of day in the reader's zone, UTC where dates are not understood.
func clock(t time.Time) string {
	t = t.UTC()
	return fmt.Sprintf("<!date^%d^{time}|%s UTC>", t.Unix(), t.Format("15:04"))
}

// cut shortens s to at most n characters, the last of which is then an ellipsis.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)[:n-1]
	return strings.TrimRight(string(runes), " ") + "…"
}

// cutMarkup is cut for text with markup: it does not end inside an entity or a <…>.
func cutMarkup(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	runes := []rune(s)[:n-1]
	text := string(runes)
	if open := strings.LastIndexByte(text, '<'); open > strings.LastIndexByte(text, '>') {
		text = text[:open]
	}
	if amp := strings.LastIndexByte(text, '&'); amp >= 0 && !strings.Contains(text[amp:], ";") {
		text = text[:amp]
	}
	return strings.TrimRight(text, " ") + "…"
}

// oneLine folds all white space, for places that are one line.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// principal mentions whom a policy names: by id where there is one, else the handle as text, which notifies nobody.
func principal(p string) string {
	switch {
	case isUser(p):
		return mention(deploy.UserID(p))
	case isGroup(p):
		return "<!subteam^" + p + ">"
	}
	return esc(p)
}

// markup writes a handler's words in Slack's markup.
func markup(t commands.Text) string {
	var b strings.Builder
	for _, s := range t {
		switch s.Kind {
		case commands.Code:
			b.WriteString(code(s.Value))
		case commands.Strong:
			b.WriteString(strong(s.Value))
		case commands.User:
			b.WriteString(mention(deploy.UserID(s.Value)))
		case commands.Group:
			b.WriteString(principal(s.Value))
		case commands.Clock:
			b.WriteString(moment(s.Time))
		case commands.Break:
			b.WriteByte('\n')
		case commands.Plain:
			b.WriteString(esc(s.Value))
		default:
			b.WriteString(esc(s.Value))
		}
	}
	return b.String()
}

func strong(s string) string {
	if strings.TrimSpace(s) == "" {
		return s
	}
	return "*" + esc(strings.ReplaceAll(s, "*", "∗")) + "*"
}

// moment shows a date and time in the reader's zone: what a reply speaks of may be days ago.
func moment(t time.Time) string {
	t = t.UTC()
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), t.Format("2006-01-02 15:04 UTC"))
}

// isUser and isGroup tell ids from handles: capitals and digits behind the letter.
func isUser(p string) bool { return isID(p, "UW") }

func isGroup(p string) bool { return isID(p, "S") }

func isChannel(p string) bool { return isID(p, "CG") }

func isID(s, letters string) bool {
	if len(s) < 3 || !strings.ContainsRune(letters, rune(s[0])) {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') }) < 0
}
