package blockkit

import (
	"html"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Names turns ids into what people read, and says whose clock the dates are shown on.
type Names struct {
	User    func(id string) string // without the @
	Group   func(id string) string // without the @
	Channel func(id string) string // without the #
	Zone    *time.Location
	Now     time.Time // for dates such as {ago}
}

var (
	controlSequence = regexp.MustCompile(`<([^<>\n]+)>`)
	emojiName       = regexp.MustCompile(`:[a-z0-9_+-]+:`)
	codeSpan        = regexp.MustCompile("(?s)```\n?(.+?)\n?```|`([^`\n]+)`")
	dateToken       = regexp.MustCompile(`\{[a-z_]+\}`)
	emphasis        = []*regexp.Regexp{emphasised(`\*`), emphasised(`_`), emphasised(`~`)}
)

func emphasised(mark string) *regexp.Regexp {
	const before, after = `(^|[\s(\[{"'>·|,;:*_~–—-])`, `($|[\s)\]}"'<·|.,;:!?*_~–—-])`
	return regexp.MustCompile(`(?m)` + before + mark + `([^\s` + mark + `](?:[^\n` + mark + `]*[^\s` + mark + `])?)` + mark + after)
}

// emoji are the few that a deploy bot is likely to use; others stay as :name:.
var emoji = map[string]string{
	":white_check_mark:": "✅", ":heavy_check_mark:": "✔", ":x:": "❌", ":warning:": "⚠", ":rotating_light:": "🚨",
	":hourglass_flowing_sand:": "⏳", ":rocket:": "🚀", ":lock:": "🔒", ":unlock:": "🔓", ":eyes:": "👀", ":no_entry:": "⛔",
	":large_green_circle:": "🟢", ":large_yellow_circle:": "🟡", ":red_circle:": "🔴", ":large_blue_circle:": "🔵",
	":white_circle:": "⚪", ":arrow_right:": "➡", ":rewind:": "⏪", ":snowflake:": "❄", ":bell:": "🔔",
}

// Markup shows mrkdwn as a person reads it: mentions by name, dates on the reader's clock, links by their
// text, emphasis and code without their marks, entities unescaped.
func (n Names) Markup(text string) string {
	var out strings.Builder
	for {
		span := codeSpan.FindStringSubmatchIndex(text)
		if span == nil {
			break
		}
		out.WriteString(n.prose(text[:span[0]]))
		first, last := span[2], span[3]
		if first < 0 {
			first, last = span[4], span[5]
		}
		out.WriteString(n.sequences(text[first:last]))
		text = text[span[1]:]
	}
	out.WriteString(n.prose(text))
	return html.UnescapeString(out.String())
}

func (n Names) prose(text string) string {
	for _, re := range emphasis {
		for {
			plain := re.ReplaceAllString(text, "$1$2$3")
			if plain == text {
				break
			}
			text = plain
		}
	}
	return n.sequences(Emoji(text))
}

// Emoji shows :name: as the picture where the name is known.
func Emoji(text string) string {
	return emojiName.ReplaceAllStringFunc(text, func(name string) string {
		if picture, ok := emoji[name]; ok {
			return picture
		}
		return name
	})
}

func (n Names) sequences(text string) string {
	return controlSequence.ReplaceAllStringFunc(text, func(whole string) string {
		body, label, _ := strings.Cut(whole[1:len(whole)-1], "|")
		switch {
		case strings.HasPrefix(body, "@"):
			return "@" + n.User(body[1:])
		case strings.HasPrefix(body, "#"):
			return "#" + n.Channel(body[1:])
		case strings.HasPrefix(body, "!subteam^"):
			return "@" + n.Group(strings.TrimPrefix(body, "!subteam^"))
		case strings.HasPrefix(body, "!date^"):
			return n.dateSequence(body, label)
		case strings.HasPrefix(body, "!"):
			return "@" + body[1:]
		case label != "":
			return label
		}
		return strings.TrimPrefix(body, "mailto:")
	})
}

func (n Names) dateSequence(body, fallback string) string {
	parts := strings.SplitN(body, "^", 4)
	if len(parts) < 3 {
		return fallback
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return fallback
	}
	return n.Date(seconds, parts[2])
}

// Date formats a Unix time with Slack's tokens, such as {date_short} and {time}.
func (n Names) Date(seconds int64, format string) string {
	zone := n.Zone
	if zone == nil {
		zone = time.UTC
	}
	t := time.Unix(seconds, 0).In(zone)
	return dateToken.ReplaceAllStringFunc(format, func(token string) string {
		switch strings.TrimSuffix(strings.Trim(token, "{}"), "_pretty") {
		case "date_num":
			return t.Format("2006-01-02")
		case "date_slash":
			return t.Format("2006/01/02")
		case "date_short":
			return t.Format("Jan 2, 2006")
		case "date_long":
			return t.Format("Monday, January 2, 2006")
		case "date", "day_divider":
			return t.Format("January 2, 2006")
		case "time":
			return t.Format("15:04")
		case "time_secs":
			return t.Format("15:04:05")
		case "ago":
			return n.Now.Sub(t).Round(time.Second).String() + " ago"
		}
		return token
	})
}
