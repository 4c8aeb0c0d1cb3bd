package blockkit

import "strings"

// A Mention is someone named by a text such that Slack would notify them.
type Mention struct {
	Kind string // user, usergroup or broadcast
	ID   string // a user id, a user group id; for a broadcast here, channel or everyone
}

// MentionsIn finds the mentions of one mrkdwn text.
func MentionsIn(text string) []Mention {
	var found []Mention
	for _, m := range controlSequence.FindAllStringSubmatch(text, -1) {
		body, _, _ := strings.Cut(m[1], "|")
		switch {
		case strings.HasPrefix(body, "@"):
			found = append(found, Mention{"user", body[1:]})
		case strings.HasPrefix(body, "!subteam^"):
			found = append(found, Mention{"usergroup", strings.TrimPrefix(body, "!subteam^")})
		case body == "!here" || body == "!channel" || body == "!everyone":
			found = append(found, Mention{"broadcast", body[1:]})
		}
	}
	return found
}

// Mentions finds the mentions in blocks: in mrkdwn and markdown, and as elements of rich text.
func Mentions(blocks []any) []Mention {
	var found []Mention
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		case map[string]any:
			text, _ := v["text"].(string)
			id := func(key string) string { s, _ := v[key].(string); return s }
			switch v["type"] {
			case "mrkdwn", "markdown":
				found = append(found, MentionsIn(text)...)
			case "user":
				found = append(found, Mention{"user", id("user_id")})
			case "usergroup":
				found = append(found, Mention{"usergroup", id("usergroup_id")})
			case "broadcast":
				found = append(found, Mention{"broadcast", id("range")})
			default:
				for _, key := range []string{"text", "fields", "elements", "title", "tasks", "details", "output", "rows"} {
					walk(v[key])
				}
			}
		}
	}
	walk(blocks)
	return found
}
