package blockkit

import "fmt"

type blockRule struct {
	surfaces []Surface
	keys     []string // besides type and block_id
	check    func(c *checker, b map[string]any, at string)
}

var (
	everywhere   = []Surface{Message, Modal, Home}
	messagesOnly = []Surface{Message}
	modalsOnly   = []Surface{Modal}
)

// blockRules are the blocks that the practice workspace can judge. A plan and its cards, tables and markdown
// are for messages; Slack refuses an alert outside of modals.
var blockRules = map[string]blockRule{
	"section":   {everywhere, []string{"text", "fields", "accessory", "expand"}, checkSection},
	"divider":   {everywhere, nil, func(*checker, map[string]any, string) {}},
	"image":     {everywhere, []string{"image_url", "slack_file", "alt_text", "title"}, checkImageBlock},
	"actions":   {everywhere, []string{"elements"}, checkActions},
	"context":   {everywhere, []string{"elements"}, checkContext},
	"header":    {everywhere, []string{"text", "level"}, checkHeader},
	"input":     {everywhere, []string{"label", "element", "hint", "optional", "dispatch_action"}, checkInput},
	"rich_text": {everywhere, []string{"elements"}, checkRichText},
	"markdown":  {messagesOnly, []string{"text"}, checkMarkdown},
	"plan":      {messagesOnly, []string{"title", "tasks"}, checkPlan},
	"task_card": {messagesOnly, taskCardKeys, checkTopTaskCard},
	"table":     {messagesOnly, []string{"rows", "column_settings"}, checkTable},
	"alert":     {modalsOnly, []string{"text", "level"}, checkAlert},
}

func checkSection(c *checker, b map[string]any, at string) {
	if b["text"] == nil && b["fields"] == nil {
		c.problem(at, "missing required field: text")
	}
	c.text(b, at, "text", false, maxSectionText, false)
	for i, f := range c.list(b, at, "fields", 1, maxFields, false) {
		c.textObject(f, fmt.Sprintf("%s/fields/%d", at, i), false, maxFieldText)
	}
	if a, ok := b["accessory"]; ok && a != nil {
		c.element(a, at+"/accessory", inAccessory)
	}
}

func checkImageBlock(c *checker, b map[string]any, at string) {
	c.image(b, at)
	c.text(b, at, "title", true, 2000, false)
}

func (c *checker) image(b map[string]any, at string) {
	if b["slack_file"] == nil {
		c.str(b, at, "image_url", 1, maxURL, true)
	}
	c.str(b, at, "alt_text", 1, 2000, true)
}

func checkActions(c *checker, b map[string]any, at string) {
	for i, e := range c.list(b, at, "elements", 1, maxActions, true) {
		c.element(e, fmt.Sprintf("%s/elements/%d", at, i), inActions)
	}
}

func checkContext(c *checker, b map[string]any, at string) {
	for i, e := range c.list(b, at, "elements", 1, maxContext, true) {
		at := fmt.Sprintf("%s/elements/%d", at, i)
		if o, ok := e.(map[string]any); ok && o["type"] == "image" {
			c.keys(o, at, "type", "image_url", "slack_file", "alt_text")
			c.image(o, at)
			continue
		}
		c.textObject(e, at, false, maxSectionText)
	}
}

func checkHeader(c *checker, b map[string]any, at string) {
	c.text(b, at, "text", true, maxHeader, true)
	if level, ok := b["level"]; ok {
		if n, ok := level.(float64); !ok || n < 1 || n > 4 || n != float64(int(n)) {
			c.problem(at+"/level", "must be a valid enum value: 1, 2, 3, 4")
		}
	}
}

func checkInput(c *checker, b map[string]any, at string) {
	c.text(b, at, "label", true, maxLabel, true)
	c.text(b, at, "hint", true, maxLabel, false)
	if c.missing(b, at, "element", true) {
		return
	}
	c.element(b["element"], at+"/element", inInput)
}

func checkMarkdown(c *checker, b map[string]any, at string) {
	c.str(b, at, "text", 1, maxMarkdown, true)
	text, _ := b["text"].(string)
	c.markdown += len([]rune(text))
}

var taskCardKeys = []string{"task_id", "title", "status", "details", "output", "sources", "hide_title"}

func checkPlan(c *checker, b map[string]any, at string) {
	c.plans++
	c.str(b, at, "title", 1, maxSectionText, true)
	for i, t := range c.list(b, at, "tasks", 0, MaxMessageBlocks, false) {
		at := fmt.Sprintf("%s/tasks/%d", at, i)
		task, ok := c.object(t, at)
		if !ok {
			continue
		}
		c.enum(task, at, "type", true, "task_card")
		c.keys(task, at, append([]string{"type", "block_id"}, taskCardKeys...)...)
		c.taskCard(task, at)
	}
}

func checkTopTaskCard(c *checker, b map[string]any, at string) {
	c.taskCards++
	c.taskCard(b, at)
}

func (c *checker) taskCard(b map[string]any, at string) {
	c.str(b, at, "task_id", 1, maxID, true)
	c.str(b, at, "title", 1, maxSectionText, true)
	c.enum(b, at, "status", false, "pending", "in_progress", "complete", "error")
	for _, key := range []string{"details", "output"} {
		if c.missing(b, at, key, false) {
			continue
		}
		if rt, ok := c.object(b[key], at+"/"+key); ok {
			c.enum(rt, at+"/"+key, "type", true, "rich_text")
			checkRichText(c, rt, at+"/"+key)
		}
	}
	for i, s := range c.list(b, at, "sources", 0, MaxMessageBlocks, false) {
		at := fmt.Sprintf("%s/sources/%d", at, i)
		if source, ok := c.object(s, at); ok {
			c.enum(source, at, "type", true, "url")
			c.str(source, at, "url", 1, maxURL, true)
			c.str(source, at, "text", 1, maxSectionText, true)
		}
	}
}

func checkTable(c *checker, b map[string]any, at string) {
	if c.tables++; c.tables > 1 {
		c.problem(at, "only_one_table_allowed")
	}
	for i, r := range c.list(b, at, "rows", 1, maxTableRows, true) {
		rowAt := fmt.Sprintf("%s/rows/%d", at, i)
		row, ok := r.([]any)
		switch {
		case !ok:
			c.problem(rowAt, "must provide an array")
		case len(row) > maxTableColumns:
			c.problem(rowAt, "no more than %d items allowed", maxTableColumns)
		}
		for j, cell := range row {
			c.cell(cell, fmt.Sprintf("%s/%d", rowAt, j))
		}
	}
	c.list(b, at, "column_settings", 0, maxTableColumns, false)
}

func (c *checker) cell(v any, at string) {
	cell, ok := c.object(v, at)
	if !ok {
		return
	}
	switch cell["type"] {
	case "raw_text":
		c.str(cell, at, "text", 1, maxSectionText, true)
	case "raw_number":
		if _, ok := cell["value"].(float64); !ok {
			c.problem(at+"/value", "must provide a number")
		}
	case "rich_text":
		checkRichText(c, cell, at)
	default:
		c.problem(at+"/type", "unsupported type: %v", cell["type"])
	}
}

func checkAlert(c *checker, b map[string]any, at string) {
	c.text(b, at, "text", false, maxSectionText, true)
	c.enum(b, at, "level", false, "default", "info", "warning", "error", "success")
}
