package blockkit

import (
	"fmt"
	"strings"
)

func (n Names) richText(b map[string]any) []string {
	elements, _ := b["elements"].([]any)
	var lines []string
	for _, v := range elements {
		e, _ := v.(map[string]any)
		switch e["type"] {
		case "rich_text_list":
			lines = append(lines, n.richList(e)...)
		case "rich_text_quote":
			for _, l := range strings.Split(n.run(e), "\n") {
				lines = append(lines, "▎ "+l)
			}
		default:
			lines = append(lines, strings.Split(strings.TrimSuffix(n.run(e), "\n"), "\n")...)
		}
	}
	return lines
}

func (n Names) richList(e map[string]any) []string {
	items, _ := e["elements"].([]any)
	level, _ := e["indent"].(float64)
	var lines []string
	for i, v := range items {
		item, _ := v.(map[string]any)
		sign := "•"
		if e["style"] == "ordered" {
			sign = fmt.Sprintf("%d.", i+1)
		}
		lines = append(lines, strings.Repeat("  ", int(level))+sign+" "+n.run(item))
	}
	return lines
}

func (n Names) run(e map[string]any) string {
	runs, _ := e["elements"].([]any)
	var text strings.Builder
	for _, v := range runs {
		r, _ := v.(map[string]any)
		s := func(key string) string { s, _ := r[key].(string); return s }
		switch r["type"] {
		case "text":
			text.WriteString(s("text"))
		case "link":
			if s("text") != "" {
				text.WriteString(s("text"))
			} else {
				text.WriteString(s("url"))
			}
		case "user":
			text.WriteString("@" + n.User(s("user_id")))
		case "usergroup":
			text.WriteString("@" + n.Group(s("usergroup_id")))
		case "channel":
			text.WriteString("#" + n.Channel(s("channel_id")))
		case "broadcast":
			text.WriteString("@" + s("range"))
		case "emoji":
			text.WriteString(Emoji(":" + s("name") + ":"))
		case "date":
			seconds, _ := r["timestamp"].(float64)
			text.WriteString(n.Date(int64(seconds), s("format")))
		}
	}
	return text.String()
}
