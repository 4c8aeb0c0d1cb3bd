package blockkit

import "fmt"

// richTextNeeds names the field that an element of rich text must carry.
var richTextNeeds = map[string]string{
	"text": "text", "link": "url", "user": "user_id", "usergroup": "usergroup_id", "channel": "channel_id",
	"emoji": "name", "broadcast": "range", "color": "value",
}

func checkRichText(c *checker, b map[string]any, at string) {
	for i, e := range c.list(b, at, "elements", 0, maxOptions, true) {
		at := fmt.Sprintf("%s/elements/%d", at, i)
		o, ok := c.object(e, at)
		if !ok {
			continue
		}
		switch o["type"] {
		case "rich_text_section", "rich_text_quote", "rich_text_preformatted":
			c.richTextRun(o, at)
		case "rich_text_list":
			c.enum(o, at, "style", true, "bullet", "ordered")
			for j, item := range c.list(o, at, "elements", 1, maxOptions, true) {
				itemAt := fmt.Sprintf("%s/elements/%d", at, j)
				if section, ok := c.object(item, itemAt); ok {
					c.enum(section, itemAt, "type", true, "rich_text_section")
					c.richTextRun(section, itemAt)
				}
			}
		default:
			c.problem(at+"/type", "unsupported type: %v", o["type"])
		}
	}
}

func (c *checker) richTextRun(o map[string]any, at string) {
	for i, e := range c.list(o, at, "elements", 0, 1000, true) {
		at := fmt.Sprintf("%s/elements/%d", at, i)
		run, ok := c.object(e, at)
		if !ok {
			continue
		}
		kind, _ := run["type"].(string)
		if kind == "date" {
			if _, ok := run["timestamp"].(float64); !ok {
				c.problem(at+"/timestamp", "must provide a number")
			}
			c.str(run, at, "format", 1, maxSectionText, true)
			continue
		}
		need, known := richTextNeeds[kind]
		if !known {
			c.problem(at+"/type", "unsupported type: %s", kind)
			continue
		}
		c.str(run, at, need, 1, maxSectionText, true)
	}
}
